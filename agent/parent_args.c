/* SPDX-License-Identifier: EUPL-1.2 */
#include "agent/parent_args.h"

#include <stdio.h>
#include <string.h>

/* Lists have at most CONF_LIST_MAX values, each with its option. */
#define WORDS_MAX (4 * CONF_LIST_MAX + 40)

/* The command line in the making; options and values are on loan. */
static struct {
	char *words[WORDS_MAX];
	size_t n;
	char program[PATH_MAX];
	char numbers[4][24];
	size_t numbers_n;
} made;

static void
add(const char *option, const char *value)
{
	if (made.n + 3 > WORDS_MAX)
		return;
	/* exec wants them without const and changes nothing. */
	made.words[made.n++] = (char *)(uintptr_t)option;
	if (value != NULL)
		made.words[made.n++] = (char *)(uintptr_t)value;
	made.words[made.n] = NULL;
}

static void
add_number(const char *option, uint64_t value)
{
	char *text = made.numbers[made.numbers_n++];

	snprintf(text, sizeof(made.numbers[0]), "%llu", (unsigned long long)value);
	add(option, text);
}

static void
add_list(const char *option, const struct conf_list *l)
{
	for (size_t i = 0; i < l->n; i++)
		add(option, l->v[i]);
}

static void
add_known(const char *option, const char *value)
{
	if (value[0] != '\0')
		add(option, value);
}

static void
begin(const struct parent_args *a)
{
	memset(&made, 0, sizeof(made));
	snprintf(made.program, sizeof(made.program), "%s/%s", a->config->libexec,
	    a->program);
	add(made.program, NULL);
	add("--root", a->folders->root);
}

static void
add_streams(const struct agent_config *k)
{
	if (k->streams == CONFIG_STREAMS_STRICT)
		add("--streams", "strict");
	if (k->midstream)
		add("--midstream", NULL);
	if (k->async)
		add("--async", NULL);
	add_list("--os-policy", &k->os_policies);
}

char *const *
parent_args_sensor(const struct parent_args *a)
{
	const struct agent_config *k = a->config;

	begin(a);
	add("--queue", NULL);
	add("--interface", a->interface);
	add_number("--memory", k->memory_sensor);
	if (k->sensors > 1) {
		add_number("--fanout-size", k->sensors);
		add_number("--fanout-group", a->group);
	}
	if (k->bundle[0] != '\0' || k->rules.n > 0)
		add("--image", NULL);
	if (a->files)
		add("--files", NULL);
	add_streams(k);
	if (k->file_records)
		add("--fileinfo", NULL);
	add_known("--zone", k->zone);
	return made.words;
}

/* Its program has commands, of which this is one. */
char *const *
parent_args_loader(const struct parent_args *a)
{
	static char command[] = "load";
	const struct agent_config *k = a->config;

	begin(a);
	made.words[1] = command;
	made.n = 2;
	add("--root", a->folders->root);
	add_number("--memory", k->memory_sensor);
	add_list("--set", &k->variables);
	if (a->started)
		add("--started", NULL);
	if (k->bundle[0] == '\0') {
		add_list("--rules", &k->rules);
		add_known("--iprep-categories", k->iprep_categories);
		add_list("--iprep", &k->iprep);
		return made.words;
	}
	add("--bundle-key", k->bundle_keys);
	add_number("--after", a->after);
	return made.words;
}

char *const *
parent_args_scanner(const struct parent_args *a)
{
	const struct agent_config *k = a->config;

	begin(a);
	add("--serve", NULL);
	add_number("--memory", k->memory_scanner);
	if (k->yara.n == 0)
		add("--image", NULL);
	if (a->files)
		add("--files", NULL);
	add_list("--yara", &k->yara);
	add_known("--zone", k->zone);
	return made.words;
}

char *const *
parent_args_forwarder(const struct parent_args *a)
{
	const struct agent_config *k = a->config;

	begin(a);
	add("--control", NULL);
	add_number("--queues", a->queues);
	add("--spool", a->folders->spool);
	add_number("--quota", k->spool_quota);
	add("--agent", k->id);
	add_known("--tenant", k->tenant);
	add("--host", k->host);
	add_list("--collector", &k->collectors);
	add("--collector-key", a->folders->collector_key);
	add("--key", k->key);
	return made.words;
}
