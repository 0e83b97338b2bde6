/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * How well we look: the agents and the hours they were heard, what was lost on the
 * way, and what stadswacht does not see at all.
 */
#include "collector/report/html_coverage.h"

uint64_t
html_coverage_agents(const struct figures *f, uint64_t *silent)
{
	uint64_t n = 0;

	*silent = 0;
	for (size_t i = 0; i < f->agents; i++) {
		n += f->agent[i].enrolled;
		*silent += f->agent[i].enrolled && f->agent[i].hours == 0;
	}
	return n;
}

uint64_t
html_coverage_lost(const struct figures *f)
{
	uint64_t n = 0;

	for (int c = 0; c < RECORD_CLASSES; c++)
		n += f->lost[c];
	return n;
}

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

void
html_coverage(struct page *p)
{
	static const enum texts_id columns[] = {TEXT_COL_AGENT, TEXT_COL_HOST,
	    TEXT_COL_HOURS, TEXT_COL_RECORDS, TEXT_COL_STATE};
	const struct figures *f = p->f;

	page_heading(p, TEXT_H_COVERAGE);
	if (f->agents == 0) {
		page_paragraph(p, TEXT_NO_AGENTS);
		return;
	}
	page_table(p, TEXT_C_AGENTS, columns, 5);
	for (size_t i = 0; i < f->agents; i++) {
		const struct figures_agent *a = &f->agent[i];

		page_row(p, a->name);
		page_cell(p, a->host);
		buf_adds(p->out, "<td class=\"n\">");
		page_put_number(p, a->hours);
		buf_adds(p->out, " / ");
		page_put_number(p, f->week_hours);
		buf_adds(p->out, "</td>");
		page_cell_number(p, a->records);
		page_cell(p, texts_get(p->lang, verdict(f, a)));
		page_row_end(p);
	}
	page_table_end(p);
	page_paragraph(p, TEXT_RULES_AGE);
}

void
html_coverage_losses(struct page *p)
{
	static const enum texts_id columns[] = {TEXT_COL_KIND, TEXT_COL_NUMBER};
	const struct figures *f = p->f;

	page_heading(p, TEXT_H_LOST);
	page_table(p, TEXT_C_LOST, columns, 2);
	for (int c = 0; c < RECORD_CLASSES; c++) {
		page_row(
		    p, texts_get(p->lang, (enum texts_id)(TEXT_LOST_HEALTH + c)));
		page_cell_number(p, f->lost[c]);
		page_row_end(p);
	}
	page_row(p, texts_get(p->lang, TEXT_LOST_PACKETS));
	page_cell_number(p, f->packets_dropped);
	page_row_end(p);
	page_table_end(p);
}

void
html_coverage_not_seen(struct page *p)
{
	const struct figures *f = p->f;
	uint64_t silent, all = html_coverage_agents(f, &silent) * f->week_hours,
			 heard = 0;
	char a[24], b[24];

	for (size_t i = 0; i < f->agents; i++) {
		uint64_t h = f->agent[i].enrolled ? f->agent[i].hours : 0;

		/* The hour that is still running counts as heard, not as more than all. */
		heard += h > f->week_hours ? f->week_hours : h;
	}
	page_heading(p, TEXT_H_NOT_SEEN);
	buf_adds(p->out, "<ul>\n");
	page_say_with(p, "li", TEXT_NOT_HOSTS, NULL, NULL, NULL, NULL);
	page_say_with(p, "li", TEXT_NOT_CIPHER, NULL, NULL, NULL, NULL);
	page_say_with(p, "li", TEXT_NOT_HOURS, page_number(all - heard, a),
	    page_number(all, b), NULL, NULL);
	buf_adds(p->out, "</ul>\n");
	if (f->cut)
		page_paragraph(p, TEXT_CUT);
}
