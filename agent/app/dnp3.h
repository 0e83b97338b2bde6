/* SPDX-License-Identifier: EUPL-1.2 */
/* DNP3 (IEEE 1815) over TCP, private to agent/app: what its files share. */
#ifndef AGENT_APP_DNP3_H
#define AGENT_APP_DNP3_H

#include "agent/app/parser.h"
#include "common/cursor.h"

extern const struct app_parser dnp3_parser;

/* --- frames of the data link (chapter 9) -------------------------------------- */

#define DNP3_START	0x05
#define DNP3_FRAME_HEAD 10
#define DNP3_FRAME_DATA 250
#define DNP3_FRAME_MAX	(DNP3_FRAME_HEAD + DNP3_FRAME_DATA + 16 * 2)

enum dnp3_frame_is {
	DNP3_FRAME_GOOD,
	DNP3_FRAME_NONE,      /* no frame begins there */
	DNP3_FRAME_BAD_HEAD,  /* checksum */
	DNP3_FRAME_BAD_BLOCK, /* checksum */
	DNP3_FRAME_SHORT,     /* its length says less than a head has */
};

struct dnp3_frame {
	uint8_t control;
	uint16_t to, from;
	uint8_t data[DNP3_FRAME_DATA]; /* without the checksums */
	size_t len;
};

/* May the frame with this head be one?  Its checksum is not asked. */
bool dnp3_frame_begins(const uint8_t *head);
/* Bytes of the whole frame, of its head's; DNP3_FRAME_HEAD if it is none. */
size_t dnp3_frame_size(const uint8_t *head);
/* A whole frame.  With DNP3_FRAME_BAD_BLOCK all but the data is set. */
enum dnp3_frame_is dnp3_frame_read(struct span bytes, struct dnp3_frame *out);

/* --- objects of a message (chapter 11) ------------------------------------------ */

struct dnp3_object {
	uint8_t group, variation, qualifier;
	uint32_t start, stop; /* 0: the qualifier has no range */
	uint32_t count;
};

enum dnp3_object_is {
	DNP3_OBJECT_GOOD,
	DNP3_OBJECT_SHORT, /* its head; what follows cannot be told */
	DNP3_OBJECT_UNKNOWN,
	DNP3_OBJECT_POINTS, /* more than were left to the message */
};

/* The head of the next one; false: there are no three bytes of it. */
bool dnp3_object_head(
    struct cursor *c, struct dnp3_object *out, enum dnp3_object_is *is);
/* Step over its points, which are taken from what is left to the message. */
enum dnp3_object_is dnp3_object_points(
    struct cursor *c, const struct dnp3_object *o, uint32_t *left);

#define DNP3_RESPONSE 129 /* function of an answer; 130: nobody asked */

/* --- transactions --------------------------------------------------------------- */

struct dnp3_tx {
	struct app_tx tx; /* first */
	enum app_dir d;
	uint8_t control; /* of its first frame */
	uint16_t to, from;
	uint8_t sequence; /* of the next segment */
	bool complete;	  /* all objects were read */
	struct buf message;
	struct dnp3_object *object;
	size_t objects;
};

enum dnp3_event {
	DNP3_EVENT_FLOODED,
	DNP3_EVENT_SHORT,
	DNP3_EVENT_LINK_CRC,
	DNP3_EVENT_BLOCK_CRC,
	DNP3_EVENT_MALFORMED,
	DNP3_EVENT_UNKNOWN_OBJECT,
	DNP3_EVENT_POINTS,
	DNP3_EVENT_OBJECTS,
};

/* Of the application header, which a message begins with (4.2.2). */
size_t dnp3_head_size(enum app_dir d);
/* All objects of a message that is whole. */
void dnp3_read_objects(struct app_flow *a, struct dnp3_tx *t);
/* Of the application header (4.2.2); the message holds it. */
uint8_t dnp3_tx_function(const struct dnp3_tx *t);
uint16_t dnp3_tx_indications(const struct dnp3_tx *t); /* 0: a request */
/* Members of EVE's "dnp3". */
void dnp3_tx_write(const struct app_flow *a, const struct app_tx *tx, struct jw *w);

#endif
