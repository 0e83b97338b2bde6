/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Files written and moved into watched folders come out once each, open and
 * regular; links, fifos and devices never do.
 */
#include "agent/limits.h"
#include "agent/watch/walk.h"
#include "agent/watch/watch.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <cmocka.h>

static char folder[] = "/tmp/test_watch.XXXXXX";
static char watched[300];

static struct conf_list folders, excludes;
static struct loop *loop;
static struct watch *watch;
static unsigned woken;

static void
on_wake(void *arg)
{
	(void)arg;
	woken++;
}

static const char *
path_of(const char *name)
{
	static char path[2][512];
	static int i;

	i = !i;
	snprintf(path[i], sizeof(path[i]), "%s/%s", watched, name);
	return path[i];
}

static void
put(const char *name)
{
	int fd = open(path_of(name), O_WRONLY | O_CREAT | O_TRUNC, 0600);

	assert_int_not_equal(fd, -1);
	assert_int_equal(write(fd, "x", 1), 1);
	close(fd);
}

static void
begin(bool inotify_only, uint64_t every_us)
{
	struct watch_config c = {.folders = &folders,
	    .excludes = &excludes,
	    .own = {path_of("own"), NULL},
	    .scan_every_us = every_us,
	    .inotify_only = inotify_only,
	    .wake = on_wake};
	static char own[512];

	snprintf(own, sizeof(own), "%s/own", watched);
	c.own[0] = own;
	woken = 0;
	assert_non_null(loop = loop_new());
	assert_non_null(watch = watch_new(&c, loop));
}

static void
end(void)
{
	watch_free(watch);
	loop_free(loop);
}

/* Let events come in, then the next file's name below the folder; "" for none. */
static const char *
next(bool idle)
{
	static struct watch_file f;
	struct stat st;

	for (int i = 0; i < 5; i++)
		loop_turn(loop, 10);
	if (!watch_next(watch, &f, idle))
		return "";
	assert_int_equal(fstat(f.fd, &st), 0);
	assert_true(S_ISREG(st.st_mode));
	close(f.fd);
	assert_memory_equal(f.path, watched, strlen(watched));
	return f.path + strlen(watched) + 1;
}

static void
check_events(bool inotify_only)
{
	char outside[400];

	mkdir(path_of("old"), 0700);
	begin(inotify_only, 0);
	put("a");
	put("old/b");
	put("a");
	assert_string_equal(next(false), "a");
	assert_string_equal(next(false), "old/b");
	assert_string_equal(next(false), "");
	assert_int_equal(woken, 2);

	/* Moved in from elsewhere. */
	snprintf(outside, sizeof(outside), "%s/outside", folder);
	close(open(outside, O_WRONLY | O_CREAT, 0600));
	assert_int_equal(rename(outside, path_of("moved")), 0);
	assert_string_equal(next(false), "moved");

	/* A folder made later, with a file in it. */
	mkdir(path_of("new"), 0700);
	for (int i = 0; i < 5; i++)
		loop_turn(loop, 10);
	put("new/c");
	assert_string_equal(next(true), "new/c");

	/* A folder moved in with its files. */
	snprintf(outside, sizeof(outside), "%s/tree", folder);
	mkdir(outside, 0700);
	snprintf(outside, sizeof(outside), "%s/tree/d", folder);
	close(open(outside, O_WRONLY | O_CREAT, 0600));
	while (next(true)[0] != '\0')
		continue;
	snprintf(outside, sizeof(outside), "%s/tree", folder);
	assert_int_equal(rename(outside, path_of("tree")), 0);
	assert_string_equal(next(true), "tree/d");

	/* Left out: by name, and the agent's own folder. */
	mkdir(path_of("own"), 0700);
	put("x.log");
	put("own/spool");
	assert_string_equal(next(true), "");
	end();
}

static void
test_inotify(void **state)
{
	(void)state;
	check_events(true);
}

static void
test_fanotify(void **state)
{
	bool by_handles;

	(void)state;
	begin(false, 0);
	by_handles = strcmp(watch_how(watch), "fanotify") == 0;
	end();
	/* No privilege, or no handles here: watch_new() went to inotify by itself. */
	if (!by_handles)
		skip();
	check_events(false);
}

static void
test_only_regular_files(void **state)
{
	struct watch_stats s;

	(void)state;
	begin(true, 0);
	assert_int_equal(mkfifo(path_of("fifo"), 0600), 0);
	assert_int_equal(symlink("/etc/passwd", path_of("link")), 0);
	/* Closed after writing: both would be asked for. */
	close(open(path_of("fifo"), O_RDWR | O_NONBLOCK));
	put("real");
	assert_string_equal(next(false), "real");
	/* What was a file when it was told is a link when its turn comes. */
	put("swapped");
	for (int i = 0; i < 5; i++)
		loop_turn(loop, 10);
	unlink(path_of("swapped"));
	assert_int_equal(symlink("/etc/passwd", path_of("swapped")), 0);
	assert_string_equal(next(true), "");
	watch_stats(watch, &s);
	assert_true(s.refused >= 1);
	/* A folder on the way that became a link. */
	mkdir(path_of("dir"), 0700);
	for (int i = 0; i < 5; i++)
		loop_turn(loop, 10);
	put("dir/passwd");
	for (int i = 0; i < 5; i++)
		loop_turn(loop, 10);
	unlink(path_of("dir/passwd"));
	rmdir(path_of("dir"));
	assert_int_equal(symlink("/etc", path_of("dir")), 0);
	assert_string_equal(next(true), "");
	end();
}

static void
test_device_is_not_opened(void **state)
{
	(void)state;
	if (mknod(path_of("null"), S_IFCHR | 0600, makedev(1, 3)) == -1)
		skip();
	begin(true, 0);
	close(open(path_of("null"), O_WRONLY));
	assert_string_equal(next(true), "");
	end();
}

static void
test_regular_scan_waits_its_turn(void **state)
{
	(void)state;
	put("one");
	put("two");
	begin(true, 3600ull * 1000000);
	watch_scan_all(watch);
	assert_string_equal(next(false), "");
	put("hot");
	/* The event goes before the scan. */
	assert_string_equal(next(true), "hot");
	for (int n = 0; n < 3; n++)
		assert_string_not_equal(next(true), "");
	assert_string_equal(next(true), "");
	end();
}

static void
test_pending_is_bounded(void **state)
{
	struct watch_stats s;
	bool found = false;
	char name[40];

	(void)state;
	begin(true, 0);
	for (int i = 0; i < WATCH_PENDING_MAX + 10; i++) {
		snprintf(name, sizeof(name), "many%d", i);
		put(name);
		if (i % 100 == 0)
			loop_turn(loop, 0);
	}
	for (int i = 0; i < 20; i++)
		loop_turn(loop, 10);
	watch_stats(watch, &s);
	assert_int_equal(s.waiting, WATCH_PENDING_MAX);
	assert_int_equal(s.lost_pending, 10);
	/* Those without a place are not forgotten: all is scanned afterwards. */
	for (int i = 0; i < 10000 && !found; i++) {
		static struct watch_file f;

		loop_turn(loop, 0);
		while (!found && watch_next(watch, &f, true)) {
			found = strcmp(f.path, path_of(name)) == 0;
			close(f.fd);
		}
	}
	assert_true(found);
	end();
}

static void
test_walk_is_bounded(void **state)
{
	static struct walk_entry e;
	struct walk *w;
	unsigned files = 0;
	int at = open(watched, O_RDONLY | O_DIRECTORY), next_at;

	(void)state;
	assert_int_equal(symlink(".", path_of("loop")), 0);
	for (int i = 0; i < WATCH_DEPTH_MAX + 5; i++) {
		assert_int_equal(mkdirat(at, "d", 0700), 0);
		assert_int_not_equal(
		    next_at = openat(at, "d", O_RDONLY | O_DIRECTORY), -1);
		close(at);
		at = next_at;
		close(openat(at, "f", O_WRONLY | O_CREAT, 0600));
	}
	close(at);
	assert_non_null(w = walk_new(watched));
	while (walk_next(w, &e, NULL, NULL))
		files += e.kind == WALK_FILE;
	assert_int_equal(files, WATCH_DEPTH_MAX - 1);
	assert_int_equal(walk_skipped(w), 1);
	walk_free(w);
	assert_null(walk_new("/nonexistent/folder"));
	assert_int_equal(errno, ENOENT);
}

/* Files that are left out cost the caller no more than a turn. */
static void
test_walk_goes_in_turns(void **state)
{
	static struct watch_file f;
	char name[40];
	unsigned before;

	(void)state;
	begin(true, 0);
	for (int i = 0; i < WATCH_STEPS_MAX + 10; i++) {
		snprintf(name, sizeof(name), "left%d.log", i);
		assert_int_equal(symlink("nowhere", path_of(name)), 0);
	}
	for (int i = 0; i < 20; i++)
		loop_turn(loop, 10);
	watch_scan_all(watch);
	before = woken;
	assert_false(watch_next(watch, &f, true));
	assert_int_equal(woken, before);
	loop_turn(loop, 100);
	/* There is more: the caller is called again, until it is done. */
	assert_int_equal(woken, before + 1);
	assert_false(watch_next(watch, &f, true));
	loop_turn(loop, 100);
	assert_int_equal(woken, before + 1);
	end();
}

/* Asked for a hundred times while one is under way, it is one scan more. */
static void
test_scans_do_not_pile_up(void **state)
{
	int files = 0;

	(void)state;
	put("one");
	begin(true, 0);
	for (int i = 0; i < 100; i++)
		watch_scan_all(watch);
	while (next(true)[0] != '\0' && files < 10)
		files++;
	assert_int_equal(files, 1);
	end();
}

static void
test_no_other_mount(void **state)
{
	char outside[400];

	(void)state;
	snprintf(outside, sizeof(outside), "%s/outside", folder);
	mkdir(outside, 0700);
	mkdir(path_of("mount"), 0700);
	if (mount(outside, path_of("mount"), NULL, MS_BIND, NULL) == -1) {
		rmdir(outside);
		skip();
	}
	begin(true, 0);
	put("mount/a");
	watch_scan_all(watch);
	assert_string_equal(next(true), "");
	end();
	assert_int_equal(umount(path_of("mount")), 0);
}

static int
make_folder(void **state)
{
	(void)state;
	return mkdir(watched, 0700);
}

static int
remove_folder(void **state)
{
	char command[700];

	(void)state;
	snprintf(command, sizeof(command), "rm -rf '%s' '%s/outside' '%s/tree'",
	    watched, folder, folder);
	return system(command);
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, make_folder, remove_folder)

int
main(void)
{
	static char pattern[] = "*.log";
	const struct CMUnitTest tests[] = {
	    TEST(test_inotify),
	    TEST(test_fanotify),
	    TEST(test_only_regular_files),
	    TEST(test_device_is_not_opened),
	    TEST(test_regular_scan_waits_its_turn),
	    TEST(test_pending_is_bounded),
	    TEST(test_walk_is_bounded),
	    TEST(test_walk_goes_in_turns),
	    TEST(test_scans_do_not_pile_up),
	    TEST(test_no_other_mount),
	};
	int failed;

	if (mkdtemp(folder) == NULL)
		return 1;
	snprintf(watched, sizeof(watched), "%s/watched", folder);
	folders = (struct conf_list){{watched}, 1};
	excludes = (struct conf_list){{pattern}, 1};
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	rmdir(folder);
	return failed;
}
