/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Fields of Modbus's requests and responses, behind the function (Application
 * Protocol 1.1b3, section 6).
 */
#include "agent/app/modbus.h"

enum {
	COILS_MAX = 2000,
	COILS_WRITTEN_MAX = 1968,
	REGISTERS_MAX = 125,
	REGISTERS_WRITTEN_MAX = 123,
	REGISTERS_BOTH_MAX = 121, /* written by READ_WRITE */
	COIL_ON = 0xff00,
	TYPE_CANOPEN = 13,
	TYPE_DEVICE_ID = 14,
	QUERY_DATA = 0,
	RESTART = 1,
	INPUT_DELIMITER = 3,
};

/* --- subfunctions ------------------------------------------------------------------ */

static bool
sub_is_assigned(uint8_t function, uint16_t sub)
{
	if (function == MODBUS_ENCAPSULATED)
		return sub == TYPE_CANOPEN || sub == TYPE_DEVICE_ID;
	return sub <= 4 || (sub >= 10 && sub <= 21);
}

static void
read_sub(struct modbus_message *m, struct cursor *c)
{
	m->sub = m->function == MODBUS_ENCAPSULATED ? cur_u8(c) : cur_be16(c);
	m->has_sub = cur_ok(c);
	m->category = 0;
	if (!m->has_sub)
		m->errors |= MODBUS_BAD_LENGTH;
	else
		m->category = sub_is_assigned(modbus_function(m), m->sub)
		    ? MODBUS_ASSIGNED
		    : MODBUS_RESERVED;
}

/* Section 6.8.1: most want zeros. */
static void
check_diagnostic(struct modbus_message *m, struct cursor *c)
{
	size_t len = c->left;
	uint16_t data = cur_be16(c);
	bool good = data == 0;

	if (!m->has_sub || m->category == MODBUS_RESERVED)
		return;
	if (len != 2) {
		m->errors |= MODBUS_BAD_LENGTH;
		return;
	}
	if (m->sub == QUERY_DATA)
		good = true;
	if (m->sub == RESTART)
		good = good || data == COIL_ON;
	if (m->sub == INPUT_DELIMITER)
		good = (data & 0xff) == 0;
	if (!good)
		m->errors |= MODBUS_BAD_VALUE;
}

/* --- fields ------------------------------------------------------------------------ */

static bool
is_coils(const struct modbus_message *m)
{
	return (m->access & (MODBUS_COILS | MODBUS_DISCRETES)) != 0;
}

unsigned
modbus_bytes(const struct modbus_message *m, uint16_t quantity)
{
	return is_coils(m) ? (quantity + 7u) / 8 : quantity * 2u;
}

static void
read_reading(struct modbus_message *m, struct cursor *c)
{
	unsigned max = is_coils(m) ? COILS_MAX : REGISTERS_MAX;

	m->read_address = cur_be16(c);
	m->read_quantity = cur_be16(c);
	m->has_read = cur_ok(c);
	if (!m->has_read)
		m->errors |= MODBUS_BAD_LENGTH;
	else if (m->read_quantity == 0 || m->read_quantity > max)
		m->errors |= MODBUS_BAD_VALUE;
}

/* One coil or register; its value stays behind. */
static void
read_single(struct modbus_message *m, struct cursor *c)
{
	uint16_t value;

	m->write_address = cur_be16(c);
	m->write_quantity = 1;
	m->written = (struct span){c->pos, 2};
	value = cur_be16(c);
	m->has_write = cur_ok(c);
	if (!m->has_write)
		m->errors |= MODBUS_BAD_LENGTH;
	else if (is_coils(m) && value != 0 && value != COIL_ON)
		m->errors |= MODBUS_BAD_VALUE;
}

static void
read_several(struct modbus_message *m, struct cursor *c, unsigned max)
{
	uint8_t count;

	m->write_address = cur_be16(c);
	m->write_quantity = cur_be16(c);
	count = cur_u8(c);
	m->has_write = cur_ok(c);
	if (!m->has_write || count == 0 || count != c->left)
		m->errors |= MODBUS_BAD_LENGTH;
	else if (count != modbus_bytes(m, m->write_quantity) ||
	    m->write_quantity > max)
		m->errors |= MODBUS_BAD_VALUE;
	if (m->has_write)
		m->written = cur_rest(c);
}

static void
read_mask(struct modbus_message *m, struct cursor *c)
{
	m->write_address = cur_be16(c);
	m->write_quantity = 1;
	m->mask[0] = cur_be16(c);
	m->mask[1] = cur_be16(c);
	m->has_write = cur_ok(c);
	if (!m->has_write)
		m->errors |= MODBUS_BAD_LENGTH;
}

/* How many bytes there must be; more than that is a wrong length, too. */
static void
expect(struct modbus_message *m, struct cursor *c, size_t len)
{
	if (c->left != len)
		m->errors |= MODBUS_BAD_LENGTH;
}

/* --- requests ----------------------------------------------------------------------- */

void
modbus_read_request(struct modbus_message *m, struct cursor *c)
{
	switch ((enum modbus_function)modbus_function(m)) {
	case MODBUS_READ_COILS:
	case MODBUS_READ_DISCRETES:
	case MODBUS_READ_HOLDING:
	case MODBUS_READ_INPUT:
		read_reading(m, c);
		expect(m, c, 0);
		break;
	case MODBUS_WRITE_COIL:
	case MODBUS_WRITE_REGISTER:
		read_single(m, c);
		expect(m, c, 0);
		break;
	case MODBUS_WRITE_COILS:
		read_several(m, c, COILS_WRITTEN_MAX);
		break;
	case MODBUS_WRITE_REGISTERS:
		read_several(m, c, REGISTERS_WRITTEN_MAX);
		break;
	case MODBUS_MASK_REGISTER:
		read_mask(m, c);
		expect(m, c, 0);
		break;
	case MODBUS_READ_WRITE:
		read_reading(m, c);
		read_several(m, c, REGISTERS_BOTH_MAX);
		break;
	case MODBUS_READ_STATUS:
	case MODBUS_EVENT_COUNTER:
	case MODBUS_EVENT_LOG:
	case MODBUS_SERVER_ID:
		expect(m, c, 0);
		break;
	case MODBUS_READ_FIFO:
		expect(m, c, 2);
		break;
	case MODBUS_READ_FILE:
	case MODBUS_WRITE_FILE:
		if (c->left == 0)
			m->errors |= MODBUS_BAD_LENGTH;
		break;
	case MODBUS_DIAGNOSTIC:
		read_sub(m, c);
		check_diagnostic(m, c);
		break;
	case MODBUS_ENCAPSULATED:
		read_sub(m, c);
		break;
	}
	/* As Suricata, which has not looked when the length is wrong already. */
	if ((m->function & MODBUS_EXCEPTION) && !m->has_sub &&
	    (m->access != 0 || !(m->errors & MODBUS_BAD_LENGTH)))
		m->errors |= MODBUS_BAD_FUNCTION;
}

/* --- responses ---------------------------------------------------------------------- */

static bool
is_exception_code(uint8_t code)
{
	return (code >= 1 && code <= 7) || code == 10 || code == 11;
}

static void
read_exception(struct modbus_message *m, struct cursor *c)
{
	expect(m, c, 1);
	if (c->left > 0 && !is_exception_code(cur_u8(c)))
		m->errors |= MODBUS_BAD_EXCEPTION;
	if (modbus_function(m) == MODBUS_DIAGNOSTIC ||
	    modbus_function(m) == MODBUS_ENCAPSULATED)
		m->category = MODBUS_ASSIGNED;
}

/* As many bytes as it says. */
static void
read_answer(struct modbus_message *m, struct cursor *c)
{
	m->count = cur_u8(c);
	m->has_read = cur_ok(c);
	expect(m, c, m->count);
}

void
modbus_read_response(struct modbus_message *m, struct cursor *c)
{
	if (m->function & MODBUS_EXCEPTION) {
		read_exception(m, c);
		return;
	}
	switch ((enum modbus_function)m->function) {
	case MODBUS_READ_COILS:
	case MODBUS_READ_DISCRETES:
	case MODBUS_READ_HOLDING:
	case MODBUS_READ_INPUT:
	case MODBUS_READ_WRITE:
		read_answer(m, c);
		break;
	case MODBUS_WRITE_COIL:
	case MODBUS_WRITE_REGISTER:
		read_single(m, c);
		expect(m, c, 0);
		break;
	case MODBUS_WRITE_COILS:
	case MODBUS_WRITE_REGISTERS:
		m->write_address = cur_be16(c);
		m->write_quantity = cur_be16(c);
		m->has_write = cur_ok(c);
		expect(m, c, 0);
		break;
	case MODBUS_MASK_REGISTER:
		read_mask(m, c);
		expect(m, c, 0);
		break;
	case MODBUS_READ_STATUS:
		expect(m, c, 1);
		break;
	case MODBUS_EVENT_COUNTER:
		expect(m, c, 4);
		break;
	case MODBUS_DIAGNOSTIC:
	case MODBUS_ENCAPSULATED:
		read_sub(m, c);
		break;
	case MODBUS_EVENT_LOG:
	case MODBUS_SERVER_ID:
	case MODBUS_READ_FILE:
	case MODBUS_WRITE_FILE:
	case MODBUS_READ_FIFO:
		break;
	}
}
