/* SPDX-License-Identifier: EUPL-1.2 */
/* JSON answers. */
#include "collector/stream/row.h"
#include "collector/web/web.h"
#include "common/jw.h"

#include <string.h>

/* What comes after the rows. */
#define ANSWER_TAIL 256
#define JSON_TYPE   "application/json; charset=utf-8"

void
answer_error(
    struct http_request *r, unsigned status, const char *what, const char *remedy)
{
	struct buf b;
	struct jw w;

	buf_init(&b, 4096);
	jw_init(&w, &b);
	jw_object(&w, NULL);
	jw_str(&w, "error", what);
	if (remedy != NULL)
		jw_str(&w, "remedy", remedy);
	jw_end_object(&w);
	http_answer(r, status, JSON_TYPE, b.data, b.len);
	buf_release(&b);
}

void
answer_json(struct http_request *r, unsigned status, struct buf *json)
{
	if (json->overflow)
		answer_error(r, 500, "the answer is too large",
		    "ask for fewer rows: limit=");
	else
		http_answer(r, status, JSON_TYPE, json->data, json->len);
}

bool
answer_row(struct jw *w, const struct store_row *r, size_t room)
{
	struct buf *out = w->out;
	size_t before = out->len;

	row_write(w, r);
	if (!out->overflow && out->len + ANSWER_TAIL <= room)
		return true;
	out->len = before;
	out->overflow = false;
	return false;
}
