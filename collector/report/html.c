/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * The page.  Severity and state are words, never colour alone; each chart has its
 * table; headings go down one level at a time; nothing comes from elsewhere.
 */
#include "collector/report/html.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

struct page {
	struct buf *out;
	const struct figures *f;
	enum texts_lang lang;
};

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

/* --- parts ------------------------------------------------------------------------ */

/* Text as HTML; what may not stand in a document becomes a question mark. */
static void
put(struct page *p, const char *text)
{
	for (const char *s = text; *s != '\0'; s++) {
		switch (*s) {
		case '&':
			buf_adds(p->out, "&amp;");
			break;
		case '<':
			buf_adds(p->out, "&lt;");
			break;
		case '>':
			buf_adds(p->out, "&gt;");
			break;
		case '"':
			buf_adds(p->out, "&quot;");
			break;
		default:
			buf_addc(p->out,
			    (unsigned char)*s < 0x20 || *s == 0x7f ? '?' : *s);
		}
	}
}

static void
say(struct page *p, enum texts_id id)
{
	put(p, texts_get(p->lang, id));
}

static const char *
number(uint64_t n, char out[24])
{
	snprintf(out, 24, "%" PRIu64, n);
	return out;
}

static void
put_number(struct page *p, uint64_t n)
{
	char text[24];

	buf_adds(p->out, number(n, text));
}

/* A sentence with up to four things filled in; NULL ends them. */
static void
say_with(struct page *p, const char *tag, enum texts_id id, const char *a,
    const char *b, const char *c, const char *d)
{
	const char *const arg[] = {a, b, c, d};
	struct buf text;
	size_t n = 0;

	while (n < 4 && arg[n] != NULL)
		n++;
	buf_init(&text, 4096);
	texts_fill(&text, p->lang, id, arg, n);
	buf_addf(p->out, "<%s>", tag);
	put(p, buf_str(&text) == NULL ? "" : buf_str(&text));
	buf_addf(p->out, "</%s>\n", tag);
	buf_release(&text);
}

static void
paragraph(struct page *p, enum texts_id id)
{
	say_with(p, "p", id, NULL, NULL, NULL, NULL);
}

static void
heading(struct page *p, enum texts_id id)
{
	say_with(p, "h2", id, NULL, NULL, NULL, NULL);
}

static void
begin_table(
    struct page *p, enum texts_id caption, const enum texts_id *column, size_t n)
{
	buf_adds(p->out, "<div class=\"scroll\"><table>\n<caption>");
	say(p, caption);
	buf_adds(p->out, "</caption>\n<thead><tr>");
	for (size_t i = 0; i < n; i++) {
		buf_adds(p->out, "<th scope=\"col\">");
		say(p, column[i]);
		buf_adds(p->out, "</th>");
	}
	buf_adds(p->out, "</tr></thead>\n<tbody>\n");
}

static void
end_table(struct page *p)
{
	buf_adds(p->out, "</tbody></table></div>\n");
}

static void
row_head(struct page *p, const char *text)
{
	buf_adds(p->out, "<tr><th scope=\"row\">");
	put(p, text);
	buf_adds(p->out, "</th>");
}

static void
cell(struct page *p, const char *text)
{
	buf_adds(p->out, "<td>");
	put(p, text);
	buf_adds(p->out, "</td>");
}

static void
cell_number(struct page *p, uint64_t n)
{
	buf_adds(p->out, "<td class=\"n\">");
	put_number(p, n);
	buf_adds(p->out, "</td>");
}

static void
row_end(struct page *p)
{
	buf_adds(p->out, "</tr>\n");
}

static const char *
date_text(struct page *p, int64_t time_us, bool with_time, char *out, size_t size)
{
	struct week_clock c;

	week_local(time_us, &c);
	if (with_time)
		snprintf(out, size, "%d %s %02d:%02d", c.day,
		    texts_get(p->lang, (enum texts_id)(TEXT_MONTH_1 + c.month - 1)),
		    c.hour, c.minute);
	else
		snprintf(out, size, "%d %s %d", c.day,
		    texts_get(p->lang, (enum texts_id)(TEXT_MONTH_1 + c.month - 1)),
		    c.year);
	return out;
}

static const char *
in_language(const struct page *p, const char *text, const char *dutch)
{
	return p->lang == TEXTS_NL && dutch[0] != '\0' ? dutch : text;
}

/* --- the first page ------------------------------------------------------------------ */

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
	say(p, TEXT_TITLE);
	buf_addf(p->out, " %04d-W%02d", f->week.year, f->week.number);
	buf_addf(p->out, "</title>\n<style>%s</style>\n</head>\n<body>\n<header>\n",
	    style);
	say_with(p, "h1", TEXT_TITLE, NULL, NULL, NULL, NULL);
	say_with(p, "p", TEXT_WEEK_OF, number((uint64_t)f->week.number, week),
	    number((uint64_t)f->week.year, year),
	    date_text(p, f->week.from_us, false, first, sizeof(first)),
	    date_text(p, f->week.to_us - 1, false, last, sizeof(last)));
	say_with(p, "p", TEXT_FOR_TENANT,
	    f->tenant_title != NULL    ? f->tenant_title
		: f->tenant[0] != '\0' ? f->tenant
				       : texts_get(p->lang, TEXT_ALL_TENANTS),
	    NULL, NULL, NULL);
	week_local(f->now_us, &c);
	snprintf(clock, sizeof(clock), "%02d:%02d", c.hour, c.minute);
	say_with(p, "p", TEXT_MADE_AT,
	    date_text(p, f->now_us, false, first, sizeof(first)), clock, NULL,
	    NULL);
	paragraph(p, TEXT_TLP);
	if (f->now_us < f->week.to_us)
		say_with(p, "p", TEXT_STILL_RUNS, number(f->week_hours, hours),
		    NULL, NULL, NULL);
	buf_adds(p->out, "</header>\n<main>\n");
}

static uint64_t
agents_enrolled(const struct figures *f, uint64_t *silent)
{
	uint64_t n = 0;

	*silent = 0;
	for (size_t i = 0; i < f->agents; i++) {
		n += f->agent[i].enrolled;
		*silent += f->agent[i].enrolled && f->agent[i].hours == 0;
	}
	return n;
}

static uint64_t
records_lost(const struct figures *f)
{
	uint64_t n = 0;

	for (int c = 0; c < RECORD_CLASSES; c++)
		n += f->lost[c];
	return n;
}

/* "1 incident is" or "3 incidents are"; nothing when there are none. */
static void
say_count(struct page *p, enum texts_id one, enum texts_id many, uint64_t n)
{
	char text[24];

	if (n > 0)
		say_with(p, "li", n == 1 ? one : many, number(n, text), NULL, NULL,
		    NULL);
}

/* The list is heaviest first. */
static void
summary_heaviest(struct page *p)
{
	const struct figures *f = p->f;
	char time[64];

	for (size_t i = 0; i < f->incidents; i++) {
		const struct figures_incident *n = &f->incident[i];

		if (strcmp(n->status, "closed") == 0)
			continue;
		say_with(p, "li",
		    n->hosts[0] != '\0' ? TEXT_S_HEAVIEST_ON : TEXT_S_HEAVIEST,
		    in_language(p, n->title, n->title_nl),
		    texts_get(p->lang, (enum texts_id)(TEXT_LEVEL_0 + n->level)),
		    date_text(p, n->first_us, true, time, sizeof(time)),
		    n->hosts[0] != '\0' ? n->hosts : NULL);
		return;
	}
}

static void
summary_agents(struct page *p, uint64_t enrolled, uint64_t silent)
{
	enum texts_id what = enrolled == 0 ? TEXT_S_NO_AGENTS
	    : silent > 0		   ? TEXT_S_AGENTS
	    : enrolled == 1		   ? TEXT_S_AGENTS_ONE
					   : TEXT_S_AGENTS_ALL;
	char a[24], b[24];

	say_with(p, "li", what, number(enrolled - silent, a), number(enrolled, b),
	    NULL, NULL);
	say_count(p, TEXT_S_SILENT_ONE, TEXT_S_SILENT, silent);
}

static void
summary_incidents(struct page *p)
{
	const struct figures *f = p->f;
	uint64_t serious = f->this.level[3] + f->this.level[4], open = 0;

	for (size_t i = 0; i < f->incidents; i++)
		open += strcmp(f->incident[i].status, "closed") != 0;
	if (f->this.incidents == 0)
		say_with(p, "li", TEXT_S_NO_INCIDENT, NULL, NULL, NULL, NULL);
	say_count(p, TEXT_S_INCIDENT, TEXT_S_INCIDENTS, f->this.incidents);
	say_count(p, TEXT_S_SERIOUS_ONE, TEXT_S_SERIOUS, serious);
	say_count(p, TEXT_S_OPEN_ONE, TEXT_S_OPEN, open);
	summary_heaviest(p);
}

static void
summary(struct page *p)
{
	const struct figures *f = p->f;
	uint64_t silent, enrolled = agents_enrolled(f, &silent);
	uint64_t lost = records_lost(f);
	char a[24], b[24];

	heading(p, TEXT_H_SUMMARY);
	buf_adds(p->out, "<div class=\"summary\"><ul>\n");
	if (f->agents_heard == 0)
		say_with(p, "li", TEXT_S_NOTHING, NULL, NULL, NULL, NULL);
	summary_incidents(p);
	say_with(p, "li", f->before_known ? TEXT_S_ALERTS : TEXT_S_ALERTS_FIRST,
	    number(f->this.alerts, a), number(f->before.alerts, b), NULL, NULL);
	summary_agents(p, enrolled, silent);
	if (lost > 0 || f->packets_dropped > 0)
		say_with(p, "li", TEXT_S_LOST, number(lost, a),
		    number(f->packets_dropped, b), NULL, NULL);
	else
		say_with(p, "li", TEXT_S_NOT_LOST, NULL, NULL, NULL, NULL);
	buf_adds(p->out, "</ul></div>\n");
}

static const char *
status_text(struct page *p, const struct figures_incident *n)
{
	if (strcmp(n->status, "closed") == 0)
		return texts_get(p->lang, TEXT_STATUS_CLOSED);
	if (strcmp(n->status, "new") == 0)
		return texts_get(
		    p->lang, n->is_new ? TEXT_STATUS_NEW : TEXT_STATUS_OLDER);
	return n->status;
}

static void
incidents(struct page *p)
{
	static const enum texts_id columns[] = {TEXT_COL_ID, TEXT_COL_WHAT,
	    TEXT_COL_SEVERITY, TEXT_COL_BEGAN, TEXT_COL_EVENTS, TEXT_COL_HOSTS,
	    TEXT_COL_ATTACK, TEXT_COL_STATUS};
	const struct figures *f = p->f;
	char time[64], more[24];

	heading(p, TEXT_H_INCIDENTS);
	if (f->incidents == 0) {
		paragraph(p, TEXT_NO_INCIDENTS);
		return;
	}
	begin_table(p, TEXT_C_INCIDENTS, columns, 8);
	for (size_t i = 0; i < f->incidents && i < REPORT_INCIDENTS; i++) {
		const struct figures_incident *n = &f->incident[i];

		row_head(p, n->id);
		cell(p, in_language(p, n->title, n->title_nl));
		cell(p,
		    texts_get(p->lang, (enum texts_id)(TEXT_LEVEL_0 + n->level)));
		cell(p, date_text(p, n->first_us, true, time, sizeof(time)));
		cell_number(p, n->events);
		cell(p, n->hosts);
		cell(p, n->attack);
		cell(p, status_text(p, n));
		row_end(p);
	}
	end_table(p);
	if (f->incidents > REPORT_INCIDENTS)
		say_with(p, "p", TEXT_MORE_INCIDENTS,
		    number(f->incidents - REPORT_INCIDENTS, more), NULL, NULL,
		    NULL);
}

/* --- alerts --------------------------------------------------------------------------- */

static void
compare_row(struct page *p, enum texts_id name, uint64_t this, uint64_t before)
{
	row_head(p, texts_get(p->lang, name));
	cell_number(p, this);
	if (p->f->before_known)
		cell_number(p, before);
	else
		cell(p, texts_get(p->lang, TEXT_UNKNOWN));
	row_end(p);
}

static void
compare_table(struct page *p, enum texts_id caption, enum texts_id what,
    enum texts_id first, const uint64_t *this, const uint64_t *before, size_t n)
{
	const enum texts_id columns[] = {what, TEXT_COL_THIS, TEXT_COL_BEFORE};

	begin_table(p, caption, columns, 3);
	for (size_t i = 0; i < n; i++)
		compare_row(
		    p, (enum texts_id)((size_t)first + i), this[i], before[i]);
	compare_row(p, TEXT_COL_TOTAL, p->f->this.alerts, p->f->before.alerts);
	end_table(p);
}

/* Bars of 120 at most; this week filled, the week before as an outline. */
static void
day_chart(struct page *p)
{
	const struct figures *f = p->f;
	uint64_t most = 1;

	for (int i = 0; i < 7; i++) {
		most = f->this.day[i] > most ? f->this.day[i] : most;
		most = f->before.day[i] > most ? f->before.day[i] : most;
	}
	buf_adds(p->out,
	    "<svg viewBox=\"0 0 700 180\" width=\"700\" height=\"180\" "
	    "role=\"img\" aria-labelledby=\"ct cd\">\n<title id=\"ct\">");
	say(p, TEXT_C_DAY);
	buf_adds(p->out, "</title>\n<desc id=\"cd\">");
	say(p, TEXT_CHART_DAY);
	buf_adds(p->out, "</desc>\n");
	for (int i = 0; i < 7; i++) {
		unsigned a = (unsigned)(f->this.day[i] * 120 / most);
		unsigned b = (unsigned)(f->before.day[i] * 120 / most);

		buf_addf(p->out,
		    "<rect class=\"this\" x=\"%d\" y=\"%u\" width=\"36\" "
		    "height=\"%u\"/>"
		    "<rect class=\"before\" x=\"%d\" y=\"%u\" width=\"32\" "
		    "height=\"%u\"/>"
		    "<text x=\"%d\" y=\"%u\">%" PRIu64 "</text>"
		    "<text x=\"%d\" y=\"170\">",
		    10 + 100 * i, 150 - a, a, 50 + 100 * i, 150 - b, b,
		    10 + 100 * i, 145 - a, f->this.day[i], 10 + 100 * i);
		say(p, (enum texts_id)(TEXT_DAY_0 + i));
		buf_adds(p->out, "</text>\n");
	}
	buf_adds(p->out, "</svg>\n");
}

static void
top_rules(struct page *p)
{
	static const enum texts_id columns[] = {
	    TEXT_COL_RULE, TEXT_COL_SEVERITY, TEXT_COL_ALERTS};
	const struct figures *f = p->f;

	if (f->rules == 0) {
		paragraph(p, TEXT_NO_ALERTS);
		return;
	}
	begin_table(p, TEXT_C_RULES, columns, 3);
	for (size_t i = 0; i < figures_top(f->rules); i++) {
		int64_t s = f->rule[i].severity;

		row_head(p,
		    in_language(p, f->rule[i].signature, f->rule[i].signature_nl));
		cell(p,
		    texts_get(p->lang,
			s >= 1 && s <= 3 ? (enum texts_id)(TEXT_SEV_1 + s - 1)
					 : TEXT_SEV_4));
		cell_number(p, f->rule[i].alerts);
		row_end(p);
	}
	end_table(p);
}

static void
top_hosts(struct page *p)
{
	static const enum texts_id columns[] = {
	    TEXT_COL_HOST, TEXT_COL_ALERTS, TEXT_COL_HIGH};
	const struct figures *f = p->f;

	if (f->hosts == 0) {
		paragraph(p, TEXT_NO_HOSTS);
		return;
	}
	begin_table(p, TEXT_C_HOSTS, columns, 3);
	for (size_t i = 0; i < figures_top(f->hosts); i++) {
		row_head(p, f->host[i].name);
		cell_number(p, f->host[i].alerts);
		cell_number(p, f->host[i].high);
		row_end(p);
	}
	end_table(p);
}

static void
alerts(struct page *p)
{
	const struct figures *f = p->f;

	heading(p, TEXT_H_ALERTS);
	compare_table(p, TEXT_C_SEVERITY, TEXT_COL_SEVERITY, TEXT_SEV_1,
	    f->this.severity, f->before.severity, FIGURES_SEVERITIES);
	day_chart(p);
	compare_table(
	    p, TEXT_C_DAY, TEXT_COL_DAY, TEXT_DAY_0, f->this.day, f->before.day, 7);
	compare_table(p, TEXT_C_ENGINE, TEXT_COL_ENGINE, TEXT_ENGINE_RULES,
	    f->this.engine, f->before.engine, FIGURES_ENGINES);
	top_rules(p);
	top_hosts(p);
}

/* --- how well we look -------------------------------------------------------------------- */

static enum texts_id
verdict(const struct figures *f, const struct figures_agent *a)
{
	if (!a->enrolled)
		return TEXT_AGENT_UNKNOWN;
	if (a->hours == 0)
		return TEXT_AGENT_SILENT;
	return a->hours * 100 >= (uint64_t)f->week_hours * 95 ? TEXT_AGENT_GOOD
							      : TEXT_AGENT_GAPS;
}

static void
coverage(struct page *p)
{
	static const enum texts_id columns[] = {TEXT_COL_AGENT, TEXT_COL_HOST,
	    TEXT_COL_HOURS, TEXT_COL_RECORDS, TEXT_COL_STATE};
	const struct figures *f = p->f;

	heading(p, TEXT_H_COVERAGE);
	if (f->agents == 0) {
		paragraph(p, TEXT_NO_AGENTS);
		return;
	}
	begin_table(p, TEXT_C_AGENTS, columns, 5);
	for (size_t i = 0; i < f->agents; i++) {
		const struct figures_agent *a = &f->agent[i];

		row_head(p, a->name);
		cell(p, a->host);
		buf_adds(p->out, "<td class=\"n\">");
		put_number(p, a->hours);
		buf_adds(p->out, " / ");
		put_number(p, f->week_hours);
		buf_adds(p->out, "</td>");
		cell_number(p, a->records);
		cell(p, texts_get(p->lang, verdict(f, a)));
		row_end(p);
	}
	end_table(p);
	paragraph(p, TEXT_RULES_AGE);
}

static void
losses(struct page *p)
{
	static const enum texts_id columns[] = {TEXT_COL_KIND, TEXT_COL_NUMBER};
	const struct figures *f = p->f;

	heading(p, TEXT_H_LOST);
	begin_table(p, TEXT_C_LOST, columns, 2);
	for (int c = 0; c < RECORD_CLASSES; c++) {
		row_head(
		    p, texts_get(p->lang, (enum texts_id)(TEXT_LOST_HEALTH + c)));
		cell_number(p, f->lost[c]);
		row_end(p);
	}
	row_head(p, texts_get(p->lang, TEXT_LOST_PACKETS));
	cell_number(p, f->packets_dropped);
	row_end(p);
	end_table(p);
}

static void
not_seen(struct page *p)
{
	const struct figures *f = p->f;
	uint64_t silent, all = agents_enrolled(f, &silent) * f->week_hours,
			 heard = 0;
	char a[24], b[24];

	for (size_t i = 0; i < f->agents; i++) {
		uint64_t h = f->agent[i].enrolled ? f->agent[i].hours : 0;

		/* The hour that is still running counts as heard, not as more than all. */
		heard += h > f->week_hours ? f->week_hours : h;
	}
	heading(p, TEXT_H_NOT_SEEN);
	buf_adds(p->out, "<ul>\n");
	say_with(p, "li", TEXT_NOT_HOSTS, NULL, NULL, NULL, NULL);
	say_with(p, "li", TEXT_NOT_CIPHER, NULL, NULL, NULL, NULL);
	say_with(p, "li", TEXT_NOT_HOURS, number(all - heard, a), number(all, b),
	    NULL, NULL);
	buf_adds(p->out, "</ul>\n");
	if (f->cut)
		paragraph(p, TEXT_CUT);
}

static void
glossary(struct page *p)
{
	heading(p, TEXT_H_WORDS);
	buf_adds(p->out, "<dl>\n");
	for (int id = TEXT_W_ALERT; id < TEXT_SEV_1; id += 2) {
		say_with(p, "dt", (enum texts_id)id, NULL, NULL, NULL, NULL);
		say_with(p, "dd", (enum texts_id)(id + 1), NULL, NULL, NULL, NULL);
	}
	buf_adds(p->out, "</dl>\n");
}

void
html_render(struct buf *out, const struct figures *f, enum texts_lang lang)
{
	struct page p = {out, f, lang};

	head(&p);
	summary(&p);
	incidents(&p);
	alerts(&p);
	coverage(&p);
	losses(&p);
	not_seen(&p);
	glossary(&p);
	buf_adds(out, "</main>\n</body>\n</html>\n");
}
