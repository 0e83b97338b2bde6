/* SPDX-License-Identifier: EUPL-1.2 */
#include "agent/detect/source.h"

#include "common/str.h"

char *
source_read(
    const struct ruleset_source *s, const char *path, size_t max, size_t *len)
{
	return s == NULL || s->read == NULL ? str_read_file(path, max, len)
					    : s->read(s->arg, path, max, len);
}
