/* SPDX-License-Identifier: EUPL-1.2 */
/* The URI of a request as a server would take it (RFC 3986; engine.md 5.9). */
#include "agent/app/http.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

static int
hex(uint8_t c)
{
	if (isdigit(c))
		return c - '0';
	c = (uint8_t)tolower(c);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Percent signs that stand for nothing stay.  Returns the new length. */
static size_t
decode(uint8_t *p, size_t n)
{
	size_t out = 0;

	for (size_t i = 0; i < n; i++) {
		if (p[i] == '%' && n - i > 2 && hex(p[i + 1]) >= 0 &&
		    hex(p[i + 2]) >= 0) {
			p[out++] = (uint8_t)(hex(p[i + 1]) * 16 + hex(p[i + 2]));
			i += 2;
		} else {
			p[out++] = p[i];
		}
	}
	return out;
}

/* Back slashes are slashes, several are one. */
static size_t
slashes(uint8_t *p, size_t n)
{
	size_t out = 0;

	for (size_t i = 0; i < n; i++) {
		uint8_t c = p[i] == '\\' ? '/' : p[i];

		if (c != '/' || out == 0 || p[out - 1] != '/')
			p[out++] = c;
	}
	return out;
}

/* "." and ".." segments (RFC 3986, section 5.2.4). */
static size_t
dots(uint8_t *p, size_t n)
{
	size_t out = 0, i = 0;

	while (i < n) {
		size_t end = i + 1;

		while (end < n && p[end] != '/')
			end++;
		if (p[i] == '/' && end - i == 2 && p[i + 1] == '.') {
			if (end == n)
				p[out++] = '/';
		} else if (p[i] == '/' && end - i == 3 && p[i + 1] == '.' &&
		    p[i + 2] == '.') {
			while (out > 0 && p[--out] != '/')
				;
			if (end == n)
				p[out++] = '/';
		} else {
			memmove(p + out, p + i, end - i);
			out += end - i;
		}
		i = end;
	}
	return out;
}

static void
put_host(struct http_tx *tx, struct span host, bool of_uri)
{
	const uint8_t *at = host.len > 0 ? memrchr(host.p, '@', host.len) : NULL;

	if (at != NULL) {
		host.len -= (size_t)(at + 1 - host.p);
		host.p = at + 1;
	}
	if (host.len > 0 && host.p[0] == '[') { /* an IPv6 address */
		const uint8_t *end = memchr(host.p, ']', host.len);

		if (end != NULL)
			host.len = (size_t)(end + 1 - host.p);
	} else if (host.len > 0 && (at = memchr(host.p, ':', host.len)) != NULL) {
		host.len = (size_t)(at - host.p);
	}
	host = http_trim(host);
	/* Suricata cuts the last dots of a URI's host, and keeps those of the field. */
	while (of_uri && host.len > 0 && host.p[host.len - 1] == '.')
		host.len--;
	buf_reset(&tx->host);
	for (size_t i = 0; i < host.len; i++)
		buf_addc(&tx->host, (char)tolower(host.p[i]));
}

/* Cut "scheme://authority" off; the authority's host is the request's. */
static struct span
cut_authority(struct http_tx *tx, struct span uri)
{
	const uint8_t *colon = memchr(uri.p, ':', uri.len);
	struct span rest;
	size_t n = 0;

	if (tx->is_connect) {
		put_host(tx, uri, true);
		return uri;
	}
	if (uri.p[0] == '/' || colon == NULL ||
	    uri.len - (size_t)(colon - uri.p) < 3 || colon[1] != '/' ||
	    colon[2] != '/')
		return uri;
	rest.p = colon + 3;
	rest.len = uri.len - (size_t)(rest.p - uri.p);
	while (n < rest.len && memchr("/?#\\", rest.p[n], 4) == NULL)
		n++;
	put_host(tx, (struct span){rest.p, n}, true);
	return (struct span){rest.p + n, rest.len - n};
}

void
http_uri_normalise(struct http_tx *tx, struct span uri)
{
	struct buf *b = &tx->uri;
	size_t path = 0, n, query;

	if (uri.len == 0)
		return;
	uri = cut_authority(tx, uri);
	if (uri.len == 0 || buf_add(b, uri.p, uri.len) == -1)
		return;
	while (path < b->len && b->data[path] != '?' && b->data[path] != '#')
		path++;
	query = b->len - path;
	n = dots(b->data, slashes(b->data, decode(b->data, path)));
	memmove(b->data + n, b->data + path, query);
	b->len = n + decode(b->data + n, query);
}

void
http_uri_host(struct http_tx *tx, struct span header)
{
	if (tx->host.len == 0)
		put_host(tx, header, false);
}
