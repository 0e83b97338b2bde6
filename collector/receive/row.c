/* SPDX-License-Identifier: EUPL-1.2 */
#include "collector/receive/row.h"
#include "collector/limits.h"
#include "common/clock.h"
#include "common/crc32c.h"
#include "common/jw.h"

#include <string.h>

void
row_init(struct row *row)
{
	*row = (struct row){.malformed = false};
	/* What record_finish() adds is names and numbers. */
	buf_init(&row->body, RECORD_JSON_MAX + 4096);
}

void
row_release(struct row *row)
{
	json_free(row->doc);
	buf_release(&row->body);
	row->doc = NULL;
}

/* --- columns
 * ---------------------------------------------------------------------- */

static const struct {
	const char *path;
	size_t offset;
} TEXTS[] =
    {
	{"event_type", offsetof(struct store_row, event_type)},
	{"alert.signature", offsetof(struct store_row, signature)},
	{"alert.category", offsetof(struct store_row, category)},
	{"src_ip", offsetof(struct store_row, src_ip)},
	{"dest_ip", offsetof(struct store_row, dest_ip)},
	{"stadswacht.engine", offsetof(struct store_row, engine)},
},
  NUMBERS[] = {
      {"alert.gid", offsetof(struct store_row, gid)},
      {"alert.signature_id", offsetof(struct store_row, sid)},
      {"alert.severity", offsetof(struct store_row, severity)},
      {"src_port", offsetof(struct store_row, src_port)},
      {"dest_port", offsetof(struct store_row, dest_port)},
};

static void
fill_columns(struct row *row)
{
	char *base = (char *)&row->r;

	for (size_t i = 0; i < sizeof(TEXTS) / sizeof(TEXTS[0]); i++)
		*(const char **)(void *)(base + TEXTS[i].offset) =
		    json_str(row->doc, TEXTS[i].path);
	for (size_t i = 0; i < sizeof(NUMBERS) / sizeof(NUMBERS[0]); i++)
		*(int64_t *)(void *)(base + NUMBERS[i].offset) =
		    json_int(row->doc, NUMBERS[i].path, 0);
}

/* --- sound or not
 * ------------------------------------------------------------------- */

/*
 * The whole is parsed as it will be stored: a record that already had a member
 * that we add would now hold it twice, and is refused for that.
 */
static bool
parse(struct row *row, const char *json, size_t len,
    const struct record_origin *origin)
{
	if (memchr(json, '\0', len) != NULL ||
	    record_finish(json, len, origin, &row->body) == -1)
		return false;
	row->doc = json_read((const char *)row->body.data, row->body.len, NULL, 0);
	return row->doc != NULL && json_kind(row->doc) == 'o' &&
	    json_str(row->doc, "event_type") != NULL &&
	    json_str(row->doc, "timestamp") != NULL &&
	    json_str(row->doc, "stadswacht.agent") != NULL;
}

static int
stand_in(struct row *row, size_t len, const struct record_origin *origin)
{
	char time[CLOCK_TEXT_SIZE];
	struct buf b;
	struct jw w;
	int result;

	buf_init(&b, 1024);
	jw_init(&w, &b);
	jw_object(&w, NULL);
	jw_str(&w, "timestamp", clock_text(row->r.received_us, time));
	jw_str(&w, "event_type", "malformed");
	jw_object(&w, "malformed");
	jw_uint(&w, "bytes", len);
	jw_uint(&w, "crc32c", row->r.crc);
	jw_end_object(&w);
	jw_object(&w, "stadswacht");
	jw_int(&w, "v", RECORD_VERSION);
	jw_str(&w, "class", record_class_name(row->r.cls));
	jw_str(&w, "engine", "collector");
	jw_end_object(&w);
	jw_end_object(&w);
	json_free(row->doc);
	buf_reset(&row->body);
	result = b.overflow
	    ? -1
	    : record_finish((const char *)b.data, b.len, origin, &row->body);
	buf_release(&b);
	row->doc = result == -1
	    ? NULL
	    : json_read((const char *)row->body.data, row->body.len, NULL, 0);
	return row->doc == NULL ? -1 : 0;
}

int
row_fill(struct row *row, const char *json, size_t len, int64_t time_us,
    enum record_class cls, const struct record_origin *origin)
{
	json_free(row->doc);
	row->doc = NULL;
	buf_reset(&row->body);
	row->r = (struct store_row){.agent = origin->agent,
	    .epoch = origin->epoch,
	    .cls = cls,
	    .seq = origin->seq,
	    .crc = crc32c(0, json, len),
	    .tenant = origin->tenant,
	    .host = origin->host,
	    .received_us = clock_wall_us()};
	/* Of an agent's clock that is set wrong, ours makes the best of it. */
	row->r.time_us =
	    time_us > 0 && time_us <= row->r.received_us + RECEIVE_AHEAD_US
	    ? time_us
	    : row->r.received_us;
	row->malformed = !parse(row, json, len, origin);
	if (row->malformed && stand_in(row, len, origin) == -1)
		return -1;
	fill_columns(row);
	row->r.body = (const char *)row->body.data;
	row->r.body_len = row->body.len;
	return 0;
}
