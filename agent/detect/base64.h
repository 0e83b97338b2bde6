/* SPDX-License-Identifier: EUPL-1.2 */
/* Base64 as rules decode it (RFC 4648, section 4).  Private to agent/detect. */
#ifndef AGENT_DETECT_BASE64_H
#define AGENT_DETECT_BASE64_H

#include "common/cursor.h"

/* Of so many letters at most this comes. */
#define BASE64_OUT_MAX(letters) ((letters) / 4 * 3 + 3)

/* Up to the first byte that is neither a letter nor padding; bytes written. */
size_t base64_decode(struct span in, uint8_t *out);

#endif
