/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * The alerts of a week beside those of the week before: tables, a chart of the days
 * (which says nothing that its table does not), the busiest rules and hosts.
 */
#include "collector/report/html_alerts.h"

#include <inttypes.h>

static void
compare_row(struct page *p, enum texts_id name, uint64_t this, uint64_t before)
{
	page_row(p, texts_get(p->lang, name));
	page_cell_number(p, this);
	if (p->f->before_known)
		page_cell_number(p, before);
	else
		page_cell(p, texts_get(p->lang, TEXT_UNKNOWN));
	page_row_end(p);
}

static void
compare_table(struct page *p, enum texts_id caption, enum texts_id what,
    enum texts_id first, const uint64_t *this, const uint64_t *before, size_t n)
{
	const enum texts_id columns[] = {what, TEXT_COL_THIS, TEXT_COL_BEFORE};

	page_table(p, caption, columns, 3);
	for (size_t i = 0; i < n; i++)
		compare_row(
		    p, (enum texts_id)((size_t)first + i), this[i], before[i]);
	compare_row(p, TEXT_COL_TOTAL, p->f->this.alerts, p->f->before.alerts);
	page_table_end(p);
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
	page_say(p, TEXT_C_DAY);
	buf_adds(p->out, "</title>\n<desc id=\"cd\">");
	page_say(p, TEXT_CHART_DAY);
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
		page_say(p, (enum texts_id)(TEXT_DAY_0 + i));
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
		page_paragraph(p, TEXT_NO_ALERTS);
		return;
	}
	page_table(p, TEXT_C_RULES, columns, 3);
	for (size_t i = 0; i < figures_top(f->rules); i++) {
		int64_t s = f->rule[i].severity;

		page_row(p,
		    page_in_language(
			p, f->rule[i].signature, f->rule[i].signature_nl));
		page_cell(p,
		    texts_get(p->lang,
			s >= 1 && s <= 3 ? (enum texts_id)(TEXT_SEV_1 + s - 1)
					 : TEXT_SEV_4));
		page_cell_number(p, f->rule[i].alerts);
		page_row_end(p);
	}
	page_table_end(p);
}

static void
top_hosts(struct page *p)
{
	static const enum texts_id columns[] = {
	    TEXT_COL_HOST, TEXT_COL_ALERTS, TEXT_COL_HIGH};
	const struct figures *f = p->f;

	if (f->hosts == 0) {
		page_paragraph(p, TEXT_NO_HOSTS);
		return;
	}
	page_table(p, TEXT_C_HOSTS, columns, 3);
	for (size_t i = 0; i < figures_top(f->hosts); i++) {
		page_row(p, f->host[i].name);
		page_cell_number(p, f->host[i].alerts);
		page_cell_number(p, f->host[i].high);
		page_row_end(p);
	}
	page_table_end(p);
}

void
html_alerts(struct page *p)
{
	const struct figures *f = p->f;

	page_heading(p, TEXT_H_ALERTS);
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
