/* SPDX-License-Identifier: EUPL-1.2 */
/* iprep: what lists of reputations say of a packet's addresses (guide, "IP
 * Reputation Keyword"). */
#include "agent/detect/match.h"
#include "agent/detect/parser.h"
#include "agent/detect/reputation.h"
#include "agent/detect/ruleset.h"

#include "common/str.h"

#include <string.h>

static const struct parser_word SIDES[] = {
    {"any", REPUTATION_ANY},
    {"src", REPUTATION_SRC},
    {"dst", REPUTATION_DST},
    {"both", REPUTATION_BOTH},
    {NULL, 0},
};

static const struct parser_word OPS[] = {
    {"<", NUM_LT},
    {">", NUM_GT},
    {"=", NUM_EQ},
    {"!=", NUM_NE},
    {"<=", NUM_LE},
    {">=", NUM_GE},
    {NULL, 0},
};

static const struct parser_word SET[] = {
    {"isset", REPUTATION_ISSET},
    {"isnotset", REPUTATION_ISNOTSET},
    {NULL, 0},
};

/* As parser_word(), but case counts. */
static int
word(const struct parser_word *table, const char *name)
{
	while (table->name != NULL && strcmp(table->name, name) != 0)
		table++;
	return table->name == NULL ? -1 : table->value;
}

static bool
holds(const struct test *t, int score)
{
	const bool one =
	    t->iprep.side == REPUTATION_SRC || t->iprep.side == REPUTATION_DST;

	switch (t->iprep.how) {
	case REPUTATION_ISSET:
		return score >= 0;
	case REPUTATION_ISNOTSET:
		/* As Suricata: a score of 0 is none where one side is asked. */
		return one ? score <= 0 : score < 0;
	default:
		return score >= 0 &&
		    parser_num_holds(&t->iprep.num, (uint64_t)score);
	}
}

static bool
test_iprep(const struct test *t, struct match_context *m)
{
	const struct addr *side[] = {&m->p->src, &m->p->dst};
	bool held[2];

	if (!kw_packet_is_ip(m->p))
		return false;
	for (int i = 0; i < 2; i++)
		held[i] = holds(t,
		    reputation_score(
			t->iprep.reputation, t->iprep.category, side[i]));
	switch (t->iprep.side) {
	case REPUTATION_SRC:
		return held[0];
	case REPUTATION_DST:
		return held[1];
	case REPUTATION_BOTH:
		return held[0] && held[1];
	default:
		return held[0] || held[1];
	}
}

/* "src,CnC,>,100" or "src,CnC,isset" */
int
kw_iprep(struct rule_parser *p, char *value)
{
	const struct reputation *r = ruleset_reputation(p->rs);
	char *rest = value, *side = parser_item(&rest, ','),
	     *category = parser_item(&rest, ','), *op = parser_item(&rest, ','),
	     *score = parser_item(&rest, ',');
	struct num_test num = {.op = NUM_EQ};
	bool compared = score != NULL;
	struct test *t;
	int n;

	if (op == NULL || rest != NULL || word(SIDES, side) == -1 ||
	    word(compared ? OPS : SET, op) == -1 ||
	    (compared &&
		(strspn(score, "0123456789") != strlen(score) ||
		    str_u64(score, UINT8_MAX, &num.a) == -1)))
		return parser_fail(p,
		    "write it as any, src, dst or both, then a category, then "
		    "isset, isnotset or <, >, =, !=, <= or >= and a score");
	if (r == NULL)
		return parser_fail(p,
		    "needs lists of reputations; give --iprep-categories and "
		    "--iprep");
	if ((n = reputation_category(r, category)) == -1)
		return parser_fail(p,
		    "the file of --iprep-categories has no category \"%.32s\"",
		    category);
	/* Not a kw_packet_test(): IP-only rules may have it. */
	if ((t = parser_add_test(p, test_iprep)) == NULL)
		return -1;
	num.op = compared ? (enum num_op)word(OPS, op) : NUM_EQ;
	t->iprep.num = num;
	t->iprep.how =
	    compared ? REPUTATION_COMPARED : (enum reputation_how)word(SET, op);
	t->iprep.side = (enum reputation_side)word(SIDES, side);
	t->iprep.category = (uint8_t)n;
	t->iprep.reputation = r;
	return 0;
}
