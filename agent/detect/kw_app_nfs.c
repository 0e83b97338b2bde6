/* SPDX-License-Identifier: EUPL-1.2 */
/* Keywords of NFS (guide, "NFS Keywords"): numbers, of which ranges have their ends. */
#include "agent/detect/parser.h"

static int
add(struct rule_parser *p, enum app_buffer_id b, char *value)
{
	struct num_test t;
	struct num_range r;

	if (parser_num(p, value, UINT32_MAX, &t) == -1)
		return -1;
	if (t.op != NUM_RANGE)
		return kw_app_add_number(p, b, &t);
	r = (struct num_range){t.a, t.b};
	return kw_app_add_ranges(p, b, &r, 1);
}

int
kw_nfs_procedure(struct rule_parser *p, char *value)
{
	return add(p, APP_NFS_PROCEDURE, value);
}

int
kw_nfs_version(struct rule_parser *p, char *value)
{
	return add(p, APP_NFS_VERSION, value);
}
