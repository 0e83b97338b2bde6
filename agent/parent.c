/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * The agent's parent: the one process with privileges, and the one that parses
 * nothing but its own configuration.  It makes the queues, starts the others,
 * watches over them, restarts what dies, and opens files for the scanner.
 *
 * No alert is lost in a crash: it holds both ends of each queue, so records
 * outlive writer and reader.
 *
 * This file holds main, the making of keys, and the order of a life; one process is
 * parent_process.c, what is set up parent_setup.c, what happens then parent_turns.c.
 */
#include "agent/parent_health.h"
#include "agent/parent_process.h"
#include "agent/parent_setup.h"
#include "agent/parent_turns.h"
#include "agent/sandbox.h"
#include "common/cmdline.h"
#include "common/log.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static int
enter_sandbox(void)
{
	const struct sandbox box = {0};
	char error[300];

	if (sandbox_enter(SANDBOX_PARENT, &box, error, sizeof(error)) == 0)
		return 0;
	log_error("%s", error);
	return -1;
}

static void
tell_start(struct parent *p)
{
	const struct parent_health_detail details[] = {
	    {"version", STADSWACHT_VERSION, 0},
	    {"processes", NULL, p->n},
	    {"files_by", p->watch != NULL ? watch_how(p->watch) : "nothing", 0},
	    {NULL, NULL, 0},
	};

	parent_health_tell(p->writer, p->config.zone, PARENT_HEALTH_STARTED, 3,
	    "stadswacht agent started", details);
	log_info("started %zu processes%s", p->n,
	    p->as_root ? ""
		       : "; not root: all run as this user, without an empty root");
}

static int
run(struct parent *p)
{
	p->as_root = geteuid() == 0;
	/* Folders that other users have to pass; the processes get 077. */
	umask(022);
	signal(SIGPIPE, SIG_IGN);
	if ((p->loop = loop_new()) == NULL || parent_rules_setup(p) == -1 ||
	    parent_setup_processes(p) == -1 || parent_setup_watch(p) == -1 ||
	    parent_turns_begin(p) == -1 || enter_sandbox() == -1)
		return EXIT_FAILED;
	tell_start(p);
	parent_rules_load(p);
	for (size_t i = 0; i < p->n; i++)
		parent_process_start(&p->children[i]);
	return loop_run(p->loop) == 0 ? EXIT_DONE : EXIT_FAILED;
}

static void
release(struct parent *p)
{
	parent_rules_release(p);
	watch_free(p->watch);
	record_writer_free(p->writer);
	for (size_t i = 0; i < p->queues_n; i++) {
		close(p->queues[i].fds[0]);
		close(p->queues[i].fds[1]);
	}
	loop_free(p->loop);
}

/* --- keys ------------------------------------------------------------------------------- */

/* The forwarder makes its own key, as the user who will read it. */
static int
make_keys(struct parent *p)
{
	const struct agent_config *k = &p->config;
	struct parent_child start = {.to_stdout = true, .as_user = geteuid() == 0};
	char program[PATH_MAX], error[300];
	char option[] = "--make-key";
	char *argv[] = {program, option, k->key, NULL};
	int status;
	pid_t pid;

	if (start.as_user &&
	    config_agent_user(k->user_forwarder, &start.uid, &start.gid, error,
		sizeof(error)) == -1) {
		log_error("%s", error);
		return EXIT_FAILED;
	}
	if (parent_folders_state(k, start.uid, start.gid) == -1)
		return EXIT_FAILED;
	snprintf(program, sizeof(program), "%s/%s", k->libexec,
	    parent_process_role[FORWARDER].program);
	start.argv = argv;
	if ((pid = parent_child_start(&start)) == -1 ||
	    waitpid(pid, &status, 0) == -1) {
		log_error("%s: %s", program, strerror(errno));
		return EXIT_FAILED;
	}
	return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? EXIT_DONE
							     : EXIT_FAILED;
}

/* --- the command line ---------------------------------------------------------------- */

static struct {
	const char *config;
	bool check, help_config;
} args = {.config = "/etc/stadswacht/agent.yaml"};

static const struct cmdline_option OPTIONS[] = {
    {"config", "FILE", "configuration (/etc/stadswacht/agent.yaml)",
	.text = &args.config},
    {"check-config", NULL, "check the configuration and end", .flag = &args.check},
    {"help-config", NULL, "print every key with its default and end",
	.flag = &args.help_config},
    {.name = NULL},
};

static const struct cmdline CMDLINE = {
    .program = "stadswacht-agent",
    .summary = "start and watch the processes of an agent",
    .options = OPTIONS,
    .arguments = "[keys]",
    .footer = "keys makes this agent's key and prints its public half.\n"
	      "SIGHUP reads signatures again; SIGTERM ends all in order.",
};

int
main(int argc, char **argv)
{
	static struct parent p;
	char error[1200];
	int first, status;

	log_init("stadswacht-agent");
	first = cmdline_parse(&CMDLINE, argc, argv);
	if (args.help_config) {
		config_agent_print();
		return EXIT_DONE;
	}
	if (first < argc && strcmp(argv[first], "keys") != 0)
		cmdline_usage(&CMDLINE, "%s: not known; the one command is keys",
		    argv[first]);
	if (config_agent_load(args.config, &p.config, error, sizeof(error)) == -1) {
		log_error("%s", error);
		config_agent_release(&p.config);
		return EXIT_FAILED;
	}
	if (args.check) {
		printf("%s: good\n", args.config);
		status = EXIT_DONE;
	} else if (first < argc) {
		status = make_keys(&p);
	} else {
		status = run(&p);
		release(&p);
	}
	config_agent_release(&p.config);
	return status;
}
