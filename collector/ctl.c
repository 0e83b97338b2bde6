/* SPDX-License-Identifier: EUPL-1.2 */
/* stadswachtctl: the collector from a terminal.  This file is its table of
 * commands. */
#include "collector/ctl/client.h"
#include "collector/ctl/commands.h"
#include "common/cmdline.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#define SOCKET_INSTALLED "/run/stadswacht/web.sock"
#define SOCKET_STATE	 "/var/lib/stadswacht/collector/web.sock"

static const char *socket_path, *key, *tenant, *host;
static struct watch_options watch;
static struct alerts_options alerts;
static bool json;

#define SOCKET_OPTION                                                              \
	{                                                                          \
		"socket", "PATH",                                                  \
		    "the collector's local socket (default " SOCKET_INSTALLED ")", \
		    NULL, &socket_path, NULL                                       \
	}
#define JSON_OPTION(flag)                                                          \
	{                                                                          \
		"json", NULL, "print raw JSON, one record a line", &(flag), NULL,  \
		    NULL                                                           \
	}
#define FILTER_OPTIONS(f)                                                          \
	{"severity", "high|medium|low|info",                                       \
	    "this severity or higher; or a number", NULL, &(f).severity, NULL},    \
	    {"tenant", "NAME", "of this municipality", NULL, &(f).tenant, NULL},   \
	    {"engine", "NAME",                                                     \
		"rules, yara, ndpi, ioc, behaviour, agent or sigma", NULL,         \
		&(f).engine, NULL},                                                \
	    {"agent", "NAME", "of this agent", NULL, &(f).agent, NULL},            \
	    {"sid", "NUMBER", "of this signature", NULL, &(f).sid, NULL},          \
	{                                                                          \
		"text", "TEXT",                                                    \
		    "with this in message, category, address, host or agent",      \
		    NULL, &(f).text, NULL                                          \
	}
#define END                                                                        \
	{                                                                          \
		NULL, NULL, NULL, NULL, NULL, NULL                                 \
	}

static const struct cmdline_option common_options[] = {SOCKET_OPTION, END};
static const struct cmdline_option list_options[] = {
    JSON_OPTION(json), SOCKET_OPTION, END};
static const struct cmdline_option watch_options[] = {FILTER_OPTIONS(watch.filter),
    {"only", "KIND", "alert, incident or agent; several with commas", NULL,
	&watch.kinds, NULL},
    {"after", "ID", "begin after this row; 0 is the start of the store", NULL,
	&watch.after, NULL},
    {"count", "NUMBER", "end after so many", NULL, &watch.count, NULL},
    JSON_OPTION(watch.json), SOCKET_OPTION, END};
static const struct cmdline_option alerts_options[] = {
    FILTER_OPTIONS(alerts.filter),
    {"since", "TIME", "an age (30m, 2h, 7d) or a time (2026-11-23T12:00:00Z)", NULL,
	&alerts.since, NULL},
    {"limit", "NUMBER", "at most so many (default 100, at most 1000)", NULL,
	&alerts.limit, NULL},
    JSON_OPTION(alerts.json), SOCKET_OPTION, END};
static const struct cmdline_option add_options[] = {
    {"key", "KEY", "the agent's public key (Z85)", NULL, &key, NULL},
    {"tenant", "NAME", "the municipality that it works for", NULL, &tenant, NULL},
    {"host", "NAME", "the host that it runs on", NULL, &host, NULL}, SOCKET_OPTION,
    END};

static int run_watch(int argc, char **argv);
static int run_alerts(int argc, char **argv);
static int run_incidents(int argc, char **argv);
static int run_incident(int argc, char **argv);
static int run_agents(int argc, char **argv);
static int run_agents_add(int argc, char **argv);
static int run_agents_revoke(int argc, char **argv);
static int run_login_link(int argc, char **argv);
static int run_status(int argc, char **argv);

static const struct cmdline_command commands[] = {
    {"watch", NULL, "alerts, incidents and agent states as they come",
	watch_options, run_watch},
    {"alerts", NULL, "alerts, newest first", alerts_options, run_alerts},
    {"incidents", NULL, "incidents, newest first", list_options, run_incidents},
    {"incidents show", "ID", "one incident with its alerts", list_options,
	run_incident},
    {"agents", NULL, "agents and when they were last seen", list_options,
	run_agents},
    {"agents add", "NAME", "register an agent, or approve one that waits",
	add_options, run_agents_add},
    {"agents revoke", "NAME", "refuse an agent from now on", common_options,
	run_agents_revoke},
    {"login-link", NULL, "a one-time link to log in to the console", common_options,
	run_login_link},
    {"status", NULL, "the collector's state", list_options, run_status},
    {NULL, NULL, NULL, NULL, NULL},
};

static const struct cmdline cmdline = {
    .program = "stadswachtctl",
    .summary = "watch and run the collector on this machine",
    .options = common_options,
    .commands = commands,
    .footer = "The environment variable STADSWACHT_SOCKET stands in for --socket; "
	      "NO_COLOR turns colour off.",
};

/* An option, the environment, or where a package or a plain start puts it. */
static const char *
find_socket(void)
{
	const char *env = getenv("STADSWACHT_SOCKET");

	if (socket_path != NULL)
		return socket_path;
	if (env != NULL && env[0] != '\0')
		return env;
	if (access(SOCKET_INSTALLED, F_OK) == -1 && access(SOCKET_STATE, F_OK) == 0)
		return SOCKET_STATE;
	return SOCKET_INSTALLED;
}

static struct client *
connect_client(void)
{
	struct client *c = client_new(find_socket());

	if (c == NULL)
		(void)command_failed("out of memory");
	return c;
}

/* Exactly n arguments, or wrong usage. */
static void
want_arguments(int argc, int n)
{
	if (argc != n)
		cmdline_usage(
		    &cmdline, n == 0 ? "unexpected argument" : "which one?");
}

static int
run_watch(int argc, char **argv)
{
	struct client *c;
	int status;

	(void)argv;
	want_arguments(argc, 0);
	if ((c = connect_client()) == NULL)
		return EXIT_FAILED;
	status = command_watch(c, &watch);
	client_free(c);
	return status;
}

static int
run_alerts(int argc, char **argv)
{
	struct client *c;
	int status;

	(void)argv;
	want_arguments(argc, 0);
	if ((c = connect_client()) == NULL)
		return EXIT_FAILED;
	status = command_alerts(c, &alerts);
	client_free(c);
	return status;
}

/* A command that takes only --json. */
static int
run_list(int argc, int (*command)(struct client *c, bool json))
{
	struct client *c;
	int status;

	want_arguments(argc, 0);
	if ((c = connect_client()) == NULL)
		return EXIT_FAILED;
	status = command(c, json);
	client_free(c);
	return status;
}

static int
run_incidents(int argc, char **argv)
{
	(void)argv;
	return run_list(argc, command_incidents);
}

static int
run_agents(int argc, char **argv)
{
	(void)argv;
	return run_list(argc, command_agents);
}

static int
run_status(int argc, char **argv)
{
	(void)argv;
	return run_list(argc, command_status);
}

static int
run_incident(int argc, char **argv)
{
	struct client *c;
	int status;

	want_arguments(argc, 1);
	if ((c = connect_client()) == NULL)
		return EXIT_FAILED;
	status = command_incident(c, argv[0], json);
	client_free(c);
	return status;
}

static int
run_agents_add(int argc, char **argv)
{
	struct client *c;
	int status;

	want_arguments(argc, 1);
	if (key == NULL || tenant == NULL || host == NULL)
		cmdline_usage(
		    &cmdline, "agents add needs --key, --tenant and --host");
	if ((c = connect_client()) == NULL)
		return EXIT_FAILED;
	status = command_agents_add(c, argv[0], key, tenant, host);
	client_free(c);
	return status;
}

static int
run_agents_revoke(int argc, char **argv)
{
	struct client *c;
	int status;

	want_arguments(argc, 1);
	if ((c = connect_client()) == NULL)
		return EXIT_FAILED;
	status = command_agents_revoke(c, argv[0]);
	client_free(c);
	return status;
}

static int
run_login_link(int argc, char **argv)
{
	struct client *c;
	int status;

	(void)argv;
	want_arguments(argc, 0);
	if ((c = connect_client()) == NULL)
		return EXIT_FAILED;
	status = command_login_link(c);
	client_free(c);
	return status;
}

int
main(int argc, char **argv)
{
	tzset();
	return cmdline_run(&cmdline, argc, argv);
}
