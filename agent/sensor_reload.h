/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Other rules while packets go on being looked at by the old ones: the new set is
 * built beside them, a few milliseconds at a time, and the old one is freed likewise.
 */
#ifndef AGENT_SENSOR_RELOAD_H
#define AGENT_SENSOR_RELOAD_H

#include "agent/sensor_rules.h"

struct sensor_reload {
	uint64_t number; /* of the image that is being built */
	bool building;
	struct sensor_rules next;
	struct sensor_rules old; /* being freed */
};

enum sensor_reload_step {
	SENSOR_RELOAD_IDLE, /* nothing to do */
	SENSOR_RELOAD_MORE,
	SENSOR_RELOAD_READY, /* next is built: take it, then sensor_reload_taken() */
	SENSOR_RELOAD_FAILED, /* said why; the rules in use stay */
};

/* Begin with the image behind fd, which is taken; one under way is given up. */
void sensor_reload_begin(struct sensor_reload *r, int fd, uint64_t number);
enum sensor_reload_step sensor_reload_some(struct sensor_reload *r);
/* Not taken after all: say why. */
void sensor_reload_refuse(struct sensor_reload *r, const char *why);
/* The caller has next now; old is to be freed. */
void sensor_reload_taken(struct sensor_reload *r, const struct sensor_rules *old);
void sensor_reload_release(struct sensor_reload *r);

#endif
