/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Bodies: unpacked, kept up to a limit, and shown to detection as windows that
 * overlap, with Suricata's sizes (guide, "HTTP config"; engine.md 5.5, 5.6).
 */
#include "agent/app/http.h"

#include "agent/limits.h"

#include <string.h>

/* Before a body is complete so much of it must be there; then so much of what was
 * looked at is looked at again. */
static const size_t AT_LEAST[APP_DIRS] = {32768, 40960};
static const size_t AGAIN[APP_DIRS] = {4096, 16384};

struct adding {
	struct app_flow *a;
	struct http_body *b;
};

static void
keep(void *arg, struct span bytes)
{
	struct adding *x = arg;
	struct http_body *b = x->b;
	uint64_t total = b->data.len;
	size_t n = bytes.len;

	file_sum_add(x->a, &b->sum, bytes);
	/* Unpacking may have stopped there. */
	if (b->coder != NULL && b->sum.size >= HTTP_INFLATE_MAX)
		file_sum_break(&b->sum);
	if (total + n > HTTP_BODY_MAX)
		n = total > HTTP_BODY_MAX ? 0 : (size_t)(HTTP_BODY_MAX - total);
	if (b->parts != NULL && n > 0)
		http_parts_add(x->a, b->parts, (struct span){bytes.p, n});
	if (b->parts != NULL && total + n >= HTTP_BODY_MAX)
		http_parts_end(x->a, b->parts, true);
	if (n == 0 || !app_hold(x->a, n))
		return;
	if (buf_add(&b->data, bytes.p, n) == -1)
		app_drop(x->a, n);
	else
		b->held += n;
}

void
http_body_begin(struct app_flow *a, struct http_body *b, struct span encoding)
{
	buf_init(&b->data, HTTP_BODY_MAX);
	file_sum_begin(a, &b->sum);
	b->magic = file_magic_new(a);
	b->coder = encoding.len == 0 ? NULL : http_coder_new(encoding);
}

void
http_body_add(struct app_flow *a, struct http_body *b, struct span bytes)
{
	struct adding x = {a, b};

	if (bytes.len == 0 || b->complete ||
	    (b->data.len >= HTTP_BODY_MAX && !file_sum_wanted(a)))
		return;
	if (b->coder != NULL)
		http_coder_feed(b->coder, bytes, keep, &x);
	else
		keep(&x, bytes);
}

void
http_body_end(struct app_flow *a, struct http_body *b)
{
	b->complete = true;
	if (b->parts != NULL)
		http_parts_end(a, b->parts, b->sum.broken);
	file_sum_end(&b->sum);
	http_coder_free(b->coder);
	b->coder = NULL;
}

void
http_body_gap(struct app_flow *a, struct http_body *b, uint64_t missing)
{
	file_sum_break(&b->sum);
	if (b->parts != NULL && missing > 0)
		http_parts_gap(a, b->parts, missing);
}

void
http_body_release(struct app_flow *a, struct http_body *b)
{
	http_coder_free(b->coder);
	b->coder = NULL;
	file_sum_release(a, &b->sum);
	file_magic_free(a, b->magic);
	b->magic = NULL;
	http_parts_free(a, b->parts);
	b->parts = NULL;
	buf_release(&b->data);
	app_drop(a, b->held);
	b->held = 0;
}

/*
 * Is there enough for a look?  At first a minimum; then, where Suricata looks at
 * every packet, a quarter of what is looked at again.
 */
static bool
is_due(const struct http_body *b, enum app_dir d)
{
	uint64_t total = b->data.len;

	if (b->complete || total >= HTTP_BODY_MAX)
		return true;
	if (b->inspected == 0)
		return total >= AT_LEAST[d];
	return total - b->inspected >= AGAIN[d] / 4;
}

enum app_have
http_body_window(const struct http_body *b, enum app_dir d, struct app_bytes *out)
{
	uint64_t total = b->data.len, from = 0, more;

	if (total == 0)
		return b->complete ? APP_ABSENT : APP_NOT_YET;
	if (!is_due(b, d))
		return APP_NOT_YET;
	more = total - b->inspected;
	if (b->inspected > AT_LEAST[d])
		from = more < AGAIN[d] ? total - AGAIN[d]
				       : b->inspected - AGAIN[d] / 4;
	out->bytes = (struct span){b->data.data + from, (size_t)(total - from)};
	out->offset = from;
	out->complete = b->complete || total >= HTTP_BODY_MAX;
	return APP_HAVE;
}

void
http_body_inspected(struct http_body *b, enum app_dir d)
{
	if (is_due(b, d))
		b->inspected = b->data.len;
}
