/* SPDX-License-Identifier: EUPL-1.2 */
#include "collector/report/figures_reader.h"

#include "common/clock.h"
#include "common/str.h"

#include <stdio.h>
#include <string.h>

static const char *const levels[FIGURES_LEVELS] = {
    "informational", "low", "medium", "high", "critical"};

static int
level_of(const char *name)
{
	for (int i = 0; i < FIGURES_LEVELS; i++) {
		if (name != NULL && strcmp(levels[i], name) == 0)
			return i;
	}
	return 0;
}

static int64_t
time_at(const struct json_doc *d, const char *path, int64_t fallback)
{
	const char *text = json_str(d, path);
	int64_t t;

	return text == NULL || clock_parse(text, &t) == -1 ? fallback : t;
}

static bool
has_word(const char *list, const char *word)
{
	size_t n = strlen(word);

	for (const char *at = list; (at = strstr(at, word)) != NULL; at += n) {
		if ((at == list || at[-1] == ' ') &&
		    (at[n] == ',' || at[n] == '\0'))
			return true;
	}
	return n == 0;
}

static void
append_word(char *list, size_t size, const char *word)
{
	size_t n = strlen(list);

	if (n + strlen(word) + 3 < size)
		snprintf(list + n, size - n, "%s%s", n > 0 ? ", " : "", word);
}

/* Hosts are ours; addresses may be of a visitor and stay out. */
static void
read_lists(struct figures_incident *n, const struct json_doc *d)
{
	const struct json_doc *list = json_at(d, "incident.entities");

	n->hosts[0] = n->attack[0] = '\0';
	for (size_t i = 0; list != NULL && i < json_count(list); i++) {
		const char *type = json_str(json_item(list, i), "type");
		const char *value = json_str(json_item(list, i), "value");

		if (type != NULL && value != NULL &&
		    figures_is_one_of(type, "host", "seen") &&
		    !has_word(n->hosts, value))
			append_word(n->hosts, sizeof(n->hosts), value);
	}
	list = json_at(d, "incident.attack");
	for (size_t i = 0; list != NULL && i < json_count(list); i++) {
		if (json_str(json_item(list, i), "") != NULL)
			append_word(n->attack, sizeof(n->attack),
			    json_str(json_item(list, i), ""));
	}
}

void
figures_fold_incident(
    struct figures_reader *r, const struct store_row *row, const struct json_doc *d)
{
	const char *id = json_str(d, "incident.id"),
		   *title = json_str(d, "incident.title"),
		   *title_nl = json_str(d, "incident.title_nl");
	const char *status = json_str(d, "incident.status");
	bool triage = strcmp(row->event_type, "triage") == 0;
	struct figures_incident *n;

	if (id == NULL ||
	    (triage && table_get(r->incidents, id, strlen(id)) == NULL) ||
	    (n = figures_find_or_make(r, r->incidents, id, sizeof(*n))) == NULL)
		return;
	/* What a person said outlives what the machine says next. */
	if (status != NULL &&
	    (triage || n->status[0] == '\0' || strcmp(n->status, "new") == 0 ||
		strcmp(status, "merged") == 0))
		str_copy(n->status, sizeof(n->status), status);
	if (triage)
		return;
	str_copy(n->id, sizeof(n->id), id);
	str_copy(n->title, sizeof(n->title), title == NULL ? "" : title);
	str_copy(
	    n->title_nl, sizeof(n->title_nl), title_nl == NULL ? "" : title_nl);
	str_copy(
	    n->tenant, sizeof(n->tenant), row->tenant == NULL ? "" : row->tenant);
	n->level = level_of(json_str(d, "incident.severity"));
	n->first_us = time_at(d, "incident.first", row->time_us);
	n->last_us = time_at(d, "incident.last", row->time_us);
	n->events = figures_count_at(d, "incident.count");
	n->is_new = n->first_us >= r->week->from_us && n->first_us < r->week->to_us;
	read_lists(n, d);
}

void
figures_count_incidents(struct figures_reader *r)
{
	size_t pos = 0;
	struct figures_incident *n;

	while ((n = table_next(r->incidents, &pos, NULL, NULL)) != NULL) {
		if (!n->is_new || strcmp(n->status, "merged") == 0)
			continue;
		r->counts->incidents++;
		r->counts->level[n->level]++;
	}
}
