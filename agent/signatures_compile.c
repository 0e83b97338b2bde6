/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * stadswacht-signatures compile: signatures are loaded as a sensor would, and what
 * loads goes into one file, with what it needs and its databases.
 */
#include "agent/signatures_compile.h"

#include "agent/bundle_yara.h"
#include "agent/signatures_pack.h"
#include "agent/signatures_report.h"

#include "common/clock.h"
#include "common/log.h"
#include "common/str.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct {
	struct cmdline_list rules, yara, sets, cpus, iprep;
	const char *iprep_categories, *threshold, *classification, *out, *key;
	const char *serial, *supersedes, *days;
	bool list_all, strict;
} args;

const struct cmdline_option SIGNATURES_COMPILE_OPTIONS[] = {
    {"rules", "FILE|DIR", "traffic rules; may be repeated", NULL, NULL,
	&args.rules},
    {"yara", "FILE|DIR", "YARA rules for files; may be repeated", NULL, NULL,
	&args.yara},
    {"set", "NAME=VALUE",
	"a rule variable, unless an agent sets its own; may be repeated", NULL,
	NULL, &args.sets},
    {"threshold", "FILE", "threshold.config (else the one beside the rules)", NULL,
	&args.threshold, NULL},
    {"classification", "FILE",
	"classification.config (else the one beside the rules, else built in)",
	NULL, &args.classification, NULL},
    {"iprep-categories", "FILE", "categories of reputations, for iprep", NULL,
	&args.iprep_categories, NULL},
    {"iprep", "FILE", "a list of reputations; may be repeated", NULL, NULL,
	&args.iprep},
    {"out", "FILE", "the bundle to write, as FILE.swb", NULL, &args.out, NULL},
    {"key", "SECRET", "sign it with this key, of keygen", NULL, &args.key, NULL},
    {"serial", "N",
	"its number; agents go forward only (default: seconds since 1970)", NULL,
	&args.serial, NULL},
    {"supersedes", "N",
	"let agents go back to it from serials up to this one, to undo those", NULL,
	&args.supersedes, NULL},
    {"expires", "DAYS", "agents warn of it and take it no more after so many days",
	NULL, &args.days, NULL},
    {"cpu", "LEVEL",
	"processors to compile traffic rules for: generic, avx2, avx512, "
	"avx512vbmi; may be "
	"repeated (default: this one's)",
	NULL, NULL, &args.cpus},
    {"list", NULL, "name each refused rule, not only the reasons", &args.list_all,
	NULL, NULL},
    {"strict", NULL, "write nothing when something is refused", &args.strict, NULL,
	NULL},
    {NULL, NULL, NULL, NULL, NULL, NULL},
};

struct compiler {
	struct bundle_writer *writer;
	struct signatures_pack pack;
	struct bundle_head head;
};

/* --- loading ---------------------------------------------------------------------- */

static int
may_be_left_out(size_t refused)
{
	if (refused == 0 || !args.strict)
		return 0;
	log_error(
	    "%zu are refused and --strict was given: nothing is written", refused);
	return -1;
}

static int
tell(const struct ruleset *rs)
{
	const struct ruleset_refusal *r;
	size_t n = ruleset_refusals(rs, &r);

	if (args.list_all)
		signatures_report_each(r, n);
	else if (signatures_report_reasons(r, n) == -1)
		return -1;
	printf("rules: %zu in all, %zu loaded, %zu refused, %zu left out by "
	       "\"requires\"\n",
	    ruleset_total(rs), ruleset_loaded(rs), n,
	    ruleset_total(rs) - ruleset_loaded(rs) - n);
	return may_be_left_out(n);
}

static void
on_yara_refused(void *arg, const char *file, unsigned line, const char *reason)
{
	(void)arg;
	printf("%s:%u: %s\n", file, line, reason);
}

static int
collect_yara(struct compiler *c)
{
	struct bundle_yara_pack pack = {.writer = c->writer};
	const struct yara_source source = {.arg = &pack, .seen = bundle_yara_seen};
	struct yara_totals totals;
	struct yara *y;

	if (args.yara.n == 0)
		return 0;
	y = yara_load_from(
	    &source, args.yara.v, args.yara.n, on_yara_refused, NULL, &totals);
	if (y == NULL || pack.error != 0) {
		log_error(
		    "YARA rules: %s", strerror(y == NULL ? errno : pack.error));
		yara_free(y);
		return -1;
	}
	yara_free(y);
	printf("yara: %zu files, %zu rules loaded, %zu refused\n", totals.files,
	    totals.rules, totals.files_refused);
	return may_be_left_out(totals.files_refused);
}

static int
collect_rules(struct compiler *c)
{
	struct ruleset *rs;
	char error[512];
	int rc;

	if (args.rules.n == 0)
		return 0;
	c->pack.rules = args.rules.v;
	c->pack.rules_n = args.rules.n;
	c->pack.sets = args.sets.v;
	c->pack.sets_n = args.sets.n;
	c->pack.classification = args.classification;
	c->pack.threshold = args.threshold;
	c->pack.iprep_categories = args.iprep_categories;
	c->pack.iprep = args.iprep.v;
	c->pack.iprep_n = args.iprep.n;
	if ((rs = signatures_pack(&c->pack, c->writer, error, sizeof(error))) ==
	    NULL) {
		log_error("%s", error);
		return -1;
	}
	rc = tell(rs);
	ruleset_free(rs);
	return rc;
}

/* --- the file ---------------------------------------------------------------------- */

/* Whole or not at all: an agent may be about to read it. */
static int
write_file(struct compiler *c)
{
	char path[PATH_MAX], error[512] = "";
	int fd;

	if (snprintf(path, sizeof(path), "%s.new", args.out) >= (int)sizeof(path) ||
	    (fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0644)) == -1) {
		log_error("%s: %s; name a file that can be written", args.out,
		    strerror(errno));
		return -1;
	}
	if (bundle_writer_write(c->writer, &c->head, fd) == -1)
		goto failed;
	if (args.key != NULL &&
	    bundle_sign(fd, args.key, error, sizeof(error)) == -1)
		goto failed;
	if (fsync(fd) == -1 || rename(path, args.out) == -1)
		goto failed;
	close(fd);
	return 0;

failed:
	log_error("%s: %s", args.out, error[0] != '\0' ? error : strerror(errno));
	close(fd);
	unlink(path);
	return -1;
}

/* --- the command line ---------------------------------------------------------------- */

static int
wrong(const char *what, const char *value)
{
	fprintf(stderr, "stadswacht-signatures: %s%s; see --help\n", what, value);
	return -1;
}

static int
number(const char *text, const char *option, uint64_t max, uint64_t *out)
{
	char what[60];

	if (text == NULL || (str_u64(text, max, out) == 0 && *out > 0))
		return 0;
	snprintf(what, sizeof(what), "--%s is a number from 1, not ", option);
	return wrong(what, text);
}

static int
read_arguments(struct compiler *c, int argc, char **argv)
{
	uint64_t now = (uint64_t)(clock_wall_us() / CLOCK_US), days = 0;

	if (argc > 0)
		return wrong("unexpected argument ", argv[0]);
	if (args.rules.n + args.yara.n == 0 || args.out == NULL)
		return wrong("compile needs --rules or --yara, and --out", "");
	c->head = (struct bundle_head){.serial = now,
	    .made = now,
	    .oldest = bundle_version(STADSWACHT_VERSION)};
	if (number(args.serial, "serial", UINT64_MAX, &c->head.serial) == -1 ||
	    number(args.supersedes, "supersedes", UINT64_MAX,
		&c->head.supersedes) == -1 ||
	    number(args.days, "expires", 36500, &days) == -1)
		return -1;
	c->head.expires = days == 0 ? 0 : now + days * 86400;
	for (size_t i = 0; i < args.cpus.n; i++) {
		int level = detect_level(args.cpus.v[i]);

		if (level == -1)
			return wrong(
			    "--cpu is generic, avx2, avx512 or avx512vbmi, "
			    "not ",
			    args.cpus.v[i]);
		c->pack.levels |= 1u << level;
	}
	return 0;
}

int
signatures_compile_run(int argc, char **argv)
{
	static struct compiler c;
	int status = EXIT_FAILED;

	if (read_arguments(&c, argc, argv) == -1)
		return EXIT_USAGE;
	if ((c.writer = bundle_writer_new()) == NULL)
		log_error("%s", strerror(errno));
	else if (collect_rules(&c) == 0 && collect_yara(&c) == 0 &&
	    write_file(&c) == 0)
		status = EXIT_DONE;
	bundle_writer_free(c.writer);
	return status;
}
