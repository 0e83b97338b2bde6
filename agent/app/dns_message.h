/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * The parts of a DNS message (RFC 1035, section 4).  Pure functions over the
 * bytes; the message is kept as it came and read again where it is written.
 */
#ifndef AGENT_APP_DNS_MESSAGE_H
#define AGENT_APP_DNS_MESSAGE_H

#include "agent/limits.h"
#include "common/cursor.h"

#define DNS_HEADER_SIZE 12

enum dns_flag {
	DNS_RESPONSE = 0x8000,
	DNS_AUTHORITATIVE = 0x0400,
	DNS_TRUNCATED = 0x0200,
	DNS_RECURSION_DESIRED = 0x0100,
	DNS_RECURSION_AVAILABLE = 0x0080,
	DNS_Z = 0x0040,
};

enum dns_type {
	DNS_A = 1,
	DNS_NS = 2,
	DNS_CNAME = 5,
	DNS_SOA = 6,
	DNS_NULL = 10,
	DNS_PTR = 12,
	DNS_MX = 15,
	DNS_TXT = 16,
	DNS_AAAA = 28,
	DNS_SRV = 33,
	DNS_OPT = 41,
	DNS_SSHFP = 44,
};

enum dns_section {
	DNS_QUESTIONS,
	DNS_ANSWERS,
	DNS_AUTHORITIES,
	DNS_ADDITIONALS,
	DNS_SECTIONS,
};

struct dns_header {
	uint16_t id, flags;
	uint16_t count[DNS_SECTIONS];
};

/* Labels joined by dots, case kept, no dot at the end; empty: the root. */
struct dns_name {
	size_t len;
	bool too_long;	  /* cut at DNS_NAME_MAX */
	bool loop;	  /* a pointer to itself: read up to there */
	bool many_labels; /* over DNS_LABELS_MAX: read up to there */
	uint8_t text[DNS_NAME_MAX];
};

struct dns_question {
	struct dns_name name;
	uint16_t type, class;
};

struct dns_record {
	struct dns_name name;
	uint16_t type, class;
	uint32_t ttl;
	struct span data; /* in the message */
};

/* All spoil c where the message is broken or short. */
void dns_header_read(struct cursor *c, struct dns_header *out);
void dns_name_read(struct cursor *c, struct span message, struct dns_name *out);
void dns_question_read(
    struct cursor *c, struct span message, struct dns_question *out);
void dns_record_read(struct cursor *c, struct span message, struct dns_record *out);

/* Could a message of so many bytes hold what its header counts? */
bool dns_header_fits(const struct dns_header *h, size_t message);
unsigned dns_opcode(const struct dns_header *h);
unsigned dns_rcode(const struct dns_header *h);

/* "A"; NULL: not one with a name. */
const char *dns_type_name(uint16_t type);
/* "NOERROR"; NULL: not one with a name. */
const char *dns_rcode_name(unsigned rcode);

#endif
