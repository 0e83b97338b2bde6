/* SPDX-License-Identifier: EUPL-1.2 */
/* What is known of bundles after a restart: bundle.state's two files. */
#include "agent/parent_rules_state.h"

#include "agent/parent_folders.h"
#include "common/log.h"
#include "common/str.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define MARK_SIZE 24

/* --- the highest serial ------------------------------------------------------------ */

static int
read_mark(int mark, uint64_t *highest)
{
	char text[MARK_SIZE];
	ssize_t n = pread(mark, text, sizeof(text) - 1, 0);

	if (n == -1)
		return -1;
	text[n] = '\0';
	return n == 0 ? 0 : str_u64(str_trim(text), UINT64_MAX, highest);
}

int
parent_rules_state_open(const char *folder, int *mark, uint64_t *highest)
{
	char path[PATH_MAX];

	errno = ENAMETOOLONG;
	if (snprintf(path, sizeof(path), "%s/serial", folder) < (int)sizeof(path) &&
	    parent_folders_make_one(folder, 0755) == 0 &&
	    (*mark = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600)) !=
		-1 &&
	    read_mark(*mark, highest) == 0)
		return 0;
	log_error(
	    "bundle.state: %s: %s; it has to be a folder of its own, which the "
	    "agent may write",
	    folder, strerror(errno));
	return -1;
}

void
parent_rules_state_mark(int mark, uint64_t *highest, uint64_t serial)
{
	char text[MARK_SIZE];
	int n =
	    snprintf(text, sizeof(text), "%020llu\n", (unsigned long long)serial);

	if (mark == -1 || serial <= *highest)
		return;
	*highest = serial;
	if (pwrite(mark, text, (size_t)n, 0) != n || fdatasync(mark) == -1)
		log_error("bundle.state: the serial is not remembered: %s",
		    strerror(errno));
}

/* --- the last good bundle ---------------------------------------------------------- */

static bool
last_path(const char *folder, const char *end, char path[PATH_MAX])
{
	errno = ENAMETOOLONG;
	return snprintf(path, PATH_MAX, "%s/last.swb%s", folder, end) < PATH_MAX;
}

int
parent_rules_state_last(const char *folder)
{
	char path[PATH_MAX];

	return last_path(folder, "", path)
	    ? open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
	    : -1;
}

static int
copy_bytes(int from, int to)
{
	static char block[64u << 10];
	off_t at = 0;
	ssize_t n;

	while ((n = pread(from, block, sizeof(block), at)) > 0) {
		if (write(to, block, (size_t)n) != n)
			return -1;
		at += n;
	}
	return n == 0 ? fdatasync(to) : -1;
}

void
parent_rules_state_keep(const char *folder, int bundle)
{
	char path[PATH_MAX], made[PATH_MAX];
	int to = -1;

	if (last_path(folder, "", path) && last_path(folder, ".new", made) &&
	    (to = open(made, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW,
		 0600)) != -1 &&
	    copy_bytes(bundle, to) == 0 && rename(made, path) == 0) {
		close(to);
		return;
	}
	log_error(
	    "bundle.state: no copy of the bundle is kept: %s", strerror(errno));
	if (to != -1)
		close(to);
}
