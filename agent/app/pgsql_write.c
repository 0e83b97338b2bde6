/* SPDX-License-Identifier: EUPL-1.2 */
/* EVE's "pgsql" object of an alert: no passwords, no rows. */
#include "agent/app/pgsql.h"

#include "common/jw.h"

/* A text and its zero byte; false: there is none. */
static bool
next_text(struct cursor *c, struct span *out)
{
	struct span rest = {c->pos, c->left};
	const uint8_t *end = rest.len == 0 ? NULL : memchr(rest.p, '\0', rest.len);

	out->p = rest.p;
	out->len = end == NULL ? rest.len : (size_t)(end - rest.p);
	cur_take(c, out->len + (end != NULL));
	return out->len > 0;
}

static void
write_text(struct jw *w, const char *key, const struct buf *b)
{
	struct cursor c = cur_of(b->data, b->len);
	struct span text;

	if (next_text(&c, &text))
		jw_strn(w, key, text.p, text.len);
}

/* --- requests ------------------------------------------------------------------------ */

static bool
is(struct span s, const char *text)
{
	return s.len == strlen(text) && memcmp(s.p, text, s.len) == 0;
}

static void
write_options(struct jw *w, struct cursor c)
{
	struct span name, value;

	jw_array(w, "optional_parameters");
	while (next_text(&c, &name) && c.left > 0) {
		next_text(&c, &value);
		if (is(name, "user"))
			continue;
		jw_object(w, NULL);
		jw_key(w, (const char *)name.p, name.len);
		jw_strn(w, NULL, value.p, value.len);
		jw_end_object(w);
	}
	jw_end_array(w);
}

static void
write_startup(struct jw *w, const struct buf *said)
{
	struct cursor c = cur_of(said->data, said->len), at = c;
	struct span name, value;
	bool found = false;

	jw_str(w, "protocol_version", "3.0");
	jw_object(w, "startup_parameters");
	while (!found && next_text(&at, &name) && at.left > 0) {
		next_text(&at, &value);
		if ((found = is(name, "user")))
			jw_strn(w, "user", value.p, value.len);
	}
	write_options(w, c);
	jw_end_object(w);
}

static void
write_request(struct jw *w, const struct pgsql_tx *t)
{
	static const char *const messages[] = {
	    [PGSQL_ASK_SSL] = "SSL Request",
	    [PGSQL_ASK_GSS] = "GSS Encryption Request",
	    [PGSQL_ASK_CANCEL] = "cancel_request",
	    [PGSQL_TERMINATE] = "termination_message",
	};

	jw_object(w, "request");
	if (t->request == PGSQL_STARTUP)
		write_startup(w, &t->said);
	else if (t->request == PGSQL_SIMPLE)
		write_text(w, "simple_query", &t->said);
	else if (messages[t->request] != NULL)
		jw_str(w, "message", messages[t->request]);
	jw_end_object(w);
}

/* --- responses ----------------------------------------------------------------------- */

static const char *
auth_name(uint32_t auth)
{
	switch (auth) {
	case 0:
		return "authentication_ok";
	case 3:
		return "authentication_cleartext_password";
	case 5:
		return "authentication_md5_password";
	case 7:
		return "authentication_gss";
	case 9:
		return "authentication_sspi";
	case 10:
		return "authentication_sasl";
	case 11:
		return "authentication_sasl_continue";
	default:
		return NULL;
	}
}

/* Fields of an error by their letters (55.8). */
static void
write_error(struct jw *w, const struct buf *error)
{
	static const struct {
		char letter;
		const char *key;
	} rows[] = {{'S', "severity_localizable"},
	    {'V', "severity_non_localizable"}, {'C', "code"}, {'M', "message"},
	    {'D', "detail"}, {'H', "hint"}, {'P', "position"},
	    {'p', "internal_position"}, {'q', "internal_query"},
	    {'s', "schema_name"}, {'t', "table_name"}, {'c', "column_name"},
	    {'d', "data_type_name"}, {'n', "constraint_name"}, {'F', "file"},
	    {'L', "line"}, {'R', "routine"}};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct cursor c = cur_of(error->data, error->len);
		struct span field;

		while (next_text(&c, &field))
			if (rows[i].letter == (char)field.p[0]) {
				jw_strn(w, rows[i].key, field.p + 1, field.len - 1);
				break;
			}
	}
}

static void
write_response(struct jw *w, const struct pgsql_tx *t)
{
	jw_object(w, "response");
	if (t->ssl_answered)
		jw_bool(w, "ssl_accepted", t->ssl_accepted);
	if (t->has_auth && auth_name(t->auth) != NULL)
		jw_str(w, "message", auth_name(t->auth));
	if (t->has_fields)
		jw_uint(w, "field_count", t->fields);
	if (t->rows > 0) {
		jw_uint(w, "data_rows", t->rows);
		jw_uint(w, "data_size", t->row_bytes);
	}
	write_error(w, &t->error);
	write_text(w, "command_completed", &t->complete);
	jw_end_object(w);
}

void
pgsql_tx_write(const struct app_flow *a, const struct app_tx *tx, struct jw *w)
{
	const struct pgsql_tx *t = (const struct pgsql_tx *)tx;

	(void)a;
	jw_uint(w, "tx_id", tx->id + 1);
	write_request(w, t);
	if (t->ssl_answered || t->has_auth || t->has_fields || t->rows > 0 ||
	    t->error.len > 0 || t->complete.len > 0)
		write_response(w, t);
}
