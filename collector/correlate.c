/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * stadswacht-correlate: Sigma over the collector's records.  Started by
 * stadswacht-collector beside ingest; by hand it replays an EVE file, or checks
 * rules.
 */
#include "collector/config.h"
#include "collector/correlate/live.h"
#include "collector/correlate/offline.h"
#include "collector/role.h"
#include "common/cmdline.h"
#include "common/log.h"
#include "common/table.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>

static const char *config_path = CONFIG_DEFAULT_PATH, *eve_path, *out_path;
static struct cmdline_list sigma_paths;
static bool check;

static const struct cmdline_option options[] = {
    {"config", "FILE", "configuration (default " CONFIG_DEFAULT_PATH ")", NULL,
	&config_path, NULL},
    {"eve", "FILE", "replay this EVE file, without a collector", NULL, &eve_path,
	NULL},
    {"out", "FILE", "with --eve: where alerts and incidents are written", NULL,
	&out_path, NULL},
    {"sigma", "FILE|DIR", "Sigma documents; may be repeated", NULL, NULL,
	&sigma_paths},
    {"check", NULL, "read the Sigma documents, say what is refused, and end",
	&check, NULL, NULL},
    {NULL, NULL, NULL, NULL, NULL, NULL},
};

static const struct cmdline cmdline = {
    .program = "stadswacht-correlate",
    .summary = "Joins alerts to incidents with Sigma rules.",
    .options = options,
};

static void
complain(void *arg, const char *file, unsigned line, const char *text)
{
	(void)arg;
	fprintf(stderr, "stadswacht-correlate: %s:%u: %s\n", file, line, text);
}

static void
log_complaint(void *arg, const char *file, unsigned line, const char *text)
{
	(void)arg;
	log_error("%s:%u: %s", file, line, text);
}

/* How many documents were refused; -1 when a path cannot be read. */
static int
load(struct sigma_set *set, const char *const *path, size_t n, sigma_error_fn *fn)
{
	int refused = 0;

	for (size_t i = 0; i < n; i++) {
		int bad = sigma_load(set, path[i], fn, NULL);

		refused = bad == -1 || refused == -1 ? -1 : refused + bad;
	}
	return refused == -1 ? -1 : refused + sigma_link(set, fn, NULL);
}

static int
by_hand(struct sigma_set *set)
{
	int refused = load(set, sigma_paths.v, sigma_paths.n, complain);

	if (check)
		printf("%zu rules loaded, %d documents refused\n", sigma_count(set),
		    refused == -1 ? 0 : refused);
	if (refused != 0 || check)
		return refused == 0 ? EXIT_DONE : EXIT_FAILED;
	table_fixed_key();
	return offline_run(set, eve_path, out_path);
}

/* A refused document is told and left out: the others must go on watching. */
static int
under_collector(struct sigma_set *set)
{
	struct collector_config config = {0};
	struct live_options o = {.ingest_fd = ROLE_FD_INGEST};
	char error[512], bookmark[4096];
	int status = EXIT_FAILED, type;
	socklen_t len = sizeof(type);

	if (getsockopt(o.ingest_fd, SOL_SOCKET, SO_TYPE, &type, &len) == -1 ||
	    type != SOCK_SEQPACKET)
		cmdline_usage(&cmdline,
		    "stadswacht-collector starts this program; by hand, "
		    "give --eve or --check");
	log_init("stadswacht-correlate");
	(void)signal(SIGPIPE, SIG_IGN);
	if (config_load(config_path, &config, error, sizeof(error)) == -1) {
		log_error("%s", error);
		goto done;
	}
	if (load(set, (const char *const *)config.sigma.v, config.sigma.n,
		log_complaint) != 0)
		log_warn("some Sigma documents are not in use, see above");
	log_info("%zu Sigma rules", sigma_count(set));
	o.store_uri = config.store_uri;
	snprintf(
	    bookmark, sizeof(bookmark), "%s/correlate.bookmark", config.state_path);
	o.bookmark_path = bookmark;
	status = live_run(set, &o);
done:
	config_release(&config);
	return status;
}

int
main(int argc, char **argv)
{
	struct sigma_set *set;
	int status;

	if (cmdline_parse(&cmdline, argc, argv) < argc)
		cmdline_usage(&cmdline, "unexpected argument");
	if (check ? eve_path != NULL : (eve_path == NULL) != (out_path == NULL))
		cmdline_usage(&cmdline, "give --eve with --out, or --check");
	if ((check || eve_path != NULL) && sigma_paths.n == 0)
		cmdline_usage(&cmdline, "give the documents with --sigma");
	if ((set = sigma_new()) == NULL) {
		fprintf(stderr, "stadswacht-correlate: out of memory\n");
		return EXIT_FAILED;
	}
	status = check || eve_path != NULL ? by_hand(set) : under_collector(set);
	sigma_free(set);
	return status;
}
