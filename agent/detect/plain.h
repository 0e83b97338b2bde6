/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Rules without a pattern, found by what they ask of a packet: address, port, type,
 * flags, size, protocol or event (engine.md 2.4).  Private to agent/detect.
 */
#ifndef AGENT_DETECT_PLAIN_H
#define AGENT_DETECT_PLAIN_H

#include "agent/app/app.h"
#include "agent/detect/index.h"
#include "agent/detect/rule.h"

struct plain;

/* NULL with errno. */
struct plain *plain_new(void);
void plain_free(struct plain *f);
/* A rule that has none, or that is asked by event or address alone.  -1 with errno. */
int plain_add(struct plain *f, const struct rule *r);
/* After the last add, before the first find.  -1 with errno. */
int plain_build(struct plain *f);

/* Call fn with rules that may match; none comes more than once a call. */
typedef void plain_fn(void *arg, const uint32_t *rule, size_t n);
void plain_ip_only(
    const struct plain *f, const struct packet *p, plain_fn *fn, void *arg);
void plain_events(
    const struct plain *f, const struct packet *p, plain_fn *fn, void *arg);
void plain_packet(
    const struct plain *f, const struct packet *p, plain_fn *fn, void *arg);
/* Those on each transaction of a protocol. */
void plain_tx(
    const struct plain *f, enum app_id id, enum app_dir d, plain_fn *fn, void *arg);

#endif
