/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * The members of an archive (zip, tar, 7z, rar, cab, cpio, ar) and what a
 * compressed file holds (gz, bz2, xz, zst, lz4, Z).  libarchive is met only here.
 */
#ifndef AGENT_SCAN_ARCHIVE_H
#define AGENT_SCAN_ARCHIVE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What was not looked at, or only in part. */
enum archive_flaw {
	ARCHIVE_NONE,
	ARCHIVE_ENCRYPTED,  /* a member needs a password */
	ARCHIVE_MEMBER_CUT, /* over ARCHIVE_MEMBER_MAX: its start was scanned */
	ARCHIVE_TOO_MANY,   /* members */
	ARCHIVE_BOMB,	    /* unpacked bytes or their ratio over the cap */
	ARCHIVE_TOO_LONG,   /* the deadline passed */
	ARCHIVE_DAMAGED,    /* ends early or makes no sense from here */
};

/* Shared by one file and the archives in it. */
struct archive_budget {
	uint64_t packed;     /* bytes of the outer file */
	uint64_t unpacked;   /* so far */
	unsigned members;    /* so far */
	int64_t deadline_us; /* clock_mono_us() after which no member is begun */
};

struct archive_member {
	const char *name; /* "" for what a .gz holds; may be no UTF-8 */
	const void *data;
	size_t len;
	enum archive_flaw
	    flaw; /* ENCRYPTED: no data; MEMBER_CUT: the start; or NONE */
};

typedef void archive_member_fn(void *arg, const struct archive_member *m);

/* Do the first bytes look like something archive_read() opens? */
bool archive_looks(const void *p, size_t len);

/* Where the archive is: an open file, or bytes when fd is -1. */
struct archive_source {
	int fd; /* read from its start; its offset moves; stays the caller's */
	const void *data;
	size_t len;
};

/*
 * Give each member to fn; its bytes are on loan.  Returns NONE, or the flaw that
 * ended the walk.  What is no archive after all is NONE, without members.
 */
enum archive_flaw archive_members(const struct archive_source *from,
    struct archive_budget *b, archive_member_fn *fn, void *arg);

#endif
