/* SPDX-License-Identifier: EUPL-1.2 */
/* Ports to numbers. */
#include "agent/detect/ports.h"

#include "agent/detect/array.h"

#include <stdlib.h>
#include <string.h>

#define PAGE_BYTES (PORTS_PAGE * sizeof(uint16_t))

static uint32_t
find_page(const struct ports *p, const uint16_t *page)
{
	uint32_t i = 0;

	while (i < p->pages &&
	    memcmp(p->entry + (size_t)i * PORTS_PAGE, page, PAGE_BYTES) != 0)
		i++;
	return i;
}

int
ports_init(struct ports *p, const uint16_t value[PORTS_PAGES * PORTS_PAGE])
{
	size_t cap = 0;

	memset(p, 0, sizeof(*p));
	for (unsigned i = 0; i < PORTS_PAGES; i++) {
		const uint16_t *page = value + (size_t)i * PORTS_PAGE;
		uint32_t n = find_page(p, page);

		p->page[i] = (uint16_t)n;
		if (n < p->pages)
			continue;
		if (array_grow(&p->entry, p->pages, &cap, 1, PAGE_BYTES) == -1) {
			ports_release(p);
			return -1;
		}
		memcpy(p->entry + (size_t)n * PORTS_PAGE, page, PAGE_BYTES);
		p->pages++;
	}
	return 0;
}

void
ports_release(struct ports *p)
{
	free(p->entry);
	memset(p, 0, sizeof(*p));
}
