/* SPDX-License-Identifier: EUPL-1.2 */
/* Transforms, a row each. */
#include "agent/detect/transform.h"

#include "agent/detect/regex.h"
#include "agent/limits.h"
#include "common/digest.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define KEY_MAX 255

struct step {
	const struct kind *kind;
	char value[TRANSFORM_VALUE_MAX]; /* as written */
	uint8_t key[KEY_MAX];
	size_t key_len;
	struct pcre *re;
};

struct transform_chain {
	size_t n;
	struct step step[]; /* a thousand rules have one only */
};

struct running {
	const struct step *step;
	struct pcre_scratch *pcre;
	struct buf *out;
};

typedef void run_fn(struct running *r, struct span in);

static void
run_strip_whitespace(struct running *r, struct span in)
{
	for (size_t i = 0; i < in.len; i++)
		if (!isspace(in.p[i]))
			buf_addc(r->out, (char)in.p[i]);
}

/* Of several the first stays. */
static void
run_compress_whitespace(struct running *r, struct span in)
{
	for (size_t i = 0; i < in.len; i++)
		if (i == 0 || !isspace(in.p[i]) || !isspace(in.p[i - 1]))
			buf_addc(r->out, (char)in.p[i]);
}

static void
run_dotprefix(struct running *r, struct span in)
{
	buf_addc(r->out, '.');
	if (in.len > 0)
		buf_add(r->out, in.p, in.len);
}

static void
run_lower(struct running *r, struct span in)
{
	for (size_t i = 0; i < in.len; i++)
		buf_addc(r->out, (char)tolower(in.p[i]));
}

static void
run_upper(struct running *r, struct span in)
{
	for (size_t i = 0; i < in.len; i++)
		buf_addc(r->out, (char)toupper(in.p[i]));
}

/* Names of fields, up to the colon of each line. */
static void
run_header_lower(struct running *r, struct span in)
{
	bool name = true;

	for (size_t i = 0; i < in.len; i++) {
		uint8_t c = in.p[i];

		if (c == ':' && i > 0 && in.p[i - 1] != '\n')
			name = false;
		else if (c == '\n')
			name = true;
		buf_addc(r->out, (char)(name ? tolower(c) : c));
	}
}

/* Lines of HTTP/2 pseudo headers, ":path: /", go. */
static void
run_strip_pseudo(struct running *r, struct span in)
{
	for (size_t i = 0, end; i < in.len; i = end) {
		const uint8_t *eol = memchr(in.p + i, '\n', in.len - i);

		end = eol == NULL ? in.len : (size_t)(eol - in.p) + 1;
		if (in.p[i] != ':')
			buf_add(r->out, in.p + i, end - i);
	}
}

static int
hex(uint8_t c)
{
	return isdigit(c) ? c - '0' : isxdigit(c) ? tolower(c) - 'a' + 10 : -1;
}

static void
run_url_decode(struct running *r, struct span in)
{
	for (size_t i = 0; i < in.len; i++) {
		uint8_t c = in.p[i];

		if (c == '%' && in.len - i > 2 && hex(in.p[i + 1]) >= 0 &&
		    hex(in.p[i + 2]) >= 0) {
			c = (uint8_t)(hex(in.p[i + 1]) * 16 + hex(in.p[i + 2]));
			i += 2;
		} else if (c == '+') {
			c = ' ';
		}
		buf_addc(r->out, (char)c);
	}
}

static void
run_xor(struct running *r, struct span in)
{
	for (size_t i = 0; i < in.len; i++)
		buf_addc(
		    r->out, (char)(in.p[i] ^ r->step->key[i % r->step->key_len]));
}

static void
digest(struct running *r, enum digest_kind kind, struct span in)
{
	uint8_t out[DIGEST_SIZE_MAX];

	buf_add(r->out, out, digest_of(kind, in.p, in.len, out));
}

static void
run_md5(struct running *r, struct span in)
{
	digest(r, DIGEST_MD5, in);
}

static void
run_sha1(struct running *r, struct span in)
{
	digest(r, DIGEST_SHA1, in);
}

static void
run_sha256(struct running *r, struct span in)
{
	digest(r, DIGEST_SHA256, in);
}

/* The first group that was captured; all when the expression does not match. */
static void
run_pcre(struct running *r, struct span in)
{
	size_t from, to;

	if (regex_group(r->pcre, r->step->re, in, &from, &to) == 1)
		in = (struct span){in.p + from, to - from};
	if (in.len > 0)
		buf_add(r->out, in.p, in.len);
}

enum argument {
	NO_VALUE,
	HEX_KEY,
	EXPRESSION,
};

static bool
no_space(const uint8_t *p, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (isspace(p[i]))
			return false;
	return true;
}

static bool
no_spaces(const uint8_t *p, size_t len)
{
	for (size_t i = 1; i < len; i++)
		if (isspace(p[i - 1]) && isspace(p[i]))
			return false;
	return true;
}

/* may: can these bytes come out at all? NULL: any can. */
static const struct kind {
	const char *name;
	enum argument argument;
	run_fn *run;
	bool (*may)(const uint8_t *p, size_t len);
} KINDS[] = {
    {"compress_whitespace", NO_VALUE, run_compress_whitespace, no_spaces},
    {"dotprefix", NO_VALUE, run_dotprefix, NULL},
    {"header_lowercase", NO_VALUE, run_header_lower, NULL},
    {"pcrexform", EXPRESSION, run_pcre, NULL},
    {"strip_pseudo_headers", NO_VALUE, run_strip_pseudo, NULL},
    {"strip_whitespace", NO_VALUE, run_strip_whitespace, no_space},
    {"to_lowercase", NO_VALUE, run_lower, NULL},
    {"to_md5", NO_VALUE, run_md5, NULL},
    {"to_sha1", NO_VALUE, run_sha1, NULL},
    {"to_sha256", NO_VALUE, run_sha256, NULL},
    {"to_uppercase", NO_VALUE, run_upper, NULL},
    {"url_decode", NO_VALUE, run_url_decode, NULL},
    {"xor", HEX_KEY, run_xor, NULL},
};

/* --- chains --------------------------------------------------------------------- */

static int
read_key(struct step *s, char *why, size_t size)
{
	size_t n = strlen(s->value);

	for (size_t i = 0; i + 1 < n && i / 2 < KEY_MAX; i += 2) {
		int hi = hex((uint8_t)s->value[i]),
		    lo = hex((uint8_t)s->value[i + 1]);

		if (hi < 0 || lo < 0)
			break;
		s->key[s->key_len++] = (uint8_t)(hi * 16 + lo);
	}
	if (n > 0 && s->key_len * 2 == n)
		return 0;
	snprintf(why, size, "the key is not 1 to %d bytes in hexadecimal", KEY_MAX);
	return -1;
}

static int
read_expression(struct step *s, char *why, size_t size)
{
	if ((s->re = regex_new(s->value, 0, why, size)) == NULL)
		return -1;
	if (regex_groups(s->re) == 1)
		return 0;
	snprintf(why, size, "the expression captures %u groups, not one",
	    regex_groups(s->re));
	return -1;
}

static int
read_value(struct step *s, char *why, size_t size)
{
	switch (s->kind->argument) {
	case HEX_KEY:
		return read_key(s, why, size);
	case EXPRESSION:
		return read_expression(s, why, size);
	default:
		return 0;
	}
}

static int
add_step(struct transform_chain *c, const char *keyword, const char *value,
    char *why, size_t size)
{
	size_t i = 0, kinds = sizeof(KINDS) / sizeof(KINDS[0]);
	struct step *s = &c->step[c->n];

	while (i < kinds && strcasecmp(KINDS[i].name, keyword) != 0)
		i++;
	if (i == kinds) {
		snprintf(why, size, "is no transform");
		return -1;
	}
	s->kind = &KINDS[i];
	if (value != NULL && strlen(value) >= sizeof(s->value)) {
		snprintf(why, size, "the value is too long");
		return -1;
	}
	if (value != NULL)
		memcpy(s->value, value, strlen(value) + 1);
	c->n++;
	return read_value(s, why, size);
}

struct transform_chain *
transform_chain_add(const struct transform_chain *before, const char *keyword,
    const char *value, char *why, size_t size)
{
	size_t steps = before == NULL ? 0 : before->n;
	struct transform_chain *c;

	if (steps == TRANSFORMS_MAX) {
		snprintf(why, size, "more than %d transforms", TRANSFORMS_MAX);
		return NULL;
	}
	if ((c = calloc(1, sizeof(*c) + (steps + 1) * sizeof(c->step[0]))) ==
	    NULL) {
		snprintf(why, size, "out of memory");
		return NULL;
	}
	for (size_t i = 0; i < steps; i++)
		if (add_step(c, before->step[i].kind->name, before->step[i].value,
			why, size) == -1)
			goto fail;
	if (add_step(c, keyword, value, why, size) == 0)
		return c;
fail:
	transform_chain_free(c);
	return NULL;
}

void
transform_chain_free(struct transform_chain *c)
{
	for (size_t i = 0; c != NULL && i < c->n; i++)
		regex_free(c->step[i].re);
	free(c);
}

bool
transform_chain_same(
    const struct transform_chain *a, const struct transform_chain *b)
{
	if (a == NULL || b == NULL)
		return a == b;
	if (a->n != b->n)
		return false;
	for (size_t i = 0; i < a->n; i++)
		if (a->step[i].kind != b->step[i].kind ||
		    strcmp(a->step[i].value, b->step[i].value) != 0)
			return false;
	return true;
}

void
transform_scratch_init(struct transform_scratch *s)
{
	buf_init(&s->out[0], TRANSFORM_BYTES_MAX);
	buf_init(&s->out[1], TRANSFORM_BYTES_MAX);
}

void
transform_scratch_release(struct transform_scratch *s)
{
	buf_release(&s->out[0]);
	buf_release(&s->out[1]);
}

struct span
transform_run(const struct transform_chain *c, struct transform_scratch *s,
    struct pcre_scratch *pcre, struct span bytes)
{
	for (size_t i = 0; c != NULL && i < c->n; i++) {
		struct running r = {&c->step[i], pcre, &s->out[i % 2]};

		buf_reset(r.out);
		c->step[i].kind->run(&r, bytes);
		bytes = (struct span){r.out->data, r.out->len};
	}
	return bytes;
}

const char *
transform_chain_forbids(
    const struct transform_chain *c, const uint8_t *bytes, size_t len)
{
	for (size_t i = 0; c != NULL && i < c->n; i++)
		if (c->step[i].kind->may != NULL &&
		    !c->step[i].kind->may(bytes, len))
			return c->step[i].kind->name;
	return NULL;
}
