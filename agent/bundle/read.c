/* SPDX-License-Identifier: EUPL-1.2 */
/* Head, table and parts of a bundle: nothing is believed before it was checked. */
#include "agent/bundle/bundle.h"

#include "agent/bundle/private.h"
#include "agent/limits.h"

#include "common/cmdline.h"

#include <errno.h>
#include <sodium.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PART_BYTES (4 + 4 + 8 + 8 + BUNDLE_DIGEST_SIZE)

static const char *const KIND_NAMES[BUNDLE_KINDS] = {
    [BUNDLE_RULES] = "rules",
    [BUNDLE_CLASSIFICATION] = "classification",
    [BUNDLE_THRESHOLD] = "threshold",
    [BUNDLE_VARIABLES] = "variables",
    [BUNDLE_FILE] = "file",
    [BUNDLE_PATTERNS] = "patterns",
    [BUNDLE_PLACED] = "placed patterns",
    [BUNDLE_YARA] = "yara",
    [BUNDLE_YARA_INCLUDED] = "yara, included",
    [BUNDLE_REFUSED] = "refused",
    [BUNDLE_IPREP_CATEGORIES] = "categories of reputations",
    [BUNDLE_IPREP] = "reputations",
};

static int fail(char *error, size_t size, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

static int
fail(char *error, size_t size, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(error, size, fmt, ap);
	va_end(ap);
	return -1;
}

/* --- bytes of the file ----------------------------------------------------------- */

int
bundle_pread(int fd, void *to, size_t len, uint64_t at)
{
	size_t done = 0;
	ssize_t n;

	while (done < len) {
		n = pread(fd, (char *)to + done, len - done, (off_t)(at + done));
		if (n == -1 && errno == EINTR)
			continue;
		if (n <= 0) {
			errno = n == 0 ? ENODATA : errno;
			return -1;
		}
		done += (size_t)n;
	}
	return 0;
}

/* --- head and table -------------------------------------------------------------- */

static int
read_head(struct bundle *b, struct cursor *c, char *error, size_t size)
{
	const uint8_t *magic = cur_take(c, 8);
	uint32_t format = cur_le32(c), head_len = cur_le32(c);
	uint64_t len = cur_le64(c);

	b->head.serial = cur_le64(c);
	b->head.supersedes = cur_le64(c);
	b->head.made = cur_le64(c);
	b->head.expires = cur_le64(c);
	b->head.oldest = cur_le32(c);
	b->parts = cur_le32(c);
	if (!cur_ok(c) || memcmp(magic, BUNDLE_MAGIC, 8) != 0)
		return fail(error, size,
		    "not a bundle of signatures; make one with "
		    "stadswacht-signatures compile");
	if (format != BUNDLE_FORMAT)
		return fail(error, size,
		    "its format is %u, this program reads %u; compile it again "
		    "with "
		    "this version",
		    format, BUNDLE_FORMAT);
	if (b->head.oldest > bundle_version(STADSWACHT_VERSION))
		return fail(error, size,
		    "it is for version %u.%u.%u and later, this is %s; update this "
		    "program",
		    b->head.oldest >> 16, b->head.oldest >> 8 & 0xff,
		    b->head.oldest & 0xff, STADSWACHT_VERSION);
	if (len != b->len || head_len != b->table_len ||
	    b->parts > BUNDLE_PARTS_MAX)
		return fail(error, size,
		    "it is cut short or damaged (%llu bytes, %llu announced); "
		    "fetch "
		    "it again",
		    (unsigned long long)b->len, (unsigned long long)len);
	return 0;
}

/* -1: something in it cannot be. */
static int
read_part(struct bundle_part *p, struct cursor *c, uint64_t from, uint64_t end)
{
	uint32_t kind = cur_le32(c), name_len = cur_le32(c);
	size_t padded = ((size_t)name_len + 8) / 8 * 8; /* with a zero at least */
	const uint8_t *name;

	p->offset = cur_le64(c);
	p->len = cur_le64(c);
	cur_copy(c, p->digest, sizeof(p->digest));
	if (name_len > BUNDLE_NAME_MAX || (name = cur_take(c, padded)) == NULL ||
	    !cur_ok(c))
		return -1;
	for (size_t i = 0; i < padded; i++)
		if ((name[i] == 0) != (i >= name_len))
			return -1;
	p->kind = (enum bundle_kind)kind;
	p->name = (const char *)name;
	if (kind == 0 || kind >= BUNDLE_KINDS || p->offset % BUNDLE_ALIGN != 0 ||
	    p->offset < from || p->offset > end || p->len > end - p->offset ||
	    p->offset - from >= BUNDLE_ALIGN)
		return -1;
	return 0;
}

static int
read_table(struct bundle *b, struct cursor *c)
{
	uint64_t at = b->table_len, end = b->len - BUNDLE_END_BYTES;

	if (b->parts > c->left / PART_BYTES)
		return -1;
	if ((b->part = calloc(b->parts + 1, sizeof(*b->part))) == NULL)
		return -1;
	for (size_t i = 0; i < b->parts; i++) {
		if (read_part(&b->part[i], c, at, end) == -1)
			return -1;
		at = b->part[i].offset + b->part[i].len;
	}
	return cur_ok(c) && c->left == 0 && at == end ? 0 : -1;
}

/* Zeros between parts, so that every byte of the file is accounted for. */
static int
check_gaps(const struct bundle *b)
{
	static const uint8_t zeros[BUNDLE_ALIGN];
	uint8_t gap[BUNDLE_ALIGN];
	uint64_t at = b->table_len;

	for (size_t i = 0; i < b->parts; i++) {
		size_t n = (size_t)(b->part[i].offset - at);

		if (bundle_pread(b->fd, gap, n, at) == -1 ||
		    memcmp(gap, zeros, n) != 0)
			return -1;
		at = b->part[i].offset + b->part[i].len;
	}
	return 0;
}

static int
read_end(struct bundle *b)
{
	static const uint8_t none[BUNDLE_END_BYTES - 8];
	uint8_t end[BUNDLE_END_BYTES];

	if (bundle_pread(b->fd, end, sizeof(end), b->len - sizeof(end)) == -1 ||
	    memcmp(end, BUNDLE_END_MAGIC, 8) != 0)
		return -1;
	b->head.signature = memcmp(end + 8, none, sizeof(none)) != 0;
	memcpy(b->head.key, end + 8, sizeof(b->head.key));
	memcpy(b->signature, end + BUNDLE_SIGNATURE_AT, sizeof(b->signature));
	return 0;
}

/* The length of head and table, and both into memory. */
static int
fetch_table(struct bundle *b, char *error, size_t size)
{
	uint8_t first[16];
	struct stat st;
	struct cursor c;

	if (fstat(b->fd, &st) == -1)
		return fail(error, size, "%s", strerror(errno));
	b->len = st.st_size < 0 ? 0 : (uint64_t)st.st_size;
	if (b->len < BUNDLE_HEAD_BYTES + BUNDLE_END_BYTES ||
	    bundle_pread(b->fd, first, sizeof(first), 0) == -1 ||
	    memcmp(first, BUNDLE_MAGIC, 8) != 0)
		return fail(error, size,
		    "not a bundle of signatures; make one with "
		    "stadswacht-signatures compile");
	if (b->len > BUNDLE_BYTES_MAX)
		return fail(error, size, "it is larger than %llu bytes; split it",
		    (unsigned long long)BUNDLE_BYTES_MAX);
	c = cur_of(first + 12, 4);
	b->table_len = cur_le32(&c);
	if (b->table_len < BUNDLE_HEAD_BYTES || b->table_len > BUNDLE_TABLE_MAX ||
	    b->table_len > b->len - BUNDLE_END_BYTES)
		return fail(error, size,
		    "its table is damaged or cut short; fetch it again");
	if ((b->table = malloc(b->table_len)) == NULL ||
	    bundle_pread(b->fd, b->table, b->table_len, 0) == -1)
		return fail(error, size, "%s", strerror(errno));
	return 0;
}

struct bundle *
bundle_open(int fd, char *error, size_t size)
{
	struct bundle *b = calloc(1, sizeof(*b));
	struct cursor c;

	if (b == NULL || sodium_init() == -1) {
		fail(error, size, "out of memory");
		goto fail;
	}
	b->fd = fd;
	if (fetch_table(b, error, size) == -1)
		goto fail;
	c = cur_of(b->table, b->table_len);
	if (read_head(b, &c, error, size) == -1)
		goto fail;
	if (read_table(b, &c) == -1 || check_gaps(b) == -1 || read_end(b) == -1) {
		fail(error, size,
		    "its table is damaged or cut short; fetch it again");
		goto fail;
	}
	return b;

fail:
	bundle_free(b);
	return NULL;
}

void
bundle_free(struct bundle *b)
{
	if (b == NULL)
		return;
	free(b->table);
	free(b->part);
	free(b);
}

/* --- parts --------------------------------------------------------------------- */

const struct bundle_head *
bundle_head(const struct bundle *b)
{
	return &b->head;
}

size_t
bundle_parts(const struct bundle *b, const struct bundle_part **part)
{
	*part = b->part;
	return b->parts;
}

const struct bundle_part *
bundle_find(const struct bundle *b, enum bundle_kind kind, const char *name)
{
	for (size_t i = 0; i < b->parts; i++)
		if (b->part[i].kind == kind &&
		    (name == NULL || strcmp(b->part[i].name, name) == 0))
			return &b->part[i];
	return NULL;
}

const char *
bundle_kind_name(enum bundle_kind kind)
{
	return KIND_NAMES[kind];
}

char *
bundle_read(const struct bundle *b, const struct bundle_part *part)
{
	uint8_t digest[BUNDLE_DIGEST_SIZE];
	char *bytes = malloc((size_t)part->len + 1);

	if (bytes == NULL)
		return NULL;
	if (bundle_pread(b->fd, bytes, (size_t)part->len, part->offset) == -1)
		goto fail;
	crypto_generichash(
	    digest, sizeof(digest), (const uint8_t *)bytes, part->len, NULL, 0);
	if (memcmp(digest, part->digest, sizeof(digest)) != 0) {
		errno = EBADMSG;
		goto fail;
	}
	bytes[part->len] = '\0';
	return bytes;

fail:
	free(bytes);
	return NULL;
}

int
bundle_check(const struct bundle *b, char *error, size_t size)
{
	for (size_t i = 0; i < b->parts; i++) {
		char *bytes = bundle_read(b, &b->part[i]);

		if (bytes == NULL)
			return fail(error, size, "part \"%.100s\" (%s): %s",
			    b->part[i].name, KIND_NAMES[b->part[i].kind],
			    errno == EBADMSG ? "it is not what was compiled; fetch "
					       "the bundle again"
					     : strerror(errno));
		free(bytes);
	}
	return 0;
}

/* --- which may follow which ------------------------------------------------------ */

bool
bundle_may_follow(const struct bundle_head *h, uint64_t last)
{
	return h->serial >= last || h->supersedes >= last;
}

uint32_t
bundle_version(const char *text)
{
	unsigned major, minor, patch;

	if (sscanf(text, "%3u.%3u.%3u", &major, &minor, &patch) != 3 ||
	    major > 0xffff || minor > 0xff || patch > 0xff)
		return 0;
	return major << 16 | minor << 8 | patch;
}
