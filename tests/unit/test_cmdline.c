/* SPDX-License-Identifier: EUPL-1.2 */
/* Command lines: what is taken, what is refused, and what help and completion say.
 */
#include "common/cmdline.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static bool loud;
static const char *out_file;
static struct cmdline_list rules;

static const struct cmdline_option OPTIONS[] = {
    {.name = "loud", .help = "say more", .flag = &loud},
    {.name = "out", .value = "FILE", .help = "where to", .text = &out_file},
    {.name = "rules", .value = "FILE", .help = "what", .list = &rules},
    {0},
};

static char said[4096];

/* What a command prints, so that the parent can see what it was given. */
static int
show(int argc, char **argv)
{
	printf(
	    "loud=%d out=%s rules=%zu", loud, out_file ? out_file : "-", rules.n);
	for (int i = 0; i < argc; i++)
		printf(" [%s]", argv[i]);
	printf("\n");
	return 7;
}

static const struct cmdline_command COMMANDS[] = {
    {"agents", NULL, "list agents", NULL, show},
    {"agents add", "NAME", "add an agent", NULL, show},
    {0},
};

static const struct cmdline PLAIN = {
    "prog", "does things", OPTIONS, NULL, NULL, NULL};
static const struct cmdline WITH = {
    "ctl", "rules things", OPTIONS, COMMANDS, NULL, NULL};

/* Run in a child: what it printed lands in said; returns its exit status. */
static int
run(const struct cmdline *c, const char *words)
{
	char *argv[32] = {(char *)(uintptr_t)c->program}, copy[512];
	int argc = 1, fds[2], status;
	size_t n = 0;
	ssize_t got;
	pid_t pid;

	snprintf(copy, sizeof(copy), "%s", words);
	for (char *w = strtok(copy, " "); w != NULL; w = strtok(NULL, " "))
		argv[argc++] = w;
	assert_int_equal(pipe(fds), 0);
	if ((pid = fork()) == 0) {
		dup2(fds[1], STDOUT_FILENO);
		dup2(fds[1], STDERR_FILENO);
		status = c->commands != NULL
		    ? cmdline_run(c, argc, argv)
		    : (cmdline_parse(c, argc, argv), show(0, NULL));
		fflush(stdout);
		_exit(status);
	}
	close(fds[1]);
	while ((got = read(fds[0], said + n, sizeof(said) - 1 - n)) > 0)
		n += (size_t)got;
	said[n] = '\0';
	close(fds[0]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static void
test_options_in_both_forms(void **state)
{
	(void)state;
	assert_int_equal(run(&PLAIN, "--loud --out=a --rules b --rules=c"), 7);
	assert_string_equal(said, "loud=1 out=a rules=2\n");
}

static void
test_wrong_usage_is_2_and_says_what(void **state)
{
	static const struct {
		const char *words, *says;
	} BAD[] = {
	    {"--louder", "prog: unknown option \"--louder\""},
	    {"-x", "prog: unknown option \"-x\""},
	    {"--out", "prog: --out needs a value: FILE"},
	    {"--loud=1", "prog: --loud takes no value"},
	    {"word", "prog: unexpected argument \"word\""},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(BAD) / sizeof(BAD[0]); i++) {
		assert_int_equal(run(&PLAIN, BAD[i].words), EXIT_USAGE);
		assert_non_null(strstr(said, BAD[i].says));
		assert_non_null(strstr(said, "try: prog --help"));
	}
	assert_int_equal(run(&WITH, "nothing"), EXIT_USAGE);
	assert_int_equal(run(&WITH, ""), EXIT_USAGE);
}

static void
test_longest_command_wins_and_options_may_follow(void **state)
{
	(void)state;
	assert_int_equal(run(&WITH, "agents"), 7);
	assert_string_equal(said, "loud=0 out=- rules=0\n");
	assert_int_equal(run(&WITH, "agents add web01 --out x --loud"), 7);
	assert_string_equal(said, "loud=1 out=x rules=0 [web01]\n");
	assert_int_equal(run(&WITH, "--loud agents add -- --odd"), 7);
	assert_string_equal(said, "loud=1 out=- rules=0 [--odd]\n");
}

static void
test_help_version_completion_from_the_table(void **state)
{
	(void)state;
	assert_int_equal(run(&WITH, "--help"), 0);
	assert_non_null(strstr(said, "agents add NAME"));
	assert_non_null(strstr(said, "--rules FILE ..."));
	assert_int_equal(run(&WITH, "agents add --help"), 0);
	assert_non_null(strstr(said, "usage: ctl agents add NAME"));
	assert_int_equal(run(&PLAIN, "-V"), 0);
	assert_string_equal(said, "prog " STADSWACHT_VERSION "\n");
	assert_int_equal(run(&WITH, "--completion bash"), 0);
	assert_non_null(strstr(said, "--rules"));
	assert_non_null(strstr(said, "complete -F"));
}

/* A shell reads the completion and completes a word from it. */
static void
test_a_shell_takes_the_completion(void **state)
{
	char path[] = "/tmp/test_cmdline.XXXXXX", command[256];
	int fd = mkstemp(path);

	(void)state;
	assert_int_equal(run(&WITH, "--completion bash"), 0);
	assert_true(write(fd, said, strlen(said)) == (ssize_t)strlen(said));
	close(fd);
	snprintf(command, sizeof(command),
	    "bash -c '. %s; COMP_WORDS=(ctl --ru); COMP_CWORD=1; _ctl; "
	    "[ \"${COMPREPLY[0]}\" = --rules ]'",
	    path);
	assert_int_equal(system(command), 0);
	unlink(path);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_options_in_both_forms),
	    cmocka_unit_test(test_wrong_usage_is_2_and_says_what),
	    cmocka_unit_test(test_longest_command_wins_and_options_may_follow),
	    cmocka_unit_test(test_help_version_completion_from_the_table),
	    cmocka_unit_test(test_a_shell_takes_the_completion),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
