/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Content codings: gzip (RFC 1952) and deflate (RFC 1950, 1951), two deep.  Like
 * browsers, when one form does not unpack the others are tried, and what none
 * can unpack is taken as it stands.
 */
#include "agent/app/http.h"

#include "agent/limits.h"

#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#define OUT_BYTES 4096
/* Window bits of zlib: raw deflate; gzip or zlib by their head. */
#define RAW  (-15)
#define ANY  (15 + 32)
#define DEEP 2

struct http_coder {
	z_stream z;
	struct http_coder *inner; /* unpacks what comes out; NULL: none */
	bool gzip;		  /* which form is tried now */
	bool live, over, as_it_is;
	bool failed; /* the first bytes could not be unpacked as they should */
	unsigned tries;
	uint64_t in, out;
};

static struct http_coder *
coder_new(bool gzip)
{
	struct http_coder *c = calloc(1, sizeof(*c));

	if (c == NULL)
		return NULL;
	c->gzip = gzip;
	if (inflateInit2(&c->z, gzip ? ANY : RAW) != Z_OK) {
		free(c);
		return NULL;
	}
	c->live = true;
	return c;
}

void
http_coder_free(struct http_coder *c)
{
	while (c != NULL) {
		struct http_coder *inner = c->inner;

		if (c->live)
			inflateEnd(&c->z);
		free(c);
		c = inner;
	}
}

/* Of "gzip, deflate" the last was put on last and comes off first. */
struct http_coder *
http_coder_new(struct span encoding)
{
	struct http_coder *first = NULL;
	unsigned depth = 0;
	size_t i = 0;

	while (i < encoding.len && depth < DEEP) {
		size_t from = i;
		struct http_coder *c = NULL;
		struct span word;

		while (i < encoding.len && memchr(", \t", encoding.p[i], 3) == NULL)
			i++;
		word = (struct span){encoding.p + from, i - from};
		if (http_has(word, "gzip"))
			c = coder_new(true);
		else if (http_has(word, "deflate"))
			c = coder_new(false);
		if (c != NULL) {
			c->inner = first;
			first = c;
			depth++;
		}
		i++;
	}
	return first;
}

bool
http_coder_too_deep(struct span encoding)
{
	unsigned words = 0;
	bool inside = false;

	for (size_t i = 0; i < encoding.len; i++) {
		bool between = memchr(", \t", encoding.p[i], 3) != NULL;

		words += !between && !inside;
		inside = !between;
	}
	return words > DEEP;
}

/* How far a gzip head reaches that zlib did not like. */
static size_t
head(struct span s)
{
	size_t n = 10;

	if (s.len < 4 || s.p[0] != 0x1f || s.p[1] != 0x8b || s.p[3] == 0)
		return s.len >= 10 && s.p[0] == 0x1f && s.p[1] == 0x8b ? 10 : 0;
	if (s.p[3] & 0x18) { /* a name or a comment, up to its NUL */
		while (n < s.len && s.p[n] != 0)
			n++;
		n++;
	} else if (s.p[3] & 0x02) {
		n = 12;
	}
	return n < s.len ? n : s.len;
}

/* Another way to read the same bytes; false: there is none left. */
static bool
try_again(struct http_coder *c, struct span bytes)
{
	size_t skip = head(bytes);

	inflateEnd(&c->z);
	c->live = false;
	if (c->tries >= 3)
		return false;
	if (c->tries > 0)
		c->gzip = !c->gzip;
	c->tries++;
	if (inflateInit2(&c->z, c->gzip ? ANY : RAW) != Z_OK)
		return false;
	c->live = true;
	if (c->gzip)
		skip = 0;
	c->z.next_in = (Bytef *)(uintptr_t)(bytes.p + skip);
	c->z.avail_in = (uInt)(bytes.len - skip);
	return true;
}

static void
come_out(struct http_coder *c, struct span bytes, http_sink_fn *sink, void *arg)
{
	c->out += bytes.len;
	if (bytes.len == 0)
		return;
	if (c->inner != NULL) /* at most DEEP calls deep */
		http_coder_feed(c->inner, bytes, sink, arg);
	else
		sink(arg, bytes);
}

static bool
is_bomb(const struct http_coder *c)
{
	return c->out > HTTP_INFLATE_MAX ||
	    (c->out > OUT_BYTES && c->out / HTTP_INFLATE_RATIO > c->in);
}

void
http_coder_feed(
    struct http_coder *c, struct span bytes, http_sink_fn *sink, void *arg)
{
	uint8_t out[OUT_BYTES];

	c->in += bytes.len;
	if (c->over)
		return;
	if (c->as_it_is) {
		come_out(c, bytes, sink, arg);
		return;
	}
	c->z.next_in = (Bytef *)(uintptr_t)bytes.p;
	c->z.avail_in = (uInt)bytes.len;
	while (c->z.avail_in > 0 && !is_bomb(c)) {
		int rc;

		c->z.next_out = out;
		c->z.avail_out = sizeof(out);
		rc = inflate(&c->z, Z_SYNC_FLUSH);
		come_out(
		    c, (struct span){out, sizeof(out) - c->z.avail_out}, sink, arg);
		if (rc == Z_STREAM_END) {
			c->over = true;
			return;
		}
		if (rc == Z_OK)
			continue;
		if (rc == Z_BUF_ERROR)
			return;
		c->failed = c->failed || (c->tries == 0 && c->out == 0);
		if (!try_again(c, bytes)) {
			c->as_it_is = true;
			come_out(c, bytes, sink, arg);
			return;
		}
	}
	c->over = c->over || is_bomb(c);
}

bool
http_coder_failed(const struct http_coder *c)
{
	for (; c != NULL; c = c->inner)
		if (c->failed)
			return true;
	return false;
}
