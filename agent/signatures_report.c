/* SPDX-License-Identifier: EUPL-1.2 */
/* Refused rules, for a person: each of them, or how often each reason came up. */
#include "agent/signatures_report.h"

#include "common/log.h"
#include "common/table.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define REASONS_MAX 65536

/* How often a reason came up, with one place where it did. */
struct reason {
	const struct ruleset_refusal *example;
	size_t count;
};

static int
more_often(const void *a, const void *b)
{
	const struct reason *x = *(struct reason *const *)a,
			    *y = *(struct reason *const *)b;

	if (x->count != y->count)
		return x->count < y->count ? 1 : -1;
	return strcmp(x->example->reason, y->example->reason);
}

static int
count_reasons(struct table *reasons, const struct ruleset_refusal *r, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		size_t len = strlen(r[i].reason);
		struct reason *why = table_get(reasons, r[i].reason, len);

		if (why == NULL) {
			if ((why = calloc(1, sizeof(*why))) == NULL)
				return -1;
			why->example = &r[i];
			if (table_put(reasons, r[i].reason, len, why) == -1) {
				free(why);
				return -1;
			}
		}
		why->count++;
	}
	return 0;
}

int
signatures_report_reasons(const struct ruleset_refusal *r, size_t n)
{
	struct table *reasons = table_new(REASONS_MAX, free);
	struct reason **list = NULL, *why;
	size_t pos = 0, k = 0, len;
	const void *key;
	int rc = -1;

	if (reasons == NULL || count_reasons(reasons, r, n) == -1)
		goto done;
	if ((list = calloc(table_count(reasons) + 1, sizeof(struct reason *))) ==
	    NULL)
		goto done;
	while ((why = table_next(reasons, &pos, &key, &len)) != NULL)
		list[k++] = why;
	qsort(list, k, sizeof(struct reason *), more_often);
	for (size_t i = 0; i < k; i++)
		printf("%8zu  %s\n          first: %s:%u, sid %u\n", list[i]->count,
		    list[i]->example->reason, list[i]->example->file,
		    list[i]->example->line, list[i]->example->sid);
	rc = 0;
done:
	if (rc == -1)
		log_error("report: %s", strerror(errno));
	free(list);
	table_free(reasons);
	return rc;
}

void
signatures_report_each(const struct ruleset_refusal *r, size_t n)
{
	for (size_t i = 0; i < n; i++)
		printf("%s:%u: sid %u: %s\n", r[i].file, r[i].line, r[i].sid,
		    r[i].reason);
}
