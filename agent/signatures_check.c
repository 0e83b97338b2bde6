/* SPDX-License-Identifier: EUPL-1.2 */
/* stadswacht-signatures check: what a sensor and a scanner would refuse, and why. */
#include "agent/signatures_check.h"

#include "agent/bundle_rules.h"
#include "agent/bundle_yara.h"
#include "agent/scan/yara.h"
#include "agent/signatures_report.h"

#include "common/buf.h"
#include "common/cmdline.h"
#include "common/jw.h"
#include "common/log.h"
#include "common/str.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define REPORT_MAX (256u << 20)
/* Files of YARA rules that are named; signature sets have about a thousand. */
#define YARA_REFUSED_MAX 65536

static struct cmdline_list rules_paths, yara_paths, sets, keys_paths, iprep;
static const char *json_path, *threshold_path, *classification_path, *bundle_path;
static const char *iprep_categories;
static bool list_all;

const struct cmdline_option SIGNATURES_CHECK_OPTIONS[] = {
    {"rules", "FILE|DIR", "traffic rules; may be repeated", NULL, NULL,
	&rules_paths},
    {"yara", "FILE|DIR", "YARA rules for files; may be repeated", NULL, NULL,
	&yara_paths},
    {"bundle", "FILE", "a bundle: its signature, all of its bytes, its rules", NULL,
	&bundle_path, NULL},
    {"bundle-key", "FILE",
	"public keys of which one has to have signed it; may be repeated", NULL,
	NULL, &keys_paths},
    {"set", "NAME=VALUE", "a rule variable, such as HOME_NET; may be repeated",
	NULL, NULL, &sets},
    {"threshold", "FILE", "threshold.config to apply", NULL, &threshold_path, NULL},
    {"classification", "FILE",
	"classification.config in place of the shipped classes", NULL,
	&classification_path, NULL},
    {"iprep-categories", "FILE", "categories of reputations, for iprep", NULL,
	&iprep_categories, NULL},
    {"iprep", "FILE", "a list of reputations; may be repeated", NULL, NULL, &iprep},
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
	if (rules_paths.n > 0 || bundle_path != NULL)
		write_outcome(&w, "rules", "total", rules);
	if (yara_paths.n > 0 || yara->total > 0)
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
		signatures_report_each(o->refusal, o->refused);
	else if (signatures_report_reasons(o->refusal, o->refused) == -1)
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

/* y of either; taken. */
static int
tell_yara(struct yara *y, const struct yara_totals *totals,
    const struct yara_refused *refused, struct outcome *o)
{
	if (y == NULL || refused->failed) {
		log_error("YARA rules: %s", strerror(y == NULL ? errno : ENOMEM));
		yara_free(y);
		return -1;
	}
	yara_free(y);
	o->total = totals->files;
	o->loaded = totals->rules;
	o->refusal = refused->list;
	o->refused = refused->n;
	return print_outcome(o) == -1 ||
		printf("yara: %zu files, %zu rules loaded, %zu refused\n",
		    totals->files, totals->rules, refused->n) < 0
	    ? -1
	    : 0;
}

static int
check_yara(struct yara_refused *refused, struct outcome *o)
{
	struct yara_totals totals = {0};

	return tell_yara(yara_load(yara_paths.v, yara_paths.n, on_yara_refused,
			     refused, &totals),
	    &totals, refused, o);
}

static int
check_bundle_yara(
    const struct bundle *b, struct yara_refused *refused, struct outcome *o)
{
	struct yara_totals totals = {0};

	return bundle_find(b, BUNDLE_YARA, NULL) == NULL
	    ? 0
	    : tell_yara(bundle_yara_load(b, on_yara_refused, refused, &totals),
		  &totals, refused, o);
}

static void
release_refused(struct yara_refused *refused)
{
	for (size_t i = 0; i < refused->n; i++)
		free((void *)(uintptr_t)refused->list[i].file);
	free(refused->list);
}

static int
tell_rules(struct ruleset *rs, struct outcome *o)
{
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

/* --- a bundle ------------------------------------------------------------------ */

static int
verify(const struct bundle *b, char *error, size_t size)
{
	struct bundle_keys keys = {.n = 0};

	if (keys_paths.n == 0) {
		printf("signature: not asked for; give --bundle-key\n");
		return 0;
	}
	for (size_t i = 0; i < keys_paths.n; i++)
		if (bundle_keys_read(&keys, keys_paths.v[i], error, size) == -1)
			return -1;
	if (bundle_verify(b, &keys, error, size) == -1)
		return -1;
	printf("signature: good\n");
	return 0;
}

/* NULL after saying why. */
static struct bundle_rules *
load_bundle(int fd)
{
	const struct bundle_rules_config c = {
	    .fd = fd, .sets = sets.v, .sets_n = sets.n};
	struct bundle_rules *r;
	char error[512];

	if ((r = bundle_rules_new(&c, error, sizeof(error))) != NULL &&
	    verify(bundle_rules_bundle(r), error, sizeof(error)) == 0 &&
	    bundle_check(bundle_rules_bundle(r), error, sizeof(error)) == 0 &&
	    bundle_rules_load(r, error, sizeof(error)) == 0)
		return r;
	log_error("%s: %s", bundle_path, error);
	bundle_rules_free(r);
	return NULL;
}

static int
check_bundle(void)
{
	struct outcome rules = {0}, yara = {0};
	struct yara_refused refused = {0};
	int fd = open(bundle_path, O_RDONLY | O_CLOEXEC), status = EXIT_FAILED;
	struct bundle_rules *r = NULL;

	if (fd == -1) {
		log_error("%s: %s", bundle_path, strerror(errno));
		return EXIT_FAILED;
	}
	if ((r = load_bundle(fd)) == NULL ||
	    tell_rules(bundle_rules_set(r), &rules) == -1 ||
	    check_bundle_yara(bundle_rules_bundle(r), &refused, &yara) == -1)
		goto done;
	printf("databases: %llu to be compiled where this processor and library "
	       "run\n",
	    (unsigned long long)bundle_rules_compiled(r));
	if (json_path != NULL && write_json(&rules, &yara) == -1)
		goto done;
	status = rules.refused + yara.refused == 0 ? EXIT_DONE : EXIT_FAILED;
done:
	release_refused(&refused);
	bundle_rules_free(r);
	close(fd);
	return status;
}

/* --- files --------------------------------------------------------------------- */

static int
check_files(void)
{
	const struct ruleset_config config = {.sets = sets.v,
	    .sets_n = sets.n,
	    .classification = classification_path,
	    .threshold = threshold_path,
	    .iprep_categories = iprep_categories,
	    .iprep = iprep.v,
	    .iprep_n = iprep.n};
	struct outcome rules = {0}, yara = {0};
	struct yara_refused refused = {0};
	int status = EXIT_FAILED;
	struct ruleset *rs;
	char error[400];

	if ((rs = ruleset_new(&config, error, sizeof(error))) == NULL) {
		log_error("%s", error);
		return EXIT_FAILED;
	}
	if (rules_paths.n > 0 && (load(rs) == -1 || tell_rules(rs, &rules) == -1))
		goto done;
	if (yara_paths.n > 0 && check_yara(&refused, &yara) == -1)
		goto done;
	if (json_path != NULL && write_json(&rules, &yara) == -1)
		goto done;
	status = rules.refused + yara.refused == 0 ? EXIT_DONE : EXIT_FAILED;
done:
	release_refused(&refused);
	ruleset_free(rs);
	return status;
}

static int
wrong(const char *what, const char *argument)
{
	fprintf(
	    stderr, "stadswacht-signatures: %s%s; see --help\n", what, argument);
	return EXIT_USAGE;
}

int
signatures_check_run(int argc, char **argv)
{
	if (argc > 0)
		return wrong("unexpected argument ", argv[0]);
	if (rules_paths.n + yara_paths.n == 0 && bundle_path == NULL)
		return wrong("check needs --rules or --yara, or --bundle", "");
	if (bundle_path == NULL)
		return check_files();
	if (rules_paths.n + yara_paths.n > 0 || threshold_path != NULL ||
	    classification_path != NULL || iprep_categories != NULL || iprep.n > 0)
		return wrong(
		    "--bundle goes with --bundle-key, --set and --json", "");
	return check_bundle();
}
