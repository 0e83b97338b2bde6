/* SPDX-License-Identifier: EUPL-1.2 */
/* Arrays that grow while rules are loaded.  Private to agent/detect. */
#ifndef AGENT_DETECT_ARRAY_H
#define AGENT_DETECT_ARRAY_H

#include <stddef.h>

/*
 * Room for n more elements of size bytes each behind the used ones: *array and *cap
 * (in elements) are changed when there is too little.  -1 with errno.
 */
int array_grow(void *array, size_t used, size_t *cap, size_t n, size_t size);

#endif
