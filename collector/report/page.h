/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * The pieces that a page is made of: text as HTML, sentences of texts.h with things
 * filled in, tables, dates.  Private to the files that render (html*.c).
 */
#ifndef COLLECTOR_REPORT_PAGE_H
#define COLLECTOR_REPORT_PAGE_H

#include "collector/report/figures.h"
#include "collector/report/texts.h"
#include "common/buf.h"

struct page {
	struct buf *out;
	const struct figures *f;
	enum texts_lang lang;
};

/* Text as HTML; what may not stand in a document becomes a question mark. */
void page_put(struct page *p, const char *text);
void page_put_number(struct page *p, uint64_t n);
void page_say(struct page *p, enum texts_id id);
/* An element with a sentence, up to four things filled in; NULL ends them. */
void page_say_with(struct page *p, const char *tag, enum texts_id id, const char *a,
    const char *b, const char *c, const char *d);
void page_paragraph(struct page *p, enum texts_id id);
void page_heading(struct page *p, enum texts_id id);

/* A table of n columns; its rows begin with their head and go on with cells. */
void page_table(
    struct page *p, enum texts_id caption, const enum texts_id *column, size_t n);
void page_table_end(struct page *p);
void page_row(struct page *p, const char *text);
void page_row_end(struct page *p);
void page_cell(struct page *p, const char *text);
void page_cell_number(struct page *p, uint64_t n);

/* Texts to fill in; out is what they return. */
const char *page_number(uint64_t n, char out[24]);
const char *page_date(
    struct page *p, int64_t time_us, bool with_time, char *out, size_t size);
/* The Dutch text where the page is Dutch and there is one. */
const char *page_in_language(
    const struct page *p, const char *text, const char *dutch);

#endif
