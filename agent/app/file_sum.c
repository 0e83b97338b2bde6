/* SPDX-License-Identifier: EUPL-1.2 */
/* Size and digests of a file that passes by (guide, "File Keywords"). */
#include "agent/app/file_sum.h"

#include "agent/app/inside.h"
#include "agent/limits.h"

#include <stdlib.h>

struct file_digests {
	unsigned wanted; /* a bit for each enum digest_kind */
	struct digest digest[DIGEST_KINDS];
	uint8_t value[DIGEST_KINDS][DIGEST_SIZE_MAX];
	size_t len[DIGEST_KINDS]; /* 0: not known */
};

bool
file_sum_wanted(const struct app_flow *a)
{
	return (a->app->config.file_sums & (APP_SUM_DIGESTS | APP_SUM_SIZE)) != 0 ||
	    a->app->config.copies;
}

void
file_sum_begin(struct app_flow *a, struct file_sum *s)
{
	unsigned wanted = a->app->config.file_sums & APP_SUM_DIGESTS;

	*s = (struct file_sum){.begun = true, .copies = a->app->config.copies};
	buf_init(&s->copy, FILE_COPY_MAX);
	if (wanted == 0 || !app_hold(a, sizeof(*s->digests)))
		return;
	if ((s->digests = calloc(1, sizeof(*s->digests))) == NULL) {
		app_drop(a, sizeof(*s->digests));
		return;
	}
	s->digests->wanted = wanted;
	for (unsigned k = 0; k < DIGEST_KINDS; k++)
		digest_init(&s->digests->digest[k], (enum digest_kind)k);
}

/* Without memory nothing more is kept; what there is, is looked at. */
static void
copy_add(struct app_flow *a, struct file_sum *s, struct span bytes)
{
	struct app *app = a->app;

	if (bytes.len > FILE_COPY_MAX - s->copy.len) {
		bytes.len = FILE_COPY_MAX - s->copy.len;
		s->copy_cut = true;
	}
	if (bytes.len == 0)
		return;
	if (bytes.len > FILE_COPIES_MAX - app->copied || !app_hold(a, bytes.len))
		goto fail;
	if (buf_add(&s->copy, bytes.p, bytes.len) == -1) {
		app_drop(a, bytes.len);
		goto fail;
	}
	app->copied += bytes.len;
	return;

fail:
	s->copies = false;
	s->copy_cut = true;
	app->stats.copies_cut++;
}

void
file_sum_no_copy(struct file_sum *s)
{
	s->copies = false;
}

void
file_sum_add(struct app_flow *a, struct file_sum *s, struct span bytes)
{
	if (!s->begun || s->closed)
		return;
	s->size += bytes.len;
	if (s->copies)
		copy_add(a, s, bytes);
	for (unsigned k = 0; s->digests != NULL && !s->broken && k < DIGEST_KINDS;
	     k++)
		if ((s->digests->wanted >> k) & 1)
			digest_add(&s->digests->digest[k], bytes.p, bytes.len);
}

void
file_sum_break(struct file_sum *s)
{
	if (s->closed)
		return;
	s->broken = s->copy_cut = true;
	s->copies = false;
}

void
file_sum_gap(struct file_sum *s, uint64_t missing)
{
	if (!s->begun || s->closed)
		return;
	s->size += missing;
	s->gaps = true;
	file_sum_break(s);
}

void
file_sum_end(struct file_sum *s)
{
	struct file_digests *d = s->digests;

	if (!s->begun || s->closed)
		return;
	s->closed = true;
	for (unsigned k = 0; d != NULL && !s->broken && k < DIGEST_KINDS; k++)
		if ((d->wanted >> k) & 1)
			d->len[k] = digest_end(&d->digest[k], d->value[k]);
}

void
file_sum_release(struct app_flow *a, struct file_sum *s)
{
	if (s->digests != NULL)
		app_drop(a, sizeof(*s->digests));
	free(s->digests);
	s->digests = NULL;
	a->app->copied -= s->copy.len;
	app_drop(a, s->copy.len);
	buf_release(&s->copy);
	s->copy.len = 0;
}

static int
kind_of(enum app_buffer_id b)
{
	return b == APP_FILE_MD5   ? DIGEST_MD5
	    : b == APP_FILE_SHA1   ? DIGEST_SHA1
	    : b == APP_FILE_SHA256 ? DIGEST_SHA256
				   : -1;
}

bool
file_sum_has(enum app_buffer_id b)
{
	return b == APP_FILE_SIZE || kind_of(b) != -1;
}

enum app_have
file_sum_buffer(
    const struct file_sum *s, enum app_buffer_id b, struct app_bytes *out)
{
	const struct file_digests *d = s->digests;
	int k = kind_of(b);

	if (!s->closed)
		return APP_NOT_YET;
	if (b == APP_FILE_SIZE) {
		out->number = s->size;
		out->complete = !s->broken;
		return APP_HAVE;
	}
	if (k == -1 || d == NULL || d->len[k] == 0)
		return APP_ABSENT;
	out->bytes = (struct span){d->value[k], d->len[k]};
	return APP_HAVE;
}

void
file_sum_tell(const struct file_sum *s, struct app_file *out)
{
	const struct file_digests *d = s->digests;

	out->size = s->size;
	out->closed = s->closed;
	out->truncated = s->closed && s->broken;
	out->gaps = s->gaps;
	out->content = (struct span){s->copy.data, s->copy.len};
	out->content_cut = s->copy_cut;
	for (unsigned k = 0; d != NULL && k < DIGEST_KINDS; k++)
		out->digest[k] = (struct span){d->value[k], d->len[k]};
}
