/* SPDX-License-Identifier: EUPL-1.2 */
#include "common/keyfile.h"
#include "common/str.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FIRST_LINE     "stadswacht-key 1"
#define FILE_BYTES_MAX 1024

static int
complain(char *error, size_t size, const char *path, const char *what)
{
	snprintf(error, size, "%s: %s", path, what);
	return -1;
}

bool
keyfile_is_key(const char *text)
{
	static const char Z85[] =
	    "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOP"
	    "QRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#";

	return strlen(text) == KEYFILE_Z85 - 1 &&
	    strspn(text, Z85) == KEYFILE_Z85 - 1;
}

static int
write_file(
    const char *path, mode_t mode, const char *text, char *error, size_t size)
{
	int fd =
	    open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode);
	size_t len = strlen(text);
	bool ok;

	if (fd == -1)
		return complain(error, size, path,
		    errno == EEXIST ? "is there already; remove it yourself first"
				    : strerror(errno));
	ok = write(fd, text, len) == (ssize_t)len && fsync(fd) == 0;
	if (close(fd) == -1 || !ok) {
		unlink(path);
		return complain(
		    error, size, path, "could not be written; is there room?");
	}
	return 0;
}

int
keyfile_write(const char *path, const struct keyfile *k, char *error, size_t size)
{
	char text[FILE_BYTES_MAX];

	snprintf(text, sizeof(text), "%s\npublic %s\nsecret %s\n", FIRST_LINE,
	    k->public, k->secret);
	return write_file(path, 0600, text, error, size);
}

int
keyfile_write_public(const char *path, const char *key, char *error, size_t size)
{
	char text[FILE_BYTES_MAX];

	snprintf(text, sizeof(text), "%s\n", key);
	return write_file(path, 0644, text, error, size);
}

/* The line's key; -1 when it does not begin with name or holds none. */
static int
take_key(const char *line, const char *name, char key[KEYFILE_Z85])
{
	if (line == NULL || !str_starts(line, name) ||
	    !keyfile_is_key(line + strlen(name)))
		return -1;
	return str_copy(key, KEYFILE_Z85, line + strlen(name));
}

static int
parse(char *text, struct keyfile *k)
{
	char *save = NULL, *line = strtok_r(text, "\n", &save);

	if (line == NULL || strcmp(line, FIRST_LINE) != 0)
		return -1;
	if (take_key(strtok_r(NULL, "\n", &save), "public ", k->public) == -1)
		return -1;
	return take_key(strtok_r(NULL, "\n", &save), "secret ", k->secret);
}

int
keyfile_read(const char *path, struct keyfile *k, char *error, size_t size)
{
	struct stat st;
	char *text;
	int result;

	if (stat(path, &st) == 0 && (st.st_mode & 077) != 0)
		return complain(
		    error, size, path, "others may read it; chmod 600 it");
	if ((text = str_read_file(path, FILE_BYTES_MAX, NULL)) == NULL)
		return complain(error, size, path, strerror(errno));
	result = parse(text, k);
	explicit_bzero(text, strlen(text));
	free(text);
	return result == 0 ? 0
			   : complain(error, size, path, "holds no stadswacht key");
}

int
keyfile_read_public(
    const char *path, char key[KEYFILE_Z85], char *error, size_t size)
{
	char *text = str_read_file(path, FILE_BYTES_MAX, NULL), *save = NULL, *line;
	struct keyfile k;
	int result;

	if (text == NULL)
		return complain(error, size, path, strerror(errno));
	if (str_starts(text, FIRST_LINE)) {
		result = parse(text, &k);
		if (result == 0)
			str_copy(key, KEYFILE_Z85, k.public);
	} else {
		line = strtok_r(text, "\n", &save);
		result = take_key(line, "", key);
	}
	explicit_bzero(&k, sizeof(k));
	free(text);
	return result == 0 ? 0
			   : complain(error, size, path,
				 "holds no key; one line of 40 characters");
}
