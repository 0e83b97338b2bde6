/* SPDX-License-Identifier: EUPL-1.2 */
/* Keywords of RFB that are no plain buffers (guide, "RFB Keywords"). */
#include "agent/detect/parser.h"

/* RFC 6143, section 7.1.3; the last stands for any other. */
static const struct parser_word RESULTS[] = {
    {"ok", 0}, {"fail", 1}, {"toomany", 2}, {"unknown", 3}, {NULL, 0}};

int
kw_rfb_secresult(struct rule_parser *p, char *value)
{
	struct num_test t = {.op = NUM_EQ};
	int result = parser_word(RESULTS, value);

	if (result == -1)
		return parser_fail(
		    p, "\"%.20s\" is not ok, fail, toomany or unknown", value);
	t.a = (uint64_t)result;
	return kw_app_add_number(p, APP_RFB_SECRESULT, &t);
}
