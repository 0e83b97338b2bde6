/* SPDX-License-Identifier: EUPL-1.2 */
/* What the files of agent/bundle share. */
#ifndef AGENT_BUNDLE_PRIVATE_H
#define AGENT_BUNDLE_PRIVATE_H

#include "agent/bundle/bundle.h"

#define BUNDLE_MAGIC	 "SWBUNDLE"
#define BUNDLE_END_MAGIC "SWSIGNED"

struct bundle {
	int fd;
	uint64_t len;
	uint8_t *table; /* head and table, which names point into */
	size_t table_len;
	struct bundle_head head;
	struct bundle_part *part;
	size_t parts;
	uint8_t signature[64];
};

/* All of them or -1 with errno (ENODATA: the file ended). */
int bundle_pread(int fd, void *to, size_t len, uint64_t at);

#endif
