/* SPDX-License-Identifier: EUPL-1.2 */
/* flow: direction and state of the conversation (guide, "Flow Keywords"). */
#include "agent/detect/parser.h"

#include <string.h>

static const struct parser_word WORDS[] = {
    {"to_server", RULE_TO_SERVER},
    {"from_client", RULE_TO_SERVER},
    {"to_client", RULE_TO_CLIENT},
    {"from_server", RULE_TO_CLIENT},
    {"established", RULE_ESTABLISHED},
    {"not_established", RULE_NOT_ESTABLISHED},
    {"stateless", RULE_STATELESS},
    {"only_stream", RULE_ONLY_STREAM},
    {"no_stream", RULE_NO_STREAM},
    {"no_frag", RULE_NO_FRAG},
    {"only_frag", RULE_ONLY_FRAG},
    {NULL, 0},
};

/* Of each group one word at most. */
static const unsigned GROUPS[] = {
    RULE_TO_SERVER | RULE_TO_CLIENT,
    RULE_ESTABLISHED | RULE_NOT_ESTABLISHED | RULE_STATELESS,
    RULE_ONLY_STREAM | RULE_NO_STREAM,
    RULE_NO_FRAG | RULE_ONLY_FRAG,
};

static int
add_word(struct rule_parser *p, const char *word, unsigned *seen)
{
	int flag = parser_word(WORDS, word);

	if (flag == -1)
		return parser_fail(p, "unknown word \"%.40s\"", word);
	if (*seen & (unsigned)flag)
		return parser_fail(p, "\"%s\" stands twice", word);
	for (size_t i = 0; i < sizeof(GROUPS) / sizeof(GROUPS[0]); i++)
		if (((unsigned)flag & GROUPS[i]) && (*seen & GROUPS[i]))
			return parser_fail(
			    p, "\"%s\" contradicts a word before it", word);
	*seen |= (unsigned)flag;
	return 0;
}

int
kw_flow(struct rule_parser *p, char *value)
{
	char *rest = value, *word;
	unsigned seen = 0;

	if (p->r->flags & RULE_HAS_FLOW)
		return parser_fail(p, "may stand once in a rule");
	while ((word = parser_item(&rest, ',')) != NULL)
		if (add_word(p, word, &seen) == -1)
			return -1;
	p->r->flags |= seen | RULE_HAS_FLOW;
	return 0;
}
