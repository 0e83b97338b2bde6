/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Messages of Modbus: which function, what it reads or writes, whether a response
 * answers its request (Application Protocol 1.1b3, section 6).
 */
#include "agent/app/modbus.h"

enum {
	PROTOCOL_MODBUS = 0,
	LENGTH_LEAST = 2, /* unit and function */
};

/* --- functions -------------------------------------------------------------------- */

static const struct {
	uint8_t function;
	unsigned access;
} ACCESS[] = {
    {MODBUS_READ_COILS, MODBUS_READ | MODBUS_COILS},
    {MODBUS_READ_DISCRETES, MODBUS_READ | MODBUS_DISCRETES},
    {MODBUS_READ_HOLDING, MODBUS_READ | MODBUS_HOLDING},
    {MODBUS_READ_INPUT, MODBUS_READ | MODBUS_INPUT},
    {MODBUS_WRITE_COIL, MODBUS_WRITE | MODBUS_COILS},
    {MODBUS_WRITE_REGISTER, MODBUS_WRITE | MODBUS_HOLDING},
    {MODBUS_WRITE_COILS, MODBUS_WRITE | MODBUS_COILS},
    {MODBUS_WRITE_REGISTERS, MODBUS_WRITE | MODBUS_HOLDING},
    {MODBUS_MASK_REGISTER, MODBUS_WRITE | MODBUS_HOLDING},
    {MODBUS_READ_WRITE, MODBUS_READ | MODBUS_WRITE | MODBUS_HOLDING},
};

static const struct {
	uint8_t first, last;
	unsigned category;
} CATEGORIES[] = {
    {1, 24, MODBUS_ASSIGNED},
    {41, 42, MODBUS_RESERVED},
    {43, 43, MODBUS_ASSIGNED},
    {65, 72, MODBUS_USER},
    {90, 91, MODBUS_RESERVED},
    {100, 110, MODBUS_USER},
    {125, 127, MODBUS_RESERVED},
    {1, 127, MODBUS_UNASSIGNED},
};

uint8_t
modbus_function(const struct modbus_message *m)
{
	return m->function & (uint8_t)~MODBUS_EXCEPTION;
}

/* Does the specification say what the function does? */
static bool
is_named(uint8_t function)
{
	return (function >= 1 && function <= MODBUS_READ_FIFO) ||
	    function == MODBUS_ENCAPSULATED;
}

uint8_t
modbus_named_function(const struct modbus_message *m)
{
	return is_named(modbus_function(m)) ? modbus_function(m) : m->function;
}

static unsigned
category_of(uint8_t function)
{
	for (size_t i = 0; i < sizeof(CATEGORIES) / sizeof(CATEGORIES[0]); i++)
		if (function >= CATEGORIES[i].first &&
		    function <= CATEGORIES[i].last)
			return CATEGORIES[i].category;
	return 0;
}

static unsigned
access_of(uint8_t function)
{
	for (size_t i = 0; i < sizeof(ACCESS) / sizeof(ACCESS[0]); i++)
		if (ACCESS[i].function == function)
			return ACCESS[i].access;
	return 0;
}

/* --- messages ------------------------------------------------------------------------ */

void
modbus_read(struct span bytes, enum app_dir d, struct modbus_message *out)
{
	struct cursor c = cur_of_span(bytes);
	uint16_t length;

	*out = (struct modbus_message){.id = cur_be16(&c)};
	out->protocol = cur_be16(&c);
	length = cur_be16(&c);
	if (out->protocol != PROTOCOL_MODBUS)
		out->errors |= MODBUS_BAD_PROTOCOL;
	if (length < LENGTH_LEAST || length > MODBUS_LENGTH) {
		out->errors |= MODBUS_BAD_LENGTH;
		return;
	}
	out->unit = cur_u8(&c);
	out->function = cur_u8(&c);
	out->category = category_of(modbus_function(out));
	out->access = access_of(modbus_function(out));
	if (modbus_function(out) == 0 ||
	    ((out->function & MODBUS_EXCEPTION) &&
		!is_named(modbus_function(out)))) {
		out->category = 0;
		if (d == APP_TS || out->function == 0)
			out->errors |= MODBUS_BAD_FUNCTION;
	} else if (d == APP_TS)
		modbus_read_request(out, &c);
	else
		modbus_read_response(out, &c);
}

enum app_guess
modbus_begins(struct span bytes, enum app_dir d)
{
	struct cursor c = cur_of_span(bytes);
	uint16_t protocol, length;
	uint8_t function;
	size_t sub;

	cur_take(&c, 2);
	protocol = cur_be16(&c);
	length = cur_be16(&c);
	cur_u8(&c);
	function = cur_u8(&c);
	if (!cur_ok(&c))
		return APP_MORE;
	if (d == APP_TC)
		function &= (uint8_t)~MODBUS_EXCEPTION;
	sub = function == MODBUS_DIAGNOSTIC ? 2 : function == MODBUS_ENCAPSULATED;
	if (protocol != PROTOCOL_MODBUS || length > MODBUS_LENGTH ||
	    length < LENGTH_LEAST + (d == APP_TS ? sub : 0) || !is_named(function))
		return APP_NO;
	return bytes.len < MODBUS_HEAD + (size_t)length ? APP_MORE : APP_YES;
}

bool
modbus_answers(
    const struct modbus_message *request, const struct modbus_message *response)
{
	const struct modbus_message *q = request, *r = response;

	if (q->access == 0)
		return true;
	if (r->function & MODBUS_EXCEPTION)
		return (r->errors & MODBUS_BAD_LENGTH) == 0;
	if (r->errors & (MODBUS_BAD_LENGTH | MODBUS_BAD_VALUE))
		return false;
	if (q->access & MODBUS_READ)
		return q->has_read && r->count == modbus_bytes(q, q->read_quantity);
	if (!q->has_write || q->write_address != r->write_address ||
	    q->write_quantity != r->write_quantity)
		return false;
	if (q->function == MODBUS_MASK_REGISTER)
		return q->mask[0] == r->mask[0] && q->mask[1] == r->mask[1];
	return r->written.len == 0 ||
	    (q->written.len == r->written.len &&
		memcmp(q->written.p, r->written.p, r->written.len) == 0);
}

struct modbus_range
modbus_addressed(const struct modbus_message *m)
{
	uint16_t first = m->has_write ? m->write_address : m->read_address,
		 quantity = m->has_write ? m->write_quantity : m->read_quantity;

	if (quantity == 0 || quantity > UINT16_MAX - first)
		return (struct modbus_range){0, 0};
	return (struct modbus_range){
	    (uint16_t)(first + 1), (uint16_t)(first + quantity)};
}
