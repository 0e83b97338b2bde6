/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * The parts of a multipart body (RFC 7578, RFC 2046, section 5.1): those with a file
 * name are files.  Private to http*.c.
 */
#ifndef AGENT_APP_HTTP_PARTS_H
#define AGENT_APP_HTTP_PARTS_H

#include "agent/app/file.h"

struct http_parts;

enum http_parts_event {
	HTTP_PARTS_ERROR,  /* a boundary where the bytes of a file should begin */
	HTTP_PARTS_HEADER, /* a line of a part's header without a colon */
	HTTP_PARTS_EVENTS,
};

/* NULL: the content type has no boundary, or memory ran out. */
struct http_parts *http_parts_new(struct app_flow *a, struct span content_type);
void http_parts_free(struct app_flow *a, struct http_parts *p);
void http_parts_add(struct app_flow *a, struct http_parts *p, struct span bytes);
void http_parts_gap(struct app_flow *a, struct http_parts *p, uint64_t missing);
/* Nothing more comes; is it cut short? */
void http_parts_end(struct app_flow *a, struct http_parts *p, bool cut);
/* One bit for each event. */
unsigned http_parts_events(const struct http_parts *p);

/* The files in their order, from 0; NULL: no more. */
const struct file *http_parts_file(const struct http_parts *p, unsigned i);
enum app_have http_parts_buffer(const struct http_parts *p, enum app_buffer_id b,
    unsigned instance, struct app_bytes *out);
void http_parts_inspected(struct app_flow *a, struct http_parts *p);

#endif
