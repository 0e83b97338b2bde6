/* SPDX-License-Identifier: EUPL-1.2 */
/* The event loop: order of timers, changes inside callbacks, signals. */
#include "common/loop.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <signal.h>
#include <unistd.h>

static struct loop *loop;
static struct loop_timer *victim;
static int fired[4], order;

static void
on_first(void *arg)
{
	(void)arg;
	fired[0] = ++order;
	loop_timer_cancel(loop, victim);
}

static void
on_victim(void *arg)
{
	(void)arg;
	fired[1] = ++order;
}

static void
on_stop(void *arg)
{
	(void)arg;
	fired[2] = ++order;
	loop_stop(loop);
}

static void
test_timers_fire_in_time_and_can_be_cancelled(void **state)
{
	(void)state;
	order = 0;
	loop = loop_new();
	loop_timer(loop, 3000, 0, on_stop, NULL);
	victim = loop_timer(loop, 2000, 0, on_victim, NULL);
	loop_timer(loop, 0, 0, on_first, NULL);
	assert_int_equal(loop_run(loop), 0);
	assert_int_equal(fired[0], 1);
	assert_int_equal(fired[1], 0);
	assert_int_equal(fired[2], 2);
	loop_free(loop);
}

static void
on_readable(void *arg, int fd, unsigned events)
{
	int *other = arg;

	assert_true(events & LOOP_READ);
	fired[3]++;
	loop_unwatch(loop, fd);
	loop_unwatch(
	    loop, *other); /* both were ready: the other must not be told */
	loop_stop(loop);
}

static void
test_unwatch_inside_a_callback(void **state)
{
	int a[2], b[2];

	(void)state;
	fired[3] = 0;
	loop = loop_new();
	assert_int_equal(pipe(a), 0);
	assert_int_equal(pipe(b), 0);
	assert_int_equal(loop_watch(loop, a[0], LOOP_READ, on_readable, &b[0]), 0);
	assert_int_equal(loop_watch(loop, b[0], LOOP_READ, on_readable, &a[0]), 0);
	assert_int_equal(write(a[1], "x", 1) + write(b[1], "x", 1), 2);
	assert_int_equal(loop_run(loop), 0);
	assert_int_equal(fired[3], 1);
	loop_free(loop);
	close(a[0]), close(a[1]), close(b[0]), close(b[1]);
}

static void
on_usr1(void *arg, int signo)
{
	*(int *)arg = signo;
	loop_stop(loop);
}

static void
test_signals_arrive_in_the_loop(void **state)
{
	int got = 0;

	(void)state;
	loop = loop_new();
	assert_int_equal(loop_signal(loop, SIGUSR1, on_usr1, &got), 0);
	kill(getpid(), SIGUSR1);
	assert_int_equal(loop_run(loop), 0);
	assert_int_equal(got, SIGUSR1);
	loop_free(loop);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_timers_fire_in_time_and_can_be_cancelled),
	    cmocka_unit_test(test_unwatch_inside_a_callback),
	    cmocka_unit_test(test_signals_arrive_in_the_loop),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
