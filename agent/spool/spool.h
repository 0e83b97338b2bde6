/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * The forwarder's spool: one append-only log a class, cut in segments, on disk
 * until the collector has stored it.  A record that spool_append() took is
 * accepted: it survives the death of this process at once, and that of the host
 * after the next sync (200 ms for health and alerts).
 *
 * (epoch, class, seq) never repeats: a new epoch begins whenever it can not be
 * proved that the folder holds all that was appended before.
 */
#ifndef AGENT_SPOOL_SPOOL_H
#define AGENT_SPOOL_SPOOL_H

#include "common/record.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SPOOL_EPOCH_BYTES 16

struct spool;

struct spool_options {
	const char *path; /* folder, made 0700 when absent */
	const char *agent;
	const char *boot;	/* the kernel's boot id: another one, a new epoch */
	uint64_t quota;		/* bytes of all segments; at least six segments */
	uint64_t segment_bytes; /* 0: SPOOL_SEGMENT_BYTES */
	int64_t keep_us; /* how long acknowledged segments stay; 0: SPOOL_KEEP_US */
};

/*
 * Open and mend.  What a torn or damaged segment still holds is kept.  NULL with
 * error filled ("FOLDER: what, remedy").  Free with spool_close(), which syncs.
 */
struct spool *spool_open(const struct spool_options *o, char *error, size_t size);
void spool_close(struct spool *s);

/*
 * 0: accepted; 1: dropped and counted, because the quota is full with what is
 * worth more, or the disk gives errors.  Never waits for a sync.
 */
int spool_append(struct spool *s, const struct record *r);
/* Was this the last record of its class that the folder held when it was opened? */
bool spool_held(const struct spool *s, const struct record *r);
/* Sync what is due at this monotonic time; force: all.  -1 when one failed
 * (counted). */
int spool_sync(struct spool *s, int64_t now_us, bool force);
/* Drop acknowledged segments whose time is over, keep the state file right. */
void spool_tidy(struct spool *s, int64_t now_us);

/* --- epochs and acknowledgements ---------------------------------------------- */

/* The epochs with segments here, oldest first; the last one is the current. */
size_t spool_epochs(const struct spool *s);
const uint8_t *spool_epoch(const struct spool *s, size_t i);
/* Highest sequence appended in the current epoch; 0 when none. */
uint64_t spool_last(const struct spool *s, enum record_class c);
/*
 * The collector holds all up to seq.  It may be lower than before (a collector
 * restored from a backup).  Higher than spool_last() of the current epoch means
 * that this folder went back in time: a new epoch begins and 1 is returned.
 */
int spool_ack(struct spool *s, const uint8_t epoch[SPOOL_EPOCH_BYTES],
    enum record_class c, uint64_t seq);
uint64_t spool_acked(const struct spool *s, const uint8_t epoch[SPOOL_EPOCH_BYTES],
    enum record_class c);

/* --- reading --------------------------------------------------------------------
 */

struct spool_cursor {
	enum record_class cls;
	uint32_t segment; /* number; 0: before the first */
	uint64_t offset;
	uint8_t epoch[SPOOL_EPOCH_BYTES];
	uint64_t next; /* sequence that is to come */
};

struct spool_item {
	const uint8_t *epoch;
	uint64_t first, last; /* one record: both are its sequence */
	bool gap;	      /* first..last are lost here; no record */
	int64_t time_us;
	const char *json; /* on loan until the next call on this spool */
	size_t json_len;
};

/* Before the first item of the class that is not acknowledged. */
void spool_rewind(struct spool *s, enum record_class c, struct spool_cursor *at);
/* Step over the next item.  1: *i is it; 0: no more for now. */
int spool_read(struct spool *s, struct spool_cursor *at, struct spool_item *i);

/* --- figures ---------------------------------------------------------------------
 */

struct spool_stats {
	uint64_t bytes, quota;
	uint64_t waiting[RECORD_CLASSES]; /* appended, not acknowledged */
	uint64_t
	    shed[RECORD_CLASSES]; /* given up unacknowledged, since the start */
	uint64_t refused[RECORD_CLASSES]; /* never taken, since the start */
	uint64_t write_errors, sync_errors, damaged;
	int64_t
	    oldest_us;	/* event time of the oldest segment not acknowledged; 0 */
	bool new_epoch; /* this start began one */
};
void spool_stats(const struct spool *s, struct spool_stats *out);

#endif
