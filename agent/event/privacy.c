/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Personal data out of a finished record.  It reads our own writer's JSON, where
 * each text is one run between quotes; the wire's bytes in it may be anything.
 */
#include "agent/event/privacy.h"

#include "common/cursor.h"

#include <ctype.h>
#include <strings.h>

#define MAIL  "<mail>"
#define USER  "<user>"
#define QUERY "<query>"
#define BODY  "<message>"

/* Members whose value stays here, in the objects of EVE, and what stands for it:
 * names of users, what people ask and store (SQL), and what devices publish. */
static const struct {
	const char *key, *instead, *within; /* that object's name; NULL: any */
} kept_here[] = {{"user", USER, NULL}, {"username", USER, NULL},
    {"user_name", USER, NULL}, {"login", USER, NULL}, {"cname", USER, NULL},
    {"account", USER, NULL}, {"simple_query", QUERY, NULL},
    {"internal_query", QUERY, NULL}, {"detail", QUERY, NULL},
    {"message", BODY, "publish"}, {"message", BODY, "will"}};

/* What stands before a user's name in a path, as JSON has it. */
static const char *const home_prefixes[] = {"/home/", "/users/", "/~",
    "\\\\home\\\\", "\\\\users\\\\", "/documents and settings/",
    "\\\\documents and settings\\\\"};

struct scrub {
	struct buf *out;
	int dropped;
};

/* One character of a JSON text may be an escape: its length, at most left. */
static size_t
unit_len(const uint8_t *p, size_t left)
{
	size_t n = p[0] != '\\' || left < 2 ? 1 : p[1] == 'u' ? 6 : 2;

	return n < left ? n : left;
}

/* \u0080 and up, or a raw byte of UTF-8: a letter of some language. */
static bool
is_foreign(const uint8_t *p, size_t unit)
{
	return p[0] >= 0x80 ||
	    (unit == 6 && (p[2] != '0' || p[3] != '0' || p[4] >= '8'));
}

/*
 * RFC 5321, section 4.1.2 (dot-string) without "?" and "&", which begin fields of
 * URLs; with ":" for a password before a host.
 */
static bool
is_local_part(const uint8_t *p, size_t unit)
{
	if (unit > 1 || p[0] >= 0x80)
		return is_foreign(p, unit);
	return isalnum(p[0]) ||
	    (p[0] != '\0' && strchr("!#$%'*+-=^_`{|}~.:", p[0]));
}

static size_t
domain_len(const uint8_t *p, size_t left)
{
	size_t n = 0;

	while (n < left) {
		size_t unit = unit_len(p + n, left - n);

		if (!is_foreign(p + n, unit) &&
		    (unit > 1 ||
			(!isalnum(p[n]) &&
			    (p[n] == '\0' || !strchr("-._[]", p[n])))))
			break;
		n += unit;
	}
	return n;
}

/* An "@", also as a URL writes it. */
static size_t
at_sign_len(const uint8_t *p, size_t left)
{
	if (p[0] == '@')
		return 1;
	return left >= 3 && memcmp(p, "%40", 3) == 0 ? 3 : 0;
}

static size_t
home_prefix_len(const uint8_t *p, size_t left)
{
	for (size_t i = 0; i < sizeof(home_prefixes) / sizeof(home_prefixes[0]);
	     i++) {
		size_t n = strlen(home_prefixes[i]);

		if (left > n &&
		    strncasecmp((const char *)p, home_prefixes[i], n) == 0)
			return n;
	}
	return 0;
}

static size_t
name_len(const uint8_t *p, size_t left)
{
	size_t n = 0;

	while (
	    n < left && p[n] != '/' && (left - n < 2 || memcmp(p + n, "\\\\", 2)))
		n += unit_len(p + n, left - n);
	return n;
}

static void
scrub_text(struct scrub *s, const uint8_t *p, size_t len)
{
	size_t local = s->out->len; /* where what may be a local part began */

	for (size_t i = 0; i < len;) {
		size_t left = len - i, unit = unit_len(p + i, left), n;

		if ((n = at_sign_len(p + i, left)) > 0 && s->out->len > local &&
		    (left = domain_len(p + i + n, left - n)) > 0) {
			s->out->len = local;
			buf_adds(s->out, MAIL);
			s->dropped++;
			i += n + left;
			local = s->out->len;
		} else if ((n = home_prefix_len(p + i, len - i)) > 0) {
			buf_add(s->out, p + i, n);
			i += n;
			if ((n = name_len(p + i, len - i)) > 0) {
				buf_adds(s->out, USER);
				s->dropped++;
			}
			i += n;
			local = s->out->len;
		} else {
			buf_add(s->out, p + i, unit);
			if (!is_local_part(p + i, unit))
				local = s->out->len;
			i += unit;
		}
	}
}

static bool
is_key(struct span key, const char *name)
{
	return key.len == strlen(name) &&
	    strncasecmp((const char *)key.p, name, key.len) == 0;
}

/* What stands for the member's value; NULL: itself. */
static const char *
instead_of(struct span key, struct span within)
{
	for (size_t i = 0; i < sizeof(kept_here) / sizeof(kept_here[0]); i++)
		if (is_key(key, kept_here[i].key) &&
		    (kept_here[i].within == NULL ||
			is_key(within, kept_here[i].within)))
			return kept_here[i].instead;
	return NULL;
}

/* The text up to its closing quote. */
static struct span
take_text(struct cursor *c)
{
	struct span s = {.p = c->pos, .len = 0};

	while (c->left > 0 && *c->pos != '"') {
		size_t unit = unit_len(c->pos, c->left);

		cur_take(c, unit);
		s.len += unit;
	}
	cur_u8(c);
	return s;
}

int
event_privacy(const char *json, size_t len, struct buf *out)
{
	struct cursor c = cur_of(json, len);
	struct scrub s = {.out = out, .dropped = 0};
	struct span key = {.p = NULL, .len = 0}, within = key;

	buf_reset(out);
	while (c.left > 0) {
		uint8_t byte = cur_u8(&c);
		const uint8_t *colon;
		struct span text;

		buf_addc(out, (char)byte);
		if (byte == '{')
			within = key;
		if (byte != '"')
			continue;
		text = take_text(&c);
		if ((colon = cur_peek(&c, 1)) != NULL && *colon == ':') {
			key = text;
			buf_add(out, text.p, text.len);
		} else if (text.len > 0 && instead_of(key, within) != NULL) {
			buf_adds(out, instead_of(key, within));
			s.dropped++;
		} else {
			scrub_text(&s, text.p, text.len);
		}
		buf_addc(out, '"');
	}
	return out->overflow ? -1 : s.dropped;
}
