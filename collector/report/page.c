/* SPDX-License-Identifier: EUPL-1.2 */
/* The pieces that a page is made of, and the one place that escapes its text. */
#include "collector/report/page.h"

#include <inttypes.h>
#include <stdio.h>

void
page_put(struct page *p, const char *text)
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

void
page_say(struct page *p, enum texts_id id)
{
	page_put(p, texts_get(p->lang, id));
}

const char *
page_number(uint64_t n, char out[24])
{
	snprintf(out, 24, "%" PRIu64, n);
	return out;
}

void
page_put_number(struct page *p, uint64_t n)
{
	char text[24];

	buf_adds(p->out, page_number(n, text));
}

void
page_say_with(struct page *p, const char *tag, enum texts_id id, const char *a,
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
	page_put(p, buf_str(&text) == NULL ? "" : buf_str(&text));
	buf_addf(p->out, "</%s>\n", tag);
	buf_release(&text);
}

void
page_paragraph(struct page *p, enum texts_id id)
{
	page_say_with(p, "p", id, NULL, NULL, NULL, NULL);
}

void
page_heading(struct page *p, enum texts_id id)
{
	page_say_with(p, "h2", id, NULL, NULL, NULL, NULL);
}

void
page_table(
    struct page *p, enum texts_id caption, const enum texts_id *column, size_t n)
{
	buf_adds(p->out, "<div class=\"scroll\"><table>\n<caption>");
	page_say(p, caption);
	buf_adds(p->out, "</caption>\n<thead><tr>");
	for (size_t i = 0; i < n; i++) {
		buf_adds(p->out, "<th scope=\"col\">");
		page_say(p, column[i]);
		buf_adds(p->out, "</th>");
	}
	buf_adds(p->out, "</tr></thead>\n<tbody>\n");
}

void
page_table_end(struct page *p)
{
	buf_adds(p->out, "</tbody></table></div>\n");
}

void
page_row(struct page *p, const char *text)
{
	buf_adds(p->out, "<tr><th scope=\"row\">");
	page_put(p, text);
	buf_adds(p->out, "</th>");
}

void
page_cell(struct page *p, const char *text)
{
	buf_adds(p->out, "<td>");
	page_put(p, text);
	buf_adds(p->out, "</td>");
}

void
page_cell_number(struct page *p, uint64_t n)
{
	buf_adds(p->out, "<td class=\"n\">");
	page_put_number(p, n);
	buf_adds(p->out, "</td>");
}

void
page_row_end(struct page *p)
{
	buf_adds(p->out, "</tr>\n");
}

const char *
page_date(struct page *p, int64_t time_us, bool with_time, char *out, size_t size)
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

const char *
page_in_language(const struct page *p, const char *text, const char *dutch)
{
	return p->lang == TEXTS_NL && dutch[0] != '\0' ? dutch : text;
}
