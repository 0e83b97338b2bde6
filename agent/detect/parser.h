/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * The state of parsing one rule, and the table of keywords.  A keyword is one
 * row and one parse function; the kw_*.c files hold them by family.
 */
#ifndef AGENT_DETECT_PARSER_H
#define AGENT_DETECT_PARSER_H

#include "agent/detect/rule.h"

struct ruleset;

struct rule_parser {
	struct ruleset *rs;
	struct rule *r;
	int list;     /* the list that contents go to; -1: payload */
	int moved;    /* where a modifier put the last content; -1: it did not */
	bool negated; /* "!" stood before the value */
	bool unmet;   /* a "requires" that this version does not meet */
	const char *keyword; /* its name as written */
	char error[160];
	char var[RULE_VARS_MAX][RULE_VAR_NAME_MAX];
};

enum keyword_flag {
	KW_NO_VALUE = 1u << 0,
	KW_OPTIONAL = 1u << 1,	/* value may be left out */
	KW_QUOTED = 1u << 2,	/* value must be in quotes */
	KW_QUOTABLE = 1u << 3,	/* value may be in quotes */
	KW_NEGATABLE = 1u << 4, /* "!" before the value negates */
	KW_FIRST = 1u << 5,	/* read in the first pass */
};

/* Why a keyword that Suricata 7 has is refused here. */
enum keyword_needs {
	KW_READY,
	KW_NEEDS_APP,
	KW_NEEDS_FILES,
	KW_NEEDS_GEOIP,
	KW_NEEDS_LUA,
	KW_NEEDS_INLINE,
	KW_NEEDS_LATER,
	KW_NEEDS_N,
};

struct keyword {
	const char *name;
	unsigned flags;
	enum keyword_needs needs;
	int (*parse)(struct rule_parser *p, char *value);
};

/* The row of a name, any case; NULL when Suricata 7 has no such keyword. */
const struct keyword *keyword_find(const char *name);
const struct keyword *keyword_at(size_t i); /* NULL behind the last */
const char *keyword_needs_text(enum keyword_needs n);

/*
 * Parse a rule's text (lines joined, comments gone).  0: added to out (two rules
 * for "<>"), 1: skipped because of "requires", -1 with p->error.
 * text is scribbled upon.
 */
int parser_rule(struct rule_parser *p, char *text);
/* What stands before the "("; *text is behind it then. */
int parser_header(struct rule_parser *p, char **text);

/* --- for the kw_*.c files ---------------------------------------------------- */

/* Keep why; returns -1. */
int parser_fail(struct rule_parser *p, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
int parser_no_memory(struct rule_parser *p);
/* NULL after a failure; zeroed, in the current list. */
struct op *parser_add_op(struct rule_parser *p, enum op_kind kind);
/* The same, in the list that it is relative to, if it is. */
struct op *parser_add_relative(
    struct rule_parser *p, enum op_kind kind, bool relative);
struct test *parser_add_test(struct rule_parser *p, test_fn *fn);
struct test *parser_add_post(struct rule_parser *p, test_fn *fn);
/* The last content (or, with pcre, content or pcre) of the current list; NULL: none. */
struct op *parser_last(struct rule_parser *p, bool pcre);
/* The list that modifiers speak of: that of the last content, if it was moved. */
int parser_at_hand(const struct rule_parser *p);
/* Mark that the last content or pcre is followed by one relative to it. */
void parser_set_relative(struct rule_parser *p);
/* Index of a variable; -1 after a failure. */
int parser_var_find(struct rule_parser *p, const char *name);
int parser_var_add(struct rule_parser *p, const char *name);
/* A number within bounds, or a variable's name. */
int parser_operand(struct rule_parser *p, const char *text, int64_t min,
    int64_t max, struct operand *o);
int parser_int(struct rule_parser *p, const char *text, int64_t min, int64_t max,
    int64_t *out);
/* "8", "<8", ">=7", "!3", "7<>20", "7-20". */
int parser_num(
    struct rule_parser *p, char *text, uint64_t max, struct num_test *out);
bool parser_num_holds(const struct num_test *t, uint64_t v);
/*
 * Next item of a list, cut in place and trimmed; NULL at the end.  An item is
 * not NULL but empty when nothing stands between two separators.
 */
char *parser_item(char **rest, char separator);
/* Value of word in a table that ends with a NULL name; -1 if absent. */
struct parser_word {
	const char *name;
	int value;
};
int parser_word(const struct parser_word *table, const char *word);

/* For keywords on packets: a test that makes the rule a packet rule (engine.md
 * 1.2, point 1); the same of a number with an operator, or of "[!]N" only. */
struct test *kw_packet_test(struct rule_parser *p, test_fn *fn);
int kw_packet_num(struct rule_parser *p, char *value, uint64_t max, test_fn *fn);
int kw_packet_exact(struct rule_parser *p, char *value, uint64_t max, test_fn *fn);
/* The packet is IP; it begins the transport protocol. */
bool kw_packet_is_ip(const struct packet *p);
bool kw_packet_has_l4(const struct packet *p, uint8_t proto);

/* Letters of flags: the bits of each of known; -1: another letter.  What a
 * modifier (+ * !) before or behind them is, cut off; 0: none. */
int kw_flags_letters(
    const char *s, const char *known, const uint8_t *bits, uint8_t *out);
char kw_flags_modifier(char **s);

/* Parse functions, by file. */
#define KW(name) int kw_##name(struct rule_parser *p, char *value)
/* kw_content.c */
KW(content);
KW(nocase);
KW(depth);
KW(offset);
KW(distance);
KW(within);
KW(startswith);
KW(endswith);
KW(fast_pattern);
KW(rawbytes);
KW(isdataat);
KW(bsize);
KW(buffer);
KW(pkt_data);
KW(replace);
/* kw_base64.c */
KW(base64_decode);
KW(base64_data);
/* kw_asn1.c */
KW(asn1);
/* kw_dataset.c */
KW(dataset);
KW(datarep);
/* kw_pcre.c */
KW(pcre);
/* kw_bytes.c */
KW(byte_test);
KW(byte_jump);
KW(byte_extract);
KW(byte_math);
/* kw_app.c */
KW(app_buffer);
KW(app_modifier);
KW(app_number);
KW(app_event);
KW(app_protocol);
KW(uricontent);
KW(urilen);
KW(transform);
/* kw_app_file.c */
KW(filename);
KW(filemagic);
KW(fileext);
KW(filehash);
KW(ftpbounce);
KW(ftpdata_command);
/* kw_app_frame.c */
KW(frame);
/* kw_app_tls.c */
KW(tls_version);
KW(ssl_version);
KW(ssl_state);
KW(tls_subject);
KW(tls_issuer);
KW(tls_fingerprint);
KW(tls_not_before);
KW(tls_not_after);
KW(tls_expired);
KW(tls_valid);
/* kw_app_http2.c */
KW(http2_frametype);
KW(http2_errorcode);
KW(http2_settings);
/* kw_app_dcerpc.c */
KW(dce_iface);
KW(dce_opnum);
/* kw_app_mqtt.c */
KW(mqtt_type);
KW(rfb_secresult);
KW(ike_chosen_sa);
KW(krb5_msg_type);
KW(krb5_err_code);
KW(krb5_ticket_encryption);
KW(mqtt_qos);
KW(mqtt_flags);
KW(mqtt_connect_flags);
KW(mqtt_session_present);
/* kw_app_dnp3.c */
KW(dnp3_func);
KW(dnp3_ind);
KW(dnp3_obj);
/* kw_app_enip.c */
KW(cip_service);
KW(enip_command);
/* kw_app_nfs.c */
KW(nfs_procedure);
KW(nfs_version);
/* kw_app_modbus.c */
KW(modbus);
/* kw_flow.c */
KW(flow);
KW(flow_age);
KW(bypass);
KW(stream_event);
KW(stream_size);
/* kw_packet.c */
KW(dsize);
KW(csum);
KW(decode_event);
/* kw_ip.c */
KW(ttl);
KW(tos);
KW(id);
KW(ipopts);
KW(fragbits);
KW(fragoffset);
KW(ip_proto);
KW(sameip);
KW(l3_proto);
/* kw_reputation.c */
KW(iprep);
/* kw_icmp.c */
KW(itype);
KW(icode);
KW(icmp_id);
KW(icmp_seq);
KW(icmpv6_mtu);
/* kw_rpc.c */
KW(rpc);
/* kw_tcp.c */
KW(tcp_flags);
KW(seq);
KW(ack);
KW(window);
KW(tcp_mss);
/* kw_state.c */
KW(flowbits);
KW(flowint);
KW(xbits);
KW(hostbits);
KW(noalert);
KW(alert);
KW(threshold);
KW(detection_filter);
KW(tag);
/* kw_meta.c */
KW(sid);
KW(gid);
KW(rev);
KW(msg);
KW(priority);
KW(classtype);
KW(reference);
KW(metadata);
KW(target);
KW(requires);
KW(prefilter);
#undef KW

/* One more test of a buffer that is a number, and one content of a buffer. */
int kw_app_add_number(
    struct rule_parser *p, enum app_buffer_id b, const struct num_test *t);
/* One that lies in any of these; n > 0. */
int kw_app_add_ranges(struct rule_parser *p, enum app_buffer_id b,
    const struct num_range *range, size_t n);
int kw_app_add_content(struct rule_parser *p, enum app_buffer_id b, char *value);

/* A list for the buffer of that name; -1 after a failure. */
/* A relative path begins where the rules file is; out holds PATH_MAX bytes. */
int kw_path_beside(struct rule_parser *p, const char *name, char *out);
int kw_app_list(struct rule_parser *p, const char *buffer, bool continues);
/* A new list for the buffer; -1 after a failure. */
int kw_app_list_of(struct rule_parser *p, enum app_buffer_id b);
/* The list that a letter of pcre stands for; -1 after a failure. */
int kw_app_pcre_list(struct rule_parser *p, char letter);
/* Does it stand for the buffer of this list? */
bool kw_app_pcre_is(const struct rule_parser *p, char letter, int list);

/* Tests that the prefilter reads ahead of running them. */
bool kw_test_itype(const struct test *t, struct match_context *m);
bool kw_test_tcp_flags(const struct test *t, struct match_context *m);
bool kw_test_dsize(const struct test *t, struct match_context *m);
bool kw_test_ip_proto(const struct test *t, struct match_context *m);
bool kw_flags_hold(const struct mask_test *m, uint8_t flags);

#endif
