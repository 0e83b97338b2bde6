/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Modbus over TCP (MODBUS Application Protocol 1.1b3; Messaging on TCP/IP 1.0b),
 * private to agent/app: what its files share.
 */
#ifndef AGENT_APP_MODBUS_H
#define AGENT_APP_MODBUS_H

#include "agent/app/parser.h"
#include "common/cursor.h"

extern const struct app_parser modbus_parser;

#define MODBUS_HEAD   6	  /* before what the length counts */
#define MODBUS_LENGTH 254 /* the largest that is one: unit, function, 252 bytes */

/* The function of an exception: that of the request with this bit. */
#define MODBUS_EXCEPTION 0x80

/* Functions whose fields are read; section 6. */
enum modbus_function {
	MODBUS_READ_COILS = 1,
	MODBUS_READ_DISCRETES = 2,
	MODBUS_READ_HOLDING = 3,
	MODBUS_READ_INPUT = 4,
	MODBUS_WRITE_COIL = 5,
	MODBUS_WRITE_REGISTER = 6,
	MODBUS_READ_STATUS = 7,
	MODBUS_DIAGNOSTIC = 8,
	MODBUS_EVENT_COUNTER = 11,
	MODBUS_EVENT_LOG = 12,
	MODBUS_WRITE_COILS = 15,
	MODBUS_WRITE_REGISTERS = 16,
	MODBUS_SERVER_ID = 17,
	MODBUS_READ_FILE = 20,
	MODBUS_WRITE_FILE = 21,
	MODBUS_MASK_REGISTER = 22,
	MODBUS_READ_WRITE = 23,
	MODBUS_READ_FIFO = 24,
	MODBUS_ENCAPSULATED = 43,
};

enum modbus_error {
	MODBUS_BAD_LENGTH = 1u << 0,
	MODBUS_BAD_VALUE = 1u << 1,
	MODBUS_BAD_FUNCTION = 1u << 2,
	MODBUS_BAD_EXCEPTION = 1u << 3,
	MODBUS_BAD_PROTOCOL = 1u << 4,
};

/* Addresses from 1, as rules count them. */
struct modbus_range {
	uint16_t first, last; /* 0: none */
};

struct modbus_message {
	uint16_t id, protocol;
	uint8_t unit, function; /* as sent */
	bool has_sub;
	uint16_t sub; /* of a diagnostic, or the type of what is encapsulated */
	unsigned category; /* a bit of enum app_modbus_category, or 0 */
	unsigned access;   /* bits of enum app_modbus_access */
	unsigned errors;   /* bits of enum modbus_error */
	bool has_read, has_write;
	uint16_t read_address, read_quantity;
	uint16_t write_address, write_quantity;
	uint16_t mask[2];
	uint8_t count;	     /* bytes that a response says it has read */
	struct span written; /* on loan: registers, or bits of coils */
};

/* Without the bit of an exception. */
uint8_t modbus_function(const struct modbus_message *m);
/* The same, but as sent where no function is known by that number. */
uint8_t modbus_named_function(const struct modbus_message *m);
/* Is it a message, with a function that there is?  APP_MORE: not whole yet. */
enum app_guess modbus_begins(struct span bytes, enum app_dir d);
/* A message, of which bytes are as many as its head says.  What is wrong is kept in
 * errors. */
void modbus_read(struct span bytes, enum app_dir d, struct modbus_message *out);
/* What stands behind the function; it, category and access are set. */
void modbus_read_request(struct modbus_message *m, struct cursor *c);
void modbus_read_response(struct modbus_message *m, struct cursor *c);
/* Of so many coils or registers. */
unsigned modbus_bytes(const struct modbus_message *m, uint16_t quantity);
/* Does the response answer what the request asked?  Only of functions that read or
 * write; of others true. */
bool modbus_answers(
    const struct modbus_message *request, const struct modbus_message *response);
/* What is addressed; of a function that does both, what is written. */
struct modbus_range modbus_addressed(const struct modbus_message *m);

struct modbus_tx {
	struct app_tx tx; /* first */
	bool has[APP_DIRS];
	struct modbus_message said[APP_DIRS];
	struct span copy; /* of the request, behind the transaction */
};

/* The request, or a response that nobody asked for. */
const struct modbus_message *modbus_tx_message(const struct modbus_tx *t);
/* Members of EVE's "modbus". */
void modbus_tx_write(
    const struct app_flow *a, const struct app_tx *tx, struct jw *w);

#endif
