/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * stadswacht-web: the console and the API.  Started by stadswacht-collector with
 * a line to ingest; started by hand it shows a store, and changes nothing.
 */
#include "collector/web/web.h"

#include "collector/config.h"
#include "collector/role.h"
#include "common/clock.h"
#include "common/cmdline.h"
#include "common/log.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define CONSOLE_INSTALLED "/usr/share/stadswacht/console"

static const char *config_path, *store_uri, *listen_on, *socket_path, *console_dir;

static const struct cmdline_option options[] = {
    {"config", "FILE", "configuration (default " CONFIG_DEFAULT_PATH ")", NULL,
	&config_path, NULL},
    {"store", "URI", "show this store, sqlite:/path; without a configuration", NULL,
	&store_uri, NULL},
    {"listen", "ADDRESS:PORT", "loopback address of the console; port 0 is any",
	NULL, &listen_on, NULL},
    {"socket", "PATH", "local socket for stadswachtctl", NULL, &socket_path, NULL},
    {"console", "FOLDER",
	"files of the console (default: beside the program, or " CONSOLE_INSTALLED
	")",
	NULL, &console_dir, NULL},
    {NULL, NULL, NULL, NULL, NULL, NULL},
};

static const struct cmdline cmdline = {
    .program = "stadswacht-web",
    .summary = "the console and the API of the collector",
    .options = options,
};

static void
on_signal(void *arg, int signo)
{
	(void)signo;
	loop_stop(arg);
}

/* Without a writer to tell us, look whether the store has grown. */
static void
on_look(void *arg)
{
	struct web *w = arg;
	int64_t last = store_last_id(w->store);

	if (last != -1)
		web_new_rows(w, last);
}

/* Whatever else is open there is not ingest. */
static bool
is_ingest(int fd)
{
	int type;
	socklen_t len = sizeof(type);

	return getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &len) == 0 &&
	    type == SOCK_SEQPACKET;
}

/* The console's files are beside the program in a build folder. */
static const char *
find_console(char *path, size_t size)
{
	char exe[3072], *slash;
	ssize_t n = readlink("/proc/self/exe", exe, sizeof(exe) - 1);

	if (n <= 0)
		return CONSOLE_INSTALLED;
	exe[n] = '\0';
	if ((slash = strrchr(exe, '/')) != NULL)
		*slash = '\0';
	(void)snprintf(path, size, "%s/console", exe);
	return access(path, R_OK) == 0 ? path : CONSOLE_INSTALLED;
}

static int
serve(const struct web_options *o)
{
	struct loop *loop = loop_new();
	char error[512];
	struct web *w;
	int status = EXIT_FAILED;

	if (loop == NULL || loop_signal(loop, SIGTERM, on_signal, loop) == -1 ||
	    loop_signal(loop, SIGINT, on_signal, loop) == -1) {
		log_error("cannot start the event loop");
		loop_free(loop);
		return EXIT_FAILED;
	}
	if ((w = web_open(loop, o, error, sizeof(error))) == NULL) {
		log_error("%s", error);
		loop_free(loop);
		return EXIT_FAILED;
	}
	if (o->ingest_fd != -1 ||
	    loop_timer(loop, CLOCK_US, CLOCK_US, on_look, w) != NULL) {
		log_info("console on http://%s", http_address(w->http));
		status = loop_run(loop) == 0 ? EXIT_DONE : EXIT_FAILED;
	}
	web_close(w);
	loop_free(loop);
	return status;
}

int
main(int argc, char **argv)
{
	struct collector_config config = {0};
	struct web_options o = {.ingest_fd = -1};
	char error[512], path[4096];
	int status;

	if (cmdline_parse(&cmdline, argc, argv) < argc)
		cmdline_usage(&cmdline, "unexpected argument");
	log_init("stadswacht-web");
	(void)signal(SIGPIPE, SIG_IGN);
	if (store_uri == NULL &&
	    config_load(config_path == NULL ? CONFIG_DEFAULT_PATH : config_path,
		&config, error, sizeof(error)) == -1) {
		log_error("%s", error);
		config_release(&config);
		return EXIT_FAILED;
	}
	o.store_uri = store_uri != NULL ? store_uri : config.store_uri;
	o.listen = listen_on != NULL ? listen_on
	    : store_uri != NULL	     ? "127.0.0.1:7780"
				     : config.web_listen;
	o.socket_path = socket_path != NULL ? socket_path : config.web_socket;
	o.console_dir =
	    console_dir != NULL ? console_dir : find_console(path, sizeof(path));
	if (is_ingest(ROLE_FD_INGEST))
		o.ingest_fd = ROLE_FD_INGEST;
	status = serve(&o);
	config_release(&config);
	return status;
}
