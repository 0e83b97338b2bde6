/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * What an offline scan remembers: the records of each file, by path and what
 * stat() says of it.  Rules may ask for a file's name, so the same bytes under
 * another name are another question; the change time cannot be set back by the
 * file's owner.  A cache of other rules, or a damaged one, is not used.
 */
#ifndef AGENT_SCAN_CACHE_H
#define AGENT_SCAN_CACHE_H

#include <stddef.h>
#include <sys/stat.h>

struct cache;

/* rules is yara_version().  A missing file is an empty cache.  NULL with errno. */
struct cache *cache_open(const char *path, const char *rules);
void cache_free(struct cache *c);

/* The file's records, one a line, len may be 0; on loan.  NULL: scan it. */
const char *cache_find(
    struct cache *c, const char *path, const struct stat *st, size_t *len);

/*
 * Remember for the next run.  Left out: a file changed within the last two seconds
 * (its next change might bear the same time), and what is over the caps.
 */
void cache_put(struct cache *c, const char *path, const struct stat *st,
    const char *lines, size_t len);

/* Write what was put, in place of the old file, in one step.  -1 with errno. */
int cache_save(struct cache *c);

#endif
