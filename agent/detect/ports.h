/* SPDX-License-Identifier: EUPL-1.2 */
/* A number for each of the 65,536 ports, in pages of which equal ones are shared. */
#ifndef AGENT_DETECT_PORTS_H
#define AGENT_DETECT_PORTS_H

#include <stddef.h>
#include <stdint.h>

#define PORTS_PAGE  256
#define PORTS_PAGES 256

struct ports {
	uint16_t page[PORTS_PAGES];
	uint16_t *entry; /* pages of them; NULL: all ports have 0 */
	uint32_t pages;
};

/* value holds a number for each port.  -1 with errno. */
int ports_init(struct ports *p, const uint16_t value[PORTS_PAGES * PORTS_PAGE]);
void ports_release(struct ports *p);

static inline unsigned
ports_get(const struct ports *p, uint16_t port)
{
	if (p->entry == NULL)
		return 0;
	return p->entry[(uint32_t)p->page[port / PORTS_PAGE] * PORTS_PAGE +
	    port % PORTS_PAGE];
}

#endif
