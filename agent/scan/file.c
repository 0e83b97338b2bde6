/* SPDX-License-Identifier: EUPL-1.2 */
/* One file and what is packed in it, against the rules. */
#include "agent/scan/file.h"

#include "agent/limits.h"
#include "agent/scan/archive.h"
#include "agent/scan/filetype.h"
#include "agent/scan/report.h"
#include "common/clock.h"
#include "common/str.h"

#include <errno.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

struct scan {
	struct yara_scanner *yara;
	event_sink_fn *sink;
	void *arg;
	struct buf json;
	struct scan_counts counts;
};

/* The file, or a member: a member of a member has its outer one. */
struct object {
	struct scan *scan;
	const struct scan_file *file;
	struct archive_budget *budget;
	unsigned depth;
	char name[1024]; /* of the member, outer ones before it; "": the file */
	const char *type;
	char sha256[65];
	uint64_t size;
	int fd; /* of the file; -1: data holds the bytes */
	const void *data;
	size_t len; /* to be scanned */
};

struct scan *
scan_new(struct yara *y, unsigned timeout_s, event_sink_fn *sink, void *arg)
{
	struct scan *s;

	if ((s = calloc(1, sizeof(*s))) == NULL)
		return NULL;
	s->sink = sink;
	s->arg = arg;
	buf_init(&s->json, RECORD_JSON_MAX);
	if ((s->yara = yara_scanner_new(y, timeout_s)) == NULL) {
		scan_free(s);
		return NULL;
	}
	return s;
}

void
scan_free(struct scan *s)
{
	if (s == NULL)
		return;
	yara_scanner_free(s->yara);
	buf_release(&s->json);
	free(s);
}

const struct scan_counts *
scan_counts(const struct scan *s)
{
	return &s->counts;
}

/* --- telling ------------------------------------------------------------------ */

static void
send_record(const struct object *o, enum record_class cls)
{
	struct scan *s = o->scan;

	if (!s->json.overflow)
		s->sink(s->arg, cls, o->file->time_us, (const char *)s->json.data,
		    s->json.len);
}

static struct report_subject
subject_of(const struct object *o)
{
	return (struct report_subject){
	    .path = o->file->path,
	    .member = o->name[0] != '\0' ? o->name : NULL,
	    .type = o->type,
	    .size = o->size,
	    .sha256 = o->sha256[0] != '\0' ? o->sha256 : NULL,
	    .time_us = o->file->time_us,
	    .zone = o->file->zone,
	    .before = o->file->before,
	    .after = o->file->after,
	    .before_len = o->file->before_len,
	    .after_len = o->file->after_len,
	    .cut = o->file->cut,
	};
}

static void
tell_finding(
    const struct object *o, const char *event, const char *reason, const char *rule)
{
	struct report_subject subject = subject_of(o);

	o->scan->counts.findings++;
	report_finding(&o->scan->json, &subject, event, reason, rule);
	send_record(o, RECORD_FINDING);
}

static void
on_match(void *arg, const struct yara_match *m)
{
	const struct object *o = arg;
	struct report_subject subject = subject_of(o);

	o->scan->counts.matches++;
	report_match(&o->scan->json, &subject, m);
	send_record(o, RECORD_ALERT);
}

/* --- looking ---------------------------------------------------------------- */

static void
hash_data(struct object *o)
{
	uint8_t hash[crypto_hash_sha256_BYTES];

	crypto_hash_sha256(hash, o->data, o->len);
	str_hex(hash, sizeof(hash), o->sha256);
}

/* By reading: a mapping would fault when the file shrinks meanwhile. */
static int
hash_file(struct object *o)
{
	static _Thread_local uint8_t block[64 << 10];
	uint8_t hash[crypto_hash_sha256_BYTES];
	crypto_hash_sha256_state sha;
	off_t at = 0;
	ssize_t n;

	crypto_hash_sha256_init(&sha);
	while ((n = pread(o->fd, block, sizeof(block), at)) > 0) {
		if (at == 0)
			o->type = filetype_of(block, (size_t)n);
		crypto_hash_sha256_update(&sha, block, (size_t)n);
		at += n;
		if (at >= (off_t)SCAN_FILE_MAX)
			return 0; /* what is told is then not the whole: no hash */
	}
	if (n == -1)
		return -1;
	crypto_hash_sha256_final(&sha, hash);
	str_hex(hash, sizeof(hash), o->sha256);
	return 0;
}

static int
scan_bytes(struct object *o)
{
	const char *name = o->name[0] != '\0' ? o->name : o->file->path, *slash,
		   *dot;
	struct yara_file about = {.filepath = o->file->path, .filetype = o->type};
	struct yara_result result;

	slash = strrchr(name,
	    o->file->before_len > 0 && strchr(name, '/') == NULL ? '\\' : '/');
	about.filename = slash != NULL ? slash + 1 : name;
	dot = strrchr(about.filename, '.');
	about.extension = dot != NULL ? dot : "";
	if (yara_scan(
		o->scan->yara, o->data, o->len, &about, on_match, o, &result) == -1)
		return -1;
	if (result.reason != NULL)
		tell_finding(o, "yara_incomplete", result.reason, result.rule);
	return 0;
}

static void expand(struct object *o);

static void
on_member(void *arg, const struct archive_member *m)
{
	struct object *outer = arg;
	struct object o = {.scan = outer->scan,
	    .file = outer->file,
	    .budget = outer->budget,
	    .depth = outer->depth + 1,
	    .fd = -1,
	    .data = m->data,
	    .len = m->len,
	    .size = m->len,
	    .type = ""};

	snprintf(o.name, sizeof(o.name), "%.500s%s%.500s", outer->name,
	    outer->name[0] != '\0' ? "!/" : "",
	    m->name[0] != '\0' ? m->name : "data");
	o.scan->counts.members++;
	if (m->flaw == ARCHIVE_ENCRYPTED) {
		tell_finding(&o, "archive_encrypted", NULL, NULL);
		return;
	}
	o.type = filetype_of(m->data, m->len);
	if (m->flaw == ARCHIVE_MEMBER_CUT)
		tell_finding(&o, "archive_member_cut", NULL, NULL);
	else
		hash_data(&o);
	if (scan_bytes(&o) == -1)
		tell_finding(&o, "yara_incomplete", strerror(errno), NULL);
	if (archive_looks(o.data, o.len))
		expand(&o);
}

/* Open an archive; at most ARCHIVE_DEPTH_MAX levels of calls. */
static void
expand(struct object *o)
{
	static const char *const events[] = {
	    [ARCHIVE_ENCRYPTED] = "archive_encrypted",
	    [ARCHIVE_MEMBER_CUT] = "archive_member_cut",
	    [ARCHIVE_TOO_MANY] = "archive_too_many_members",
	    [ARCHIVE_BOMB] = "archive_too_large",
	    [ARCHIVE_TOO_LONG] = "archive_too_long",
	    [ARCHIVE_DAMAGED] = "archive_damaged",
	};
	struct archive_source from = {o->fd, o->data, o->len};
	enum archive_flaw flaw;

	if (o->depth == ARCHIVE_DEPTH_MAX) {
		tell_finding(o, "archive_too_deep", NULL, NULL);
		return;
	}
	flaw = archive_members(&from, o->budget, on_member, o);
	if (flaw != ARCHIVE_NONE)
		tell_finding(o, events[flaw], NULL, NULL);
}

static int
scan_mapped(struct object *o)
{
	void *map = NULL;
	uint8_t head[512];
	ssize_t n;
	int result;

	if (o->len > 0 &&
	    (map = mmap(NULL, o->len, PROT_READ, MAP_PRIVATE, o->fd, 0)) ==
		MAP_FAILED)
		return -1;
	o->data = map != NULL ? map : "";
	result = scan_bytes(o);
	o->data = NULL;
	if (map != NULL)
		munmap(map, o->len);
	if (result == -1)
		return -1;
	if ((n = pread(o->fd, head, sizeof(head), 0)) > 0 &&
	    archive_looks(head, (size_t)n))
		expand(o);
	return 0;
}

int
scan_file(struct scan *s, const struct scan_file *f)
{
	struct archive_budget budget = {
	    .deadline_us = clock_mono_us() + SCAN_FILE_US};
	struct object o = {
	    .scan = s, .file = f, .budget = &budget, .fd = f->fd, .type = ""};
	struct stat st;

	s->counts.files++;
	if (fstat(f->fd, &st) == -1)
		goto fail;
	if (!S_ISREG(st.st_mode)) {
		errno = EINVAL;
		goto fail;
	}
	o.size = budget.packed = (uint64_t)st.st_size;
	o.len = (size_t)(o.size < SCAN_FILE_MAX ? o.size : SCAN_FILE_MAX);
	s->counts.bytes += o.len;
	if (hash_file(&o) == -1)
		goto fail;
	if (o.len < o.size)
		tell_finding(&o, "file_too_large", NULL, NULL);
	if (scan_mapped(&o) == -1)
		goto fail;
	return 0;
fail:
	s->counts.failed++;
	tell_finding(&o, "file_unreadable", strerror(errno), NULL);
	return -1;
}
