/* SPDX-License-Identifier: EUPL-1.2 */
/* Frames: what rules see of the stretches that parsers name. */
#include "agent/app/dns.h"
#include "agent/app/http.h"
#include "agent/app/sip.h"
#include "agent/app/tls.h"
#include "agent/limits.h"
#include "tests/unit/app_help.h"
#include "tests/unit/detect_help.h"

#define BIT(frame) ((uint64_t)1 << ((frame)-APP_FRAMES))

static void
frames_begin(
    struct talk *t, const struct app_parser *p, uint8_t proto, uint64_t wanted)
{
	talk_begin(t, p, proto, proto == IPPROTO_TCP ? 80 : 53);
	app_free(t->app);
	t->app = app_new(&(struct app_config){
	    .parsers = t->parsers, .inspected = true, .frames = wanted});
	assert_non_null(t->app);
}

/* "type number+offset:bytes" of each frame that is due, and detection has it. */
static const char *
seen(struct talk *t, enum app_dir d)
{
	static char text[8192];
	size_t n = 0;

	text[0] = '\0';
	for (struct app_frame *f = NULL;
	     (f = app_frame_next(&t->flow, d, f)) != NULL;) {
		struct app_bytes b;

		if (app_buffer(&t->flow, &f->tx, f->type, d, 0, &b) != APP_HAVE)
			b.bytes.len = 0;
		n += (size_t)snprintf(text + n, sizeof(text) - n,
		    "%s %d+%d%s:%.*s;", app_buffer_row(f->type)->name,
		    (int)f->number, (int)b.offset, f->complete ? "" : "..",
		    (int)b.bytes.len, (const char *)b.bytes.p);
		app_frame_inspected(d, f);
	}
	app_clean(&t->flow);
	return text;
}

static void
say(struct talk *t, enum app_dir d, const char *text, size_t piece)
{
	talk_say(t, d, text, strlen(text), piece);
}

static void
messages_are_frames_when_they_are_complete(void **state)
{
	struct talk t;

	(void)state;
	for (size_t piece = 1; piece < 80; piece += 13) {
		frames_begin(&t, &http_parser, IPPROTO_TCP,
		    BIT(APP_FRAME_HTTP_REQUEST) | BIT(APP_FRAME_HTTP_RESPONSE));
		say(&t, APP_TS, "GET / HTTP/1.1\r\nHost: a\r\n", piece);
		assert_string_equal(seen(&t, APP_TS), "");
		say(&t, APP_TS, "\r\n", piece);
		assert_string_equal(seen(&t, APP_TS),
		    "http1.request 1+0:GET / HTTP/1.1\r\nHost: a\r\n\r\n;");
		say(&t, APP_TC,
		    "\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP",
		    piece);
		assert_string_equal(seen(&t, APP_TC),
		    "http1.response 1+0:HTTP/1.1 200 OK\r\nContent-Length: "
		    "2\r\n\r\nok;");
		talk_tell(&t, STREAM_END, APP_TC, "", 0);
		assert_string_equal(seen(&t, APP_TC), "http1.response 2+0:HTTP;");
		talk_end(&t);
	}
}

static void
long_frames_come_as_windows(void **state)
{
	static char x[STREAM_CHUNK_BYTES];
	const char *got;
	struct talk t;

	(void)state;
	memset(x, 'x', sizeof(x));
	frames_begin(&t, &http_parser, IPPROTO_TCP, BIT(APP_FRAME_HTTP_REQUEST));
	say(&t, APP_TS, "POST / HTTP/1.1\r\nContent-Length: 2562\r\n\r\n", 100);
	assert_string_equal(seen(&t, APP_TS), "");
	talk_say(&t, APP_TS, x, sizeof(x), sizeof(x));
	got = seen(&t, APP_TS);
	assert_memory_equal(got, "http1.request 1+0..:POST", 24);
	assert_string_equal(seen(&t, APP_TS), "");
	say(&t, APP_TS, "yy", 1);
	assert_string_equal(seen(&t, APP_TS), "http1.request 1+2601:yy;");
	talk_end(&t);
}

static void
behind_a_gap_nothing_is_seen(void **state)
{
	struct talk t;

	(void)state;
	frames_begin(&t, &http_parser, IPPROTO_TCP, BIT(APP_FRAME_HTTP_RESPONSE));
	say(&t, APP_TS, "GET / HTTP/1.1\r\n\r\n", 100);
	say(&t, APP_TC, "HTTP/1.1 200 OK\r\nContent-Length: 104\r\n\r\nab", 100);
	talk_tell(&t, STREAM_GAP, APP_TC, "", 0);
	say(&t, APP_TC, "yzHTTP/1.1 204 No\r\n\r\n", 100);
	assert_string_equal(seen(&t, APP_TC),
	    "http1.response 1+0:HTTP/1.1 200 OK\r\nContent-Length: 104\r\n\r\nab;"
	    "http1.response 2+0:HTTP/1.1 204 No\r\n\r\n;");
	talk_end(&t);
}

static void
records_have_frames_inside(void **state)
{
	static const char records[] = "\x16\x03\x01\x00\x04"
				      "\x14\0\0\0\x15\x03\x01\x00\x02"
				      "BB";
	struct talk t;

	(void)state;
	for (size_t piece = 1; piece < 17; piece += 5) {
		frames_begin(&t, &tls_parser, IPPROTO_TCP,
		    BIT(APP_FRAME_TLS_DATA) | BIT(APP_FRAME_TLS_ALERT));
		talk_say(&t, APP_TS, records, sizeof(records) - 1, piece);
		assert_string_equal(seen(&t, APP_TS),
		    "tls.data 1+0:\x14;tls.data 2+0:BB;tls.alert 3+0:BB;");
		talk_end(&t);
	}
}

#define QUERY "\0\x1d\x12\x34\1\0\0\1\0\0\0\0\0\0\7example\3com\0\0\1\0\1"

static void
frames_may_be_named_late(void **state)
{
	static const char two[] = QUERY QUERY;
	struct talk t;

	(void)state;
	for (size_t piece = 1; piece < sizeof(two); piece++) {
		struct app_frame *f;

		frames_begin(&t, &dns_parser, IPPROTO_TCP, BIT(APP_FRAME_DNS_PDU));
		t.flow.key.bport = 53;
		talk_say(&t, APP_TS, two, sizeof(two) - 1, piece);
		f = app_frame_next(&t.flow, APP_TS, NULL);
		assert_non_null(f);
		f = app_frame_next(&t.flow, APP_TS, f);
		assert_non_null(f);
		assert_int_equal(f->window.len, 29);
		assert_memory_equal(f->window.data, two + 2, 29);
		assert_int_equal(f->at, 33);
		talk_end(&t);
	}
}

static void
datagrams_have_frames(void **state)
{
	struct talk t;

	(void)state;
	frames_begin(&t, &sip_parser, IPPROTO_UDP, UINT64_MAX);
	t.flow.key.bport = 5060;
	talk_tell(&t, STREAM_DATAGRAM, APP_TS,
	    "INVITE sip:b SIP/2.0\r\nTo: b\r\n\r\nbody", 35);
	assert_string_equal(seen(&t, APP_TS),
	    "sip.pdu 1+0:INVITE sip:b SIP/2.0\r\nTo: b\r\n\r\nbody;"
	    "sip.request.line 2+0:INVITE sip:b SIP/2.0\r\n;"
	    "sip.request.headers 3+0:To: b\r\n;"
	    "sip.request.body 4+0:body;");
	talk_end(&t);
}

static void
nothing_is_kept_that_no_rule_wants_and_never_too_many(void **state)
{
	struct talk t;
	unsigned n = 0;

	(void)state;
	frames_begin(&t, &http_parser, IPPROTO_TCP, 0);
	say(&t, APP_TS, "GET / HTTP/1.1\r\n\r\n", 100);
	assert_null(app_frame_next(&t.flow, APP_TS, NULL));
	talk_end(&t);
	frames_begin(&t, &http_parser, IPPROTO_TCP, BIT(APP_FRAME_HTTP_REQUEST));
	for (unsigned i = 0; i < APP_FRAMES_MAX + 9; i++)
		say(&t, APP_TS, "GET / HTTP/1.1\r\n\r\n", 100);
	for (struct app_frame *f = NULL;
	     (f = app_frame_next(&t.flow, APP_TS, f)) != NULL;)
		n++;
	assert_int_equal(n, APP_FRAMES_MAX);
	assert_int_equal(app_stats(t.app)->part_cap, 9);
	talk_end(&t);
}

static void
rules_name_frames_of_their_protocol(void **state)
{
	static const char *const good[] = {
	    "alert http any any -> any any (frame:http1.request; content:\"a\"; "
	    "sid:1;)\n",
	    "alert http1 any any -> any any (frame:request; content:\"a\"; "
	    "sid:1;)\n",
	    "alert tcp any any -> any any (frame:tls.pdu; content:\"a\"; sid:1;)\n",
	    "alert tls any any -> any any (frame:ssl2.hdr; content:\"a\"; "
	    "sid:1;)\n",
	    "alert smtp any any -> any any (frame:smtp.stream; content:\"a\"; "
	    "sid:1;)\n",
	};
	static const char *const bad[] = {
	    "alert http any any -> any any (frame:request; content:\"a\"; "
	    "sid:1;)\n",
	    "alert dns any any -> any any (frame:tls.pdu; content:\"a\"; "
	    "sid:1;)\n",
	    "alert tcp any any -> any any (frame:stream; content:\"a\"; sid:1;)\n",
	    "alert sip any any -> any any (frame:stream; content:\"a\"; sid:1;)\n",
	    "alert http1 any any -> any any (frame:nothing; content:\"a\"; "
	    "sid:1;)\n",
	    "alert http1 any any -> any any (frame:request; content:\"a\"; "
	    "http.uri; content:\"b\"; sid:1;)\n",
	};
	struct engine e;

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		engine_open_all(&e, good[i]);
		assert_true(ruleset_frames(e.rs) != 0);
		engine_close(&e);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		engine_open(&e, bad[i], NULL);
		if (ruleset_refusals(e.rs, NULL) != 1)
			fail_msg("loaded: %s", bad[i]);
		engine_close(&e);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(messages_are_frames_when_they_are_complete),
	    cmocka_unit_test(long_frames_come_as_windows),
	    cmocka_unit_test(behind_a_gap_nothing_is_seen),
	    cmocka_unit_test(records_have_frames_inside),
	    cmocka_unit_test(frames_may_be_named_late),
	    cmocka_unit_test(datagrams_have_frames),
	    cmocka_unit_test(nothing_is_kept_that_no_rule_wants_and_never_too_many),
	    cmocka_unit_test(rules_name_frames_of_their_protocol),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
