/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Files out of traffic, for the scanner: the bytes in sealed memory, and who sent
 * them to whom.  The packet path never waits: when the queue is full, a file is lost
 * and counted.
 */
#ifndef AGENT_SENSOR_FILES_H
#define AGENT_SENSOR_FILES_H

#include "agent/event/event.h"

struct sensor_files;

/* Of the queue behind fd, which stays the caller's.  NULL with errno. */
struct sensor_files *sensor_files_new(int fd);
void sensor_files_free(struct sensor_files *s);
/* The files of a transaction that is over, both ways. */
void sensor_files_send(struct sensor_files *s, struct event_builder *b,
    const struct flow *f, const struct app_tx *tx, int64_t time_us);
void sensor_files_counts(
    const struct sensor_files *s, uint64_t *sent, uint64_t *lost);

#endif
