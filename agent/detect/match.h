/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * One worker's state while it inspects packets, and how a rule is tried on one.
 * Private to agent/detect.
 */
#ifndef AGENT_DETECT_MATCH_H
#define AGENT_DETECT_MATCH_H

#include "agent/detect/rule.h"
#include "agent/detect/transform.h"
#include "agent/stream/stream.h"

struct state;
struct thresholds;
struct prefilter_scratch;

/* A place to come back to when a later operation fails (content.c). */
struct content_choice {
	size_t op;
	size_t cursor;
	size_t resume;
};

/* What content inspection needs of a worker. */
struct content_scratch {
	uint64_t var[RULE_VARS_MAX];
	/* Of the buffer at hand: where its bytes begin in it, whether more may
	 * come, its value as a number. */
	uint64_t base;
	bool growing;
	uint64_t number;
	struct transform_scratch transform;
	bool little; /* byte order of the sender, of those that tell it */
	struct content_choice *choice; /* as many as the longest list has */
	size_t choices;
	uint8_t *base64; /* room for what is decoded */
	struct pcre_scratch *pcre;
	unsigned steps;
	struct detect_stats *stats;
};

/* A match before thresholds. */
struct hit {
	const struct rule *rule;
	uint32_t flags;
	bool has_tx;
	uint64_t tx_id;
	const struct app_frame *frame;
};

struct hits {
	struct hit *hit;
	size_t n, cap;
};

struct detect {
	const struct ruleset *rs;
	struct detect_config config;
	struct detect_stats stats;
	struct content_scratch content;
	struct prefilter_scratch *prefilter;
	struct state *state;
	struct thresholds *thresholds;
	struct hits hits;
	/* Of the packet at hand. */
	const struct stream_chunk *chunk;
	size_t chunks;
	/* Rules on transactions that this packet's payload brought up, and all
	 * progresses (tx.c). */
	uint32_t *tx_rule;
	size_t tx_rules;
	bool found;	  /* the first packet this way whose protocol is known */
	bool from_stream; /* the rule that matched last did so in a chunk */
};

/* What a packet test gets. */
struct match_context {
	struct detect *d;
	struct packet *p;
	const struct rule *rule;
};

/* Addresses, ports, protocol, direction and all tests and contents; says in
 * d->from_stream where the contents were. */
bool match_rule(struct detect *d, const struct rule *r, struct packet *p);
/* Header and tests, without contents. */
bool match_packet(struct detect *d, const struct rule *r, struct packet *p);
/* One list of contents of a packet or its stream. */
bool match_list(struct detect *d, const struct rule *r, const struct rule_list *l,
    const struct packet *p);
/* The header only; also what the soundness test of the prefilter starts from. */
bool match_header(const struct rule *r, const struct packet *p);

/*
 * Do all operations of the list hold in the bytes?  Backtracks with an explicit
 * stack; gives up after DETECT_RECURSION_MAX steps.
 */
bool content_inspect(
    struct content_scratch *s, const struct rule_list *l, struct span bytes);

#endif
