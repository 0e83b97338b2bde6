/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * What is wrong with parts of HTTP/1 messages, where Suricata tells an event of it.
 * Private to http*.c.
 */
#ifndef AGENT_APP_HTTP_CHECK_H
#define AGENT_APP_HTTP_CHECK_H

#include "common/cursor.h"

#include <stdbool.h>

/* Of a first line that begins with a word: is a byte other than a space the first
 * behind it, or between it and the next? */
bool http_check_delimiter(struct span line, size_t end, size_t next);
/* A host with or without a port, as Host has it. */
bool http_check_host(struct span s);
/* The authority of an absolute URI, or of CONNECT; true without one. */
bool http_check_authority(struct span uri, bool connect);
/* A token (RFC 9110, section 5.6.2). */
bool http_check_token(struct span s);
/* Digits that fit somewhere in it. */
bool http_check_length(struct span s);
/* "chunked" in a list. */
bool http_check_chunked(struct span s);
/* Codings that are unpacked, or none. */
bool http_check_codings(struct span s);
/* Content-Range of bytes; true of other units. */
bool http_check_range(struct span s);
/* "HTTP/1.1" and older ones; a number of three digits. */
bool http_check_protocol(struct span s);
bool http_check_status(struct span s);

#endif
