/* SPDX-License-Identifier: EUPL-1.2 */
/* Telling systemd how we are: the sd_notify(3) protocol, one datagram a message. */
#ifndef AGENT_PARENT_NOTIFY_H
#define AGENT_PARENT_NOTIFY_H

#include <stdint.h>

/* "READY=1", "WATCHDOG=1", "STATUS=...".  Nothing without $NOTIFY_SOCKET. */
void parent_notify(const char *state);
/* How often systemd wants WATCHDOG=1, in microseconds, halved; 0: not. */
uint64_t parent_notify_every_us(void);

#endif
