/* SPDX-License-Identifier: EUPL-1.2 */
/* MQTT 3.1, 3.1.1 and 5 (OASIS), private to agent/app: what its files share. */
#ifndef AGENT_APP_MQTT_H
#define AGENT_APP_MQTT_H

#include "agent/app/parser.h"
#include "common/cursor.h"

extern const struct app_parser mqtt_parser;

/* Control packets, section 2.1.2. */
enum mqtt_type {
	MQTT_UNASSIGNED,
	MQTT_CONNECT,
	MQTT_CONNACK,
	MQTT_PUBLISH,
	MQTT_PUBACK,
	MQTT_PUBREC,
	MQTT_PUBREL,
	MQTT_PUBCOMP,
	MQTT_SUBSCRIBE,
	MQTT_SUBACK,
	MQTT_UNSUBSCRIBE,
	MQTT_UNSUBACK,
	MQTT_PINGREQ,
	MQTT_PINGRESP,
	MQTT_DISCONNECT,
	MQTT_AUTH,
	MQTT_TYPES,
};

#define MQTT_VERSION_5 5

/* The first byte of a message, and the length of what follows. */
struct mqtt_head {
	uint8_t first;
	uint32_t length;
};

/* Its size; 0: not whole yet; -1: no such head. */
int mqtt_head_read(struct span bytes, struct mqtt_head *out);

/* Flags of the variable header of CONNECT, section 3.1.2.3. */
enum mqtt_connect_flag {
	MQTT_CLEAN_SESSION = 0x02,
	MQTT_WILL = 0x04,
	MQTT_WILL_RETAIN = 0x20,
	MQTT_HAS_PASSWORD = 0x40,
	MQTT_HAS_USERNAME = 0x80,
};

/* Of what has no value p is NULL. */
struct mqtt_message {
	struct mqtt_message *next; /* of the same transaction */
	enum mqtt_type type;
	uint8_t qos;
	bool dup, retain;
	bool cut; /* longer than is read: the head is all there is of it */
	uint8_t version;
	uint32_t length;
	struct span body; /* behind the message, and what the others point into */
	bool has_id;
	uint16_t id;
	struct {
		struct span protocol, client_id, username, password;
		struct span will_topic, will_message;
		uint8_t flags;
	} connect;
	bool session_present;
	struct span topic, payload;
	struct span reasons; /* a byte each */
	struct span granted; /* of SUBACK, a byte each */
	struct span topics;  /* of SUBSCRIBE and UNSUBSCRIBE, as sent */
};

/*
 * Read the body, which stays where it is.  version is that of the connection, 0
 * while it is not known; CONNECT brings its own.  false: it does not fit.
 */
bool mqtt_message_read(struct mqtt_message *m, uint8_t version);

struct mqtt_topic {
	struct span name;
	uint8_t qos; /* asked for; of SUBSCRIBE */
};

/* The next topic of m->topics; false: no more. */
bool mqtt_topic_next(
    const struct mqtt_message *m, struct cursor *c, struct mqtt_topic *out);

/* --- for the files of the parser ------------------------------------------------- */

#define MQTT_DONE 1 /* progress of an exchange that is over */

struct mqtt_tx {
	struct app_tx tx;
	enum app_dir d; /* of the first message */
	struct mqtt_message *first, *last;
	unsigned n;
};

struct mqtt_side {
	struct buf held; /* a message that is not whole */
	size_t skip;	 /* of one that is too long */
};

struct mqtt_state {
	struct mqtt_side side[APP_DIRS];
	uint8_t version; /* 0: no CONNECT was seen */
	bool connected;	 /* the broker said so */
};

extern const char *const mqtt_events[];

/* A whole message, one that is longer than is read, and what is none. */
void mqtt_on_message(struct app_flow *a, enum app_dir d, const struct mqtt_head *h,
    struct span body);
void mqtt_on_too_long(
    struct app_flow *a, enum app_dir d, const struct mqtt_head *h);
void mqtt_on_malformed(struct app_flow *a, enum app_dir d);

/* As in struct app_parser. */
void mqtt_tx_release(struct app_flow *a, struct app_tx *tx);
enum app_guess mqtt_probe(const struct flow *f, enum app_dir d, struct span bytes);
enum app_have mqtt_buffer(const struct app_flow *a, const struct app_tx *tx,
    enum app_buffer_id b, enum app_dir d, unsigned instance, struct app_bytes *out);

/* A member of EVE's "mqtt". */
void mqtt_message_write(const struct mqtt_message *m, struct jw *w);

#endif
