/* SPDX-License-Identifier: EUPL-1.2 */
/* Time: wall clock for what is told, monotonic for what is measured. */
#ifndef COMMON_CLOCK_H
#define COMMON_CLOCK_H

#include <stddef.h>
#include <stdint.h>

#define CLOCK_US 1000000

/* Microseconds since 1970, UTC. */
int64_t clock_wall_us(void);
/* Microseconds since boot, suspended time included; never goes back. */
int64_t clock_mono_us(void);

/* "2026-11-23T12:00:00.123456+0000", as EVE writes it; always UTC. */
#define CLOCK_TEXT_SIZE 32
char *clock_text(int64_t time_us, char out[CLOCK_TEXT_SIZE]);

/*
 * The inverse, for that form and for RFC 3339 ("Z", "+01:00", fraction or none).
 * Returns -1 with EINVAL for anything else.
 */
int clock_parse(const char *text, int64_t *time_us);

#endif
