/* SPDX-License-Identifier: EUPL-1.2 */
/* Archive members through libarchive, within caps. */
#include "agent/scan/archive.h"

#include "agent/limits.h"
#include "common/clock.h"

#include <archive.h>
#include <archive_entry.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

bool
archive_looks(const void *p, size_t len)
{
	static const struct {
		size_t at, len;
		const char *bytes;
	} magics[] = {
	    {0, 4, "PK\003\004"},
	    {0, 4, "PK\005\006"}, /* a zip without members */
	    {0, 2, "\037\213"},
	    {0, 3, "BZh"},
	    {0, 6,
		"\375"
		"7zXZ"},
	    {0, 4, "\050\265\057\375"}, /* zstd */
	    {0, 4, "\004\042\115\030"}, /* lz4 */
	    {0, 2, "\037\235"},		/* compress */
	    {0, 6, "7z\274\257\047\034"},
	    {0, 4, "Rar!"},
	    {0, 4, "MSCF"},
	    {0, 7, "!<arch>"},
	    {0, 5, "07070"}, /* cpio */
	    {257, 5, "ustar"},
	};

	for (size_t i = 0; i < sizeof(magics) / sizeof(magics[0]); i++)
		if (len >= magics[i].at + magics[i].len &&
		    memcmp((const char *)p + magics[i].at, magics[i].bytes,
			magics[i].len) == 0)
			return true;
	return false;
}

/*
 * Formats by name: "all" would bring filters that start other programs, and
 * mtree, which names files of this host.
 */
static struct archive *
reader_new(const struct archive_source *from)
{
	static int (*const supports[])(struct archive *) = {
	    archive_read_support_filter_gzip,
	    archive_read_support_filter_bzip2,
	    archive_read_support_filter_xz,
	    archive_read_support_filter_lzma,
	    archive_read_support_filter_zstd,
	    archive_read_support_filter_lz4,
	    archive_read_support_filter_compress,
	    archive_read_support_format_zip,
	    archive_read_support_format_tar,
	    archive_read_support_format_7zip,
	    archive_read_support_format_rar,
	    archive_read_support_format_rar5,
	    archive_read_support_format_cab,
	    archive_read_support_format_cpio,
	    archive_read_support_format_ar,
	    archive_read_support_format_raw,
	};
	struct archive *a = archive_read_new();

	if (a == NULL)
		return NULL;
	/* A warning (built without one of them) leaves the others. */
	for (size_t i = 0; i < sizeof(supports) / sizeof(supports[0]); i++)
		if (supports[i](a) == ARCHIVE_FATAL)
			goto fail;
	if (from->fd != -1 && lseek(from->fd, 0, SEEK_SET) == -1)
		goto fail;
	if ((from->fd != -1 ? archive_read_open_fd(a, from->fd, 64 << 10)
			    : archive_read_open_memory(a, from->data, from->len)) !=
	    ARCHIVE_OK)
		goto fail;
	return a;
fail:
	archive_read_free(a);
	return NULL;
}

static bool
over_budget(const struct archive_budget *b)
{
	return b->unpacked > ARCHIVE_BYTES_MAX ||
	    (b->unpacked > ARCHIVE_RATIO_AFTER &&
		b->unpacked / ARCHIVE_RATIO_MAX > b->packed);
}

/* Fill buffer with the member's bytes; m->len and m->flaw tell how that went. */
static enum archive_flaw
read_member(struct archive *a, uint8_t **buffer, size_t *cap,
    struct archive_budget *b, struct archive_member *m)
{
	for (;;) {
		ssize_t n;

		if (m->len == *cap) {
			size_t next = *cap == 0 ? 64u << 10 : *cap * 2;
			uint8_t *p;

			if (*cap == ARCHIVE_MEMBER_MAX) {
				m->flaw = ARCHIVE_MEMBER_CUT;
				return ARCHIVE_NONE;
			}
			if ((p = realloc(*buffer, next)) == NULL)
				return ARCHIVE_BOMB;
			*buffer = p;
			*cap = next;
		}
		n = archive_read_data(a, *buffer + m->len, *cap - m->len);
		if (n == 0)
			return ARCHIVE_NONE;
		if (n < 0)
			return archive_read_has_encrypted_entries(a) > 0
			    ? ARCHIVE_ENCRYPTED
			    : ARCHIVE_DAMAGED;
		m->len += (size_t)n;
		b->unpacked += (uint64_t)n;
		if (over_budget(b))
			return ARCHIVE_BOMB;
	}
}

/* A file that is neither packed nor an archive comes as one "raw" member. */
static bool
is_plain(struct archive *a)
{
	return archive_format(a) == ARCHIVE_FORMAT_RAW &&
	    archive_filter_code(a, 0) == ARCHIVE_FILTER_NONE;
}

enum archive_flaw
archive_members(const struct archive_source *from, struct archive_budget *b,
    archive_member_fn *fn, void *arg)
{
	struct archive *a = reader_new(from);
	enum archive_flaw flaw = ARCHIVE_NONE;
	struct archive_entry *e;
	uint8_t *buffer = NULL;
	size_t cap = 0;
	int r = ARCHIVE_EOF;

	if (a == NULL)
		return ARCHIVE_DAMAGED;
	while (flaw == ARCHIVE_NONE) {
		struct archive_member m = {.name = ""};
		const char *name;

		r = archive_read_next_header(a, &e);
		if (r != ARCHIVE_OK && r != ARCHIVE_WARN)
			break;
		if (is_plain(a))
			break;
		if (archive_entry_filetype(e) != AE_IFREG &&
		    archive_format(a) != ARCHIVE_FORMAT_RAW)
			continue;
		if (b->members++ == ARCHIVE_MEMBERS_MAX) {
			flaw = ARCHIVE_TOO_MANY;
			break;
		}
		if (clock_mono_us() > b->deadline_us) {
			flaw = ARCHIVE_TOO_LONG;
			break;
		}
		if (archive_format(a) != ARCHIVE_FORMAT_RAW &&
		    (name = archive_entry_pathname(e)) != NULL)
			m.name = name;
		if (archive_entry_is_encrypted(e))
			m.flaw = ARCHIVE_ENCRYPTED;
		else
			flaw = read_member(a, &buffer, &cap, b, &m);
		m.data = buffer;
		/* What came before the damage is looked at as well. */
		if (m.flaw != ARCHIVE_NONE || m.len > 0)
			fn(arg, &m);
	}
	if (flaw == ARCHIVE_NONE && r != ARCHIVE_OK && r != ARCHIVE_WARN &&
	    r != ARCHIVE_EOF)
		flaw = archive_read_has_encrypted_entries(a) > 0 ? ARCHIVE_ENCRYPTED
								 : ARCHIVE_DAMAGED;
	free(buffer);
	archive_read_free(a);
	return flaw;
}
