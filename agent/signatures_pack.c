/* SPDX-License-Identifier: EUPL-1.2 */
#include "agent/signatures_pack.h"

#include "agent/limits.h"
#include "agent/rules_beside.h"

#include "common/str.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- what the ruleset reads and makes --------------------------------------------- */

static enum bundle_kind
kind_of(const struct signatures_pack *p, const char *path)
{
	if (p->classification != NULL && strcmp(path, p->classification) == 0)
		return BUNDLE_CLASSIFICATION;
	if (p->threshold != NULL && strcmp(path, p->threshold) == 0)
		return BUNDLE_THRESHOLD;
	if (p->iprep_categories != NULL && strcmp(path, p->iprep_categories) == 0)
		return BUNDLE_IPREP_CATEGORIES;
	for (size_t i = 0; i < p->iprep_n; i++)
		if (strcmp(path, p->iprep[i]) == 0)
			return BUNDLE_IPREP;
	return BUNDLE_FILE;
}

/* Two rules may read one file, two buffers may be looked into for one set. */
static int
add(struct signatures_pack *p, enum bundle_kind kind, const char *name,
    struct span bytes)
{
	return bundle_writer_add(p->writer, kind, name, bytes) == -1 &&
		errno != EEXIST
	    ? -1
	    : 0;
}

static char *
on_read(void *arg, const char *path, size_t max, size_t *len)
{
	struct signatures_pack *p = arg;
	size_t n;
	char *text = str_read_file(path, max, &n);

	if (text == NULL)
		return NULL;
	if (add(p, kind_of(p, path), path, (struct span){(uint8_t *)text, n}) ==
	    -1) {
		free(text);
		return NULL;
	}
	if (len != NULL)
		*len = n;
	return text;
}

static int
on_keep(void *arg, const char *name, bool placed, struct span bytes)
{
	return add(arg, placed ? BUNDLE_PLACED : BUNDLE_PATTERNS, name, bytes);
}

/* --- texts ------------------------------------------------------------------------ */

static int
add_text(struct signatures_pack *p, enum bundle_kind kind, const char *name)
{
	if (p->text.overflow) {
		errno = E2BIG;
		return -1;
	}
	return bundle_writer_add(
	    p->writer, kind, name, (struct span){p->text.data, p->text.len});
}

static int
end_file(struct signatures_pack *p)
{
	int rc = p->file == NULL ? 0 : add_text(p, BUNDLE_RULES, p->file);

	p->file = NULL;
	buf_reset(&p->text);
	return rc;
}

static int
on_text(void *arg, const char *file, const char *text)
{
	struct signatures_pack *p = arg;

	if (p->file == NULL || strcmp(p->file, file) != 0) {
		if (end_file(p) == -1)
			return -1;
		p->file = file;
	}
	buf_adds(&p->text, text);
	buf_addc(&p->text, '\n');
	return 0;
}

void
signatures_pack_refusals(const struct ruleset *rs, struct buf *out)
{
	const struct ruleset_refusal *r;
	size_t n = ruleset_refusals(rs, &r);

	for (size_t i = 0; i < n; i++)
		buf_addf(out, "%s:%u: sid %u: %s\n", r[i].file, r[i].line, r[i].sid,
		    r[i].reason);
}

static int
add_texts(struct signatures_pack *p, const struct ruleset *rs)
{
	if (ruleset_texts(rs, on_text, p) == -1 || end_file(p) == -1)
		return -1;
	for (size_t i = 0; i < p->sets_n; i++)
		buf_addf(&p->text, "%s\n", p->sets[i]);
	if (p->sets_n > 0 && add_text(p, BUNDLE_VARIABLES, "") == -1)
		return -1;
	buf_reset(&p->text);
	signatures_pack_refusals(rs, &p->text);
	return p->text.len > 0 ? add_text(p, BUNDLE_REFUSED, "") : 0;
}

/* --- loading ---------------------------------------------------------------------- */

static int
load(struct signatures_pack *p, struct ruleset *rs, char *error, size_t size)
{
	for (size_t i = 0; i < p->rules_n; i++)
		if (ruleset_load(rs, p->rules[i]) == -1) {
			snprintf(error, size,
			    "%.300s: %s; name a rules file or a folder of *.rules",
			    p->rules[i], strerror(errno));
			return -1;
		}
	if (ruleset_finish(rs, error, size) == -1)
		return -1;
	if (add_texts(p, rs) == 0)
		return 0;
	snprintf(error, size, "%s", strerror(errno));
	return -1;
}

struct ruleset *
signatures_pack(
    struct signatures_pack *p, struct bundle_writer *w, char *error, size_t size)
{
	struct ruleset_config config = {.sets = p->sets,
	    .sets_n = p->sets_n,
	    .keep_text = true,
	    .source = &p->source};
	struct ruleset *rs;

	p->writer = w;
	p->source = (struct ruleset_source){.arg = p,
	    .read = on_read,
	    .keep = on_keep,
	    .levels = p->levels,
	    .place = p->place};
	if (p->classification == NULL)
		p->classification = rules_beside(
		    p->rules[0], "classification.config", p->beside[0]);
	if (p->threshold == NULL)
		p->threshold =
		    rules_beside(p->rules[0], "threshold.config", p->beside[1]);
	config.classification = p->classification;
	config.threshold = p->threshold;
	config.iprep_categories = p->iprep_categories;
	config.iprep = p->iprep;
	config.iprep_n = p->iprep_n;
	if ((rs = ruleset_new(&config, error, size)) == NULL)
		return NULL;
	buf_init(&p->text, RULE_FILE_MAX);
	if (load(p, rs, error, size) == -1) {
		ruleset_free(rs);
		rs = NULL;
	}
	buf_release(&p->text);
	return rs;
}
