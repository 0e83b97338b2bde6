/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Which rules are worth a full look at a packet: by their fast pattern, or by
 * event, type, flags, address or port where they have none (engine.md 2.3, 2.4).
 * Never leaves out a rule that would match.
 */
#ifndef AGENT_DETECT_PREFILTER_H
#define AGENT_DETECT_PREFILTER_H

#include "agent/app/app.h"
#include "agent/detect/rule.h"
#include "agent/stream/stream.h"

struct prefilter;
struct prefilter_scratch;
struct content_scratch;

/* For rules numbered by their place, which are on loan.  NULL with errno. */
struct prefilter *prefilter_new(
    struct rule *const *rule, size_t n, const struct ruleset_source *source);
/* A part of the work of building it, some milliseconds.  1: there is more, 0: it is
 * built, -1 with error filled. */
int prefilter_build_some(struct prefilter *f, char *error, size_t size);
void prefilter_free(struct prefilter *f);

struct prefilter_scratch *prefilter_scratch_new(const struct prefilter *f);
void prefilter_scratch_free(struct prefilter_scratch *s);

/* Numbers of rules to try, in order of evaluation; on loan until the next call. */
size_t prefilter_ip_only(const struct prefilter *f, struct prefilter_scratch *s,
    const struct packet *p, const uint32_t **rule);
/* chunk: those that are due with this packet. */
size_t prefilter_packet(const struct prefilter *f, struct prefilter_scratch *s,
    const struct packet *p, const struct stream_chunk *chunk, size_t chunks,
    const uint32_t **rule);

/*
 * One direction of a transaction: begin, scan its buffers that some rule looks
 * into, add what was under way, and end with numbers in order of evaluation.
 */
void prefilter_tx_begin(
    const struct prefilter *f, struct prefilter_scratch *s, const struct packet *p);
/* The buffers that some rule looks into, a bit each, and the progress of the
 * protocol from which they can be asked. */
#define PREFILTER_WORDS ((APP_BUFFER_IDS + 63) / 64)
const uint64_t *prefilter_tx_looked(
    const struct prefilter *f, enum app_id id, enum app_dir d);
int prefilter_tx_progress(const struct prefilter *f, enum app_id id, enum app_dir d,
    enum app_buffer_id b);
void prefilter_tx_scan(const struct prefilter *f, struct prefilter_scratch *s,
    struct content_scratch *c, enum app_buffer_id b, enum app_dir d,
    struct span bytes);
void prefilter_tx_add(struct prefilter_scratch *s, uint32_t rule);
size_t prefilter_tx_end(struct prefilter_scratch *s, const uint32_t **rule);

#endif
