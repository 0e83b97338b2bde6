/* SPDX-License-Identifier: EUPL-1.2 */
/* HTTP/1: what rules see of conversations, whole, in bytes, and cut off. */
#include "agent/app/http.h"
#include "agent/limits.h"

#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include <cmocka.h>

/* A flow with a parser, and everything it showed as text. */
struct talk {
	struct app *app;
	struct flow f;
	struct buf seen;
};

static void
talk_open(struct talk *t)
{
	memset(t, 0, sizeof(*t));
	assert_non_null(t->app = app_new(&(struct app_config){.inspected = true}));
	t->f.key.proto = IPPROTO_TCP;
	buf_init(&t->seen, 4u << 20);
}

static void
say_bytes(struct talk *t, bool to_server, const void *p, size_t n)
{
	struct stream_news news = {
	    .kind = STREAM_DATA, .to_server = to_server, .data = {p, n}};

	app_read(t->app, &t->f, &news);
}

static void
say(struct talk *t, bool to_server, const char *text)
{
	say_bytes(t, to_server, text, strlen(text));
}

static void
end(struct talk *t)
{
	struct stream_news news = {.kind = STREAM_END, .to_server = true};

	app_read(t->app, &t->f, &news);
	news.to_server = false;
	app_read(t->app, &t->f, &news);
}

static void
talk_close(struct talk *t)
{
	app_slot_free(t->f.slot[FLOW_SLOT_APP]);
	assert_int_equal(app_stats(t->app)->bytes, 0);
	app_free(t->app);
	buf_release(&t->seen);
}

static struct app_tx *
tx_at(struct talk *t, unsigned n)
{
	struct app_tx *tx = app_tx_first(&t->f);

	while (tx != NULL && n-- > 0)
		tx = tx->next;
	return tx;
}

static void
has(struct talk *t, unsigned n, enum app_dir d, enum app_buffer_id b,
    const char *text)
{
	struct app_tx *tx = tx_at(t, n);
	struct app_bytes out;
	char *got;

	assert_non_null(tx);
	if (text == NULL) {
		assert_int_equal(app_buffer(&t->f, tx, b, d, 0, &out), APP_ABSENT);
		return;
	}
	if (app_buffer(&t->f, tx, b, d, 0, &out) != APP_HAVE)
		fail_msg("transaction %u has no %s", n, app_buffer_row(b)->name);
	got = strndup((const char *)out.bytes.p, out.bytes.len);
	assert_string_equal(got, text);
	free(got);
}

/* All buffers of all transactions. */
static void
dump(struct talk *t)
{
	struct app_bytes out;

	buf_reset(&t->seen);
	for (struct app_tx *tx = app_tx_first(&t->f); tx != NULL; tx = tx->next) {
		buf_addf(&t->seen, "tx %u %u %u %llx\n", (unsigned)tx->id,
		    tx->progress[0], tx->progress[1],
		    (unsigned long long)tx->events);
		for (const struct app_use *u = http_uses;
		     u->buffer != APP_BUFFER_NONE; u++)
			for (int d = 0; d < APP_DIRS; d++)
				for (unsigned i = 0; u->progress[d] != APP_NEVER &&
				     app_buffer(&t->f, tx, u->buffer,
					 (enum app_dir)d, i, &out) == APP_HAVE;
				     i++) {
					buf_addf(&t->seen, "%d %d %u: ", u->buffer,
					    d, i);
					buf_add(
					    &t->seen, out.bytes.p, out.bytes.len);
					buf_addc(&t->seen, '\n');
				}
	}
}

static const char REQUEST[] =
    "POST http://WWW.Example.org:80/a%2f./b/../c//d%41?q=%20+%zz HTTP/1.1\r\n"
    "Host: www.example.org\r\nUser-Agent: test\r\nX-A: 1\r\nCookie: a=b\r\n"
    "x-a:\t2\r\nX-Fold: one\r\n\ttwo\r\nTransfer-Encoding: chunked\r\n\r\n"
    "5;ext=1\r\nhello\r\n6\r\n world\r\n0\r\nTrailer: x\r\n\r\n"
    "GET /second HTTP/1.0\nHost: b\n\n"
    "HEAD /third HTTP/1.1\r\n\r\n";
static const char RESPONSE[] =
    "HTTP/1.1 100 Continue\r\n\r\n"
    "HTTP/1.1 200 All is well\r\nServer: s\r\nSet-Cookie: c\r\n"
    "Content-Length: 4\r\n\r\nbody"
    "HTTP/1.0 302 Found\nLocation: /x\nTransfer-Encoding: chunked\n\n"
    "3\nabc\n0\n\n"
    "HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n";

static void
everything_has_its_buffer(void **state)
{
	struct talk t;

	(void)state;
	talk_open(&t);
	say(&t, true, REQUEST);
	say(&t, false, RESPONSE);
	has(&t, 0, APP_TS, APP_HTTP_METHOD, "POST");
	has(&t, 0, APP_TS, APP_HTTP_URI_RAW,
	    "http://WWW.Example.org:80/a%2f./b/../c//d%41?q=%20+%zz");
	has(&t, 0, APP_TS, APP_HTTP_URI, "/a/c/dA?q= +%zz");
	has(&t, 0, APP_TS, APP_HTTP_HOST, "www.example.org");
	has(&t, 0, APP_TS, APP_HTTP_HEADER,
	    "Host: www.example.org\r\nUser-Agent: test\r\nX-A: 1, 2\r\n"
	    "X-Fold: one two\r\nTransfer-Encoding: chunked\r\nTrailer: x\r\n");
	has(&t, 0, APP_TS, APP_HTTP_HEADER_NAMES,
	    "\r\nHost\r\nUser-Agent\r\nX-A\r\nCookie\r\nX-Fold\r\n"
	    "Transfer-Encoding\r\nTrailer\r\n\r\n");
	has(&t, 0, APP_TS, APP_HTTP_COOKIE, "a=b");
	has(&t, 0, APP_TS, APP_HTTP_REQUEST_HEADER, "Host: www.example.org");
	has(&t, 0, APP_TS, APP_HTTP_REQUEST_BODY, "hello world");
	has(&t, 0, APP_TS, APP_FILE_DATA, "hello world");
	has(&t, 0, APP_TC, APP_HTTP_STAT_CODE, "200");
	has(&t, 0, APP_TC, APP_HTTP_STAT_MSG, "All is well");
	has(&t, 0, APP_TC, APP_HTTP_RESPONSE_LINE, "HTTP/1.1 200 All is well");
	has(&t, 0, APP_TC, APP_HTTP_SERVER, "s");
	has(&t, 0, APP_TC, APP_HTTP_COOKIE, "c");
	has(&t, 0, APP_TC, APP_FILE_DATA, "body");
	has(&t, 1, APP_TS, APP_HTTP_PROTOCOL, "HTTP/1.0");
	has(&t, 1, APP_TC, APP_HTTP_LOCATION, "/x");
	has(&t, 1, APP_TC, APP_HTTP_RESPONSE_BODY, "abc");
	has(&t, 1, APP_TS, APP_HTTP_START,
	    "GET /second HTTP/1.0\r\nHost: b\r\n\r\n");
	has(&t, 2, APP_TC, APP_HTTP_RESPONSE_BODY, NULL);
	assert_true(app_tx_done(&t.f, tx_at(&t, 2), APP_TC));
	talk_close(&t);
}

/* Feed both directions in pieces of n bytes. */
static void
pieces(struct talk *t, const char *q, size_t ql, const char *r, size_t rl, size_t n)
{
	for (size_t i = 0; i < ql; i += n)
		say_bytes(t, true, q + i, ql - i < n ? ql - i : n);
	for (size_t i = 0; i < rl; i += n)
		say_bytes(t, false, r + i, rl - i < n ? rl - i : n);
}

static void
same_in_pieces(const char *q, size_t ql, const char *r, size_t rl)
{
	struct talk whole, cut;

	talk_open(&whole);
	pieces(&whole, q, ql, r, rl, SIZE_MAX / 2);
	end(&whole);
	dump(&whole);
	for (size_t n = 1; n < 8; n++) {
		talk_open(&cut);
		pieces(&cut, q, ql, r, rl, n);
		end(&cut);
		dump(&cut);
		assert_string_equal(buf_str(&cut.seen), buf_str(&whole.seen));
		talk_close(&cut);
	}
	talk_close(&whole);
}

/* Shapes that servers send to get past inspection; all hold the body "worm". */
static const char *const ODD[] = {
    "HTTP/1.1 200 ok\r\nTransfer-Encoding: chunked\r\n\r\n 04 "
    "\r\nworm\r\n0\r\n\r\n",
    "HTTP/1.1 200 ok\rTransfer-Encoding: x,chunked\r\n\r\n4\nworm\n0\n\n",
    "HTTP/1.1 200 ok\r\nTransfer-Encoding: chunked\r\n\r\nworm",
    "HTTP/1.1 200 ok\r\nTransfer-Encoding:\r\n "
    "chunked\r\n\r\n4\r\nworm\r\n0\r\n\r\n",
    "HTTP/1.1 200 ok\r\nContent-Length: 4\n\r\r\nworm",
    "HTTP/1.1 200 ok\r\nContent-Length: 4\n\r\r\n\r\nworm",
    "HTTP/1.1 200 ok\r\nContent-Length: 4\n \nworm",
    "HTTP/1.1 200 ok\r\nContent-Length: 4\r\n \r\n\r\nworm",
    "HTTP/1.1 200 ok\r\n Transfer-Encoding: chunked\r\n\r\n4\r\nworm\r\n0\r\n\r\n",
    "HTTP/1.1 200 ok\r\nA: b\r\n\tTransfer-Encoding: "
    "chunked\r\n\r\n4\r\nworm\r\n0\r\n\r\n",
    "HTTP/1.1 200 ok\r\nTransfer-Encoding\r\n :\r\n "
    "chunked\r\n\r\n4\r\nworm\r\n0\r\n\r\n",
    "HTTP/1.1 200 ok\r\n\r\r\r\nTransfer-Encoding: "
    "chunked\r\n\r\n4\r\nworm\r\n0\r\n\r\n",
    "HTTP/1.1 200 ok\r\n\r \rTransfer-Encoding: "
    "chunked\r\n\r\n4\r\nworm\r\n0\r\n\r\n",
    "HTTP/1.1 200 ok\r\nContent-Length: 2 4\r\n\r\nworm",
    "junk\r\nHTTP/1.1 200 ok\r\nContent-Length: 4\r\n\r\nworm",
    "\r\r\nHTTP/1.1 200 ok\r\nContent-Length: 4\r\n\r\nworm",
    "HTTP/1.1 100 ok\r\nContent-Length: 4\r\n\r\nworm",
    "HTTP/1.1 2\r\nX\r\nContent-Length: x4\r\nContent-Length: 2\r\n\r\nworm",
    "HTTP/1.1 200 ok\r\n\r\nworm",
    "worm",
};

static void
odd_responses_are_read_like_browsers_do(void **state)
{
	static const char q[] = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";

	(void)state;
	for (size_t i = 0; i < sizeof(ODD) / sizeof(ODD[0]); i++) {
		struct talk t;

		talk_open(&t);
		say(&t, true, q);
		say(&t, false, ODD[i]);
		end(&t);
		has(&t, 0, APP_TC, APP_FILE_DATA, "worm");
		talk_close(&t);
		same_in_pieces(q, strlen(q), ODD[i], strlen(ODD[i]));
	}
}

static void
pieces_change_nothing(void **state)
{
	(void)state;
	same_in_pieces(REQUEST, strlen(REQUEST), RESPONSE, strlen(RESPONSE));
}

static void
every_truncation_ends(void **state)
{
	struct talk t;

	(void)state;
	for (size_t n = 0; n < strlen(REQUEST); n++) {
		talk_open(&t);
		say_bytes(&t, true, REQUEST, n);
		say(&t, false, RESPONSE);
		end(&t);
		dump(&t);
		for (struct app_tx *tx = app_tx_first(&t.f); tx != NULL;
		     tx = tx->next)
			assert_true(app_tx_done(&t.f, tx, APP_TS) &&
			    app_tx_done(&t.f, tx, APP_TC));
		talk_close(&t);
	}
	for (size_t n = 0; n < strlen(RESPONSE); n++) {
		talk_open(&t);
		say(&t, true, REQUEST);
		say_bytes(&t, false, RESPONSE, n);
		end(&t);
		dump(&t);
		assert_non_null(tx_at(&t, 2));
		talk_close(&t);
	}
}

static size_t
pack(int bits, const void *p, size_t n, uint8_t *out, size_t size)
{
	z_stream z = {.next_in = (Bytef *)(uintptr_t)p, .avail_in = (uInt)n};

	assert_int_equal(deflateInit2(&z, 9, Z_DEFLATED, bits, 8, 0), Z_OK);
	z.next_out = out;
	z.avail_out = (uInt)size;
	assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
	deflateEnd(&z);
	return size - z.avail_out;
}

static void
respond_packed(struct talk *t, const char *coding, const uint8_t *p, size_t n)
{
	char head[200];

	talk_open(t);
	say(t, true, "GET / HTTP/1.1\r\nHost: a\r\n\r\n");
	snprintf(head, sizeof(head),
	    "HTTP/1.1 200 OK\r\nContent-Encoding: %s\r\nContent-Length: "
	    "%zu\r\n\r\n",
	    coding, n);
	say(t, false, head);
	say_bytes(t, false, p, n / 2);
	say_bytes(t, false, p + n / 2, n - n / 2);
	end(t);
}

static void
bodies_are_unpacked(void **state)
{
	static const char text[] = "what was packed, packed, packed and packed";
	static const struct {
		int bits;
		const char *coding;
	} forms[] = {{31, "gzip"}, {31, "x-gzip"}, {-15, "deflate"},
	    {15, "deflate"}, {31, "deflate"}, {-15, "gzip"}, {15, "gzip"}};
	uint8_t once[400], twice[400];
	struct talk t;
	size_t n;

	(void)state;
	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		n = pack(forms[i].bits, text, strlen(text), once, sizeof(once));
		respond_packed(&t, forms[i].coding, once, n);
		has(&t, 0, APP_TC, APP_FILE_DATA, text);
		talk_close(&t);
	}
	n = pack(-15, text, strlen(text), once, sizeof(once));
	n = pack(31, once, n, twice, sizeof(twice));
	respond_packed(&t, "deflate, gzip", twice, n);
	has(&t, 0, APP_TC, APP_FILE_DATA, text);
	talk_close(&t);
	respond_packed(&t, "br", (const uint8_t *)text, strlen(text));
	has(&t, 0, APP_TC, APP_FILE_DATA, text);
	talk_close(&t);
}

static void
bombs_are_bounded(void **state)
{
	static uint8_t zeros[8u << 20], packed[64u << 10];
	struct app_bytes out;
	struct talk t;
	size_t n;

	(void)state;
	n = pack(31, zeros, sizeof(zeros), packed, sizeof(packed));
	respond_packed(&t, "gzip", packed, n);
	assert_int_equal(
	    app_buffer(&t.f, tx_at(&t, 0), APP_FILE_DATA, APP_TC, 0, &out),
	    APP_HAVE);
	assert_true(out.bytes.len <= HTTP_BODY_MAX);
	talk_close(&t);
}

static void
large_bodies_come_as_windows(void **state)
{
	static char part[10000];
	struct app_bytes out;
	struct talk t;
	uint64_t last = 0;
	bool shown = false;

	(void)state;
	memset(part, 'x', sizeof(part) - 1);
	talk_open(&t);
	say(&t, true, "GET / HTTP/1.1\r\nHost: a\r\n\r\n");
	say(&t, false, "HTTP/1.1 200 OK\r\n\r\n");
	for (int i = 0; i < 12; i++) {
		struct app_tx *tx = tx_at(&t, 0);

		say(&t, false, part);
		if (app_buffer(&t.f, tx, APP_FILE_DATA, APP_TC, 0, &out) ==
		    APP_HAVE) {
			assert_true(shown || out.offset == 0);
			assert_true(out.offset <= last);
			last = out.offset + out.bytes.len;
			shown = true;
		}
		app_tx_inspected(&t.f, tx, APP_TC);
	}
	assert_true(shown);
	assert_int_equal(last, HTTP_BODY_MAX);
	assert_true(out.complete);
	talk_close(&t);
}

static void
gaps_in_bodies_are_passed_over(void **state)
{
	struct stream_news gap = {.kind = STREAM_GAP, .missing = 4};
	struct talk t;

	(void)state;
	talk_open(&t);
	say(&t, true, "GET / HTTP/1.1\r\nHost: a\r\n\r\nGET /b HTTP/1.1\r\n\r\n");
	say(&t, false, "HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\nab");
	app_read(t.app, &t.f, &gap);
	say(&t, false, "gh");
	say(&t, false, "HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n");
	has(&t, 1, APP_TC, APP_HTTP_STAT_CODE, "404");
	app_read(t.app, &t.f, &gap);
	say(&t, false, "HTTP/1.1 200 OK\r\n\r\n");
	assert_null(tx_at(&t, 2));
	talk_close(&t);
}

static void
what_is_wrong_becomes_an_event(void **state)
{
	static const struct {
		enum http_event event;
		const char *q, *r;
	} cases[] = {
	    {HTTP_EVENT_MISSING_HOST, "GET / HTTP/1.1\r\n\r\n", ""},
	    {HTTP_EVENT_REQUEST_NO_COLON, "GET / HTTP/1.1\r\nfoo\r\n\r\n", ""},
	    {HTTP_EVENT_RESPONSE_NO_COLON, "GET / HTTP/1.0\r\n\r\n",
		"HTTP/1.0 200 OK\r\nfoo\r\n\r\n"},
	    {HTTP_EVENT_MISSING_PROTOCOL, "GET /\r\n", ""},
	    {HTTP_EVENT_REQUEST_CHUNK_EXTENSION,
		"POST / HTTP/1.1\r\nTransfer-Encoding: "
		"chunked\r\n\r\n0;a=b\r\n\r\n",
		""},
	    {HTTP_EVENT_REQUEST_LENGTHS,
		"GET / HTTP/1.1\r\nContent-Length: 0\r\nContent-Length: 9\r\n\r\n",
		""},
	    {HTTP_EVENT_REQUEST_CODING,
		"GET / HTTP/1.1\r\nTransfer-Encoding: other\r\n\r\n", ""},
	    {HTTP_EVENT_AUTH_UNRECOGNIZED,
		"GET / HTTP/1.1\r\nAuthorization: Other x\r\n\r\n", ""},
	    {HTTP_EVENT_TOO_MANY_LAYERS, "GET / HTTP/1.1\r\n\r\n",
		"HTTP/1.1 200 OK\r\nContent-Encoding: gzip, gzip, gzip\r\n\r\nx"},
	    {HTTP_EVENT_HOST_AMBIGUOUS, "GET http://a/ HTTP/1.0\r\nHost: b\r\n\r\n",
		""},
	    {HTTP_EVENT_LEADING_SPACE, " GET / HTTP/1.1\r\nHost: a\r\n\r\n",
		"HTTP/1.1 200 OK\r\n\r\n"},
	    {HTTP_EVENT_METHOD_DELIMITER, "GET\t/ HTTP/1.1\r\nHost: a\r\n\r\n",
		"HTTP/1.1 200 OK\r\n\r\n"},
	    {HTTP_EVENT_URI_DELIMITER, "GET /\tHTTP/1.1\r\nHost: a\r\n\r\n",
		"HTTP/1.1 200 OK\r\n\r\n"},
	    {HTTP_EVENT_URI_HOST, "GET http://a:x/ HTTP/1.1\r\nHost: a\r\n\r\n",
		"HTTP/1.1 200 OK\r\n\r\n"},
	    {HTTP_EVENT_URI_HOST, "CONNECT a:0 HTTP/1.1\r\nHost: a\r\n\r\n",
		"HTTP/1.1 200 OK\r\n\r\n"},
	    {HTTP_EVENT_HEADER_HOST, "GET / HTTP/1.1\r\nHost: a b\r\n\r\n", ""},
	    {HTTP_EVENT_HEADER_HOST, "GET / HTTP/1.1\r\nHost: [::1\r\n\r\n", ""},
	    {HTTP_EVENT_HEADER_HOST, "GET / HTTP/1.1\r\nHost: a:65536\r\n\r\n", ""},
	    {HTTP_EVENT_REQUEST_HEADER, "GET / HTTP/1.1\r\nX : a\r\n\r\n", ""},
	    {HTTP_EVENT_REQUEST_HEADER, "GET / HTTP/1.1\r\n: a\r\n\r\n", ""},
	    {HTTP_EVENT_REQUEST_FOLDING, "GET / HTTP/1.1\r\n X: a\r\n\r\n", ""},
	    {HTTP_EVENT_REQUEST_LENGTH,
		"GET / HTTP/1.1\r\nContent-Length: x\r\n\r\n", ""},
	    {HTTP_EVENT_REQUEST_CODING,
		"GET / HTTP/1.1\r\nTransfer-Encoding: xchunked\r\n\r\n", ""},
	    {HTTP_EVENT_REQUEST_CHUNK,
		"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", ""},
	    {HTTP_EVENT_PROTOCOL, "GET / HTTP/1.1\r\nHost: a\r\n\r\n",
		"HTTP/1.2 200 OK\r\n\r\n"},
	    {HTTP_EVENT_STATUS, "GET / HTTP/1.1\r\nHost: a\r\n\r\n",
		"HTTP/1.1 1000 OK\r\n\r\n"},
	    {HTTP_EVENT_STATUS, "GET / HTTP/1.1\r\nHost: a\r\n\r\n",
		"HTTP/1.1 20 OK\r\n\r\n"},
	    {HTTP_EVENT_RESPONSE_HEADER, "GET / HTTP/1.1\r\nHost: a\r\n\r\n",
		"HTTP/1.1 200 OK\r\nX/: a\r\n\r\n"},
	    {HTTP_EVENT_RESPONSE_FOLDING, "GET / HTTP/1.1\r\nHost: a\r\n\r\n",
		"HTTP/1.1 200 OK\r\n X: a\r\n\r\n"},
	    {HTTP_EVENT_RESPONSE_LENGTH, "GET / HTTP/1.1\r\nHost: a\r\n\r\n",
		"HTTP/1.1 200 OK\r\nContent-Length:\r\n\r\n"},
	    {HTTP_EVENT_RESPONSE_CHUNK, "GET / HTTP/1.1\r\nHost: a\r\n\r\n",
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: "
		"chunked\r\n\r\n80000000\r\n"},
	    {HTTP_EVENT_RESPONSE_CODING, "GET / HTTP/1.1\r\nHost: a\r\n\r\n",
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n"},
	    {HTTP_EVENT_CHUNKED_OLD, "GET / HTTP/1.1\r\nHost: a\r\n\r\n",
		"HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"},
	    {HTTP_EVENT_CONTENT_CODING, "GET / HTTP/1.1\r\nHost: a\r\n\r\n",
		"HTTP/1.1 200 OK\r\nContent-Encoding: gzip, br\r\n\r\n"},
	    {HTTP_EVENT_RANGE, "GET / HTTP/1.1\r\nHost: a\r\n\r\n",
		"HTTP/1.1 206 P\r\nContent-Range: bytes 0-9/2\r\n\r\n"},
	    {HTTP_EVENT_CONTINUE_AGAIN, "GET / HTTP/1.1\r\nHost: a\r\n\r\n",
		"HTTP/1.1 100 C\r\n\r\nHTTP/1.1 100 C\r\n\r\n"},
	    {HTTP_EVENT_UNPACK, "GET / HTTP/1.1\r\nHost: a\r\n\r\n",
		"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\nhello"},
	    {HTTP_EVENT_BODY_UNEXPECTED, "POST / HTTP/1.1\r\n\r\na=b\r\n", ""},
	    {HTTP_EVENT_CHANGE_FAILED, "CONNECT a:80 HTTP/1.1\r\nHost: a\r\n\r\n",
		"HTTP/1.1 200 OK\r\n\r\nHTTP/1.1 101 x\r\nUpgrade: h2c\r\n\r\n"},
	};
	struct talk t;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		talk_open(&t);
		say(&t, true, cases[i].q);
		say(&t, false, cases[i].r);
		end(&t);
		if (!((tx_at(&t, 0)->events >> cases[i].event) & 1))
			fail_msg("case %zu", i);
		talk_close(&t);
	}
	talk_open(&t);
	say(&t, true, "GET / HTTP/1.0\r\n\r\n");
	say(&t, false, "HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n");
	say(&t, false, "HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n");
	assert_true((tx_at(&t, 1)->events >> HTTP_EVENT_UNMATCHED) & 1);
	talk_close(&t);
}

static void
endless_lines_end_the_reading(void **state)
{
	static char part[HTTP_HEADER_MAX / 2];
	struct talk t;

	(void)state;
	memset(part, 'x', sizeof(part) - 1);
	talk_open(&t);
	say(&t, true, "GET / HTTP/1.1\r\nX: ");
	for (int i = 0; i < 4; i++)
		say(&t, true, part);
	assert_true((tx_at(&t, 0)->events >> HTTP_EVENT_REQUEST_TOO_LONG) & 1);
	assert_true(app_tx_done(&t.f, tx_at(&t, 0), APP_TS));
	talk_close(&t);
}

static void
a_tunnel_is_another_protocol(void **state)
{
	struct talk t;

	(void)state;
	talk_open(&t);
	say(&t, true, "CONNECT a:443 HTTP/1.1\r\nHost: a:443\r\n\r\n");
	say(&t, false, "HTTP/1.1 200 OK\r\n\r\n");
	assert_int_equal(app_flow_id(&t.f), APP_HTTP1);
	say(&t, true, "GET /inside HTTP/1.0\r\n\r\n");
	has(&t, 0, APP_TS, APP_HTTP_URI, "/inside");
	assert_int_equal(app_stats(t.app)->flows[APP_HTTP1], 2);
	talk_close(&t);
}

/* What comes next is not waited for: nothing may come. */
static void
messages_without_a_body_end_with_their_headers(void **state)
{
	struct talk t;

	(void)state;
	talk_open(&t);
	say(&t, true, "GET / HTTP/1.1\r\nHost: a.example\r\n\r\n");
	has(&t, 0, APP_TS, APP_HTTP_HOST, "a.example");
	assert_true(app_tx_done(&t.f, tx_at(&t, 0), APP_TS));
	say(&t, false, "HTTP/1.1 304 Not Modified\r\nServer: x\r\n\r\n");
	has(&t, 0, APP_TC, APP_HTTP_SERVER, "x");
	assert_true(app_tx_done(&t.f, tx_at(&t, 0), APP_TC));
	talk_close(&t);
}

/* What came with a request is the next one only if it begins like one. */
static void
body_that_no_header_announced_is_body(void **state)
{
	static const char request[] = "POST / HTTP/1.1\r\n\r\na=b\r\nc=d";
	struct talk t;

	(void)state;
	talk_open(&t);
	say(&t, true, request);
	say(&t, true, "\r\nGET /next HTTP/1.1\r\n\r\n");
	has(&t, 0, APP_TS, APP_HTTP_REQUEST_BODY, "a=b\r\nc=d\r\n");
	has(&t, 1, APP_TS, APP_HTTP_URI, "/next");
	talk_close(&t);
	talk_open(&t);
	say(&t, true, request);
	end(&t);
	has(&t, 0, APP_TS, APP_HTTP_REQUEST_BODY, "a=b\r\nc=d");
	talk_close(&t);
	talk_open(&t);
	say(&t, true, "GET /1 HTTP/1.1\r\n\r\n\r\nGET /2 HTTP/1.1\r\n\r\n");
	has(&t, 1, APP_TS, APP_HTTP_URI, "/2");
	assert_null(tx_at(&t, 2));
	talk_close(&t);
}

static void
fields_behind_the_last_chunk_join_the_headers(void **state)
{
	struct talk t;

	(void)state;
	talk_open(&t);
	say(&t, true, "GET / HTTP/1.1\r\nHost: a\r\n\r\n");
	say(&t, false,
	    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
	    "2\r\nok\r\n0\r\n");
	has(&t, 0, APP_TC, APP_HTTP_HEADER, "Transfer-Encoding: chunked\r\n");
	assert_false(tx_at(&t, 0)->again[APP_TC]);
	say(&t, false, "X: y\r\n");
	say(&t, false, "\r\n");
	has(&t, 0, APP_TC, APP_HTTP_HEADER,
	    "Transfer-Encoding: chunked\r\nX: y\r\n");
	has(&t, 0, APP_TC, APP_HTTP_HEADER_RAW,
	    "Transfer-Encoding: chunked\r\n\r\nX: y\r\n\r\n");
	assert_true(tx_at(&t, 0)->again[APP_TC]);
	talk_close(&t);
}

/* What Suricata has nothing against; the same in every direction of thought. */
static void
what_is_well_is_no_event(void **state)
{
	static const char *const requests[] = {
	    "GET / HTTP/1.1\r\nHost: a_b.\r\n\r\n",
	    "GET http://u:p@aA:80/ HTTP/1.1\r\nHost: Aa:80\r\n\r\n",
	    "GET  /a b HTTP/1.1\r\nHost: [::1]:80\r\n\r\n",
	    "CONNECT a:443 HTTP/1.1\r\nHost: a\r\n\r\n",
	    "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0x\r\n\r\n",
	};
	static const char *const responses[] = {
	    "HTTP/1.1  200\r\nContent-Range: bytes */2\r\n\r\n",
	    "HTTP/1.0 999 OK\r\nContent-Range: items 0-9/2\r\n\r\n",
	    "HTTP/1.1 206 OK\r\nContent-Range: bytes  1-1/2\r\n\r\n",
	    "HTTP/1.1 200 OK\r\nContent-Encoding: deflate, GZIP,\r\n\r\n",
	    "HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\n\r\n",
	    "HTTP/1.1 100 C\r\nContent-Length: 0\r\n\r\nHTTP/1.1 200 "
	    "OK\r\n\r\n",
	};
	struct talk t;

	(void)state;
	for (size_t i = 0; i < sizeof(requests) / sizeof(requests[0]); i++) {
		talk_open(&t);
		say(&t, true, requests[i]);
		if (tx_at(&t, 0)->events != 0)
			fail_msg("request %zu", i);
		talk_close(&t);
	}
	for (size_t i = 0; i < sizeof(responses) / sizeof(responses[0]); i++) {
		talk_open(&t);
		say(&t, true, requests[0]);
		say(&t, false, responses[i]);
		if (tx_at(&t, 0)->events != 0 || tx_at(&t, 1) != NULL)
			fail_msg("response %zu", i);
		talk_close(&t);
	}
}

/* As Suricata, whatever is said behind too many. */
static void
too_many_requests_end_the_reading(void **state)
{
	struct talk t;

	(void)state;
	talk_open(&t);
	for (unsigned i = 0; i <= APP_TX_MAX; i++)
		say(&t, true, "GET /x HTTP/1.1\r\n\r\n");
	assert_non_null(tx_at(&t, APP_TX_MAX));
	say(&t, true, "GET /y HTTP/1.1\r\n\r\n");
	assert_null(tx_at(&t, APP_TX_MAX + 1));
	say(&t, false, "HTTP/1.1 200 OK\r\n\r\n");
	has(&t, 0, APP_TC, APP_HTTP_STAT_CODE, NULL);
	assert_int_equal(app_stats(t.app)->tx_cap, 1);
	talk_close(&t);
}

/* A method that nobody knows: the answer says what it was. */
static void
what_one_direction_is_the_other_may_tell(void **state)
{
	struct talk t;

	(void)state;
	talk_open(&t);
	say(&t, true, "FOO /x HTTP/1.1\r\nHo");
	say(&t, true, "st: a\r\n\r\n");
	assert_null(tx_at(&t, 0));
	say(&t, false, "HTTP/1.1 200 OK\r\n\r\n");
	has(&t, 0, APP_TS, APP_HTTP_METHOD, "FOO");
	has(&t, 0, APP_TS, APP_HTTP_HOST, "a");
	has(&t, 0, APP_TC, APP_HTTP_STAT_CODE, "200");
	talk_close(&t);
	talk_open(&t);
	for (unsigned i = 0; i <= APP_WAIT_BYTES_MAX / 8; i++)
		say(&t, true, "unknown ");
	assert_int_equal(app_stats(t.app)->bytes, 0);
	say(&t, false, "HTTP/1.1 200 OK\r\n\r\n");
	has(&t, 0, APP_TC, APP_HTTP_STAT_CODE, "200");
	talk_close(&t);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(everything_has_its_buffer),
	    cmocka_unit_test(odd_responses_are_read_like_browsers_do),
	    cmocka_unit_test(pieces_change_nothing),
	    cmocka_unit_test(every_truncation_ends),
	    cmocka_unit_test(bodies_are_unpacked),
	    cmocka_unit_test(bombs_are_bounded),
	    cmocka_unit_test(large_bodies_come_as_windows),
	    cmocka_unit_test(gaps_in_bodies_are_passed_over),
	    cmocka_unit_test(what_is_wrong_becomes_an_event),
	    cmocka_unit_test(endless_lines_end_the_reading),
	    cmocka_unit_test(a_tunnel_is_another_protocol),
	    cmocka_unit_test(messages_without_a_body_end_with_their_headers),
	    cmocka_unit_test(what_is_well_is_no_event),
	    cmocka_unit_test(what_one_direction_is_the_other_may_tell),
	    cmocka_unit_test(too_many_requests_end_the_reading),
	    cmocka_unit_test(body_that_no_header_announced_is_body),
	    cmocka_unit_test(fields_behind_the_last_chunk_join_the_headers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
