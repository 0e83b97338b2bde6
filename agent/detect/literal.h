/* SPDX-License-Identifier: EUPL-1.2 */
/* Looking for one literal, 16 places at a time.  Private to agent/detect. */
#ifndef AGENT_DETECT_LITERAL_H
#define AGENT_DETECT_LITERAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct literal {
	const uint8_t *bytes; /* lower case when nocase */
	size_t len;	      /* at least 1 */
	bool nocase;	      /* ASCII letters of either case */
	/* Which two of its bytes are looked for first: by literal_choose(), or 0 and
	 * any. */
	uint16_t one, other;
};

/* The two bytes that traffic has least of. */
void literal_choose(struct literal *l);
/* Does traffic have plenty of this byte? */
bool literal_is_common(uint8_t byte);

/* The first place where it stands; NULL: none. */
const uint8_t *literal_find(
    const struct literal *l, const uint8_t *hay, size_t len);
/* Does it stand right there?  at holds l->len bytes. */
bool literal_is_at(const struct literal *l, const uint8_t *at);

#endif
