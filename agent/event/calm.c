/* SPDX-License-Identifier: EUPL-1.2 */
/* A set-associative memory of what was told: no list, no allocation a risk. */
#include "agent/event/calm.h"

#include "agent/limits.h"
#include "common/table.h"

#include <stdlib.h>
#include <string.h>

#define WAYS 4
#define SETS (EVENT_CALM_PAIRS / WAYS)

struct entry {
	uint64_t hash; /* keyed, so nobody can aim at another's; 0: free */
	int64_t told_us;
	uint64_t repeats;
};

struct event_calm {
	struct entry set[SETS][WAYS];
};

struct event_calm *
event_calm_new(void)
{
	return calloc(1, sizeof(struct event_calm));
}

void
event_calm_free(struct event_calm *c)
{
	free(c);
}

static uint64_t
pair_hash(const struct addr *a, const struct addr *b, unsigned risk)
{
	uint8_t key[2 * 17 + 1];
	bool swap = addr_cmp(a, b) > 0;
	const struct addr *pair[2] = {swap ? b : a, swap ? a : b};

	for (size_t i = 0; i < 2; i++) {
		key[i * 17] = pair[i]->family;
		memcpy(key + i * 17 + 1, pair[i]->b, 16);
	}
	key[sizeof(key) - 1] = (uint8_t)risk;
	return table_hash(key, sizeof(key)) | 1;
}

/* The pair's entry, else the one to give up: free or told longest ago. */
static struct entry *
find_entry(struct entry *set, uint64_t hash)
{
	struct entry *oldest = &set[0];

	for (size_t i = 0; i < WAYS; i++) {
		if (set[i].hash == hash)
			return &set[i];
		if (set[i].hash == 0 ||
		    (oldest->hash != 0 && set[i].told_us < oldest->told_us))
			oldest = &set[i];
	}
	return oldest;
}

bool
event_calm_ask(struct event_calm *c, const struct addr *a, const struct addr *b,
    unsigned risk, int64_t now_us, uint64_t *repeats)
{
	uint64_t hash = pair_hash(a, b, risk);
	struct entry *e = find_entry(c->set[(hash >> 1) % SETS], hash);

	*repeats = 0;
	if (e->hash == hash) {
		/* A clock set back ends the hour as well. */
		if (now_us >= e->told_us && now_us - e->told_us < EVENT_CALM_US) {
			e->repeats++;
			return false;
		}
		*repeats = e->repeats;
	}
	*e = (struct entry){.hash = hash, .told_us = now_us};
	return true;
}
