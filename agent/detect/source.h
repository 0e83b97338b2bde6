/* SPDX-License-Identifier: EUPL-1.2 */
/* Reading a file that rules or their configuration name.  Private to agent/detect. */
#ifndef AGENT_DETECT_SOURCE_H
#define AGENT_DETECT_SOURCE_H

#include "agent/detect/detect.h"

/* As str_read_file(), through the source's own reader if it has one. */
char *source_read(
    const struct ruleset_source *s, const char *path, size_t max, size_t *len);

#endif
