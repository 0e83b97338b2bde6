/* SPDX-License-Identifier: EUPL-1.2 */
#include "agent/forwarder_tell.h"

#include "common/clock.h"
#include "common/jw.h"
#include "common/str.h"

#include <string.h>

void
forwarder_tell_init(
    struct forwarder_tell *t, struct spool *s, struct sender *sender)
{
	memset(t, 0, sizeof(*t));
	t->spool = s;
	t->sender = sender;
	str_random(&t->writer, sizeof(t->writer));
}

static void
begin_record(struct jw *w, struct buf *b, const char *event_type)
{
	char text[CLOCK_TEXT_SIZE];

	buf_init(b, RECORD_JSON_MAX);
	jw_init(w, b);
	jw_object(w, NULL);
	jw_str(w, "timestamp", clock_text(clock_wall_us(), text));
	jw_str(w, "event_type", event_type);
}

/* Was it spooled? */
static bool
end_record(struct forwarder_tell *t, struct jw *w, struct buf *b)
{
	struct record r = {.cls = RECORD_HEALTH,
	    .writer = t->writer,
	    .number = ++t->number,
	    .time_us = clock_wall_us()};
	bool spooled;

	jw_object(w, "stadswacht");
	jw_int(w, "v", RECORD_VERSION);
	jw_str(w, "class", record_class_name(RECORD_HEALTH));
	jw_str(w, "engine", "agent");
	jw_end_object(w);
	jw_end_object(w);
	r.json = (const char *)b->data;
	r.json_len = b->len;
	spooled = !b->overflow && spool_append(t->spool, &r) == 0;
	buf_release(b);
	return spooled;
}

static void
write_counts(struct jw *w, const char *name, const uint64_t counts[RECORD_CLASSES])
{
	jw_object(w, name);
	for (int c = 0; c < RECORD_CLASSES; c++)
		jw_uint(w, record_class_name((enum record_class)c), counts[c]);
	jw_end_object(w);
}

void
forwarder_tell_stats(struct forwarder_tell *t, uint64_t taken, uint64_t malformed)
{
	struct spool_stats st;
	struct sender_stats se;
	struct buf b;
	struct jw w;

	spool_stats(t->spool, &st);
	sender_stats(t->sender, &se);
	begin_record(&w, &b, "stats");
	jw_object(&w, "stats");
	jw_object(&w, "forwarder");
	jw_uint(&w, "taken", taken);
	jw_uint(&w, "malformed", malformed);
	jw_uint(&w, "spool_bytes", st.bytes);
	jw_uint(&w, "spool_quota", st.quota);
	jw_int(&w, "oldest_seconds",
	    st.oldest_us == 0 ? 0 : (clock_wall_us() - st.oldest_us) / CLOCK_US);
	write_counts(&w, "waiting", st.waiting);
	write_counts(&w, "shed", st.shed);
	write_counts(&w, "refused", st.refused);
	jw_uint(&w, "write_errors", st.write_errors);
	jw_uint(&w, "sync_errors", st.sync_errors);
	jw_uint(&w, "damaged", st.damaged);
	jw_uint(&w, "batches", se.batches);
	jw_uint(&w, "in_flight", se.in_flight);
	jw_uint(&w, "greetings", se.greetings);
	jw_int(&w, "rtt_us", se.rtt_us);
	jw_int(&w, "clock_offset_us", se.clock_offset_us);
	jw_end_object(&w);
	jw_end_object(&w);
	end_record(t, &w, &b);
}

void
forwarder_tell_gap(struct forwarder_tell *t)
{
	uint64_t lost[RECORD_CLASSES];
	struct spool_stats st;
	struct buf b;
	struct jw w;
	bool any = false;

	spool_stats(t->spool, &st);
	for (int c = 0; c < RECORD_CLASSES; c++) {
		lost[c] = st.shed[c] + st.refused[c] - t->told[c];
		any = any || lost[c] > 0;
	}
	if (!any)
		return;
	begin_record(&w, &b, "gap");
	jw_object(&w, "gap");
	jw_str(&w, "where", "spool");
	write_counts(&w, "lost", lost);
	jw_end_object(&w);
	/* Where there is no room for it, it is told with the next. */
	if (end_record(t, &w, &b))
		for (int c = 0; c < RECORD_CLASSES; c++)
			t->told[c] += lost[c];
}

void
forwarder_tell_start(struct forwarder_tell *t)
{
	struct spool_stats st;
	struct buf b;
	struct jw w;

	spool_stats(t->spool, &st);
	begin_record(&w, &b, "agent_state");
	jw_object(&w, "agent_state");
	jw_str(&w, "state", "forwarder_started");
	jw_bool(&w, "new_epoch", st.new_epoch);
	jw_uint(&w, "damaged", st.damaged);
	jw_end_object(&w);
	end_record(t, &w, &b);
}
