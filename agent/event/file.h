/* SPDX-License-Identifier: EUPL-1.2 */
/* An EVE file: one record a line. */
#ifndef AGENT_EVENT_FILE_H
#define AGENT_EVENT_FILE_H

#include "agent/event/envelope.h"

struct event_file;

/* Create or empty path; "-" is standard output.  NULL with errno. */
struct event_file *event_file_open(const char *path);
/* An event_sink_fn; a failure is kept for event_file_close(). */
void event_file_write(void *file, enum record_class cls, int64_t time_us,
    const char *json, size_t len);
/* Write what is buffered.  -1 with errno when any record could not be written. */
int event_file_flush(struct event_file *f);
/* Flush and close.  -1 with errno when any record could not be written. */
int event_file_close(struct event_file *f);

#endif
