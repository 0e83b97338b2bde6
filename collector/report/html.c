/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * The page as a whole: its head and style, its chapters in order, its glossary.
 * Severity and state are words, never colour alone; each chart has its table;
 * headings go down one level at a time; nothing comes from elsewhere.
 */
#include "collector/report/html.h"

#include "collector/report/html_alerts.h"
#include "collector/report/html_coverage.h"
#include "collector/report/html_summary.h"

#include <stdio.h>

static const char style[] =
    ":root{color-scheme:light dark;--ink:#1b1b1b;--paper:#fff;--line:#767676;"
    "--soft:#f2f2f2;--bar:#0b4f8a;--bar2:#767676}"
    "@media(prefers-color-scheme:dark){:root{--ink:#f2f2f2;--paper:#161616;"
    "--line:#8c8c8c;--soft:#262626;--bar:#7fb8ef;--bar2:#a0a0a0}}"
    "body{margin:0 auto;padding:1rem;max-width:60rem;color:var(--ink);"
    "background:var(--paper);font:1rem/1.5 system-ui,sans-serif}"
    "header p{margin:.2rem 0}"
    "h1{font-size:1.75rem;line-height:1.2}h2{font-size:1.3rem;margin-top:2rem}"
    "table{border-collapse:collapse;margin:1rem 0;width:100%}"
    "caption{text-align:left;font-weight:bold;padding:.25rem 0}"
    "th,td{border:1px solid var(--line);padding:.3rem .5rem;text-align:left;"
    "vertical-align:top;overflow-wrap:break-word}thead th{background:var(--soft)}"
    "td.n{text-align:right;font-variant-numeric:tabular-nums}"
    ".summary{border-left:.3rem solid var(--bar);padding:.1rem 1rem}"
    ".scroll{overflow-x:auto}svg{max-width:100%;height:auto}"
    "svg text{fill:var(--ink);font:12px system-ui,sans-serif}"
    ".this{fill:var(--bar)}.before{fill:none;stroke:var(--bar2);stroke-width:2}"
    "dt{font-weight:bold}dd{margin:0 0 .5rem 1rem}"
    "@media print{body{max-width:none;padding:0;font-size:10pt}"
    ".scroll{overflow:visible}table{font-size:9pt}tr,svg,dd{break-inside:avoid}h2{"
    "break-after:avoid}}";

static void
head(struct page *p)
{
	const struct figures *f = p->f;
	char week[24], year[24], first[64], last[64], hours[24], clock[24];
	struct week_clock c;

	buf_addf(p->out,
	    "<!DOCTYPE html>\n<html lang=\"%s\">\n<head>\n<meta "
	    "charset=\"utf-8\"/>\n"
	    "<meta name=\"viewport\" content=\"width=device-width, "
	    "initial-scale=1\"/>\n"
	    "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src "
	    "'none'; "
	    "style-src 'unsafe-inline'\"/>\n<title>",
	    texts_lang_name(p->lang));
	page_say(p, TEXT_TITLE);
	buf_addf(p->out, " %04d-W%02d", f->week.year, f->week.number);
	buf_addf(p->out, "</title>\n<style>%s</style>\n</head>\n<body>\n<header>\n",
	    style);
	page_say_with(p, "h1", TEXT_TITLE, NULL, NULL, NULL, NULL);
	page_say_with(p, "p", TEXT_WEEK_OF,
	    page_number((uint64_t)f->week.number, week),
	    page_number((uint64_t)f->week.year, year),
	    page_date(p, f->week.from_us, false, first, sizeof(first)),
	    page_date(p, f->week.to_us - 1, false, last, sizeof(last)));
	page_say_with(p, "p", TEXT_FOR_TENANT,
	    f->tenant_title != NULL    ? f->tenant_title
		: f->tenant[0] != '\0' ? f->tenant
				       : texts_get(p->lang, TEXT_ALL_TENANTS),
	    NULL, NULL, NULL);
	week_local(f->now_us, &c);
	snprintf(clock, sizeof(clock), "%02d:%02d", c.hour, c.minute);
	page_say_with(p, "p", TEXT_MADE_AT,
	    page_date(p, f->now_us, false, first, sizeof(first)), clock, NULL,
	    NULL);
	page_paragraph(p, TEXT_TLP);
	if (f->now_us < f->week.to_us)
		page_say_with(p, "p", TEXT_STILL_RUNS,
		    page_number(f->week_hours, hours), NULL, NULL, NULL);
	buf_adds(p->out, "</header>\n<main>\n");
}

static void
glossary(struct page *p)
{
	page_heading(p, TEXT_H_WORDS);
	buf_adds(p->out, "<dl>\n");
	for (int id = TEXT_W_ALERT; id < TEXT_SEV_1; id += 2) {
		page_say_with(p, "dt", (enum texts_id)id, NULL, NULL, NULL, NULL);
		page_say_with(
		    p, "dd", (enum texts_id)(id + 1), NULL, NULL, NULL, NULL);
	}
	buf_adds(p->out, "</dl>\n");
}

void
html_render(struct buf *out, const struct figures *f, enum texts_lang lang)
{
	struct page p = {out, f, lang};

	head(&p);
	html_summary(&p);
	html_summary_incidents(&p);
	html_alerts(&p);
	html_coverage(&p);
	html_coverage_losses(&p);
	html_coverage_not_seen(&p);
	glossary(&p);
	buf_adds(out, "</main>\n</body>\n</html>\n");
}
