/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * JA3 and JA3S (salesforce/ja3): numbers of a hello as text, "-" between those
 * of a kind and "," between kinds, GREASE left out.
 */
#include "agent/app/tls_hello.h"

static void
add_number(struct buf *b, size_t begin, unsigned v)
{
	char text[12], *p = text + sizeof(text);

	do
		*--p = (char)('0' + v % 10);
	while ((v /= 10) > 0);
	if (b->len > begin)
		*--p = '-';
	buf_add(b, p, (size_t)(text + sizeof(text) - p));
}

static void
add_pairs(struct buf *b, struct span s)
{
	struct cursor c = cur_of_span(s);
	size_t begin = b->len;

	while (cur_peek(&c, 2) != NULL) {
		uint16_t v = cur_be16(&c);

		if (!tls_is_grease(v))
			add_number(b, begin, v);
	}
}

static void
add_extensions(struct buf *b, struct span s)
{
	struct cursor c = cur_of_span(s);
	size_t begin = b->len;

	while (c.left > 0) {
		uint16_t type = cur_be16(&c);

		cur_sub(&c, cur_be16(&c));
		if (cur_ok(&c) && !tls_is_grease(type))
			add_number(b, begin, type);
	}
}

void
ja3_client(const struct tls_hello *h, struct buf *out)
{
	size_t begin;

	buf_addf(out, "%u,", h->legacy_version);
	add_pairs(out, h->ciphers);
	buf_addc(out, ',');
	add_extensions(out, h->extensions);
	buf_addc(out, ',');
	add_pairs(out, h->groups);
	buf_addc(out, ',');
	begin = out->len;
	for (size_t i = 0; i < h->point_formats.len; i++)
		add_number(out, begin, h->point_formats.p[i]);
}

void
ja3_server(const struct tls_hello *h, struct buf *out)
{
	buf_addf(out, "%u,", h->legacy_version);
	add_pairs(out, h->ciphers);
	buf_addc(out, ',');
	add_extensions(out, h->extensions);
}
