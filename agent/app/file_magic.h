/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * What a file that passes by is, found out when a rule asks: by its first bytes, once
 * there are enough of them (guide, "File Keywords").  For parsers.
 */
#ifndef AGENT_APP_FILE_MAGIC_H
#define AGENT_APP_FILE_MAGIC_H

#include "agent/app/parser.h"

struct file_magic;

/* NULL: no rule asks, or no memory; the others take that. */
struct file_magic *file_magic_new(struct app_flow *a);
/* a NULL: the flow is gone, and with it what was held. */
void file_magic_free(struct app_flow *a, struct file_magic *m);
/* The first bytes are about to go. */
void file_magic_keep(struct app_flow *a, struct file_magic *m, struct span begin);
/* begin, len 0: they were kept.  whole: there are no more. */
enum app_have file_magic_buffer(
    struct file_magic *m, struct span begin, bool whole, struct app_bytes *out);
/* Empty: not known. */
struct span file_magic_text(const struct file_magic *m);

#endif
