/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * JA4 of a client hello (FoxIO-LLC/ja4, technical details): what can be read at
 * a glance, then digests of the sorted ciphers and of the sorted extensions with
 * the signature algorithms in their order.
 */
#include "agent/app/tls_hello.h"

#include "agent/limits.h"
#include "common/digest.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>

#define SUM_TEXT 12

static const char HEX[] = "0123456789abcdef";

struct list {
	size_t n;
	uint16_t v[JA4_LIST_MAX];
};

static void
add(struct list *l, uint16_t v)
{
	if (!tls_is_grease(v) && l->n < JA4_LIST_MAX)
		l->v[l->n++] = v;
}

static void
list_pairs(struct list *l, struct span s)
{
	struct cursor c = cur_of_span(s);

	l->n = 0;
	while (cur_peek(&c, 2) != NULL)
		add(l, cur_be16(&c));
}

static void
list_extensions(struct list *l, struct span s)
{
	struct cursor c = cur_of_span(s);

	l->n = 0;
	while (c.left > 0) {
		uint16_t type = cur_be16(&c);

		cur_sub(&c, cur_be16(&c));
		if (cur_ok(&c))
			add(l, type);
	}
}

static int
by_number(const void *a, const void *b)
{
	return (int)*(const uint16_t *)a - (int)*(const uint16_t *)b;
}

static void
digest_list(struct digest *d, const struct list *l)
{
	char text[5];

	for (size_t i = 0; i < l->n; i++) {
		uint16_t v = l->v[i];

		text[0] = ',';
		for (int k = 4; k > 0; k--, v >>= 4)
			text[k] = HEX[v & 0xf];
		digest_add(d, i > 0 ? text : text + 1, i > 0 ? 5 : 4);
	}
}

static void
sum_text(struct digest *d, char out[SUM_TEXT + 1])
{
	uint8_t sum[DIGEST_SIZE_MAX];

	digest_end(d, sum);
	for (int i = 0; i < SUM_TEXT; i++)
		out[i] = HEX[(i % 2 == 0 ? sum[i / 2] >> 4 : sum[i / 2]) & 0xf];
	out[SUM_TEXT] = '\0';
}

static void
ciphers_text(struct list *l, char out[SUM_TEXT + 1])
{
	struct digest d;

	qsort(l->v, l->n, sizeof(l->v[0]), by_number);
	digest_init(&d, DIGEST_SHA256);
	digest_list(&d, l);
	sum_text(&d, out);
}

/* Server name and ALPN say where to, not who asks. */
static void
extensions_text(
    const struct list *all, const struct list *signatures, char out[SUM_TEXT + 1])
{
	struct list l = {0};
	struct digest d;

	for (size_t i = 0; i < all->n; i++)
		if (all->v[i] != TLS_EXT_SERVER_NAME && all->v[i] != TLS_EXT_ALPN)
			l.v[l.n++] = all->v[i];
	qsort(l.v, l.n, sizeof(l.v[0]), by_number);
	digest_init(&d, DIGEST_SHA256);
	digest_list(&d, &l);
	if (signatures->n > 0) {
		digest_add(&d, "_", 1);
		digest_list(&d, signatures);
	}
	sum_text(&d, out);
}

static const char *
version_text(uint16_t v)
{
	static const struct {
		uint16_t version;
		const char *text;
	} rows[] = {{0x0304, "13"}, {0x0303, "12"}, {0x0302, "11"}, {0x0301, "10"},
	    {0x0300, "s3"}, {0x0002, "s2"}, {0xfefc, "d3"}, {0xfefd, "d2"},
	    {0xfeff, "d1"}};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (rows[i].version == v)
			return rows[i].text;
	return "00";
}

/* Its first and last character; of the hexadecimal form if they are no letters. */
static void
alpn_text(struct span alpn, char out[3])
{
	uint8_t first, last;

	memcpy(out, "00", 3);
	if (alpn.len == 0)
		return;
	first = alpn.p[0];
	last = alpn.p[alpn.len - 1];
	if (isalnum(first) && isalnum(last)) {
		out[0] = (char)first;
		out[1] = (char)last;
	} else {
		out[0] = HEX[first >> 4];
		out[1] = HEX[last & 0xf];
	}
}

char *
ja4_client(const struct tls_hello *h, char transport, char out[JA4_SIZE])
{
	char alpn[3], one[SUM_TEXT + 1] = "000000000000",
				     two[SUM_TEXT + 1] = "000000000000";
	struct list ciphers, extensions, signatures;

	list_pairs(&ciphers, h->ciphers);
	list_extensions(&extensions, h->extensions);
	list_pairs(&signatures, h->signatures);
	alpn_text(h->alpn, alpn);
	if (ciphers.n > 0)
		ciphers_text(&ciphers, one);
	if (extensions.n > 0)
		extensions_text(&extensions, &signatures, two);
	snprintf(out, JA4_SIZE, "%c%s%c%02u%02u%s_%s_%s", transport,
	    version_text(h->version), h->server_names > 0 ? 'd' : 'i',
	    (unsigned)(ciphers.n < 99 ? ciphers.n : 99),
	    (unsigned)(extensions.n < 99 ? extensions.n : 99), alpn, one, two);
	return out;
}
