/* SPDX-License-Identifier: EUPL-1.2 */
/* The spool gives back what it accepted, whatever is done to its files in between.
 */
#include "agent/spool/segment.h"
#include "agent/spool/spool.h"
#include "common/clock.h"

#include <dirent.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#define SEGMENT	   (4u << 10)
#define NAME_BYTES 400

struct place {
	char path[64];
	uint64_t number;
};

static int
set_up(void **state)
{
	struct place *p = calloc(1, sizeof(*p));

	strcpy(p->path, "/tmp/test_spool.XXXXXX");
	assert_non_null(mkdtemp(p->path));
	*state = p;
	return 0;
}

/* The first file of the folder whose name begins so; its full path. */
static bool
find_file(const struct place *p, const char *start, char out[NAME_BYTES])
{
	DIR *d = opendir(p->path);
	struct dirent *e;
	bool found = false;

	while (!found && (e = readdir(d)) != NULL)
		if (e->d_name[0] != '.' &&
		    strncmp(e->d_name, start, strlen(start)) == 0) {
			snprintf(out, NAME_BYTES, "%s/%s", p->path, e->d_name);
			found = true;
		}
	closedir(d);
	return found;
}

static void
empty(const struct place *p)
{
	char name[NAME_BYTES];

	while (find_file(p, "", name))
		unlink(name);
}

static int
tear_down(void **state)
{
	struct place *p = *state;

	empty(p);
	rmdir(p->path);
	free(p);
	return 0;
}

static struct spool *
open_boot(const struct place *p, const char *boot, uint64_t segments)
{
	struct spool_options o = {.path = p->path,
	    .agent = "sw-test",
	    .boot = boot,
	    .quota = segments * SEGMENT,
	    .segment_bytes = SEGMENT};
	char error[200] = "";
	struct spool *s = spool_open(&o, error, sizeof(error));

	if (s == NULL)
		fail_msg("%s", error);
	return s;
}

static struct spool *
open_here(const struct place *p)
{
	return open_boot(p, "boot-1", 1000);
}

static int
add(struct place *p, struct spool *s, enum record_class c, size_t len)
{
	char json[2048];
	struct record r = {
	    .cls = c, .writer = 7, .number = ++p->number, .json = json};

	memset(json, 'x', len);
	r.json_len = len;
	r.time_us = (int64_t)p->number * 1000;
	memcpy(json, &p->number, sizeof(p->number));
	return spool_append(s, &r);
}

/* Read all: numbers of records into got, lost ones counted. */
static size_t
read_all(
    struct spool *s, enum record_class c, uint64_t *got, size_t max, uint64_t *lost)
{
	struct spool_cursor at;
	struct spool_item i;
	size_t n = 0;
	uint64_t next = 0;

	*lost = 0;
	spool_rewind(s, c, &at);
	while (spool_read(s, &at, &i) == 1) {
		if (next != 0 && i.first != 1)
			assert_int_equal(i.first, next);
		next = i.last + 1;
		if (i.gap) {
			*lost += i.last + 1 - i.first;
			continue;
		}
		assert_true(n < max);
		memcpy(&got[n++], i.json, sizeof(uint64_t));
	}
	return n;
}

static void
test_gives_back_in_order(void **state)
{
	struct place *p = *state;
	struct spool *s = open_here(p);
	uint64_t got[100], lost;

	for (int i = 0; i < 50; i++)
		assert_int_equal(add(p, s, RECORD_ALERT, 300), 0);
	assert_int_equal(read_all(s, RECORD_ALERT, got, 100, &lost), 50);
	assert_int_equal(lost, 0);
	for (uint64_t i = 0; i < 50; i++)
		assert_int_equal(got[i], i + 1);
	assert_int_equal(read_all(s, RECORD_HEALTH, got, 100, &lost), 0);
	spool_close(s);
}

static void
test_reopen_goes_on(void **state)
{
	struct place *p = *state;
	struct spool *s = open_here(p);
	struct record last = {.cls = RECORD_ALERT, .writer = 7, .number = 20};
	uint8_t epoch[SPOOL_EPOCH_BYTES];
	uint64_t got[100], lost;

	for (int i = 0; i < 20; i++)
		add(p, s, RECORD_ALERT, 300);
	memcpy(epoch, spool_epoch(s, spool_epochs(s) - 1), sizeof(epoch));
	assert_false(spool_held(s, &last));
	spool_close(s);
	s = open_here(p);
	assert_memory_equal(
	    epoch, spool_epoch(s, spool_epochs(s) - 1), sizeof(epoch));
	assert_int_equal(spool_last(s, RECORD_ALERT), 20);
	assert_true(spool_held(s, &last));
	last.number = 21;
	assert_false(spool_held(s, &last));
	add(p, s, RECORD_ALERT, 300);
	assert_int_equal(read_all(s, RECORD_ALERT, got, 100, &lost), 21);
	assert_int_equal(lost, 0);
	spool_close(s);
}

static void
test_other_boot_is_a_new_epoch(void **state)
{
	struct place *p = *state;
	struct spool *s = open_here(p);
	uint64_t got[10], lost;

	add(p, s, RECORD_ALERT, 300);
	spool_close(s);
	s = open_boot(p, "boot-2", 1000);
	assert_int_equal(spool_epochs(s), 2);
	assert_int_equal(spool_last(s, RECORD_ALERT), 0);
	add(p, s, RECORD_ALERT, 300);
	assert_int_equal(read_all(s, RECORD_ALERT, got, 10, &lost), 2);
	assert_int_equal(lost, 0);
	spool_close(s);
}

static void
test_lost_state_is_a_new_epoch(void **state)
{
	struct place *p = *state;
	struct spool *s = open_here(p);
	uint64_t got[10], lost;
	char name[NAME_BYTES];

	add(p, s, RECORD_ALERT, 300);
	spool_close(s);
	assert_true(find_file(p, "state", name));
	unlink(name);
	s = open_here(p);
	assert_int_equal(spool_last(s, RECORD_ALERT), 0);
	assert_int_equal(read_all(s, RECORD_ALERT, got, 10, &lost), 1);
	spool_close(s);
}

/* --- damage ------------------------------------------------------------------- */

struct image {
	char name[NAME_BYTES];
	uint8_t bytes[SEGMENT * 2];
	size_t len;
	size_t end[16]; /* behind each record */
	size_t records;
};

static void
make_image(struct place *p, struct image *m)
{
	struct spool *s = open_here(p);
	FILE *f;

	for (int i = 0; i < 5; i++)
		add(p, s, RECORD_ALERT, 40);
	spool_close(s);
	assert_true(find_file(p, "1-", m->name));
	f = fopen(m->name, "rb");
	m->len = fread(m->bytes, 1, sizeof(m->bytes), f);
	fclose(f);
	m->records = 5;
	for (size_t i = 0; i < 5; i++)
		m->end[i] =
		    SEGMENT_HEADER_BYTES + (i + 1) * (SEGMENT_RECORD_BYTES + 40);
	assert_int_equal(m->end[4], m->len);
}

static void
put_image(const struct place *p, const struct image *m, size_t len, size_t flip)
{
	char name[NAME_BYTES];
	FILE *f;

	while (find_file(p, "1-", name))
		unlink(name);
	f = fopen(m->name, "wb");
	for (size_t i = 0; i < len; i++)
		fputc(i == flip ? m->bytes[i] ^ 0x10 : m->bytes[i], f);
	fclose(f);
}

static void
test_recover_of_prefix_is_prefix(void **state)
{
	struct place *p = *state;
	static struct image m;
	uint64_t got[10], lost;

	make_image(p, &m);
	for (size_t len = 0; len <= m.len; len++) {
		struct spool *s;
		size_t whole = 0, n;

		put_image(p, &m, len, SIZE_MAX);
		while (whole < m.records && m.end[whole] <= len)
			whole++;
		s = open_here(p);
		n = read_all(s, RECORD_ALERT, got, 10, &lost);
		assert_int_equal(n, whole);
		assert_int_equal(lost, 0);
		for (size_t i = 0; i < n; i++)
			assert_int_equal(got[i], i + 1);
		/* What follows is never confused with what was torn. */
		assert_int_equal(add(p, s, RECORD_ALERT, 40), 0);
		n = read_all(s, RECORD_ALERT, got, 10, &lost);
		assert_int_equal(n, whole + 1);
		assert_int_equal(got[whole], p->number);
		spool_close(s);
	}
}

static void
test_bit_flips_cost_one_record(void **state)
{
	struct place *p = *state;
	static struct image m;
	uint64_t got[10], lost;

	make_image(p, &m);
	for (size_t at = 0; at < m.len; at++) {
		struct spool *s;
		size_t n, hit = 0;

		put_image(p, &m, m.len, at);
		s = open_here(p);
		n = read_all(s, RECORD_ALERT, got, 10, &lost);
		if (at < SEGMENT_HEADER_BYTES) {
			assert_int_equal(n, 0);
			spool_close(s);
			continue;
		}
		while (m.end[hit] <= at)
			hit++;
		assert_int_equal(n, m.records - 1);
		/* The last one is cut, any other is a gap. */
		assert_int_equal(lost, hit == m.records - 1 ? 0 : 1);
		for (size_t i = 0; i < n; i++)
			assert_int_equal(got[i], i < hit ? i + 1 : i + 2);
		/* Its number may have been sent: it does not come back. */
		assert_int_equal(spool_last(s, RECORD_ALERT), 0);
		spool_close(s);
	}
}

/* --- quota and acknowledgement -------------------------------------------------
 */

static void
test_quota_sheds_by_worth(void **state)
{
	struct place *p = *state;
	struct spool *s = open_boot(p, "boot-1", 8);
	struct spool_stats st;
	uint64_t got[400], lost;

	for (int i = 0; i < 20; i++)
		assert_int_equal(add(p, s, RECORD_HEALTH, 400), 0);
	for (int i = 0; i < 20; i++)
		assert_int_equal(add(p, s, RECORD_TELEMETRY, 400), 0);
	for (int i = 0; i < 20; i++)
		assert_int_equal(add(p, s, RECORD_FINDING, 400), 0);
	for (int i = 0; i < 200; i++)
		assert_int_equal(add(p, s, RECORD_ALERT, 400), 0);
	spool_stats(s, &st);
	assert_true(st.bytes <= st.quota);
	assert_int_equal(st.shed[RECORD_HEALTH], 0);
	assert_true(st.shed[RECORD_TELEMETRY] > 0);
	assert_true(st.shed[RECORD_FINDING] > 0);
	assert_true(st.shed[RECORD_ALERT] > 0);
	/* What was given up is exactly what reading declares lost. */
	assert_int_equal(read_all(s, RECORD_HEALTH, got, 400, &lost), 20);
	assert_int_equal(read_all(s, RECORD_ALERT, got, 400, &lost),
	    200 - st.shed[RECORD_ALERT]);
	assert_int_equal(lost, st.shed[RECORD_ALERT]);
	assert_int_equal(got[0], 60 + st.shed[RECORD_ALERT] + 1);
	spool_close(s);
}

static void
test_worthless_never_pushes_out_worthy(void **state)
{
	struct place *p = *state;
	struct spool *s = open_boot(p, "boot-1", 6);
	struct spool_stats st;
	int dropped = 0;

	for (int i = 0; i < 45; i++)
		assert_int_equal(add(p, s, RECORD_ALERT, 400), 0);
	for (int i = 0; i < 100; i++)
		dropped += add(p, s, RECORD_TELEMETRY, 400);
	spool_stats(s, &st);
	assert_int_equal(st.shed[RECORD_ALERT], 0);
	assert_int_equal(dropped, st.refused[RECORD_TELEMETRY]);
	assert_int_equal(st.waiting[RECORD_TELEMETRY] + st.shed[RECORD_TELEMETRY] +
		st.refused[RECORD_TELEMETRY],
	    100);
	spool_close(s);
}

static void
test_acknowledged_goes_first_and_is_no_loss(void **state)
{
	struct place *p = *state;
	struct spool *s = open_boot(p, "boot-1", 6);
	struct spool_stats st;
	uint64_t got[300], lost;

	for (int i = 0; i < 250; i++) {
		assert_int_equal(add(p, s, RECORD_ALERT, 400), 0);
		assert_int_equal(spool_ack(s, spool_epoch(s, 0), RECORD_ALERT,
				     spool_last(s, RECORD_ALERT)),
		    0);
	}
	add(p, s, RECORD_ALERT, 400);
	spool_stats(s, &st);
	assert_int_equal(st.shed[RECORD_ALERT], 0);
	assert_int_equal(st.waiting[RECORD_ALERT], 1);
	assert_int_equal(read_all(s, RECORD_ALERT, got, 300, &lost), 1);
	assert_int_equal(lost, 0);
	spool_close(s);
}

static void
test_collector_that_went_back_gets_it_again(void **state)
{
	struct place *p = *state;
	struct spool *s = open_here(p);
	uint64_t got[100], lost;

	for (int i = 0; i < 30; i++)
		add(p, s, RECORD_ALERT, 400);
	spool_ack(s, spool_epoch(s, 0), RECORD_ALERT, 30);
	assert_int_equal(read_all(s, RECORD_ALERT, got, 100, &lost), 0);
	spool_ack(s, spool_epoch(s, 0), RECORD_ALERT, 12);
	assert_int_equal(read_all(s, RECORD_ALERT, got, 100, &lost), 18);
	assert_int_equal(got[0], 13);
	assert_int_equal(lost, 0);
	spool_close(s);
}

static void
test_collector_ahead_is_a_new_epoch(void **state)
{
	struct place *p = *state;
	struct spool *s = open_here(p);

	add(p, s, RECORD_ALERT, 100);
	assert_int_equal(spool_ack(s, spool_epoch(s, 0), RECORD_ALERT, 1), 0);
	assert_int_equal(spool_ack(s, spool_epoch(s, 0), RECORD_ALERT, 2), 1);
	assert_int_equal(spool_epochs(s), 2);
	assert_int_equal(spool_last(s, RECORD_ALERT), 0);
	spool_close(s);
}

/* Mended, but the new epoch could not be written: the doubt must outlive the mending. */
static void
test_doubt_outlives_a_failed_start(void **state)
{
	struct place *p = *state;
	struct spool *s = open_here(p);
	struct spool_options o = {.path = p->path,
	    .agent = "sw-test",
	    .boot = "boot-1",
	    .quota = 1000 * SEGMENT,
	    .segment_bytes = SEGMENT};
	char name[NAME_BYTES], in_the_way[NAME_BYTES], error[200];
	uint8_t epoch[SPOOL_EPOCH_BYTES];
	struct stat st;

	for (int i = 0; i < 5; i++)
		add(p, s, RECORD_ALERT, 100);
	memcpy(epoch, spool_epoch(s, 0), sizeof(epoch));
	spool_close(s);
	assert_true(find_file(p, "1-", name));
	assert_int_equal(stat(name, &st), 0);
	assert_int_equal(truncate(name, st.st_size - 3), 0);
	snprintf(in_the_way, sizeof(in_the_way), "%s/state.new", p->path);
	assert_int_equal(mkdir(in_the_way, 0700), 0);
	assert_null(spool_open(&o, error, sizeof(error)));
	assert_int_equal(rmdir(in_the_way), 0);
	s = open_here(p);
	assert_int_equal(spool_epochs(s), 2);
	assert_memory_equal(spool_epoch(s, 0), epoch, sizeof(epoch));
	assert_int_equal(spool_last(s, RECORD_ALERT), 0);
	spool_close(s);
}

/* A host that was put back to a memory snapshot: which of what is here since then
 * the collector never saw is not known, so all of it is declared. */
static void
test_collector_ahead_declares_a_gap(void **state)
{
	struct place *p = *state;
	struct spool *s = open_here(p);
	struct spool_stats st;
	uint8_t epoch[SPOOL_EPOCH_BYTES];

	for (int i = 0; i < 10; i++) {
		add(p, s, RECORD_HEALTH, 10);
		add(p, s, RECORD_ALERT, 10);
		add(p, s, RECORD_FINDING, 10);
	}
	memcpy(epoch, spool_epoch(s, 0), sizeof(epoch));
	for (int c = RECORD_HEALTH; c <= RECORD_FINDING; c++)
		spool_ack(s, epoch, (enum record_class)c, 4);
	assert_int_equal(spool_ack(s, epoch, RECORD_HEALTH, 9), 0);
	assert_int_equal(spool_ack(s, epoch, RECORD_ALERT, 300), 1);
	assert_int_equal(spool_ack(s, epoch, RECORD_FINDING, 200), 0);
	spool_stats(s, &st);
	assert_int_equal(st.shed[RECORD_HEALTH], 0);
	assert_int_equal(st.shed[RECORD_ALERT], 6);
	assert_int_equal(st.shed[RECORD_FINDING], 6);
	/* Told again on the next connection, it is the same loss. */
	spool_ack(s, epoch, RECORD_ALERT, 300);
	spool_ack(s, epoch, RECORD_FINDING, 200);
	spool_stats(s, &st);
	assert_int_equal(st.shed[RECORD_ALERT], 6);
	assert_int_equal(st.shed[RECORD_FINDING], 6);
	spool_close(s);
}

static void
test_tidy_drops_what_was_kept_long_enough(void **state)
{
	struct place *p = *state;
	struct spool *s = open_here(p);
	struct spool_stats before, after;
	int64_t now = clock_mono_us(), day = 24 * 3600 * (int64_t)CLOCK_US;

	for (int i = 0; i < 40; i++)
		add(p, s, RECORD_ALERT, 400);
	spool_ack(s, spool_epoch(s, 0), RECORD_ALERT, 40);
	spool_stats(s, &before);
	spool_tidy(s, now);
	spool_tidy(s, now + day - 1);
	spool_stats(s, &after);
	assert_int_equal(before.bytes, after.bytes);
	spool_tidy(s, now + day);
	spool_stats(s, &after);
	assert_true(after.bytes < before.bytes);
	add(p, s, RECORD_ALERT, 400);
	assert_int_equal(spool_last(s, RECORD_ALERT), 41);
	spool_close(s);
}

static void
test_one_spool_one_forwarder(void **state)
{
	struct place *p = *state;
	struct spool *s = open_here(p);
	struct spool_options o = {.path = p->path,
	    .agent = "sw-test",
	    .boot = "boot-1",
	    .quota = 100 * SEGMENT,
	    .segment_bytes = SEGMENT};
	char error[200];

	assert_null(spool_open(&o, error, sizeof(error)));
	assert_non_null(strstr(error, "another forwarder"));
	spool_close(s);
}

int
main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
	    T(test_gives_back_in_order),
	    T(test_reopen_goes_on),
	    T(test_other_boot_is_a_new_epoch),
	    T(test_lost_state_is_a_new_epoch),
	    T(test_recover_of_prefix_is_prefix),
	    T(test_bit_flips_cost_one_record),
	    T(test_quota_sheds_by_worth),
	    T(test_worthless_never_pushes_out_worthy),
	    T(test_acknowledged_goes_first_and_is_no_loss),
	    T(test_collector_that_went_back_gets_it_again),
	    T(test_collector_ahead_is_a_new_epoch),
	    T(test_collector_ahead_declares_a_gap),
	    T(test_doubt_outlives_a_failed_start),
	    T(test_tidy_drops_what_was_kept_long_enough),
	    T(test_one_spool_one_forwarder),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
