/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Field lines of HTTP/2 unpacked (HPACK, RFC 7541), one table a direction; the
 * one place that meets nghttp2.  Private to http2*.c.
 */
#ifndef AGENT_APP_HTTP2_HPACK_H
#define AGENT_APP_HTTP2_HPACK_H

#include "common/cursor.h"

struct http2_hpack;

typedef void http2_field_fn(void *arg, struct span name, struct span value);

/* NULL: no memory. */
struct http2_hpack *http2_hpack_new(void);
void http2_hpack_free(struct http2_hpack *h);
/*
 * Tells fn each field of a whole block.  false: the block is wrong, or wants a
 * table that is larger than HTTP2_TABLE_MAX; blocks behind it cannot be read.
 */
bool http2_hpack_inflate(
    struct http2_hpack *h, struct span block, http2_field_fn *fn, void *arg);

#endif
