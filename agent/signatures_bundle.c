/* SPDX-License-Identifier: EUPL-1.2 */
#include "agent/signatures_bundle.h"

#include "agent/bundle/bundle.h"
#include "agent/limits.h"

#include "common/jw.h"
#include "common/log.h"
#include "common/str.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static const char *secret;
static bool as_json;

const struct cmdline_option SIGNATURES_SIGN_OPTIONS[] = {
    {"key", "SECRET", "the key, of keygen", NULL, &secret, NULL},
    {NULL, NULL, NULL, NULL, NULL, NULL},
};

const struct cmdline_option SIGNATURES_SHOW_OPTIONS[] = {
    {"json", NULL, "as JSON", &as_json, NULL, NULL},
    {NULL, NULL, NULL, NULL, NULL, NULL},
};

/* The one argument; NULL after saying that it is not there. */
static const char *
one_argument(int argc, char **argv, const char *command, const char *what)
{
	if (argc == 1)
		return argv[0];
	fprintf(stderr, "stadswacht-signatures: %s needs one %s; see --help\n",
	    command, what);
	return NULL;
}

/* --- keygen and sign ------------------------------------------------------------ */

int
signatures_keygen_run(int argc, char **argv)
{
	const char *path = one_argument(argc, argv, "keygen", "name of a file");
	char error[512];

	if (path == NULL)
		return EXIT_USAGE;
	if (bundle_key_make(path, error, sizeof(error)) == -1) {
		log_error("%s", error);
		return EXIT_FAILED;
	}
	printf(
	    "%s: keep it where bundles are made; give agents %s.pub\n", path, path);
	return EXIT_DONE;
}

int
signatures_sign_run(int argc, char **argv)
{
	const char *path = one_argument(argc, argv, "sign", "bundle");
	char error[512];
	int fd, rc;

	if (path == NULL)
		return EXIT_USAGE;
	if (secret == NULL) {
		fprintf(stderr,
		    "stadswacht-signatures: sign needs --key SECRET; see --help\n");
		return EXIT_USAGE;
	}
	if ((fd = open(path, O_RDWR | O_CLOEXEC)) == -1) {
		log_error("%s: %s", path, strerror(errno));
		return EXIT_FAILED;
	}
	rc = bundle_sign(fd, secret, error, sizeof(error));
	if (rc == -1)
		log_error("%s: %s", path, error);
	close(fd);
	return rc == -1 ? EXIT_FAILED : EXIT_DONE;
}

/* --- show ----------------------------------------------------------------------- */

#define TIME_SIZE 24

/* "" for 0. */
static const char *
time_text(uint64_t seconds, char out[TIME_SIZE])
{
	time_t t = (time_t)seconds;
	struct tm tm;

	if (seconds == 0 || gmtime_r(&t, &tm) == NULL ||
	    strftime(out, TIME_SIZE, "%Y-%m-%dT%H:%M:%SZ", &tm) == 0)
		out[0] = '\0';
	return out;
}

static void
show_text(const struct bundle *b)
{
	const struct bundle_head *h = bundle_head(b);
	const struct bundle_part *part;
	size_t n = bundle_parts(b, &part);
	char time_of[TIME_SIZE], key[2 * BUNDLE_KEY_ID_SIZE + 1];

	str_hex(h->key, sizeof(h->key), key);
	printf("serial      %llu\n", (unsigned long long)h->serial);
	if (h->supersedes != 0)
		printf("supersedes  %llu\n", (unsigned long long)h->supersedes);
	printf("made        %s\n", time_text(h->made, time_of));
	if (h->expires != 0)
		printf("expires     %s\n", time_text(h->expires, time_of));
	printf("for version %u.%u.%u and later\n", h->oldest >> 16,
	    h->oldest >> 8 & 0xff, h->oldest & 0xff);
	printf("signed by   %s\n", h->signature ? key : "nobody");
	for (size_t i = 0; i < n; i++)
		printf("%-15s %12llu  %s\n", bundle_kind_name(part[i].kind),
		    (unsigned long long)part[i].len, part[i].name);
}

static void
show_json(const struct bundle *b)
{
	const struct bundle_head *h = bundle_head(b);
	const struct bundle_part *part;
	size_t n = bundle_parts(b, &part);
	char text[TIME_SIZE], key[2 * BUNDLE_KEY_ID_SIZE + 1];
	struct buf out;
	struct jw w;

	buf_init(&out, 4 * BUNDLE_TABLE_MAX);
	jw_init(&w, &out);
	str_hex(h->key, sizeof(h->key), key);
	jw_object(&w, NULL);
	jw_uint(&w, "serial", h->serial);
	jw_uint(&w, "supersedes", h->supersedes);
	jw_str(&w, "made", time_text(h->made, text));
	if (h->expires != 0)
		jw_str(&w, "expires", time_text(h->expires, text));
	if (h->signature)
		jw_str(&w, "key", key);
	jw_array(&w, "parts");
	for (size_t i = 0; i < n; i++) {
		jw_object(&w, NULL);
		jw_str(&w, "kind", bundle_kind_name(part[i].kind));
		jw_str(&w, "name", part[i].name);
		jw_uint(&w, "bytes", part[i].len);
		jw_end_object(&w);
	}
	jw_end_array(&w);
	jw_end_object(&w);
	printf("%.*s\n", (int)out.len, (const char *)out.data);
	buf_release(&out);
}

int
signatures_show_run(int argc, char **argv)
{
	const char *path = one_argument(argc, argv, "show", "bundle");
	struct bundle *b;
	char error[512];
	int fd;

	if (path == NULL)
		return EXIT_USAGE;
	if ((fd = open(path, O_RDONLY | O_CLOEXEC)) == -1) {
		log_error("%s: %s", path, strerror(errno));
		return EXIT_FAILED;
	}
	if ((b = bundle_open(fd, error, sizeof(error))) == NULL)
		log_error("%s: %s", path, error);
	else if (as_json)
		show_json(b);
	else
		show_text(b);
	close(fd);
	if (b == NULL)
		return EXIT_FAILED;
	bundle_free(b);
	return EXIT_DONE;
}
