/* SPDX-License-Identifier: EUPL-1.2 */
/* Arrays that double when they are full. */
#include "agent/detect/array.h"

#include <stdlib.h>

#define LEAST 16

int
array_grow(void *array, size_t used, size_t *cap, size_t n, size_t size)
{
	void **a = array;
	size_t want = *cap == 0 ? LEAST : *cap;
	void *p;

	if (used + n <= *cap)
		return 0;
	while (want < used + n)
		want *= 2;
	if ((p = realloc(*a, want * size)) == NULL)
		return -1;
	*a = p;
	*cap = want;
	return 0;
}
