/* SPDX-License-Identifier: EUPL-1.2 */
/* Keywords of IKE that are no plain buffers (guide, "IKE Keywords"). */
#include "agent/detect/parser.h"

#include "agent/app/ike.h"
#include "common/str.h"

#include <string.h>

/* "alg_enc=7": of what the server chose. */
int
kw_ike_chosen_sa(struct rule_parser *p, char *value)
{
	char *number = strchr(value, '=');
	struct num_test t = {.op = NUM_EQ};
	int attribute;
	int64_t v;

	if (number == NULL)
		return parser_fail(p, "\"%.30s\" is not NAME=NUMBER", value);
	*number++ = '\0';
	if ((attribute = ike_attribute_find(str_trim(value))) == -1)
		return parser_fail(p, "unknown attribute \"%.20s\"", value);
	if (parser_int(p, str_trim(number), 0, UINT32_MAX, &v) == -1)
		return -1;
	t.a = (uint64_t)attribute << 32 | (uint64_t)v;
	return kw_app_add_number(p, APP_IKE_SA_ATTRIBUTE, &t);
}
