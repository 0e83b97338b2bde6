/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Live rows to many readers, as server-sent events.  Each reader is a bookmark
 * and a filter, and reads the store at its own pace: a slow reader loses nothing
 * and costs no more memory than a fast one; when it is far behind it is told so.
 */
#ifndef COLLECTOR_STREAM_STREAM_H
#define COLLECTOR_STREAM_STREAM_H

#include "collector/store/store.h"
#include "collector/stream/filter.h"
#include "common/loop.h"

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct stream;
struct stream_reader;

/* store is read only and stays the caller's.  NULL with errno. */
struct stream *stream_new(struct loop *loop, struct store *store);
/* Every reader must have left. */
void stream_free(struct stream *s);

/* Rows up to last_id are committed: wakes those who wait. */
void stream_new_rows(struct stream *s, int64_t last_id);
/* A moment without rows (the stream's own timer calls it every STREAM_COMMENT_US).
 */
void stream_idle(struct stream *s);

/*
 * Read rows after after_id (-1: only what comes from now on).  wake is called when
 * stream_read() has bytes after it had none.  NULL: ENOSPC at STREAM_READERS_MAX,
 * or ENOMEM.
 */
struct stream_reader *stream_join(struct stream *s, const struct filter *f,
    int64_t after_id, void (*wake)(void *arg), void *arg);
/* Bytes of the event stream; 0 none now; -1 the store cannot be read. */
ssize_t stream_read(struct stream_reader *r, char *to, size_t max);
void stream_leave(struct stream_reader *r);

size_t stream_readers(const struct stream *s);
int64_t stream_last_id(const struct stream *s);

#endif
