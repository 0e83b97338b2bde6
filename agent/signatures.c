/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * stadswacht-signatures: what an admin does with signatures before agents get
 * them.  check loads them as a sensor would and says what it refuses.
 */
#include "agent/detect/detect.h"
#include "agent/scan/yara.h"

#include "common/buf.h"
#include "common/cmdline.h"
#include "common/jw.h"
#include "common/log.h"
#include "common/str.h"
#include "common/table.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define REPORT_MAX  (256u << 20)
#define REASONS_MAX 65536
/* Files of YARA rules that are named; signature sets have about a thousand. */
#define YARA_REFUSED_MAX 65536

static struct cmdline_list rules_paths, yara_paths, sets;
static const char *json_path, *threshold_path, *classification_path;
static bool list_all;

static const struct cmdline_option CHECK_OPTIONS[] = {
    {"rules", "FILE|DIR", "traffic rules; may be repeated", NULL, NULL,
	&rules_paths},
    {"yara", "FILE|DIR", "YARA rules for files; may be repeated", NULL, NULL,
	&yara_paths},
    {"set", "NAME=VALUE", "a rule variable, such as HOME_NET; may be repeated",
	NULL, NULL, &sets},
    {"threshold", "FILE", "threshold.config to apply", NULL, &threshold_path, NULL},
    {"classification", "FILE",
	"classification.config in place of the shipped classes", NULL,
	&classification_path, NULL},
    {"json", "FILE", "write the whole report as JSON", NULL, &json_path, NULL},
    {"list", NULL, "name each refused rule, not only the reasons", &list_all, NULL,
	NULL},
    {NULL, NULL, NULL, NULL, NULL, NULL},
};

/* What one kind of signatures came to. */
struct outcome {
	size_t total, loaded; /* YARA: total counts files, loaded rules */
	const struct ruleset_refusal *refusal;
	size_t refused;
};

/* Refused YARA files; their names are ours. */
struct yara_refused {
	struct ruleset_refusal *list;
	size_t n;
	bool failed; /* out of memory, or too many */
};

/* How often a reason came up, with one place where it did. */
struct reason {
	const struct ruleset_refusal *example;
	size_t count;
};

static int
more_often(const void *a, const void *b)
{
	const struct reason *x = *(struct reason *const *)a,
			    *y = *(struct reason *const *)b;

	if (x->count != y->count)
		return x->count < y->count ? 1 : -1;
	return strcmp(x->example->reason, y->example->reason);
}

static int
count_reasons(struct table *reasons, const struct ruleset_refusal *r, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		size_t len = strlen(r[i].reason);
		struct reason *why = table_get(reasons, r[i].reason, len);

		if (why == NULL) {
			if ((why = calloc(1, sizeof(*why))) == NULL)
				return -1;
			why->example = &r[i];
			if (table_put(reasons, r[i].reason, len, why) == -1) {
				free(why);
				return -1;
			}
		}
		why->count++;
	}
	return 0;
}

static int
print_reasons(const struct ruleset_refusal *r, size_t n)
{
	struct table *reasons = table_new(REASONS_MAX, free);
	struct reason **list = NULL, *why;
	size_t pos = 0, k = 0, len;
	const void *key;
	int rc = -1;

	if (reasons == NULL || count_reasons(reasons, r, n) == -1)
		goto done;
	if ((list = calloc(table_count(reasons) + 1, sizeof(struct reason *))) ==
	    NULL)
		goto done;
	while ((why = table_next(reasons, &pos, &key, &len)) != NULL)
		list[k++] = why;
	qsort(list, k, sizeof(struct reason *), more_often);
	for (size_t i = 0; i < k; i++)
		printf("%8zu  %s\n          first: %s:%u, sid %u\n", list[i]->count,
		    list[i]->example->reason, list[i]->example->file,
		    list[i]->example->line, list[i]->example->sid);
	rc = 0;
done:
	if (rc == -1)
		log_error("report: %s", strerror(errno));
	free(list);
	table_free(reasons);
	return rc;
}

static void
print_each(const struct ruleset_refusal *r, size_t n)
{
	for (size_t i = 0; i < n; i++)
		printf("%s:%u: sid %u: %s\n", r[i].file, r[i].line, r[i].sid,
		    r[i].reason);
}

static void
write_outcome(
    struct jw *w, const char *key, const char *total, const struct outcome *o)
{
	jw_object(w, key);
	jw_uint(w, total, o->total);
	jw_uint(w, "loaded", o->loaded);
	jw_array(w, "refused");
	for (size_t i = 0; i < o->refused; i++) {
		const struct ruleset_refusal *r = &o->refusal[i];

		jw_object(w, NULL);
		jw_str(w, "file", r->file);
		jw_uint(w, "line", r->line);
		jw_uint(w, "sid", r->sid);
		jw_str(w, "reason", r->reason);
		jw_end_object(w);
	}
	jw_end_array(w);
	jw_end_object(w);
}

static int
write_json(const struct outcome *rules, const struct outcome *yara)
{
	struct buf out;
	struct jw w;
	FILE *f;
	int rc = -1;

	buf_init(&out, REPORT_MAX);
	jw_init(&w, &out);
	jw_object(&w, NULL);
	if (rules_paths.n > 0)
		write_outcome(&w, "rules", "total", rules);
	if (yara_paths.n > 0)
		write_outcome(&w, "yara", "files", yara);
	jw_end_object(&w);
	buf_addc(&out, '\n');
	if (!out.overflow && (f = fopen(json_path, "we")) != NULL) {
		rc = fwrite(out.data, 1, out.len, f) == out.len ? 0 : -1;
		if (fclose(f) != 0)
			rc = -1;
	}
	if (rc == -1)
		log_error("%s: %s", json_path,
		    out.overflow ? "too long" : strerror(errno));
	buf_release(&out);
	return rc;
}

static int
print_outcome(const struct outcome *o)
{
	if (list_all)
		print_each(o->refusal, o->refused);
	else if (print_reasons(o->refusal, o->refused) == -1)
		return -1;
	return 0;
}

static int
load(struct ruleset *rs)
{
	char error[400];

	for (size_t i = 0; i < rules_paths.n; i++)
		if (ruleset_load(rs, rules_paths.v[i]) == -1) {
			log_error("%s: %s", rules_paths.v[i], strerror(errno));
			return -1;
		}
	if (ruleset_finish(rs, error, sizeof(error)) == -1) {
		log_error("%s", error);
		return -1;
	}
	return 0;
}

static void
on_yara_refused(void *arg, const char *file, unsigned line, const char *reason)
{
	struct yara_refused *y = arg;
	struct ruleset_refusal *r;
	char *name;

	if (y->failed)
		return;
	r = y->n == YARA_REFUSED_MAX ? NULL
				     : realloc(y->list, (y->n + 1) * sizeof(*r));
	if (r != NULL)
		y->list = r;
	if (r == NULL || (name = strdup(file)) == NULL) {
		y->failed = true;
		return;
	}
	r = &y->list[y->n++];
	r->file = name;
	r->line = line;
	r->sid = 0;
	str_copy(r->reason, sizeof(r->reason), reason);
}

static int
check_yara(struct yara_refused *refused, struct outcome *o)
{
	struct yara_totals totals = {0};
	struct yara *y = yara_load(
	    yara_paths.v, yara_paths.n, on_yara_refused, refused, &totals);

	if (y == NULL || refused->failed) {
		log_error("YARA rules: %s", strerror(y == NULL ? errno : ENOMEM));
		yara_free(y);
		return -1;
	}
	yara_free(y);
	o->total = totals.files;
	o->loaded = totals.rules;
	o->refusal = refused->list;
	o->refused = refused->n;
	return print_outcome(o) == -1 ||
		printf("yara: %zu files, %zu rules loaded, %zu refused\n",
		    totals.files, totals.rules, refused->n) < 0
	    ? -1
	    : 0;
}

static int
check_rules(struct ruleset *rs, struct outcome *o)
{
	if (load(rs) == -1)
		return -1;
	o->total = ruleset_total(rs);
	o->loaded = ruleset_loaded(rs);
	o->refused = ruleset_refusals(rs, &o->refusal);
	if (print_outcome(o) == -1)
		return -1;
	printf("rules: %zu in all, %zu loaded, %zu refused, %zu left out by "
	       "\"requires\"\n",
	    o->total, o->loaded, o->refused, o->total - o->loaded - o->refused);
	if (ruleset_unknown_classes(rs) > 0)
		printf("       %zu name a class that classification.config does "
		       "not have\n",
		    ruleset_unknown_classes(rs));
	return 0;
}

static int
run_check(int argc, char **argv)
{
	const struct ruleset_config config = {.sets = sets.v,
	    .sets_n = sets.n,
	    .classification = classification_path,
	    .threshold = threshold_path};
	struct outcome rules = {0}, yara = {0};
	struct yara_refused refused = {0};
	int status = EXIT_FAILED;
	struct ruleset *rs;
	char error[400];

	if (argc > 0 || rules_paths.n + yara_paths.n == 0) {
		fprintf(stderr, "stadswacht-signatures: %s%s; see --help\n",
		    argc > 0 ? "unexpected argument "
			     : "check needs --rules or --yara",
		    argc > 0 ? argv[0] : "");
		return EXIT_USAGE;
	}
	if ((rs = ruleset_new(&config, error, sizeof(error))) == NULL) {
		log_error("%s", error);
		return EXIT_FAILED;
	}
	if (rules_paths.n > 0 && check_rules(rs, &rules) == -1)
		goto done;
	if (yara_paths.n > 0 && check_yara(&refused, &yara) == -1)
		goto done;
	if (json_path != NULL && write_json(&rules, &yara) == -1)
		goto done;
	status = rules.refused + yara.refused == 0 ? EXIT_DONE : EXIT_FAILED;
done:
	for (size_t i = 0; i < refused.n; i++)
		free((void *)(uintptr_t)refused.list[i].file);
	free(refused.list);
	ruleset_free(rs);
	return status;
}

static const struct cmdline_command COMMANDS[] = {
    {"check", NULL, "load signatures and say what is refused, and why",
	CHECK_OPTIONS, run_check},
    {NULL, NULL, NULL, NULL, NULL},
};

static const struct cmdline CMDLINE = {
    .program = "stadswacht-signatures",
    .summary = "check signatures before agents get them",
    .commands = COMMANDS,
    .footer =
	"Exit status: 0 when everything loaded, 1 when something was refused or "
	"could\nnot be read, 2 on wrong usage.\n",
};

int
main(int argc, char **argv)
{
	log_init("stadswacht-signatures");
	return cmdline_run(&CMDLINE, argc, argv);
}
