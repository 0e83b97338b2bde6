/* SPDX-License-Identifier: EUPL-1.2 */
/* Rules on whole files of HTTP: their names, sizes and digests. */
#include "tests/unit/detect_help.h"

#include "agent/app/app.h"
#include "agent/app/magic.h"
#include "common/digest.h"

#include <unistd.h>

#define BIG  200000 /* more than is kept of a body */

#define LIST "list" /* in the working directory, one of its own */

struct talk {
	struct engine e;
	struct app *app;
	struct magic_base *magic;
	struct flow f;
};

/* Digests of the text, as md5sum and its like print them. */
static void
write_list(enum digest_kind kind, const char *text, size_t len)
{
	char hex[DIGEST_TEXT_SIZE];
	FILE *f;

	assert_non_null(f = fopen(LIST, "w"));
	fprintf(f, "# a list\n%s  a name, with a comma\n",
	    digest_text_of(kind, text, len, hex));
	assert_int_equal(fclose(f), 0);
}

static void
talk_open(struct talk *t, const char *rules)
{
	memset(t, 0, sizeof(*t));
	engine_open_all(&t->e, rules);
	assert_non_null(t->magic = magic_base_open(MAGIC_BASE_PATH));
	assert_non_null(t->app = app_new(&(struct app_config){.inspected = true,
			    .file_sums = ruleset_file_sums(t->e.rs),
			    .magic = t->magic}));
	t->f.key.proto = IPPROTO_TCP;
}

static void
talk_close(struct talk *t)
{
	app_slot_free(t->f.slot[FLOW_SLOT_APP]);
	detect_slot_free(t->f.slot[FLOW_SLOT_DETECT]);
	assert_int_equal(app_stats(t->app)->bytes, 0);
	app_free(t->app);
	magic_base_free(t->magic);
	engine_close(&t->e);
}

static void
tell(struct talk *t, enum stream_kind kind, bool to_server, const char *p, size_t n)
{
	struct stream_news news = {.kind = kind,
	    .to_server = to_server,
	    .data = {(const uint8_t *)p, n},
	    .missing = kind == STREAM_GAP ? 1 : 0};

	app_read(t->app, &t->f, &news);
}

static void
say(struct talk *t, bool to_server, const char *text)
{
	tell(t, STREAM_DATA, to_server, text, strlen(text));
}

/* The sids that alert on a packet this way, as bits. */
static unsigned
packet(struct talk *t, bool to_server)
{
	struct packet p = packet_of(IPPROTO_TCP, NULL, 0);
	unsigned sids = 0;

	p.flags =
	    PACKET_ESTABLISHED | (to_server ? PACKET_TO_SERVER : PACKET_TO_CLIENT);
	p.flow = &t->f;
	detect_packet(t->e.d, &p, &t->e.result);
	for (size_t i = 0; i < t->e.result.n; i++)
		sids |= 1u << rule_meta(t->e.result.alert[i].rule)->sid;
	app_clean(&t->f);
	return sids;
}

#define HEAD "alert http any any -> any any ("
#define ASK  "GET /a/b.exe?x=1 HTTP/1.1\r\nHost: a\r\n\r\n"

static void
a_digest_is_of_the_whole_file(void **state)
{
	static const struct {
		enum digest_kind kind;
		const char *rules;
	} ROWS[] = {
	    {DIGEST_MD5,
		HEAD "filemd5:list; sid:1;)\n" HEAD "filemd5:!list; sid:2;)\n"},
	    {DIGEST_SHA1,
		HEAD "filesha1:list; sid:1;)\n" HEAD "filesha1:!list; sid:2;)\n"},
	    {DIGEST_SHA256,
		HEAD "filesha256:list; sid:1;)\n" HEAD
		     "filesha256:!list; sid:2;)\n"},
	};
	struct talk t;

	(void)state;
	for (size_t i = 0; i < sizeof(ROWS) / sizeof(ROWS[0]); i++) {
		write_list(ROWS[i].kind, "abcdef", 6);
		talk_open(&t, ROWS[i].rules);
		say(&t, true, ASK ASK);
		packet(&t, true);
		say(&t, false, "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nabc");
		assert_int_equal(packet(&t, false), 0);
		say(&t, false, "def");
		assert_int_equal(packet(&t, false), 1u << 1);
		say(&t, false, "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc");
		assert_int_equal(packet(&t, false), 1u << 2);
		talk_close(&t);
		unlink(LIST);
	}
}

#define PDF "%PDF-1.4\n%"

static void
a_kind_is_told_from_the_first_bytes(void **state)
{
	char some[FILE_MAGIC_AT_LEAST + 1];
	struct talk t;

	(void)state;
	memset(some, 'x', sizeof(some) - 1);
	some[sizeof(some) - 1] = '\0';
	memcpy(some, PDF, sizeof(PDF) - 1);
	talk_open(&t,
	    HEAD
	    "file.magic; content:\"PDF document\"; startswith; sid:1;)\n" HEAD
	    "filemagic:\"pdf DOCUMENT\"; file.data; content:\"xx\"; sid:2;)\n" HEAD
	    "filemagic:!\"PDF\"; sid:3;)\n");
	say(&t, true, ASK ASK ASK);
	packet(&t, true);
	say(&t, false, "HTTP/1.1 200 OK\r\nContent-Length: 10250\r\n\r\n" PDF);
	assert_int_equal(packet(&t, false), 0);
	say(&t, false, some);
	assert_int_equal(packet(&t, false), 1u << 1);
	for (int i = 1; i < 20; i++)
		say(&t, false, some);
	assert_int_equal(packet(&t, false), 1u << 2);
	say(&t, false, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n%PDF-");
	assert_int_equal(packet(&t, false), 1u << 1);
	say(&t, false, "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\ntext");
	assert_int_equal(packet(&t, false), 1u << 3);
	talk_close(&t);
}

static void
a_base_that_is_none_tells_nothing(void **state)
{
	struct magic_base *m;
	FILE *f;

	(void)state;
	assert_null(magic_base_open("/nowhere/magic.mgc"));
	assert_non_null(f = fopen(LIST, "w"));
	fputs("this is no database", f);
	assert_int_equal(fclose(f), 0);
	assert_non_null(m = magic_base_open(LIST));
	for (int i = 0; i < 2; i++)
		assert_null(
		    magic_base_ask(m, (struct span){(const uint8_t *)"a", 1}));
	magic_base_free(m);
	unlink(LIST);
}

static void
bytes_beyond_what_is_kept_count(void **state)
{
	char *big = malloc(BIG), head[100];
	struct talk t;

	(void)state;
	assert_non_null(big);
	memset(big, 'x', BIG);
	write_list(DIGEST_MD5, big, BIG);
	talk_open(
	    &t, HEAD "filemd5:list; sid:1;)\n" HEAD "filesize:200000; sid:2;)\n");
	say(&t, true, ASK);
	packet(&t, true);
	snprintf(head, sizeof(head),
	    "HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n", BIG);
	say(&t, false, head);
	tell(&t, STREAM_DATA, false, big, BIG);
	assert_int_equal(packet(&t, false), 1u << 1 | 1u << 2);
	talk_close(&t);
	unlink(LIST);
	free(big);
}

/* No digest, and of the size only that it is at least what was seen. */
static void
a_file_with_holes(void **state)
{
	struct talk t;

	(void)state;
	for (int cut = 0; cut < 2; cut++) {
		write_list(DIGEST_MD5, "abcef", 5);
		talk_open(&t,
		    HEAD
		    "filemd5:list; sid:1;)\n" HEAD "filemd5:!list; sid:2;)\n" HEAD
		    "filesize:>4; sid:3;)\n" HEAD "filesize:<10; sid:4;)\n" HEAD
		    "filesize:5; sid:5;)\n");
		say(&t, true, ASK);
		packet(&t, true);
		say(&t, false, "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nabc");
		if (!cut)
			tell(&t, STREAM_GAP, false, NULL, 0);
		say(&t, false, "ef");
		if (cut)
			tell(&t, STREAM_END, false, NULL, 0);
		assert_int_equal(packet(&t, false), 1u << 3);
		talk_close(&t);
		unlink(LIST);
	}
}

static void
a_size_is_tested_at_the_end(void **state)
{
	struct talk t;

	(void)state;
	talk_open(&t,
	    HEAD "filesize:>2; sid:1;)\n" HEAD "filesize:2<>5; sid:2;)\n" HEAD
		 "filesize:6; sid:3;)\n" HEAD "filesize:<6; sid:4;)\n");
	say(&t, true, ASK ASK);
	packet(&t, true);
	say(&t, false, "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nabcde");
	assert_int_equal(packet(&t, false), 0);
	say(&t, false, "f");
	assert_int_equal(packet(&t, false), 1u << 1 | 1u << 3);
	/* Without a body there is no file. */
	say(&t, false, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
	assert_int_equal(packet(&t, false), 0);
	talk_close(&t);
}

static void
names(void **state)
{
	struct talk t;

	(void)state;
	talk_open(&t,
	    HEAD "filename:\"/A/b\"; sid:1;)\n" HEAD
		 "fileext:\"exe\"; sid:2;)\n" HEAD
		 "file.name; content:\"evil.doc\"; bsize:8; sid:3;)\n");
	say(&t, true, ASK ASK ASK);
	assert_int_equal(packet(&t, true), 0); /* a request without a file */
	say(&t, false, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\na");
	assert_int_equal(packet(&t, false), 1u << 1 | 1u << 2);
	say(&t, false,
	    "bHTTP/1.1 200 OK\r\nContent-Disposition: attachment; "
	    "filename=\"evil.doc\"\r\nContent-Length: 1\r\n\r\na");
	assert_int_equal(packet(&t, false), 1u << 3);
	say(&t, false,
	    "HTTP/1.1 200 OK\r\nContent-Disposition: attachment; "
	    "FileName=evil.doc; x=y\r\nContent-Length: 1\r\n\r\na");
	assert_int_equal(packet(&t, false), 1u << 3);
	talk_close(&t);
}

static void
only_what_is_asked_is_worked_out(void **state)
{
	struct talk t;

	(void)state;
	talk_open(&t, HEAD "fileext:\"exe\"; sid:1;)\n");
	assert_int_equal(ruleset_file_sums(t.e.rs), 0);
	talk_close(&t);
	write_list(DIGEST_SHA1, "a", 1);
	talk_open(&t, HEAD "filesha1:list; sid:1;)\n" HEAD "filesize:1; sid:2;)\n");
	assert_int_equal(ruleset_file_sums(t.e.rs), APP_SUM_SHA1 | APP_SUM_SIZE);
	talk_close(&t);
	unlink(LIST);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_digest_is_of_the_whole_file),
	    cmocka_unit_test(a_kind_is_told_from_the_first_bytes),
	    cmocka_unit_test(a_base_that_is_none_tells_nothing),
	    cmocka_unit_test(bytes_beyond_what_is_kept_count),
	    cmocka_unit_test(a_file_with_holes),
	    cmocka_unit_test(a_size_is_tested_at_the_end),
	    cmocka_unit_test(names),
	    cmocka_unit_test(only_what_is_asked_is_worked_out),
	};
	char folder[] = "/tmp/test_detect_file.XXXXXX";
	int rc;

	if (mkdtemp(folder) == NULL || chdir(folder) == -1)
		return 1;
	rc = cmocka_run_group_tests(tests, NULL, NULL);
	rmdir(folder);
	return rc;
}
