/* SPDX-License-Identifier: EUPL-1.2 */
#include "agent/app/file_magic.h"

#include "agent/app/inside.h"
#include "agent/app/magic.h"
#include "agent/limits.h"

#include <stdlib.h>
#include <string.h>

struct file_magic {
	struct magic_base *base;
	struct buf begin; /* what was kept */
	bool asked;
	size_t len;
	char text[FILE_MAGIC_TEXT_MAX];
};

struct file_magic *
file_magic_new(struct app_flow *a)
{
	const struct app_config *c = &a->app->config;
	struct file_magic *m;

	if (c->magic == NULL || !(c->file_sums & APP_SUM_MAGIC) ||
	    !app_hold(a, sizeof(*m)))
		return NULL;
	if ((m = calloc(1, sizeof(*m))) == NULL) {
		app_drop(a, sizeof(*m));
		return NULL;
	}
	m->base = c->magic;
	buf_init(&m->begin, FILE_MAGIC_KEPT);
	return m;
}

void
file_magic_free(struct app_flow *a, struct file_magic *m)
{
	if (m == NULL)
		return;
	if (a != NULL)
		app_drop(a, sizeof(*m) + m->begin.len);
	buf_release(&m->begin);
	free(m);
}

void
file_magic_keep(struct app_flow *a, struct file_magic *m, struct span begin)
{
	if (m == NULL || m->asked || m->begin.len > 0)
		return;
	if (begin.len > FILE_MAGIC_KEPT)
		begin.len = FILE_MAGIC_KEPT;
	if (!app_hold(a, begin.len))
		return;
	if (buf_add(&m->begin, begin.p, begin.len) == -1)
		app_drop(a, begin.len);
}

static void
ask(struct file_magic *m, struct span begin)
{
	const char *text = magic_base_ask(m->base, begin);

	m->asked = true;
	if (text == NULL)
		return;
	m->len = strnlen(text, sizeof(m->text));
	memcpy(m->text, text, m->len);
}

enum app_have
file_magic_buffer(
    struct file_magic *m, struct span begin, bool whole, struct app_bytes *out)
{
	if (m == NULL)
		return APP_ABSENT;
	if (m->begin.len > 0)
		begin = (struct span){m->begin.data, m->begin.len};
	if (!m->asked && begin.len < FILE_MAGIC_AT_LEAST && !whole)
		return APP_NOT_YET;
	if (!m->asked && begin.len > 0)
		ask(m, begin);
	out->bytes = file_magic_text(m);
	return m->len > 0 ? APP_HAVE : APP_ABSENT;
}

struct span
file_magic_text(const struct file_magic *m)
{
	return m == NULL ? (struct span){NULL, 0}
			 : (struct span){(const uint8_t *)m->text, m->len};
}
