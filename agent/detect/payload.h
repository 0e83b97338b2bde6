/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Patterns in payloads, by transport and direction, and within these by protocol or
 * port: a packet is searched only for what rules on its own could want.
 */
#ifndef AGENT_DETECT_PAYLOAD_H
#define AGENT_DETECT_PAYLOAD_H

#include "agent/detect/mpm.h"
#include "agent/detect/rule.h"
#include "agent/stream/stream.h"

struct payload;

/* NULL with errno. */
struct payload *payload_new(void);
void payload_free(struct payload *f);

/* A rule whose fast pattern is in BUFFER_PAYLOAD.  -1 with errno. */
int payload_add(struct payload *f, const struct rule *r);
/* Each part after the last add and before the first scan; -1 with error filled. */
#define PAYLOAD_PARTS 7
int payload_build(struct payload *f, size_t part,
    const struct ruleset_source *source, char *error, size_t size);
int payload_fit(const struct payload *f, struct mpm_scratch *s);

/* What is scanned: a packet, its gate (gate.h), and its chunks. */
struct payload_of {
	const struct packet *p;
	uint64_t gate;
	const struct stream_chunk *chunk;
	size_t chunks;
};

/* Call fn with the rules of each pattern found; a rule may come more than once. */
void payload_scan(const struct payload *f, struct mpm_scratch *s,
    const struct payload_of *of, mpm_fn *fn, void *arg);
/* Is the rule's fast pattern itself where it is to be?  To be asked of what comes up
 * where chunks have a window. */
bool payload_confirms(const struct rule *r, const struct payload_of *of);

#endif
