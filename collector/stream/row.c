/* SPDX-License-Identifier: EUPL-1.2 */
/* Rows into JSON. */
#include "collector/stream/row.h"

#include "common/clock.h"
#include "common/json.h"

static void
write_text(struct jw *w, const char *key, const char *value)
{
	if (value != NULL && value[0] != '\0')
		jw_str(w, key, value);
}

static bool
is_object(const struct store_row *r)
{
	struct json_doc *d = json_read(r->body, r->body_len, NULL, 0);
	bool yes = d != NULL && json_kind(d) == 'o';

	json_free(d);
	return yes;
}

void
row_write(struct jw *w, const struct store_row *r)
{
	char when[CLOCK_TEXT_SIZE];
	size_t from, i;

	jw_object(w, NULL);
	jw_int(w, "id", r->id);
	jw_str(w, "received", clock_text(r->received_us, when));
	jw_str(w, "class", record_class_name(r->cls));
	write_text(w, "tenant", r->tenant);
	write_text(w, "agent", r->agent);
	write_text(w, "host", r->host);
	write_text(w, "engine", r->engine);
	if (r->body != NULL && is_object(r)) {
		from = w->out->len;
		jw_raw(w, "record", r->body, r->body_len);
		/* In valid JSON a line end is white space; in a stream it is a
		 * frame's end. */
		for (i = from; i < w->out->len; i++)
			if (w->out->data[i] == '\n' || w->out->data[i] == '\r')
				w->out->data[i] = ' ';
	} else {
		jw_null(w, "record");
		jw_bool(w, "damaged", true);
	}
	jw_end_object(w);
}
