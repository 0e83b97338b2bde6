/* SPDX-License-Identifier: EUPL-1.2 */
/* EVE's "dnp3" object of an alert, without the values of points. */
#include "agent/app/dnp3.h"

#include "agent/limits.h"
#include "common/jw.h"

/* By bit, the first octet in the upper half (IEEE 1815, 4.2.2.6). */
static const char *const INDICATIONS[16] = {"no_func_code_support",
    "object_unknown", "parameter_error", "event_buffer_overflow",
    "already_executing", "config_corrupt", "reserved_2", "reserved_1",
    "all_stations", "class_1_events", "class_2_events", "class_3_events",
    "need_time", "local_control", "device_trouble", "device_restart"};

static void
write_bits(struct jw *w, const char *const key[4], uint8_t byte)
{
	for (int i = 0; i < 4; i++)
		jw_bool(w, key[i], (byte >> (7 - i)) & 1);
}

static void
write_object(struct jw *w, const struct dnp3_object *o)
{
	jw_object(w, NULL);
	jw_uint(w, "group", o->group);
	jw_uint(w, "variation", o->variation);
	jw_uint(w, "qualifier", o->qualifier);
	jw_uint(w, "prefix_code", o->qualifier >> 4 & 7);
	jw_uint(w, "range_code", o->qualifier & 0x0f);
	jw_uint(w, "start", o->start);
	jw_uint(w, "stop", o->stop);
	jw_uint(w, "count", o->count);
	jw_end_object(w);
}

static void
write_application(struct jw *w, const struct dnp3_tx *t)
{
	static const char *const keys[] = {"fir", "fin", "con", "uns"};
	uint8_t control = t->message.data[0];

	jw_object(w, "application");
	jw_object(w, "control");
	write_bits(w, keys, control);
	jw_uint(w, "sequence", control & 0x0f);
	jw_end_object(w);
	jw_uint(w, "function_code", dnp3_tx_function(t));
	if (t->objects > 0) {
		jw_array(w, "objects");
		for (size_t i = 0; i < t->objects && i < DNP3_TOLD_MAX; i++)
			write_object(w, &t->object[i]);
		jw_end_array(w);
	}
	jw_bool(w, "complete", t->complete);
	jw_end_object(w);
}

static void
write_indications(struct jw *w, uint16_t indications)
{
	jw_object(w, "iin");
	if (indications != 0) {
		jw_array(w, "indicators");
		for (unsigned i = 0; i < 16; i++)
			if ((indications >> i) & 1)
				jw_str(w, NULL, INDICATIONS[i]);
		jw_end_array(w);
	}
	jw_end_object(w);
}

void
dnp3_tx_write(const struct app_flow *a, const struct app_tx *tx, struct jw *w)
{
	static const char *const keys[] = {"dir", "pri", "fcb", "fcv"};
	const struct dnp3_tx *t = (const struct dnp3_tx *)tx;
	bool request = t->d == APP_TS;

	(void)a;
	if (t->message.len < 2)
		return;
	jw_object(w, request ? "request" : "response");
	jw_str(w, "type",
	    request				       ? "request"
		: dnp3_tx_function(t) == DNP3_RESPONSE ? "response"
						       : "unsolicited_response");
	jw_object(w, "control");
	write_bits(w, keys, t->control);
	jw_uint(w, "function_code", t->control & 0x0f);
	jw_end_object(w);
	jw_uint(w, "src", t->from);
	jw_uint(w, "dst", t->to);
	write_application(w, t);
	if (!request)
		write_indications(w, dnp3_tx_indications(t));
	jw_end_object(w);
}
