/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * The seam between event and spool: what of a finished record may leave the host
 * (architecture, principle 6).  It goes over every text of the record, so a new
 * parser's field cannot be forgotten.
 */
#ifndef AGENT_EVENT_PRIVACY_H
#define AGENT_EVENT_PRIVACY_H

#include "common/buf.h"

/*
 * Copy the JSON object json to out (emptied first) without personal data: a mail
 * address becomes "<mail>", the name in /home/NAME, /Users/NAME and \Users\NAME
 * becomes "<user>", as does the value of a member named as user names are, "<query>"
 * stands for SQL and "<message>" for what MQTT publishes.  Returns how many were
 * dropped, -1 when out overflowed; then the record must not leave.
 */
int event_privacy(const char *json, size_t len, struct buf *out);

#endif
