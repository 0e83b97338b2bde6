/* SPDX-License-Identifier: EUPL-1.2 */
/* pcre:"/expression/flags" (guide, "pcre"). */
#include "agent/detect/buffers.h"
#include "agent/detect/parser.h"
#include "agent/detect/regex.h"

#include <string.h>

#define LETTER_RELATIVE 0x10000u
#define LETTER_RAW	0x20000u
#define LETTER_APP	0x40000u

static const struct {
	char letter;
	unsigned flag;
} LETTERS[] = {
    {'i', REGEX_NOCASE},
    {'s', REGEX_DOTALL},
    {'m', REGEX_MULTILINE},
    {'x', REGEX_EXTENDED},
    {'A', REGEX_ANCHORED},
    {'E', REGEX_DOLLAR_END},
    {'G', REGEX_UNGREEDY},
    {'O', REGEX_NO_LIMIT},
    {'R', LETTER_RELATIVE},
    {'B', LETTER_RAW},
    /* Old names of HTTP buffers. */
    {'U', LETTER_APP},
    {'I', LETTER_APP},
    {'P', LETTER_APP},
    {'Q', LETTER_APP},
    {'H', LETTER_APP},
    {'D', LETTER_APP},
    {'M', LETTER_APP},
    {'C', LETTER_APP},
    {'S', LETTER_APP},
    {'Y', LETTER_APP},
    {'V', LETTER_APP},
    {'W', LETTER_APP},
    {'Z', LETTER_APP},
};

static int
read_letters(struct rule_parser *p, const char *s, unsigned *flags, char *app)
{
	/* ", flow:name" and the like name what groups capture: read, not kept. */
	*app = 0;
	for (*flags = 0; *s != '\0' && *s != ','; s++) {
		size_t i = 0, n = sizeof(LETTERS) / sizeof(LETTERS[0]);

		while (i < n && LETTERS[i].letter != *s)
			i++;
		if (i == n)
			return parser_fail(p, "unknown flag \"%c\"", *s);
		*flags |= LETTERS[i].flag;
		if (LETTERS[i].flag != LETTER_APP)
			continue;
		if (*app != 0)
			return parser_fail(
			    p, "flags %c and %c are two buffers", *app, *s);
		*app = *s;
	}
	return 0;
}

int
kw_pcre(struct rule_parser *p, char *value)
{
	char *end = strrchr(value, '/'), why[100], app;
	int before = p->list;
	struct pcre *re;
	struct op *op;
	unsigned flags;

	/* A name behind the flags may hold a slash of its own. */
	for (char *c = end; c != NULL && c > value; c--)
		if (*c == '/' && c[-1] != '\\' &&
		    strspn(c + 1, "ismxAEGORBUIPQHDMCSYVWZ") ==
			strcspn(c + 1, ",")) {
			end = c;
			break;
		}
	if (value[0] != '/' || end == value)
		return parser_fail(p, "is \"/expression/flags\"");
	*end = '\0';
	if (read_letters(p, end + 1, &flags, &app) == -1)
		return -1;
	if (app != 0 && before != -1 &&
	    p->r->list[before].buffer != BUFFER_PAYLOAD) {
		/* The old name of the buffer that is open already. */
		if (!kw_app_pcre_is(p, app, before))
			return parser_fail(p,
			    "flag %c is not of the sticky buffer before it", app);
		app = 0;
	}
	if (app != 0 && (p->list = kw_app_pcre_list(p, app)) == -1)
		return -1;
	if ((re = regex_new(value + 1, flags & 0xffff, why, sizeof(why))) == NULL)
		return parser_fail(p, "%s", why);
	if (flags & LETTER_RELATIVE)
		parser_set_relative(p);
	if ((op = parser_add_op(p, OP_PCRE)) == NULL) {
		regex_free(re);
		return -1;
	}
	op->pcre = re;
	op->flags = (p->negated ? OP_NEGATED : 0u) |
	    (flags & LETTER_RELATIVE ? OP_RELATIVE : 0u) |
	    (flags & LETTER_RAW ? OP_RAWBYTES : 0u);
	p->moved = app != 0 ? p->list : -1;
	if (app != 0)
		p->list = before;
	return 0;
}
