/* SPDX-License-Identifier: EUPL-1.2 */
#include "common/loop.h"
#include "common/clock.h"
#include "common/list.h"

#include <assert.h>
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <unistd.h>

#define TURN_EVENTS 64

struct watch {
	struct list link;
	int fd; /* -1: unwatched, freed after the turn */
	loop_fd_fn *fn;
	void *arg;
};

struct loop_timer {
	struct list link;
	int64_t due_us, repeat_us;
	loop_timer_fn *fn; /* NULL: cancelled, freed after the turn */
	void *arg;
};

struct signal_row {
	loop_signal_fn *fn;
	void *arg;
};

struct loop {
	int epoll_fd, signal_fd;
	bool stopped;
	struct list watches, dead, timers;
	sigset_t signals;
	struct signal_row row[NSIG];
};

struct loop *
loop_new(void)
{
	struct loop *l;

	if ((l = calloc(1, sizeof(*l))) == NULL)
		return NULL;
	l->epoll_fd = l->signal_fd = -1;
	list_init(&l->watches);
	list_init(&l->dead);
	list_init(&l->timers);
	sigemptyset(&l->signals);
	if ((l->epoll_fd = epoll_create1(EPOLL_CLOEXEC)) == -1) {
		loop_free(l);
		return NULL;
	}
	return l;
}

static void
bury(struct loop *l)
{
	struct list *it, *nx;

	LIST_FOREACH (it, nx, &l->dead) {
		list_remove(it);
		free(LIST_OF(it, struct watch, link));
	}
	LIST_FOREACH (it, nx, &l->timers) {
		struct loop_timer *t = LIST_OF(it, struct loop_timer, link);

		if (t->fn == NULL) {
			list_remove(it);
			free(t);
		}
	}
}

void
loop_free(struct loop *l)
{
	struct list *it, *nx;

	if (l == NULL)
		return;
	LIST_FOREACH (it, nx, &l->watches) {
		list_remove(it);
		list_push(&l->dead, it);
	}
	LIST_FOREACH (it, nx, &l->timers)
		LIST_OF(it, struct loop_timer, link)->fn = NULL;
	bury(l);
	if (l->signal_fd != -1)
		close(l->signal_fd);
	if (l->epoll_fd != -1)
		close(l->epoll_fd);
	free(l);
}

static struct watch *
find_watch(struct loop *l, int fd)
{
	struct list *it, *nx;

	LIST_FOREACH (it, nx, &l->watches)
		if (LIST_OF(it, struct watch, link)->fd == fd)
			return LIST_OF(it, struct watch, link);
	return NULL;
}

static int
control(struct loop *l, int op, struct watch *w, unsigned events)
{
	struct epoll_event ev = {
	    .events = (events & LOOP_READ ? (uint32_t)EPOLLIN : 0u) |
		(events & LOOP_WRITE ? (uint32_t)EPOLLOUT : 0u),
	    .data.ptr = w,
	};

	return epoll_ctl(l->epoll_fd, op, w->fd, &ev);
}

int
loop_watch(struct loop *l, int fd, unsigned events, loop_fd_fn *fn, void *arg)
{
	struct watch *w = find_watch(l, fd);
	int saved;

	if (w != NULL) {
		w->fn = fn;
		w->arg = arg;
		return control(l, EPOLL_CTL_MOD, w, events);
	}
	if ((w = calloc(1, sizeof(*w))) == NULL)
		return -1;
	*w = (struct watch){.fd = fd, .fn = fn, .arg = arg};
	if (control(l, EPOLL_CTL_ADD, w, events) == -1) {
		saved = errno;
		free(w);
		errno = saved;
		return -1;
	}
	list_push(&l->watches, &w->link);
	return 0;
}

void
loop_unwatch(struct loop *l, int fd)
{
	struct watch *w = find_watch(l, fd);

	if (w == NULL)
		return;
	epoll_ctl(l->epoll_fd, EPOLL_CTL_DEL, fd, NULL);
	w->fd = -1;
	list_remove(&w->link);
	list_push(&l->dead, &w->link);
}

struct loop_timer *
loop_timer(struct loop *l, int64_t delay_us, int64_t repeat_us, loop_timer_fn *fn,
    void *arg)
{
	struct loop_timer *t = calloc(1, sizeof(*t));

	if (t == NULL)
		return NULL;
	t->due_us = clock_mono_us() + delay_us;
	t->repeat_us = repeat_us;
	t->fn = fn;
	t->arg = arg;
	list_push(&l->timers, &t->link);
	return t;
}

void
loop_timer_cancel(struct loop *l, struct loop_timer *t)
{
	(void)l;
	if (t != NULL)
		t->fn = NULL;
}

static void
on_signal(void *arg, int fd, unsigned events)
{
	struct loop *l = arg;
	struct signalfd_siginfo si;

	(void)events;
	while (read(fd, &si, sizeof(si)) == (ssize_t)sizeof(si)) {
		struct signal_row *r = &l->row[si.ssi_signo];

		if (r->fn != NULL)
			r->fn(r->arg, (int)si.ssi_signo);
	}
}

int
loop_signal(struct loop *l, int signo, loop_signal_fn *fn, void *arg)
{
	int fd;

	assert(signo > 0 && signo < NSIG);
	l->row[signo] = (struct signal_row){.fn = fn, .arg = arg};
	sigaddset(&l->signals, signo);
	if (sigprocmask(SIG_BLOCK, &l->signals, NULL) == -1)
		return -1;
	fd = signalfd(l->signal_fd, &l->signals, SFD_NONBLOCK | SFD_CLOEXEC);
	if (fd == -1)
		return -1;
	if (l->signal_fd != -1)
		return 0;
	l->signal_fd = fd;
	return loop_watch(l, fd, LOOP_READ, on_signal, l);
}

/* Fire what is due; returns the milliseconds to the next timer, -1 for none. */
static int
run_timers(struct loop *l)
{
	int64_t now = clock_mono_us(), next = INT64_MAX;
	struct list *it, *nx;

	LIST_FOREACH (it, nx, &l->timers) {
		struct loop_timer *t = LIST_OF(it, struct loop_timer, link);
		loop_timer_fn *fn = t->fn;

		if (fn != NULL && t->due_us <= now) {
			/* a late timer fires once, not once for each turn missed */
			t->due_us = now + t->repeat_us;
			if (t->repeat_us == 0)
				t->fn = NULL;
			fn(t->arg);
			nx = it->next; /* the callback may have added one */
		}
		if (t->fn != NULL && t->due_us < next)
			next = t->due_us;
	}
	if (next == INT64_MAX)
		return -1;
	now = clock_mono_us(); /* the callbacks took their time */
	return next <= now ? 0 : (int)((next - now) / 1000 + 1);
}

static void
dispatch(struct watch *w, uint32_t got)
{
	unsigned events = (got & EPOLLIN ? LOOP_READ : 0u) |
	    (got & EPOLLOUT ? LOOP_WRITE : 0u) |
	    (got & (EPOLLHUP | EPOLLERR) ? LOOP_HANGUP : 0u);

	if (w->fd != -1)
		w->fn(w->arg, w->fd, events);
}

int
loop_turn(struct loop *l, int timeout_ms)
{
	struct epoll_event ev[TURN_EVENTS];
	int next = run_timers(l), n;

	if (l->stopped)
		timeout_ms = 0;
	else if (next != -1 && (timeout_ms == -1 || next < timeout_ms))
		timeout_ms = next;
	n = epoll_wait(l->epoll_fd, ev, TURN_EVENTS, timeout_ms);
	if (n == -1 && errno != EINTR)
		return -1;
	for (int i = 0; i < n; i++)
		dispatch(ev[i].data.ptr, ev[i].events);
	run_timers(l);
	bury(l);
	return 0;
}

int
loop_run(struct loop *l)
{
	l->stopped = false;
	while (!l->stopped)
		if (loop_turn(l, -1) == -1)
			return -1;
	return 0;
}

void
loop_stop(struct loop *l)
{
	l->stopped = true;
}
