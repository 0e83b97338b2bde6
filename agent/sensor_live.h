/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * The live side of the sensor: one loop over the interface, the clock, the
 * parent and signals.  What is done with frames and time is the caller's.
 */
#ifndef AGENT_SENSOR_LIVE_H
#define AGENT_SENSOR_LIVE_H

#include "agent/role.h"

#include <stdbool.h>

struct sensor_live {
	int capture_fd;
	int control_fd; /* the parent; -1: none */
	void *arg;
	/*
	 * Handle frames that are there, some at most.  1: there may be more now, 0:
	 * none, -1: the capture failed and the loop ends.
	 */
	int (*frames)(void *arg);
	/* Other rules: number is the image's, fd is yours.  Then work is called. */
	void (*reload)(void *arg, int fd, uint64_t number);
	/* Some milliseconds of what is not about packets.  1: there is more, 0: none. */
	int (*work)(void *arg);
	/* Each second; fills what the parent is told.  -1: the loop ends, failed. */
	int (*second)(void *arg, struct role_beat *beat);
};

/*
 * Tell the parent we are ready, then work until SIGTERM, SIGINT, ROLE_STOP or
 * the parent's end.  0, or -1 when the capture or the loop failed.
 */
int sensor_live_run(const struct sensor_live *l);

#endif
