/* SPDX-License-Identifier: EUPL-1.2 */
/* EVE's "modbus" object of an alert, without what was read or written. */
#include "agent/app/modbus.h"

#include "common/jw.h"

#include <stdio.h>

struct bit_name {
	unsigned bit;
	const char *name;
};

static const char *const FUNCTIONS[] = {[1] = "RdCoils",
    "RdDiscreteInputs",
    "RdHoldRegs",
    "RdInputRegs",
    "WrSingleCoil",
    "WrSingleReg",
    "RdExcStatus",
    "Diagnostic",
    "Program484",
    "Poll484",
    "GetCommEventCtr",
    "GetCommEventLog",
    "ProgramController",
    "PollController",
    "WrMultCoils",
    "WrMultRegs",
    "ReportServerID",
    "Program884",
    "ResetCommLink",
    "RdFileRec",
    "WrFileRec",
    "MaskWrReg",
    "RdWrMultRegs",
    "RdFIFOQueue",
    [43] = "MEI"};

static const struct bit_name CATEGORIES[] = {
    {MODBUS_UNASSIGNED, "PUBLIC_UNASSIGNED"}, {MODBUS_ASSIGNED, "PUBLIC_ASSIGNED"},
    {MODBUS_USER, "USER_DEFINED"}, {MODBUS_RESERVED, "RESERVED"}, {0, NULL}};

static const struct bit_name ACCESSES[] = {{MODBUS_READ, "READ"},
    {MODBUS_WRITE, "WRITE"}, {MODBUS_DISCRETES, "DISCRETES"},
    {MODBUS_COILS, "COILS"}, {MODBUS_INPUT, "INPUT"}, {MODBUS_HOLDING, "HOLDING"},
    {0, NULL}};

static const struct bit_name ERRORS[] = {{MODBUS_BAD_VALUE, "DATA_VALUE"},
    {MODBUS_BAD_LENGTH, "DATA_LENGTH"}, {MODBUS_BAD_EXCEPTION, "EXC_CODE"},
    {MODBUS_BAD_FUNCTION, "FUNC_CODE"}, {MODBUS_BAD_PROTOCOL, "PROTO_ID"},
    {0, NULL}};

static void
write_bits(
    struct jw *w, const char *key, const struct bit_name *names, unsigned bits)
{
	char text[80] = "";
	size_t n = 0;

	for (; names->name != NULL; names++)
		if (bits & names->bit)
			n += (size_t)snprintf(text + n, sizeof(text) - n, "%s%s",
			    n > 0 ? " | " : "", names->name);
	jw_str(w, key, n > 0 ? text : "NONE");
}

static void
write_range(struct jw *w, const char *key, uint16_t address, uint16_t quantity)
{
	jw_object(w, key);
	jw_uint(w, "address", address);
	jw_uint(w, "quantity", quantity);
	jw_end_object(w);
}

static void
write_message(struct jw *w, const char *key, const struct modbus_message *m)
{
	uint8_t function = modbus_function(m);
	const char *name = function < sizeof(FUNCTIONS) / sizeof(FUNCTIONS[0])
	    ? FUNCTIONS[function]
	    : NULL;

	jw_object(w, key);
	jw_uint(w, "transaction_id", m->id);
	jw_uint(w, "protocol_id", m->protocol);
	jw_uint(w, "unit_id", m->unit);
	jw_uint(w, "function_raw", m->function);
	jw_str(w, "function_code", name == NULL ? "Unknown" : name);
	write_bits(w, "access_type", ACCESSES, m->access);
	write_bits(w, "category", CATEGORIES, m->category);
	write_bits(w, "error_flags", ERRORS, m->errors);
	if (m->has_read && m->read_quantity > 0)
		write_range(w, "read", m->read_address, m->read_quantity);
	if (m->has_write)
		write_range(w, "write", m->write_address, m->write_quantity);
	jw_end_object(w);
}

void
modbus_tx_write(const struct app_flow *a, const struct app_tx *tx, struct jw *w)
{
	const struct modbus_tx *t = (const struct modbus_tx *)tx;

	(void)a;
	jw_uint(w, "id", tx->id + 1);
	if (t->has[APP_TS])
		write_message(w, "request", &t->said[APP_TS]);
	if (t->has[APP_TC])
		write_message(w, "response", &t->said[APP_TC]);
}
