/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * YARA rules: from files to compiled sets, and bytes against them.  libyara is
 * met only here; its 4.2 and 4.5 are both served.
 */
#ifndef AGENT_SCAN_YARA_H
#define AGENT_SCAN_YARA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * libyara loses every match of a scan that timed out, so the rules exist twice:
 * once whole, and once as this many parts, which are tried one by one then.
 */
#define YARA_PARTS 8

struct yara;

/* A file that was not loaded, and why; the other files are.  Line 0: the file. */
typedef void yara_refused_fn(
    void *arg, const char *file, unsigned line, const char *reason);

struct yara_totals {
	size_t files, files_refused;
	size_t rules; /* loaded */
};

/*
 * Load files, and folders with all *.yar and *.yara below them in sorted order.
 * Each file is a name space of its own: its path below the given folder without
 * the extension.  The external variables filename, filepath, extension, filetype,
 * owner, md5 and service exist; the last three are always empty.  NULL with errno
 * when nothing could be set up (no rule at all is not that).
 */
struct yara *yara_load(const char *const *paths, size_t n, yara_refused_fn *refused,
    void *arg, struct yara_totals *totals);

/* Texts of another place than the disk, and who is shown those that are used. */
struct yara_source {
	void *arg;
	/* Of a name given to yara_load_from(), or of what that includes; to be
	 * free()d.  NULL: from disk. */
	char *(*read)(void *arg, const char *name, bool included, size_t *len);
	/* Files that compiled, by their path below the folder given, and what files
	 * include, by its path from there; may be NULL. */
	void (*seen)(void *arg, const char *name, bool included, const char *text,
	    size_t len);
};
/* The same; with s->read names are asked of it, each a name space as it is. */
struct yara *yara_load_from(const struct yara_source *s, const char *const *names,
    size_t n, yara_refused_fn *refused, void *arg, struct yara_totals *totals);
void yara_free(struct yara *y);
/* SHA-256 in hexadecimal of all that decides what matches. */
const char *yara_version(const struct yara *y);

#define YARA_STRINGS_MAX 16 /* of one rule that are told */
#define YARA_OFFSETS_MAX 8  /* of one string that are told */
#define YARA_METAS_MAX	 24

struct yara_string {
	const char *name;
	uint64_t count;
	uint64_t offsets[YARA_OFFSETS_MAX];
	size_t n; /* of offsets */
};

struct yara_meta {
	const char *name;
	const char *text; /* NULL: number holds it */
	int64_t number;
};

/* One rule that matched; all of it is on loan for the call. */
struct yara_match {
	const char *name_space, *rule;
	uint32_t id; /* CRC-32C of "name space:rule", 31 bits: stable */
	const char *tags[8];
	size_t tags_n;
	struct yara_meta metas[YARA_METAS_MAX];
	size_t metas_n;
	struct yara_string strings[YARA_STRINGS_MAX];
	size_t strings_n;
};

typedef void yara_match_fn(void *arg, const struct yara_match *m);

/* A scanner of one thread. */
struct yara_scanner;
struct yara_scanner *yara_scanner_new(struct yara *y, unsigned timeout_s);
void yara_scanner_free(struct yara_scanner *s);

/* What the rules may ask of a file beside its bytes. */
struct yara_file {
	const char *filename, *filepath, *extension, *filetype;
};

struct yara_result {
	unsigned parts_failed; /* of YARA_PARTS: their rules gave no answer */
	const char *reason;    /* "time-out", "too many matches"...; NULL: none */
	char rule[128]; /* the first that was in the way; "" when not known */
};

/*
 * Scan the bytes; each rule that matches is told once, in the rules' order.  The
 * bytes may be a mapping whose file shrinks meanwhile.  Rules that give no answer
 * in time are in *r; all others are told.  -1 with errno when the scan itself
 * could not be.
 */
int yara_scan(struct yara_scanner *s, const void *p, size_t len,
    const struct yara_file *f, yara_match_fn *fn, void *arg, struct yara_result *r);

#endif
