/* SPDX-License-Identifier: EUPL-1.2 */
/* stadswacht-report: the weekly report of one municipality, or of all, from the store. */
#include "collector/config.h"
#include "collector/report/export.h"
#include "collector/report/figures.h"
#include "collector/report/html.h"
#include "collector/store/store.h"
#include "common/clock.h"
#include "common/cmdline.h"
#include "common/log.h"
#include "common/str.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const char *store_uri, *week, *tenant, *lang_name = "nl", *now, *out_path,
					      *config_path;

static const struct cmdline_option options[] = {
    {"store", "URI", "the store, sqlite:/path/to/store.db", NULL, &store_uri, NULL},
    {"week", "YEAR-WNN", "the week, as 2026-W47: Monday to Sunday, Dutch time",
	NULL, &week, NULL},
    {"tenant", "NAME", "one municipality; without it, all together", NULL, &tenant,
	NULL},
    {"lang", "nl|en", "language of the page (default nl)", NULL, &lang_name, NULL},
    {"now", "TIME", "the moment it is made, for a report that can be repeated",
	NULL, &now, NULL},
    {"config", "FILE", "collector.yaml, for the full names of municipalities", NULL,
	&config_path, NULL},
    {"out", "FILE", "where it goes: .html is a page, .json the same figures", NULL,
	&out_path, NULL},
    {NULL, NULL, NULL, NULL, NULL, NULL},
};

static const struct cmdline cmdline = {
    .program = "stadswacht-report",
    .summary = "The weekly report on attacks, coverage and losses.",
    .options = options,
    .footer = "A page is printed, or saved as PDF, from any browser.",
};

static int
fail(const char *where, const char *what)
{
	fprintf(stderr, "stadswacht-report: %s: %s\n", where, what);
	return EXIT_FAILED;
}

/* Whole or not at all: under another name first. */
static int
save(const char *path, const struct buf *text)
{
	char new_path[4096];
	FILE *f;
	int kept;

	if ((size_t)snprintf(new_path, sizeof(new_path), "%s.new", path) >=
	    sizeof(new_path))
		return fail(path, "the name is too long");
	if ((f = fopen(new_path, "we")) == NULL)
		return fail(new_path, strerror(errno));
	kept = fwrite(text->data, 1, text->len, f) == text->len;
	kept = fclose(f) == 0 && kept;
	if (!kept || rename(new_path, path) == -1) {
		(void)unlink(new_path);
		return fail(path, "could not be written; is the disk full?");
	}
	return EXIT_DONE;
}

static int
make(struct store *s, const struct collector_config *config, int64_t now_us,
    enum texts_lang lang)
{
	struct figures f;
	struct buf text;
	char error[256];
	int status;

	buf_init(&text, REPORT_SIZE_MAX);
	if (figures_read(s, week, tenant, now_us, &f, error, sizeof(error)) == -1) {
		status = fail("cannot make the report", error);
	} else {
		if (config != NULL && tenant != NULL)
			f.tenant_title = config_tenant_title(config, tenant);
		if (str_ends(out_path, ".json"))
			export_json(&text, &f);
		else
			html_render(&text, &f, lang);
		status = text.overflow ? fail(out_path, "the report is too large")
				       : save(out_path, &text);
	}
	figures_release(&f);
	buf_release(&text);
	return status;
}

int
main(int argc, char **argv)
{
	struct collector_config config = {0};
	char error[512];
	struct store *s;
	int64_t now_us = clock_wall_us();
	int lang, status;

	if (cmdline_parse(&cmdline, argc, argv) < argc)
		cmdline_usage(&cmdline, "unexpected argument");
	log_init("stadswacht-report");
	if (store_uri == NULL || week == NULL || out_path == NULL)
		cmdline_usage(&cmdline, "--store, --week and --out are needed");
	if ((lang = texts_lang_parse(lang_name)) == -1)
		cmdline_usage(
		    &cmdline, "--lang is nl or en, not \"%s\"", lang_name);
	if (now != NULL && clock_parse(now, &now_us) == -1)
		cmdline_usage(&cmdline,
		    "--now \"%s\" is no time; write 2026-11-23T08:00:00Z", now);
	if (str_ends(out_path, ".pdf"))
		cmdline_usage(&cmdline,
		    "PDF is not built yet; write .html and print it to PDF from a "
		    "browser");
	if (!str_ends(out_path, ".html") && !str_ends(out_path, ".json"))
		cmdline_usage(&cmdline, "--out must end in .html or .json");
	if (config_path != NULL &&
	    config_load(config_path, &config, error, sizeof(error)) == -1)
		return fail("cannot use the configuration", error);
	if ((s = store_open(store_uri, STORE_READ, error, sizeof(error))) == NULL)
		status = fail("cannot open the store", error);
	else
		status = make(s, config_path != NULL ? &config : NULL, now_us,
		    (enum texts_lang)lang);
	store_close(s);
	config_release(&config);
	return status;
}
