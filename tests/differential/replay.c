/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * The sensor over many captures, its rules loaded once.  Says first "SID reason"
 * of each rule refused, and an empty line.  Then each line of standard input,
 * "CAPTURE\tEVE-FILE", is run in a process of its own, and answered with that
 * process's status as waitpid() tells it.
 *
 * ALERTS in the environment: so many alerts a packet at most.
 *
 * usage: replay --pcap - --eve-out - [OPTION of stadswacht-sensor ...]
 */
#include "agent/detect/detect.h"

static struct detect_config replay_config;

int sensor_main(int argc, char **argv);
#define main			  sensor_main
#define detect_new(rules, config) detect_new(rules, &replay_config)
#include "agent/sensor.c"
#undef main
#undef detect_new

#include <limits.h>
#include <stdio.h>
#include <sys/wait.h>

static int
one_capture(struct sensor *s, const char *capture, const char *eve)
{
	int status = -1;

	s->o.pcap = capture;
	s->o.eve_out = eve;
	s->started_us = clock_mono_us();
	if (open_capture(s) == 0 && open_output(s) == 0 && make_stages(s) == 0)
		status = run_file(s);
	if (close_file(&s->eve, eve) == -1)
		status = -1;
	release(s);
	return status == 0 ? EXIT_DONE : EXIT_FAILED;
}

static int
in_a_process(struct sensor *s, const char *capture, const char *eve)
{
	int status = -1;
	pid_t child = fork();

	if (child == 0)
		exit(one_capture(s, capture, eve));
	if (child == -1 || waitpid(child, &status, 0) == -1)
		return -1;
	return status;
}

static void
say_refusals(const struct ruleset *rs)
{
	const struct ruleset_refusal *r;
	size_t n = ruleset_refusals(rs, &r);

	for (size_t i = 0; i < n; i++)
		printf("%u %s\n", (unsigned)r[i].sid, r[i].reason);
	printf("\n");
	fflush(stdout);
}

int
main(int argc, char **argv)
{
	static struct sensor s;
	char line[2 * PATH_MAX], *tab;

	log_init("replay");
	if (getenv("ALERTS") != NULL)
		replay_config.alerts_max = strtoul(getenv("ALERTS"), NULL, 10);
	sensor_options_read(&s.o, argc, argv);
	table_fixed_key();
	if (sensor_rules_load(&s.o, &s.rules) == -1)
		return EXIT_FAILED;
	say_refusals(s.rules.set);
	while (fgets(line, sizeof(line), stdin) != NULL) {
		line[strcspn(line, "\n")] = '\0';
		tab = strchr(line, '\t');
		if (tab == NULL)
			return EXIT_USAGE;
		*tab = '\0';
		printf("%d\n", in_a_process(&s, line, tab + 1));
		fflush(stdout);
	}
	sensor_rules_release(&s.rules);
	return EXIT_DONE;
}
