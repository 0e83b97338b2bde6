/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Command lines from a table: parsing, --help, --version and the shell's
 * completion are printed from the same rows.  Long options only ("--x V" and
 * "--x=V"); -h and -V are there too.
 */
#ifndef COMMON_CMDLINE_H
#define COMMON_CMDLINE_H

#include <stdbool.h>
#include <stddef.h>

#define CMDLINE_VALUES_MAX 256 /* more repeats of one option is a mistake */
#define STADSWACHT_VERSION "0.1.0"

enum {
	EXIT_DONE = 0,
	EXIT_FAILED = 1,
	EXIT_USAGE = 2
};

/* Values of a repeatable option, in order. */
struct cmdline_list {
	const char *v[CMDLINE_VALUES_MAX];
	size_t n;
};

struct cmdline_option {
	const char *name;  /* without the dashes */
	const char *value; /* "FILE", "on|off|auto"; NULL for a flag */
	const char *help;
	bool *flag; /* one of these three is set */
	const char **text;
	struct cmdline_list *list;
};

/* A subcommand; options may be NULL.  run gets what is left of argv after options.
 */
struct cmdline_command {
	const char *name;      /* one word, or two: "agents approve" */
	const char *arguments; /* "KEY", "[NAME]"; NULL for none */
	const char *help;
	const struct cmdline_option *options; /* ends with a row without name */
	int (*run)(int argc, char **argv);
};

struct cmdline {
	const char *program;
	const char *summary;		      /* one line */
	const struct cmdline_option *options; /* ends with a row without name */
	const struct cmdline_command
	    *commands;	       /* NULL, or ends with a row without name */
	const char *arguments; /* of a program without commands; NULL for none */
	const char *footer;    /* printed after the options; may be NULL */
};

/*
 * Parse argv.  Handles -h/--help, -V/--version and --completion bash (prints,
 * exits 0).  Wrong usage: says what, points to --help and exits with EXIT_USAGE.
 * Returns the index of the first argument that is no option.
 */
int cmdline_parse(const struct cmdline *c, int argc, char **argv);
/* Parse, then find the subcommand and run it; returns its exit status. */
int cmdline_run(const struct cmdline *c, int argc, char **argv);
/* Say "program: message", point to --help, and exit with EXIT_USAGE. */
void cmdline_usage(const struct cmdline *c, const char *fmt, ...)
    __attribute__((format(printf, 2, 3), noreturn));

#endif
