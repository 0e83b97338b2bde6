/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Places where the crash test kills a process (tests/crash).  They exist only in
 * its own builds (-DSTADSWACHT_FAULTS); elsewhere they are nothing.
 */
#ifndef COMMON_FAULT_H
#define COMMON_FAULT_H

#ifdef STADSWACHT_FAULTS
#include <signal.h>
#include <stdlib.h>
#include <string.h>

/* Die as by kill -9 when STADSWACHT_FAULT is "NAME:N" and this is the Nth time
 * here. */
static inline void
fault_point(const char *name, long *times)
{
	const char *want = getenv("STADSWACHT_FAULT");
	size_t len = strlen(name);

	if (want != NULL && strncmp(want, name, len) == 0 && want[len] == ':' &&
	    ++*times >= strtol(want + len + 1, NULL, 10))
		raise(SIGKILL);
}

#define FAULT(name)                                                                \
	do {                                                                       \
		static long times_;                                                \
		fault_point(name, &times_);                                        \
	} while (0)
#else
#define FAULT(name)                                                                \
	do {                                                                       \
	} while (0)
#endif

#endif
