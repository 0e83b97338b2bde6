/* SPDX-License-Identifier: EUPL-1.2 */
/* The inside of the spool, shared by the files of this folder. */
#ifndef AGENT_SPOOL_INSIDE_H
#define AGENT_SPOOL_INSIDE_H

#include "agent/spool/segment.h"
#include "agent/spool/spool.h"

struct segment {
	struct segment_header h;
	uint64_t last;	  /* sequence of its last record; first - 1 when empty */
	uint64_t size;	  /* bytes of header and records */
	int64_t acked_us; /* monotonic, when all of it was known acknowledged; 0 */
};

/* One class: its segments by number, and the one that is written. */
struct log {
	struct segment *seg;
	size_t n, cap;
	int fd;	       /* of the last segment, open for writing; or -1 */
	uint64_t next; /* sequence, in the current epoch */
	uint32_t next_number;
	uint64_t unsynced;
	int64_t unsynced_since;
	bool had; /* held_* are set */
	uint64_t held_writer, held_number;
};

struct epoch {
	uint8_t id[SPOOL_EPOCH_BYTES];
	uint64_t acked[RECORD_CLASSES];
	bool ahead; /* the collector holds more of it than we wrote */
};

struct spool {
	int dir; /* the folder */
	int lock;
	char agent[SEGMENT_AGENT_MAX];
	char boot[64];
	uint64_t quota, segment_bytes;
	int64_t keep_us;
	struct log log[RECORD_CLASSES];
	struct epoch *epoch; /* oldest first; the last is the current */
	size_t epochs_n, epochs_cap;
	struct buf scratch;
	/* A window on one segment, for reading. */
	int read_fd;
	enum record_class read_cls;
	uint32_t read_number;
	uint64_t window_at;
	size_t window_len;
	uint8_t *window;
	uint64_t total; /* bytes of all segments, those written counted whole */
	bool state_dirty;
	int64_t state_written;
	struct spool_stats stats;
};

/* state.c: the epoch list, kept in the file "state". */
int state_load(struct spool *s);
int state_save(struct spool *s);
/* Before mending what casts doubt: the file proves nothing any more, whatever
 * becomes of this start.  -1 with errno. */
int state_drop(struct spool *s);
/* Begin a new epoch and save; -1 with errno. */
int state_new_epoch(struct spool *s);
struct epoch *state_epoch(const struct spool *s, const uint8_t *id);
struct epoch *state_add_epoch(struct spool *s, const uint8_t *id);

/* recover.c: what the folder holds.  *doubt is set when continuity is unproved. */
int recover_all(struct spool *s, bool *doubt);

/* segments.c: files of segments. */
#define SEGMENTS_NAME_SIZE 24
char *segments_name(
    enum record_class c, uint32_t number, char out[SEGMENTS_NAME_SIZE]);
struct segment *segments_add(struct log *l);
void segments_remove(struct spool *s, enum record_class c, size_t i);
/* Close the segment that is written, if there is one. */
void segments_close(struct spool *s, enum record_class c);
/* Begin a segment, making room if need be.  -1 with errno (ENOSPC: no room). */
int segments_begin(struct spool *s, enum record_class c);
bool segments_acked(const struct spool *s, const struct segment *g);
/* Records of the segment that the collector does not have. */
uint64_t segments_waiting(const struct spool *s, const struct segment *g);
/* Index of the segment with this number or the first above it; n when none. */
size_t segments_find(const struct log *l, uint32_t number);

#endif
