/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * The first page of the report: the week in a few sentences for who reads no
 * further, and the incidents, heaviest first.
 */
#include "collector/report/html_summary.h"

#include "collector/report/html_coverage.h"

#include <stdio.h>
#include <string.h>

/* "1 incident is" or "3 incidents are"; nothing when there are none. */
static void
say_count(struct page *p, enum texts_id one, enum texts_id many, uint64_t n)
{
	char text[24];

	if (n > 0)
		page_say_with(p, "li", n == 1 ? one : many, page_number(n, text),
		    NULL, NULL, NULL);
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
		page_say_with(p, "li",
		    n->hosts[0] != '\0' ? TEXT_S_HEAVIEST_ON : TEXT_S_HEAVIEST,
		    page_in_language(p, n->title, n->title_nl),
		    texts_get(p->lang, (enum texts_id)(TEXT_LEVEL_0 + n->level)),
		    page_date(p, n->first_us, true, time, sizeof(time)),
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

	page_say_with(p, "li", what, page_number(enrolled - silent, a),
	    page_number(enrolled, b), NULL, NULL);
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
		page_say_with(p, "li", TEXT_S_NO_INCIDENT, NULL, NULL, NULL, NULL);
	say_count(p, TEXT_S_INCIDENT, TEXT_S_INCIDENTS, f->this.incidents);
	say_count(p, TEXT_S_SERIOUS_ONE, TEXT_S_SERIOUS, serious);
	say_count(p, TEXT_S_OPEN_ONE, TEXT_S_OPEN, open);
	summary_heaviest(p);
}

void
html_summary(struct page *p)
{
	const struct figures *f = p->f;
	uint64_t silent, enrolled = html_coverage_agents(f, &silent);
	uint64_t lost = html_coverage_lost(f);
	char a[24], b[24];

	page_heading(p, TEXT_H_SUMMARY);
	buf_adds(p->out, "<div class=\"summary\"><ul>\n");
	if (f->agents_heard == 0)
		page_say_with(p, "li", TEXT_S_NOTHING, NULL, NULL, NULL, NULL);
	summary_incidents(p);
	page_say_with(p, "li",
	    f->before_known ? TEXT_S_ALERTS : TEXT_S_ALERTS_FIRST,
	    page_number(f->this.alerts, a), page_number(f->before.alerts, b), NULL,
	    NULL);
	summary_agents(p, enrolled, silent);
	if (lost > 0 || f->packets_dropped > 0)
		page_say_with(p, "li", TEXT_S_LOST, page_number(lost, a),
		    page_number(f->packets_dropped, b), NULL, NULL);
	else
		page_say_with(p, "li", TEXT_S_NOT_LOST, NULL, NULL, NULL, NULL);
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

void
html_summary_incidents(struct page *p)
{
	static const enum texts_id columns[] = {TEXT_COL_ID, TEXT_COL_WHAT,
	    TEXT_COL_SEVERITY, TEXT_COL_BEGAN, TEXT_COL_EVENTS, TEXT_COL_HOSTS,
	    TEXT_COL_ATTACK, TEXT_COL_STATUS};
	const struct figures *f = p->f;
	char time[64], more[24];

	page_heading(p, TEXT_H_INCIDENTS);
	if (f->incidents == 0) {
		page_paragraph(p, TEXT_NO_INCIDENTS);
		return;
	}
	page_table(p, TEXT_C_INCIDENTS, columns, 8);
	for (size_t i = 0; i < f->incidents && i < REPORT_INCIDENTS; i++) {
		const struct figures_incident *n = &f->incident[i];

		page_row(p, n->id);
		page_cell(p, page_in_language(p, n->title, n->title_nl));
		page_cell(p,
		    texts_get(p->lang, (enum texts_id)(TEXT_LEVEL_0 + n->level)));
		page_cell(p, page_date(p, n->first_us, true, time, sizeof(time)));
		page_cell_number(p, n->events);
		page_cell(p, n->hosts);
		page_cell(p, n->attack);
		page_cell(p, status_text(p, n));
		page_row_end(p);
	}
	page_table_end(p);
	if (f->incidents > REPORT_INCIDENTS)
		page_say_with(p, "p", TEXT_MORE_INCIDENTS,
		    page_number(f->incidents - REPORT_INCIDENTS, more), NULL, NULL,
		    NULL);
}
