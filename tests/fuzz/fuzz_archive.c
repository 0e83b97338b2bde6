/* SPDX-License-Identifier: EUPL-1.2 */
/* Any bytes as an archive: the walk ends within its caps, whatever they claim. */
#include "agent/limits.h"
#include "agent/scan/archive.h"

#include <assert.h>
#include <locale.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
on_member(void *arg, const struct archive_member *m)
{
	unsigned *members = arg;

	++*members;
	assert(m->name != NULL && m->len <= ARCHIVE_MEMBER_MAX);
	assert(m->flaw != ARCHIVE_ENCRYPTED || m->len == 0);
	archive_looks(m->data, m->len);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct archive_budget b = {.packed = size, .deadline_us = INT64_MAX};
	struct archive_source from = {-1, data, size};
	unsigned members = 0;

	setlocale(LC_CTYPE, "C.UTF-8");
	archive_members(&from, &b, on_member, &members);
	assert(members <= ARCHIVE_MEMBERS_MAX);
	return 0;
}
