/* SPDX-License-Identifier: EUPL-1.2 */
#include "agent/sensor_reload.h"

#include "common/log.h"

#include <malloc.h>
#include <unistd.h>

static const struct sensor_rules NONE = {.fd = -1};

void
sensor_reload_refuse(struct sensor_reload *r, const char *why)
{
	log_error("the new rules: %s; the old ones stay", why);
	sensor_rules_release(&r->next);
	r->building = false;
}

static enum sensor_reload_step
give_up(struct sensor_reload *r, const char *why)
{
	sensor_reload_refuse(r, why);
	return SENSOR_RELOAD_FAILED;
}

void
sensor_reload_begin(struct sensor_reload *r, int fd, uint64_t number)
{
	if (r->building)
		sensor_rules_release(&r->next);
	r->next = NONE;
	r->next.fd = fd;
	r->number = number;
	r->building = true;
}

static enum sensor_reload_step
free_some(struct sensor_reload *r)
{
	if (r->old.bundle != NULL && bundle_rules_free_some(r->old.bundle) == 1)
		return SENSOR_RELOAD_MORE;
	if (r->old.fd != -1)
		close(r->old.fd);
	r->old = NONE;
	malloc_trim(0);
	return SENSOR_RELOAD_IDLE;
}

enum sensor_reload_step
sensor_reload_some(struct sensor_reload *r)
{
	const struct bundle_rules_config c = {.fd = r->next.fd, .placed = true};
	char error[512];
	int more;

	if (r->old.bundle != NULL)
		return free_some(r) == SENSOR_RELOAD_IDLE && !r->building
		    ? SENSOR_RELOAD_IDLE
		    : SENSOR_RELOAD_MORE;
	if (!r->building)
		return SENSOR_RELOAD_IDLE;
	if (r->next.bundle == NULL) {
		r->next.bundle = bundle_rules_new(&c, error, sizeof(error));
		return r->next.bundle == NULL ? give_up(r, error)
					      : SENSOR_RELOAD_MORE;
	}
	more = bundle_rules_load_some(r->next.bundle, error, sizeof(error));
	if (more == -1)
		return give_up(r, error);
	if (more == 1)
		return SENSOR_RELOAD_MORE;
	r->next.set = bundle_rules_set(r->next.bundle);
	return SENSOR_RELOAD_READY;
}

void
sensor_reload_taken(struct sensor_reload *r, const struct sensor_rules *old)
{
	r->old = *old;
	r->next = NONE;
	r->building = false;
}

void
sensor_reload_release(struct sensor_reload *r)
{
	if (r->building)
		sensor_rules_release(&r->next);
	if (r->old.bundle != NULL)
		sensor_rules_release(&r->old);
	r->building = false;
}
