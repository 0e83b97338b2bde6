/* SPDX-License-Identifier: EUPL-1.2 */
/* Keywords of EtherNet/IP and CIP (guide, "ENIP/CIP Keywords"). */
#include "agent/detect/parser.h"

#include "common/str.h"

#define SERVICE_MAX 127 /* the bit above it is that of responses */

int
kw_enip_command(struct rule_parser *p, char *value)
{
	struct num_test t = {.op = NUM_EQ};
	int64_t v;

	if (parser_int(p, str_trim(value), 0, UINT16_MAX, &v) == -1)
		return -1;
	t.a = (uint64_t)v;
	return kw_app_add_number(p, APP_ENIP_COMMAND, &t);
}

/* "14", "14,1" or "14,1,7": a service, of a class, with an attribute. */
int
kw_cip_service(struct rule_parser *p, char *value)
{
	struct num_test t = {.op = NUM_EQ};
	char *rest = value, *item;
	int64_t part[3];
	size_t n = 0;

	for (; (item = parser_item(&rest, ',')) != NULL; n++) {
		int64_t max = n == 0 ? SERVICE_MAX : UINT16_MAX;

		if (n == 3)
			return parser_fail(p, "is not SERVICE,CLASS,ATTRIBUTE");
		if (parser_int(p, item, 0, max, &part[n]) == -1)
			return -1;
	}
	if (n == 0)
		return parser_fail(p, "needs a service");
	if (n == 1)
		t.a = CIP_SERVICE(part[0]);
	else if (n == 2)
		t.a = CIP_CLASS(part[0], part[1]);
	else
		t.a = CIP_ATTRIBUTE(part[0], part[1], part[2]);
	return kw_app_add_number(p, APP_CIP_SERVICE, &t);
}
