/* SPDX-License-Identifier: EUPL-1.2 */
#include "collector/correlate/group.h"

#include "common/jw.h"
#include "common/record.h"
#include "common/str.h"
#include "common/table.h"

#include <string.h>

void
group_init(struct group *g)
{
	*g = (struct group){.named.n = 0};
	buf_init(&g->key, GROUP_KEY_MAX);
	buf_init(&g->text, RECORD_JSON_MAX);
}

void
group_release(struct group *g)
{
	buf_release(&g->key);
	buf_release(&g->text);
}

static void
begin_key(struct buf *key, const struct sigma_rule *r, const char *tenant)
{
	buf_add_le32(key, r->index);
	buf_add(key, tenant, strlen(tenant) + 1);
}

struct first_value {
	char *out;
	size_t size;
};

static bool
take_first(void *arg, const struct json_doc *d)
{
	struct first_value *f = arg;
	char buffer[40];
	const char *text = event_text(d, buffer, sizeof(buffer));

	if (text == NULL || text[0] == '\0')
		return false;
	str_copy(f->out, f->size, text);
	return true;
}

bool
group_of(
    const struct sigma_rule *r, size_t part, const struct event *e, struct group *g)
{
	const struct sigma_correlation *k = r->correlation;
	char value[GROUP_VALUE_MAX];
	struct jw w;

	begin_key(&g->key, r, e->tenant);
	jw_init(&w, &g->text);
	jw_object(&w, NULL);
	for (size_t i = 0; i < k->groups; i++) {
		const struct field_ref *f = &k->group[i].field[part];
		const char *type = entities_type_of(f);

		if (!event_each(e, f, take_first,
			&(struct first_value){value, sizeof(value)}))
			return false;
		buf_add(&g->key, value, strlen(value) + 1);
		jw_key(&w, k->group[i].name, strlen(k->group[i].name));
		jw_str(&w, NULL, value);
		if (type != NULL)
			entities_add(&g->named, type, value);
	}
	jw_end_object(&w);
	return buf_str(&g->text) != NULL && !g->key.overflow;
}

bool
group_value(const struct sigma_correlation *k, size_t part, const struct event *e,
    uint64_t *hash)
{
	char text[GROUP_KEY_MAX];
	size_t n = 0;

	*hash = 0;
	for (size_t i = 0; i < k->value_fields; i++) {
		text[n] = '\0';
		if (!event_each(e, &k->value[i].field[part], take_first,
			&(struct first_value){text + n, GROUP_VALUE_MAX}))
			return false;
		n += strlen(text + n) + 1;
	}
	if (n > 0)
		*hash = table_hash(text, n);
	return true;
}

static const char *
member(const struct json_doc *object, const char *name)
{
	const struct json_doc *v;
	const char *at;
	void *iter = NULL;

	while ((v = json_next(object, &iter, &at)) != NULL) {
		if (strcmp(at, name) == 0)
			return json_str(v, "");
	}
	return NULL;
}

bool
group_restore(const struct sigma_rule *r, const struct json_doc *text,
    const char *tenant, struct group *g)
{
	const struct sigma_correlation *k = r->correlation;

	begin_key(&g->key, r, tenant);
	for (size_t i = 0; i < k->groups; i++) {
		const char *value = member(text, k->group[i].name);

		if (value == NULL)
			return false;
		buf_add(&g->key, value, strlen(value) + 1);
	}
	return !g->key.overflow;
}
