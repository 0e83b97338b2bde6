/* SPDX-License-Identifier: EUPL-1.2 */
/* The items of a batch, unpacked and checked; zstd (RFC 8878) is met here only. */
#ifndef COLLECTOR_RECEIVE_UNPACK_H
#define COLLECTOR_RECEIVE_UNPACK_H

#include "common/wire.h"

struct unpack;

struct unpack *unpack_new(void);
void unpack_free(struct unpack *u);
/* *items is on loan until the next call.  -1 when it is not what the head says. */
int unpack_items(
    struct unpack *u, const struct wire_batch *b, struct cursor *items);

#endif
