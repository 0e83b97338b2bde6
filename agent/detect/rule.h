/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * What a rule is after parsing: header, packet tests, one list of operations a
 * buffer, and what to do on a match.  Private to agent/detect.  Made by parse.c
 * and the kw_*.c files, completed by classify.c, run by match.c and content.c.
 */
#ifndef AGENT_DETECT_RULE_H
#define AGENT_DETECT_RULE_H

#include "agent/app/app.h"
#include "agent/detect/asn1.h"
#include "agent/detect/detect.h"
#include "agent/detect/lists.h"
#include "agent/limits.h"

/* --- numbers and variables ------------------------------------------------- */

/* A number written in the rule, or a variable set by an earlier keyword. */
struct operand {
	int64_t value;
	int8_t var; /* -1: value counts */
};

enum num_op {
	NUM_EQ,
	NUM_NE,
	NUM_LT,
	NUM_GT,
	NUM_LE,
	NUM_GE,
	NUM_RANGE,
	NUM_BITS, /* has one of the bits of a */
	NUM_NO_BITS
};

/* The integer tests of Suricata 7: "8", "<8", ">7", "7<>20" (bounds excluded). */
struct num_test {
	enum num_op op;
	uint64_t a, b;
};

/* Both ends included. */
struct num_range {
	uint64_t first, last;
};

/* --- operations on a buffer ------------------------------------------------ */

enum op_kind {
	OP_CONTENT,
	OP_PCRE,
	OP_ISDATAAT,
	OP_BSIZE,
	OP_BYTE_TEST,
	OP_BYTE_JUMP,
	OP_BYTE_EXTRACT,
	OP_BYTE_MATH,
	OP_BASE64,
	OP_DATASET,
	OP_ASN1,
	OP_NUMBER,     /* of a buffer that is a number */
	OP_NUMBER_SET, /* it lies in any of the ranges */
};

enum op_flag {
	OP_NEGATED = 1u << 0,
	OP_RELATIVE = 1u << 1,	    /* starts where the last match ended */
	OP_RELATIVE_NEXT = 1u << 2, /* a later one starts where this ends */
	OP_RAWBYTES = 1u << 3,
	OP_NOCASE = 1u << 4,
	OP_OFFSET = 1u << 5,
	OP_DEPTH = 1u << 6,
	OP_DISTANCE = 1u << 7,
	OP_WITHIN = 1u << 8,
	OP_STARTSWITH = 1u << 9,
	OP_ENDSWITH = 1u << 10,
	OP_FAST = 1u << 11, /* the rule names it its fast pattern */
	OP_FAST_ONLY = 1u << 12,
	OP_FAST_CHOP = 1u << 13,
	OP_LITTLE = 1u << 14,
	OP_STRING = 1u << 15,
	OP_ALIGN = 1u << 16,
	OP_FROM_BEGINNING = 1u << 17,
	OP_FROM_END = 1u << 18,
	OP_BITMASK = 1u << 19,
	OP_DCE = 1u << 20,    /* in the byte order of the DCE/RPC call */
	OP_PLACED = 1u << 21, /* a content with one place only, asked first */
};

struct op_content {
	uint8_t *bytes; /* lower case when OP_NOCASE */
	size_t len;
	struct operand offset, depth, distance, within;
	size_t fast_offset, fast_len;
	uint16_t rare[2]; /* places of the bytes that are looked for first */
};

enum byte_op {
	BYTE_LT,
	BYTE_GT,
	BYTE_LE,
	BYTE_GE,
	BYTE_EQ,
	BYTE_AND,
	BYTE_XOR,
	BYTE_ADD,
	BYTE_SUB,
	BYTE_MUL,
	BYTE_DIV,
	BYTE_LSHIFT,
	BYTE_RSHIFT,
};

struct op_bytes {
	struct operand nbytes, offset, value;
	enum byte_op op;
	uint8_t base; /* of a string: 8, 10, 16 */
	uint32_t multiplier;
	uint8_t align; /* byte_extract: 0, 2 or 4 */
	int32_t post_offset;
	uint64_t bitmask;
	uint8_t bitmask_shift;
	int8_t result; /* variable */
};

struct dataset;
struct rule_list;

struct op_base64 {
	uint32_t bytes, offset;	       /* bytes 0: all */
	const struct rule_list *inner; /* what to look for in it; NULL: nothing */
};

enum dataset_command {
	DATASET_ISSET,
	DATASET_ISNOTSET,
	DATASET_SET,
	DATASET_UNSET,
	DATASET_REP,
};

struct op_dataset {
	struct dataset *set; /* of the ruleset */
	enum dataset_command command;
	struct num_test rep;
};

struct op_asn1 {
	struct asn1_test test;
	bool relative;
	int32_t offset;
};

struct pcre;

struct op {
	enum op_kind kind;
	uint32_t flags;
	union {
		struct op_content content;
		struct op_bytes bytes;
		struct op_base64 base64;
		struct op_dataset dataset;
		struct op_asn1 asn1;
		struct pcre *pcre;
		struct num_test size;
		struct operand isdataat;
		struct {
			struct num_range *range;
			size_t n;
		} set;
	};
};

/* One buffer, one instance of it: all operations must hold in the same bytes. */
#define RULE_LISTS_MAX 63
struct rule_list {
	int buffer;		       /* of buffers.h */
	struct transform_chain *chain; /* NULL: the buffer as it stands */
	struct op *op;
	size_t n;
	bool placed; /* some have OP_PLACED */
};

/* --- tests on the packet --------------------------------------------------- */

struct test;
struct match_context;
typedef bool test_fn(const struct test *t, struct match_context *m);

enum bits_command {
	BITS_SET,
	BITS_ISSET,
	BITS_ISNOTSET,
	BITS_UNSET,
	BITS_TOGGLE
};
enum bits_track {
	TRACK_SRC,
	TRACK_DST,
	TRACK_PAIR,
	TRACK_BOTH,
	TRACK_RULE
};

struct bits {
	enum bits_command command;
	enum bits_track track;
	uint32_t expire_s;
	const uint16_t *id; /* the test's ids; more than one: any of them */
	size_t n;
};

enum flowint_command {
	FLOWINT_SET,
	FLOWINT_ADD,
	FLOWINT_SUB,
	FLOWINT_EQ,
	FLOWINT_NE,
	FLOWINT_LT,
	FLOWINT_LE,
	FLOWINT_GT,
	FLOWINT_GE,
	FLOWINT_ISSET,
	FLOWINT_NOTSET,
};

struct flowint {
	enum flowint_command command;
	uint16_t id;
	uint32_t value;
	int32_t other; /* id of another flowint; -1: value counts */
};

struct mask_test {
	uint8_t want, ignore;
	char modifier; /* 0, '+', '*', '!' */
};

enum csum_kind {
	CSUM_IPV4,
	CSUM_TCPV4,
	CSUM_TCPV6,
	CSUM_UDPV4,
	CSUM_UDPV6,
	CSUM_ICMPV4,
	CSUM_ICMPV6
};

/* Of a call: program, version, procedure. */
#define RPC_WORDS 3

struct reputation;

/* What iprep asks, and of whom. */
enum reputation_how {
	REPUTATION_COMPARED,
	REPUTATION_ISSET,
	REPUTATION_ISNOTSET
};
enum reputation_side {
	REPUTATION_ANY,
	REPUTATION_SRC,
	REPUTATION_DST,
	REPUTATION_BOTH
};

/* Packet tests and the actions of a match share one shape. */
struct test {
	test_fn *fn;
	bool negated;
	uint16_t *ids; /* of bits; owned */
	union {
		struct num_test num;
		struct mask_test mask;
		struct bits bits;
		struct flowint flowint;
		uint32_t value;
		uint64_t apps;
		struct {
			struct num_test num;
			enum stream_side {
				STREAM_SIDE_CLIENT,
				STREAM_SIDE_SERVER,
				STREAM_SIDE_BOTH,
				STREAM_SIDE_EITHER
			} side;
		} stream_size;
		struct {
			uint32_t word[RPC_WORDS];
			bool any[RPC_WORDS];
		} rpc;
		struct {
			enum csum_kind kind;
			bool valid;
		} csum;
		struct {
			const struct reputation *reputation; /* of the ruleset */
			struct num_test num;
			enum reputation_how how;
			enum reputation_side side;
			uint8_t category;
		} iprep;
	};
};

struct tag {
	bool session; /* else host */
	bool dst;
	enum {
		TAG_PACKETS,
		TAG_SECONDS,
		TAG_BYTES
	} metric;
	uint32_t count;
};

enum threshold_kind {
	THRESHOLD_NONE,
	THRESHOLD_LIMIT,
	THRESHOLD_THRESHOLD,
	THRESHOLD_BOTH,
	THRESHOLD_DETECTION,
	THRESHOLD_RATE,
};

struct threshold {
	enum threshold_kind kind;
	enum bits_track track;
	uint32_t count, seconds;
	uint32_t timeout;	     /* rate_filter */
	enum rule_action new_action; /* rate_filter */
};

struct suppress {
	enum bits_track track; /* TRACK_RULE: always; TRACK_BOTH: either */
	const struct addr_set *net;
};

/* --- the rule -------------------------------------------------------------- */

/* When a rule is looked at (engine.md 1.2). */
enum rule_class {
	RULE_CLASS_IP_ONLY,
	RULE_CLASS_LIKE_IP_ONLY,
	RULE_CLASS_EVENT_ONLY,
	RULE_CLASS_PACKET,
	RULE_CLASS_STREAM,
	RULE_CLASS_PACKET_STREAM,
	RULE_CLASS_APP,	  /* a protocol, and nothing of its transactions */
	RULE_CLASS_FOUND, /* that a protocol was found: once a direction */
	RULE_CLASS_TX,
};

enum rule_flag {
	RULE_NOALERT = 1u << 0,
	RULE_TO_SERVER = 1u << 1,
	RULE_TO_CLIENT = 1u << 2,
	RULE_ESTABLISHED = 1u << 3,
	RULE_NOT_ESTABLISHED = 1u << 4,
	RULE_STATELESS = 1u << 5,
	RULE_ONLY_STREAM = 1u << 6,
	RULE_NO_STREAM = 1u << 7,
	RULE_NO_FRAG = 1u << 8,
	RULE_ONLY_FRAG = 1u << 9,
	RULE_NEEDS_PACKET = 1u << 10, /* a keyword that streams do not have */
	RULE_NOT_IP_ONLY = 1u << 11,  /* a keyword that IP-only rules do not have */
	RULE_HAS_FLOW = 1u << 12,
	RULE_BIDIRECTIONAL = 1u << 14,
	RULE_NEGATED_ADDRESS = 1u << 15,
	RULE_TCP_PKT = 1u << 16,
	RULE_TCP_STREAM = 1u << 17,
	RULE_HAS_PRIORITY = 1u << 18,
	RULE_HAS_SID = 1u << 19,
	RULE_HAS_MSG = 1u << 20,
	RULE_HAS_GID = 1u << 21,
	RULE_HAS_REV = 1u << 22,
	RULE_HAS_CLASS = 1u << 23,
	RULE_IPV4 = 1u << 24,
	RULE_IPV6 = 1u << 25,
	RULE_STREAM_SIZE = 1u << 27, /* looks at packets even with streams */
	RULE_REVERSED = 1u << 26,    /* second half of a "<>" rule: shares all */
};

#define RULE_VARS_MAX	  16
#define RULE_VAR_NAME_MAX 32

/* An event of a transaction. */
struct rule_app_event {
	enum app_id id;
	uint8_t bit;
};

struct rule {
	struct rule_meta meta;
	uint32_t number; /* order of evaluation, dense from 0 */
	uint32_t order;	 /* order of loading */
	uint64_t gate;	 /* see gate.h */
	enum rule_class class;
	enum rule_class
	    payload;   /* where contents without a buffer are looked for */
	uint64_t apps; /* protocols, APP_BIT() each; 0: any and none */
	uint32_t flags;

	uint64_t proto[4]; /* one bit an IP protocol */
	bool any_proto;
	const struct addr_set *src, *dst;
	const struct port_set *sport, *dport;

	struct test *test; /* all must hold */
	size_t tests_n;
	struct rule_list *list;
	size_t lists_n;
	struct test *post; /* run on a match */
	size_t posts_n;
	struct tag *tag;
	size_t tags_n;
	int *event; /* decode events, for the index */
	size_t events_n;
	struct rule_app_event *app_event;
	size_t app_events_n;
	size_t app_protocols_n; /* of its tests, those on app-layer-protocol */

	struct threshold threshold; /* of the rule, or of threshold.config */
	struct threshold detection; /* detection_filter */
	struct threshold rate;
	struct suppress *suppress;
	size_t suppress_n;

	int fast_list, fast_op; /* the fast pattern; -1: none */
	int placed_op;		/* of its list, looked up in its stead; -1: none */
	uint8_t vars;		/* variables used */
	uint8_t roles[4];	/* sort keys: flowbits, flowint, hostbits, xbits */
	const char *file;
	unsigned line;
};

#endif
