/* SPDX-License-Identifier: EUPL-1.2 */
#include "agent/sensor_live.h"

#include "common/clock.h"
#include "common/ipc.h"
#include "common/log.h"
#include "common/loop.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

struct run {
	const struct sensor_live *l;
	struct loop *loop;
	bool ends, failed;
	bool more;  /* frames may be waiting that the descriptor does not show */
	bool works; /* there is work beside frames */
	unsigned batches; /* of frames since some of it was done */
	uint8_t buffer[IPC_MESSAGE_MAX];
};

static void
take_frames(struct run *r)
{
	int status = r->l->frames(r->l->arg);

	r->more = status > 0;
	r->failed = r->failed || status == -1;
	r->ends = r->ends || status == -1;
}

static void
on_capture(void *arg, int fd, unsigned events)
{
	struct run *r = arg;

	(void)fd;
	(void)events;
	r->more = true;
}

static void
on_signal(void *arg, int signo)
{
	struct run *r = arg;

	(void)signo;
	r->ends = true;
}

static void
take_reload(struct run *r, const struct ipc_message *m)
{
	uint64_t number;

	memcpy(&number, m->body, sizeof(number));
	r->l->reload(r->l->arg, m->fd, number);
	r->works = true;
}

/*
 * Frames first: they are lost when the kernel's ring is full.  Under a load that
 * never ends there is a turn for it after so many batches, which costs little.
 */
#define BATCHES_A_TURN 64

static void
do_work(struct run *r)
{
	if (r->more && ++r->batches < BATCHES_A_TURN)
		return;
	r->batches = 0;
	r->works = r->l->work(r->l->arg) == 1;
}

static void
on_control(void *arg, int fd, unsigned events)
{
	struct run *r = arg;
	struct ipc_message m;
	int status;

	(void)events;
	while ((status = ipc_recv(fd, r->buffer, &m)) == 1) {
		if (m.type == ROLE_STOP)
			r->ends = true;
		else if (m.type == ROLE_RELOAD && m.fd != -1 &&
		    m.len == sizeof(uint64_t))
			take_reload(r, &m);
		else if (m.fd != -1)
			close(m.fd);
	}
	if (status == 0 || (status == -1 && errno != EAGAIN)) {
		log_info("the parent is gone; ending");
		loop_unwatch(r->loop, fd);
		r->ends = true;
	}
}

static void
on_second(void *arg)
{
	struct run *r = arg;
	struct role_beat beat = {.waiting = r->more};

	if (r->l->second(r->l->arg, &beat) == -1)
		r->failed = r->ends = true;
	/* A parent that does not read now learns it from the next one. */
	if (r->l->control_fd != -1)
		ipc_send(r->l->control_fd, ROLE_BEAT, &beat, sizeof(beat), -1);
}

static int
begin(struct run *r)
{
	const struct sensor_live *l = r->l;

	if ((r->loop = loop_new()) == NULL ||
	    loop_signal(r->loop, SIGTERM, on_signal, r) == -1 ||
	    loop_signal(r->loop, SIGINT, on_signal, r) == -1 ||
	    loop_timer(r->loop, CLOCK_US, CLOCK_US, on_second, r) == NULL ||
	    loop_watch(r->loop, l->capture_fd, LOOP_READ, on_capture, r) == -1)
		return -1;
	if (l->control_fd == -1)
		return 0;
	if (loop_watch(r->loop, l->control_fd, LOOP_READ, on_control, r) == -1)
		return -1;
	return ipc_send(l->control_fd, ROLE_READY, NULL, 0, -1);
}

int
sensor_live_run(const struct sensor_live *l)
{
	static struct run r;

	r = (struct run){.l = l};
	if (begin(&r) == -1) {
		log_error("cannot start the event loop: %s", strerror(errno));
		r.failed = r.ends = true;
	}
	while (!r.ends) {
		if (loop_turn(r.loop, r.more || r.works ? 0 : -1) == -1) {
			log_error("the event loop failed: %s", strerror(errno));
			r.failed = r.ends = true;
			break;
		}
		if (r.more)
			take_frames(&r);
		if (r.works)
			do_work(&r);
	}
	loop_free(r.loop);
	return r.failed ? -1 : 0;
}
