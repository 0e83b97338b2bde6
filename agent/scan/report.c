/* SPDX-License-Identifier: EUPL-1.2 */
/* Records of a scan.  File content never goes into them, only where it matched. */
#include "agent/scan/report.h"

#include "agent/event/envelope.h"
#include "common/str.h"

#include <stdio.h>
#include <string.h>

/* Rule texts are their authors'; this much of one goes into a record. */
#define TEXT_MAX 400

static void
write_subject(
    struct jw *w, const struct report_subject *s, const struct yara_match *m)
{
	char name[4096];
	size_t len = strlen(s->path);

	jw_object(w, "fileinfo");
	if (s->member == NULL)
		jw_strn(w, "filename", s->path, len);
	else {
		int n = snprintf(name, sizeof(name), "%s!/%s", s->path, s->member);

		jw_strn(w, "filename", name,
		    (size_t)n < sizeof(name) ? (size_t)n : sizeof(name) - 1);
	}
	if (s->type[0] != '\0')
		jw_str(w, "magic", s->type);
	jw_str(w, "state", s->cut && s->member == NULL ? "TRUNCATED" : "CLOSED");
	jw_bool(w, "stored", false);
	jw_uint(w, "size", s->size);
	if (s->sha256 != NULL)
		jw_str(w, "sha256", s->sha256);
	if (s->member != NULL)
		jw_str(w, "container", s->path);
	if (m != NULL) {
		jw_array(w, "matches");
		for (size_t i = 0; i < m->strings_n; i++) {
			const struct yara_string *t = &m->strings[i];

			jw_object(w, NULL);
			jw_str(w, "name", t->name);
			jw_uint(w, "count", t->count);
			jw_array(w, "offsets");
			for (size_t k = 0; k < t->n; k++)
				jw_uint(w, NULL, t->offsets[k]);
			jw_end_array(w);
			jw_end_object(w);
		}
		jw_end_array(w);
	}
	jw_end_object(w);
}

/* Sample hashes are long lists that say nothing of this file. */
static bool
is_told(const struct yara_match *m, size_t i)
{
	if (m->metas[i].text == NULL || str_starts(m->metas[i].name, "hash"))
		return false;
	for (size_t k = 0; k < i; k++)
		if (strcmp(m->metas[k].name, m->metas[i].name) == 0)
			return false;
	return true;
}

/* EVE's form: each name once, with a list of texts. */
static void
write_metadata(struct jw *w, const struct yara_match *m)
{
	jw_object(w, "metadata");
	jw_array(w, "yara_namespace");
	jw_str(w, NULL, m->name_space);
	jw_end_array(w);
	if (m->tags_n > 0) {
		jw_array(w, "yara_tags");
		for (size_t i = 0; i < m->tags_n; i++)
			jw_str(w, NULL, m->tags[i]);
		jw_end_array(w);
	}
	for (size_t i = 0; i < m->metas_n; i++) {
		if (!is_told(m, i))
			continue;
		jw_key(w, m->metas[i].name, strlen(m->metas[i].name));
		jw_array(w, NULL);
		for (size_t k = i; k < m->metas_n; k++)
			if (m->metas[k].text != NULL &&
			    strcmp(m->metas[k].name, m->metas[i].name) == 0)
				jw_strn(w, NULL, m->metas[k].text,
				    strnlen(m->metas[k].text, TEXT_MAX));
		jw_end_array(w);
	}
	jw_end_object(w);
}

/* Public sets carry a score of 0 to 100 (signature-base); 1 is high in EVE. */
static unsigned
severity_of(const struct yara_match *m)
{
	for (size_t i = 0; i < m->metas_n; i++)
		if (m->metas[i].text == NULL &&
		    strcmp(m->metas[i].name, "score") == 0)
			return m->metas[i].number >= 80 ? 1
			    : m->metas[i].number >= 60	? 2
							: 3;
	return 2;
}

void
report_match(
    struct buf *out, const struct report_subject *s, const struct yara_match *m)
{
	const struct event_alert alert = {.action = "allowed",
	    .gid = EVENT_GID_YARA,
	    .signature_id = m->id,
	    .rev = 1,
	    .signature = m->rule,
	    .category = "File matches a YARA rule",
	    .severity = severity_of(m)};
	struct jw w;

	buf_reset(out);
	event_begin(&w, out, s->time_us);
	jw_members(&w, s->before, s->before_len);
	jw_str(&w, "event_type", "alert");
	event_alert_open(&w, &alert);
	write_metadata(&w, m);
	jw_end_object(&w);
	write_subject(&w, s, m);
	jw_members(&w, s->after, s->after_len);
	event_ours(&w, RECORD_ALERT, "yara", s->zone);
	event_end(&w);
}

void
report_finding(struct buf *out, const struct report_subject *s, const char *event,
    const char *reason, const char *rule)
{
	struct jw w;

	buf_reset(out);
	event_begin(&w, out, s->time_us);
	jw_members(&w, s->before, s->before_len);
	jw_str(&w, "event_type", "anomaly");
	jw_object(&w, "anomaly");
	jw_str(&w, "type", "file");
	jw_str(&w, "event", event);
	if (reason != NULL && reason[0] != '\0')
		jw_str(&w, "reason", reason);
	if (rule != NULL && rule[0] != '\0')
		jw_str(&w, "rule", rule);
	jw_end_object(&w);
	write_subject(&w, s, NULL);
	jw_members(&w, s->after, s->after_len);
	event_ours(&w, RECORD_FINDING, "yara", s->zone);
	event_end(&w);
}
