/* SPDX-License-Identifier: EUPL-1.2 */
/* What the parts of figures.c share while they read a week. */
#ifndef COLLECTOR_REPORT_FIGURES_READER_H
#define COLLECTOR_REPORT_FIGURES_READER_H

#include "collector/report/figures.h"
#include "common/json.h"
#include "common/table.h"

struct figures_reader {
	struct store *store;
	struct figures *f;
	struct figures_counts *counts; /* of the week that is read */
	const struct week *week;
	bool full; /* rules, hosts and losses too, or only counts? */
	struct table *rules, *hosts, *incidents, *agents, *before;
	size_t rows;
	bool failed;
};

/* Found by key, or made; NULL (and a note that the list was cut) when it is full. */
void *figures_find_or_make(
    struct figures_reader *r, struct table *t, const char *key, size_t size);
/* A number that an agent wrote: as much as can be true, so that sums stay sums. */
uint64_t figures_count_at(const struct json_doc *d, const char *path);
bool figures_is_one_of(const char *type, const char *a, const char *b);

/* A row of an incident, or of what a person said of one. */
void figures_fold_incident(struct figures_reader *r, const struct store_row *row,
    const struct json_doc *d);
/* When all rows of the week are folded. */
void figures_count_incidents(struct figures_reader *r);
/* The tables as sorted arrays; -1: no memory. */
int figures_make_lists(struct figures_reader *r);

#endif
