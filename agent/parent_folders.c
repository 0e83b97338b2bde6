/* SPDX-License-Identifier: EUPL-1.2 */
#include "agent/parent_folders.h"

#include "common/keyfile.h"
#include "common/log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int
parent_folders_make_one(const char *path, mode_t mode)
{
	char part[PATH_MAX];

	/* Each level; those that are there stay as they are. */
	for (const char *s = path; (s = strchr(s + 1, '/')) != NULL;) {
		snprintf(part, sizeof(part), "%.*s", (int)(s - path), path);
		if (mkdir(part, 0755) == -1 && errno != EEXIST)
			return -1;
	}
	return mkdir(path, mode) == -1 && errno != EEXIST ? -1 : 0;
}

/*
 * The state folder, made by root, becomes the forwarder's, with the key that root
 * may have made in it.  Only while it is root's: later its owner could have put
 * a link to anything there.
 */
static int
give_state(const struct agent_config *k, uid_t uid, gid_t gid)
{
	const size_t len = strlen(k->state);
	const char *name = NULL;
	int dir = open(k->state, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	struct stat st;
	int result = -1;

	if (dir == -1 || fstat(dir, &st) == -1)
		goto done;
	if (st.st_uid != 0) {
		result = 0;
		goto done;
	}
	if (strncmp(k->key, k->state, len) == 0 && k->key[len] == '/')
		name = k->key + len + 1;
	if (name != NULL && strchr(name, '/') == NULL &&
	    fchownat(dir, name, uid, gid, AT_SYMLINK_NOFOLLOW) == -1 &&
	    errno != ENOENT)
		goto done;
	if (fchmod(dir, 0700) == 0)
		result = fchown(dir, uid, gid);
done:
	if (dir != -1)
		close(dir);
	return result;
}

int
parent_folders_state(const struct agent_config *k, uid_t uid, gid_t gid)
{
	if (parent_folders_make_one(k->state, 0700) == 0 &&
	    (geteuid() != 0 || give_state(k, uid, gid) == 0))
		return 0;
	log_error(
	    "state: %s: %s; create it, or set another folder in the configuration",
	    k->state, strerror(errno));
	return -1;
}

/* Said here, where the remedy is known; the forwarder could only say "denied". */
static int
check_key(const char *key, uid_t uid, gid_t gid)
{
	struct stat st;

	if (stat(key, &st) == -1) {
		log_error("%s: %s; make it with stadswacht-agent keys", key,
		    strerror(errno));
		return -1;
	}
	if (geteuid() != 0 || st.st_uid == uid || (st.st_mode & S_IROTH) != 0 ||
	    (st.st_gid == gid && (st.st_mode & S_IRGRP) != 0))
		return 0;
	log_error(
	    "%s: the forwarder runs as user %u and cannot read it; run chown %u %s",
	    key, (unsigned)uid, (unsigned)uid, key);
	return -1;
}

/*
 * The collector's key is public, but may lie where only root can go.  Its public half
 * alone is copied: a secret key put there by mistake must not become readable.
 */
static int
copy_key(const char *from, const char *to)
{
	char key[KEYFILE_Z85 + 1], error[300];
	const size_t len = KEYFILE_Z85;
	int fd = -1, result = -1;

	if (keyfile_read_public(from, key, error, sizeof(error)) == -1) {
		log_error(
		    "collector.key: %s; copy the collector's collector.key.pub "
		    "there",
		    error);
		return -1;
	}
	key[len - 1] = '\n';
	if ((unlink(to) == 0 || errno == ENOENT) &&
	    (fd = open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0444)) != -1 &&
	    write(fd, key, len) == (ssize_t)len)
		result = 0;
	else
		log_error("run: %s: %s; it must be writable by root", to,
		    strerror(errno));
	if (fd != -1)
		close(fd);
	return result;
}

int
parent_folders_make(
    const struct agent_config *k, uid_t uid, gid_t gid, struct parent_folders *f)
{
	const int max = PATH_MAX;

	if (snprintf(f->root, sizeof(f->root), "%s/empty", k->run) >= max ||
	    snprintf(f->spool, sizeof(f->spool), "%s/spool", k->state) >= max ||
	    snprintf(f->collector_key, sizeof(f->collector_key), "%s/collector.pub",
		k->run) >= max) {
		log_error("state, run: the path is too long");
		return -1;
	}
	if (parent_folders_state(k, uid, gid) == -1)
		return -1;
	if (parent_folders_make_one(f->root, 0555) == -1) {
		log_error("run: %s: %s; create it, or set another folder in the "
			  "configuration",
		    f->root, strerror(errno));
		return -1;
	}
	if (check_key(k->key, uid, gid) == -1)
		return -1;
	return copy_key(k->collector_key, f->collector_key);
}
