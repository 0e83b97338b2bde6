/* SPDX-License-Identifier: EUPL-1.2 */
/* Keywords of DNP3 that are no plain buffers (guide, "DNP3 Keywords"). */
#include "agent/detect/parser.h"

#include "common/str.h"

#include <ctype.h>

static const struct parser_word FUNCTIONS[] = {{"confirm", 0}, {"read", 1},
    {"write", 2}, {"select", 3}, {"operate", 4}, {"direct_operate", 5},
    {"direct_operate_nr", 6}, {"immed_freeze", 7}, {"immed_freeze_nr", 8},
    {"freeze_clear", 9}, {"freeze_clear_nr", 10}, {"freeze_at_time", 11},
    {"freeze_at_time_nr", 12}, {"cold_restart", 13}, {"warm_restart", 14},
    {"initialize_data", 15}, {"initialize_appl", 16}, {"start_appl", 17},
    {"stop_appl", 18}, {"save_config", 19}, {"enable_unsolicited", 20},
    {"disable_unsolicited", 21}, {"assign_class", 22}, {"delay_measure", 23},
    {"record_current_time", 24}, {"open_file", 25}, {"close_file", 26},
    {"delete_file", 27}, {"get_file_info", 28}, {"authenticate_file", 29},
    {"abort_file", 30}, {"activate_config", 31}, {"authenticate_req", 32},
    {"authenticate_err", 33}, {"response", 129}, {"unsolicited_response", 130},
    {"authenticate_resp", 131}, {NULL, 0}};

/* The first octet in the upper half. */
static const struct parser_word INDICATIONS[] = {{"all_stations", 0x0100},
    {"class_1_events", 0x0200}, {"class_2_events", 0x0400},
    {"class_3_events", 0x0800}, {"need_time", 0x1000}, {"local_control", 0x2000},
    {"device_trouble", 0x4000}, {"device_restart", 0x8000},
    {"no_func_code_support", 0x0001}, {"object_unknown", 0x0002},
    {"parameter_error", 0x0004}, {"event_buffer_overflow", 0x0008},
    {"already_executing", 0x0010}, {"config_corrupt", 0x0020},
    {"reserved_2", 0x0040}, {"reserved_1", 0x0080}, {NULL, 0}};

int
kw_dnp3_func(struct rule_parser *p, char *value)
{
	struct num_test t = {.op = NUM_EQ};
	int word = parser_word(FUNCTIONS, value);

	if (word != -1)
		t.a = (uint64_t)word;
	else if (str_u64(value, UINT8_MAX, &t.a) == -1)
		return parser_fail(p, "unknown function \"%.40s\"", value);
	return kw_app_add_number(p, APP_DNP3_FUNC, &t);
}

/* "60,2": group and variation. */
int
kw_dnp3_obj(struct rule_parser *p, char *value)
{
	char *rest = value, *group = parser_item(&rest, ','),
	     *variation = parser_item(&rest, ',');
	struct num_test t = {.op = NUM_EQ};
	int64_t g, v;

	if (group == NULL || variation == NULL || rest != NULL)
		return parser_fail(p, "is not GROUP,VARIATION");
	if (parser_int(p, group, 0, UINT8_MAX, &g) == -1 ||
	    parser_int(p, variation, 0, UINT8_MAX, &v) == -1)
		return -1;
	t.a = (uint64_t)g << 8 | (uint64_t)v;
	return kw_app_add_number(p, APP_DNP3_OBJ, &t);
}

/* --- dnp3_ind: any of them is set ----------------------------------------------------- */

static int
read_indications(struct rule_parser *p, char *value, uint64_t *bits)
{
	char *rest = value, *item;

	*bits = 0;
	if (isdigit((unsigned char)*value))
		return str_u64(value, UINT16_MAX, bits) == -1
		    ? parser_fail(p, "\"%.40s\" is no number of 16 bits", value)
		    : 0;
	while ((item = parser_item(&rest, ',')) != NULL) {
		int bit = parser_word(INDICATIONS, item);

		if (*item != '\0' && bit == -1)
			return parser_fail(p, "unknown indication \"%.40s\"", item);
		if (bit != -1)
			*bits |= (uint64_t)bit;
	}
	return 0;
}

int
kw_dnp3_ind(struct rule_parser *p, char *value)
{
	struct num_range bit[16];
	uint64_t bits;
	size_t n = 0;

	if (read_indications(p, value, &bits) == -1)
		return -1;
	for (uint64_t left = bits; left != 0; left &= left - 1)
		bit[n++] = (struct num_range){left & -left, left & -left};
	return n == 0 ? parser_fail(p, "names no indication")
		      : kw_app_add_ranges(p, APP_DNP3_IND, bit, n);
}
