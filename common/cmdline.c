/* SPDX-License-Identifier: EUPL-1.2 */
#include "common/cmdline.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct {
	const char *name, *help;
} BUILT_IN[] = {
    {"help", "say this and end"},
    {"version", "say the version and end"},
};

static const char *
option_label(const struct cmdline_option *o, char *out, size_t size)
{
	snprintf(out, size, "--%s%s%s%s", o->name, o->value != NULL ? " " : "",
	    o->value != NULL ? o->value : "", o->list != NULL ? " ..." : "");
	return out;
}

static void
print_options(const struct cmdline_option *o)
{
	char label[96];

	for (; o != NULL && o->name != NULL; o++)
		printf(
		    "  %-30s %s\n", option_label(o, label, sizeof(label)), o->help);
}

static void
print_commands(const struct cmdline_command *k)
{
	char label[96];

	for (; k->name != NULL; k++) {
		snprintf(label, sizeof(label), "%s%s%s", k->name,
		    k->arguments != NULL ? " " : "",
		    k->arguments != NULL ? k->arguments : "");
		printf("  %-30s %s\n", label, k->help);
	}
}

static void
print_help(const struct cmdline *c)
{
	printf("%s: %s\n\nusage: %s%s%s%s%s\n", c->program, c->summary, c->program,
	    c->options != NULL && c->options->name != NULL ? " [OPTION ...]" : "",
	    c->commands != NULL ? " COMMAND ..." : "",
	    c->arguments != NULL ? " " : "",
	    c->arguments != NULL ? c->arguments : "");
	if (c->commands != NULL) {
		printf("\ncommands (COMMAND --help tells more):\n");
		print_commands(c->commands);
	}
	printf("\noptions:\n");
	print_options(c->options);
	for (size_t i = 0; i < sizeof(BUILT_IN) / sizeof(BUILT_IN[0]); i++)
		printf("  --%-28s %s\n", BUILT_IN[i].name, BUILT_IN[i].help);
	if (c->footer != NULL)
		printf("\n%s\n", c->footer);
}

static void
print_command_help(const struct cmdline *c, const struct cmdline_command *k)
{
	printf("%s %s: %s\n\nusage: %s %s%s%s%s\n", c->program, k->name, k->help,
	    c->program, k->name,
	    k->options != NULL && k->options->name != NULL ? " [OPTION ...]" : "",
	    k->arguments != NULL ? " " : "",
	    k->arguments != NULL ? k->arguments : "");
	if (k->options != NULL && k->options->name != NULL)
		printf("\noptions:\n");
	print_options(k->options);
}

static void
print_words(const struct cmdline_option *o)
{
	for (; o != NULL && o->name != NULL; o++)
		printf(" --%s", o->name);
}

/* The words a shell may complete, and after which options a file name follows. */
static void
print_completion(const struct cmdline *c)
{
	const char *id = c->program;

	printf("# bash completion of %s; source it or put it in "
	       "/usr/share/bash-completion/completions/%s\n",
	    id, id);
	printf("_%s() {\n\tlocal cur=${COMP_WORDS[COMP_CWORD]} words='", id);
	print_words(c->options);
	for (size_t i = 0; i < sizeof(BUILT_IN) / sizeof(BUILT_IN[0]); i++)
		printf(" --%s", BUILT_IN[i].name);
	for (const struct cmdline_command *k = c->commands;
	     k != NULL && k->name != NULL; k++) {
		printf(" %s", k->name);
		print_words(k->options);
	}
	printf("'\n\tif [[ $cur == -* || $COMP_CWORD -eq 1 && -n '%s' ]]; then\n"
	       "\t\tCOMPREPLY=($(compgen -W \"$words\" -- \"$cur\"))\n"
	       "\telse\n\t\tCOMPREPLY=($(compgen -f -- \"$cur\") "
	       "$(compgen -W \"$words\" -- \"$cur\"))\n\tfi\n}\n"
	       "complete -F _%s %s\n",
	    c->commands != NULL ? "commands" : "", id, id);
}

static void
mdoc_option(const struct cmdline_option *o)
{
	printf(".It Fl Fl %s", o->name);
	if (o->value != NULL)
		printf(" Ar %s", o->value);
	printf("\n%s.%s\n", o->help, o->list != NULL ? " May be repeated." : "");
}

static void
mdoc_options(const struct cmdline_option *o)
{
	if (o == NULL || o->name == NULL)
		return;
	printf(".Bl -tag -width Ds\n");
	for (; o->name != NULL; o++)
		mdoc_option(o);
	printf(".El\n");
}

/* Options and commands as mdoc(7), for docs/man/. */
static void
print_mdoc(const struct cmdline *c)
{
	if (c->commands != NULL)
		printf(".Sh COMMANDS\n");
	for (const struct cmdline_command *k = c->commands;
	     k != NULL && k->name != NULL; k++) {
		printf(".Ss %s%s%s\n%s.\n", k->name,
		    k->arguments != NULL ? " " : "",
		    k->arguments != NULL ? k->arguments : "", k->help);
		mdoc_options(k->options);
	}
	printf(".Sh OPTIONS\n.Bl -tag -width Ds\n");
	for (const struct cmdline_option *o = c->options;
	     o != NULL && o->name != NULL; o++)
		mdoc_option(o);
	for (size_t i = 0; i < sizeof(BUILT_IN) / sizeof(BUILT_IN[0]); i++)
		printf(".It Fl Fl %s\n%s.\n", BUILT_IN[i].name, BUILT_IN[i].help);
	printf(".It Fl Fl completion Ar bash\nPrint the completion of a shell and "
	       "end.\n"
	       ".El\n");
	if (c->footer != NULL)
		printf(".Pp\n%s\n", c->footer);
}

void
cmdline_usage(const struct cmdline *c, const char *fmt, ...)
{
	va_list ap;

	fprintf(stderr, "%s: ", c->program);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fprintf(stderr, "\ntry: %s --help\n", c->program);
	exit(EXIT_USAGE);
}

static const struct cmdline_option *
find_option(const struct cmdline_option *o, const char *name, size_t len)
{
	for (; o != NULL && o->name != NULL; o++)
		if (strlen(o->name) == len && memcmp(o->name, name, len) == 0)
			return o;
	return NULL;
}

static void
take_value(const struct cmdline *c, const struct cmdline_option *o, const char *v)
{
	if (o->list == NULL) {
		*o->text = v;
		return;
	}
	if (o->list->n == CMDLINE_VALUES_MAX)
		cmdline_usage(c, "--%s is given more than %d times", o->name,
		    CMDLINE_VALUES_MAX);
	o->list->v[o->list->n++] = v;
}

/* Handle the option at argv[i]; returns how many words it took. */
static int
take_option(const struct cmdline *c, const struct cmdline_option *options, int argc,
    char **argv, int i)
{
	const char *name = argv[i] + 2, *eq = strchr(name, '=');
	size_t len = eq != NULL ? (size_t)(eq - name) : strlen(name);
	const struct cmdline_option *o = find_option(options, name, len);

	if (o == NULL && options != c->options)
		o = find_option(c->options, name, len);
	if (o == NULL)
		cmdline_usage(c, "unknown option \"%s\"", argv[i]);
	if (o->flag != NULL) {
		if (eq != NULL)
			cmdline_usage(c, "--%s takes no value", o->name);
		*o->flag = true;
		return 1;
	}
	if (eq != NULL) {
		take_value(c, o, eq + 1);
		return 1;
	}
	if (i + 1 >= argc)
		cmdline_usage(c, "--%s needs a value: %s", o->name, o->value);
	take_value(c, o, argv[i + 1]);
	return 2;
}

static void
built_in(const struct cmdline *c, const struct cmdline_command *k, int argc,
    char **argv, int i)
{
	const char *a = argv[i];

	if (strcmp(a, "-h") == 0 || strcmp(a, "--help") == 0) {
		if (k != NULL)
			print_command_help(c, k);
		else
			print_help(c);
		exit(EXIT_DONE);
	}
	if (strcmp(a, "-V") == 0 || strcmp(a, "--version") == 0) {
		printf("%s %s\n", c->program, STADSWACHT_VERSION);
		exit(EXIT_DONE);
	}
	if (strcmp(a, "--completion") == 0) {
		if (i + 1 < argc && strcmp(argv[i + 1], "mdoc") == 0)
			print_mdoc(c);
		else if (i + 1 < argc && strcmp(argv[i + 1], "bash") == 0)
			print_completion(c);
		else
			cmdline_usage(c, "--completion needs a value: bash");
		exit(EXIT_DONE);
	}
}

/* Take options from argv[i] on until the first word that is none. */
static int
take_options(const struct cmdline *c, const struct cmdline_option *options,
    const struct cmdline_command *k, int argc, char **argv, int i)
{
	while (i < argc && argv[i][0] == '-' && argv[i][1] != '\0') {
		if (strcmp(argv[i], "--") == 0)
			return i;
		built_in(c, k, argc, argv, i);
		if (argv[i][1] != '-')
			cmdline_usage(c, "unknown option \"%s\"", argv[i]);
		i += take_option(c, options, argc, argv, i);
	}
	return i;
}

int
cmdline_parse(const struct cmdline *c, int argc, char **argv)
{
	int i = take_options(c, c->options, NULL, argc, argv, 1);

	if (i < argc && strcmp(argv[i], "--") == 0)
		i++;
	if (c->commands == NULL && c->arguments == NULL && i < argc)
		cmdline_usage(c, "unexpected argument \"%s\"", argv[i]);
	return i;
}

/* Words of name that argv[i..] begins with; 0 if it does not match. */
static int
match_words(const char *name, int argc, char **argv, int i)
{
	int n = 0;

	for (const char *p = name; *p != '\0'; n++) {
		size_t len = strcspn(p, " ");

		if (i + n >= argc || strlen(argv[i + n]) != len ||
		    memcmp(argv[i + n], p, len) != 0)
			return 0;
		p += len;
		p += strspn(p, " ");
	}
	return n;
}

/*
 * Options may follow an argument, as people type them: take them out of
 * argv[i..].  Returns the new argc.
 */
static int
gather_arguments(const struct cmdline *c, const struct cmdline_command *k, int argc,
    char **argv, int i)
{
	const struct cmdline_option *options =
	    k->options != NULL ? k->options : c->options;
	bool words_only = false;
	int kept = i;

	while (i < argc) {
		if (words_only || argv[i][0] != '-' || argv[i][1] == '\0') {
			argv[kept++] = argv[i++];
		} else if (strcmp(argv[i], "--") == 0) {
			words_only = true;
			i++;
		} else {
			built_in(c, k, argc, argv, i);
			i += take_option(c, options, argc, argv, i);
		}
	}
	return kept;
}

int
cmdline_run(const struct cmdline *c, int argc, char **argv)
{
	const struct cmdline_command *best = NULL;
	int i = cmdline_parse(c, argc, argv), words = 0;

	if (i >= argc)
		cmdline_usage(c, "which command?");
	for (const struct cmdline_command *k = c->commands; k->name != NULL; k++) {
		int n = match_words(k->name, argc, argv, i);

		if (n > words) {
			words = n;
			best = k;
		}
	}
	if (best == NULL)
		cmdline_usage(c, "unknown command \"%s\"", argv[i]);
	i = take_options(c, best->options != NULL ? best->options : c->options,
	    best, argc, argv, i + words);
	argc = gather_arguments(c, best, argc, argv, i);
	return best->run(argc - i, argv + i);
}
