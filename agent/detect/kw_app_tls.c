/* SPDX-License-Identifier: EUPL-1.2 */
/* Keywords of TLS that are no plain buffers (guide, "SSL/TLS Keywords"). */
#include "agent/detect/parser.h"

#include "common/str.h"

#include <string.h>
#include <strings.h>
#include <time.h>

/* --- versions and states: bits of a number ----------------------------------------- */

static const struct parser_word TLS_VERSIONS[] = {{"1.0", TLS_BIT_1_0},
    {"1.1", TLS_BIT_1_1}, {"1.2", TLS_BIT_1_2}, {"1.3", TLS_BIT_1_3},
    {"0x0301", TLS_BIT_1_0}, {"0x0302", TLS_BIT_1_1}, {"0x0303", TLS_BIT_1_2},
    {"0x0304", TLS_BIT_1_3}, {NULL, 0}};

static const struct parser_word SSL_VERSIONS[] = {{"sslv2", TLS_BIT_SSL2},
    {"sslv3", TLS_BIT_SSL3}, {"tls1.0", TLS_BIT_1_0}, {"tls1.1", TLS_BIT_1_1},
    {"tls1.2", TLS_BIT_1_2}, {"tls1.3", TLS_BIT_1_3}, {NULL, 0}};

static const struct parser_word STATES[] = {{"client_hello", TLS_SEEN_CLIENT_HELLO},
    {"server_hello", TLS_SEEN_SERVER_HELLO}, {"client_keyx", TLS_SEEN_CLIENT_KEY},
    {"server_keyx", TLS_SEEN_SERVER_KEY}, {"unknown", TLS_SEEN_UNKNOWN}, {NULL, 0}};

int
kw_tls_version(struct rule_parser *p, char *value)
{
	int bit = parser_word(TLS_VERSIONS, value);
	struct num_test t = {.op = p->negated ? NUM_NO_BITS : NUM_BITS};

	if (bit == -1)
		return parser_fail(p, "unknown version \"%.20s\"", value);
	t.a = (uint64_t)bit;
	return kw_app_add_number(p, APP_TLS_VERSION, &t);
}

/* "!sslv2,!sslv3": words that are all negated, or none. */
static int
add_bits(struct rule_parser *p, enum app_buffer_id b,
    const struct parser_word *words, char separator, char *value)
{
	struct num_test t = {.op = NUM_BITS};
	char *rest = value, *item;
	bool negated = *value == '!';

	while ((item = parser_item(&rest, separator)) != NULL) {
		bool not = *item == '!';
		int bit = parser_word(words, str_trim(item + not ));

		if (bit == -1)
			return parser_fail(p, "unknown word \"%.20s\"", item);
		if (not != negated)
			return parser_fail(p, "negates some of its words only");
		t.a |= (uint64_t)bit;
	}
	if (negated)
		t.op = NUM_NO_BITS;
	return kw_app_add_number(p, b, &t);
}

int
kw_ssl_version(struct rule_parser *p, char *value)
{
	return add_bits(p, APP_TLS_VERSION, SSL_VERSIONS, ',', value);
}

int
kw_ssl_state(struct rule_parser *p, char *value)
{
	return add_bits(p, APP_SSL_STATE, STATES,
	    strchr(value, ',') != NULL ? ',' : '|', value);
}

/* --- older forms of the certificate's buffers ---------------------------------------- */

int
kw_tls_subject(struct rule_parser *p, char *value)
{
	return kw_app_add_content(p, APP_TLS_CERT_SUBJECT, value);
}

int
kw_tls_issuer(struct rule_parser *p, char *value)
{
	return kw_app_add_content(p, APP_TLS_CERT_ISSUER, value);
}

int
kw_tls_fingerprint(struct rule_parser *p, char *value)
{
	return kw_app_add_content(p, APP_TLS_CERT_FINGERPRINT, value);
}

/* --- dates ------------------------------------------------------------------------------ */

static int
parse_date(struct rule_parser *p, char *text, uint64_t *out)
{
	static const char *const forms[] = {"%Y", "%Y-%m", "%Y-%m-%d",
	    "%Y-%m-%d %H", "%Y-%m-%d %H:%M", "%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H",
	    "%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"};
	char *clean = str_trim(text);

	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		struct tm tm = {.tm_mday = 1};
		const char *end = strptime(clean, forms[i], &tm);
		time_t t;

		if (end == NULL || *end != '\0')
			continue;
		t = timegm(&tm);
		*out = t < 0 ? 0 : (uint64_t)t;
		return 0;
	}
	return parser_fail(p, "\"%.30s\" is no date", clean);
}

/* "<2030", ">2020-01-01", "2020-01-01<>2021-01-01", or the date itself. */
static int
add_date(struct rule_parser *p, enum app_buffer_id b, char *value)
{
	struct num_test t = {.op = NUM_EQ};
	char *to = strstr(value, "<>");

	if (to != NULL) {
		*to = '\0';
		t.op = NUM_RANGE;
		if (parse_date(p, to + 2, &t.b) == -1)
			return -1;
	} else if (*value == '<' || *value == '>')
		t.op = *value++ == '<' ? NUM_LT : NUM_GT;
	if (parse_date(p, value, &t.a) == -1)
		return -1;
	if (t.op == NUM_RANGE && t.a >= t.b)
		return parser_fail(p, "the second date is not after the first");
	return kw_app_add_number(p, b, &t);
}

int
kw_tls_not_before(struct rule_parser *p, char *value)
{
	return add_date(p, APP_TLS_NOT_BEFORE, value);
}

int
kw_tls_not_after(struct rule_parser *p, char *value)
{
	return add_date(p, APP_TLS_NOT_AFTER, value);
}

int
kw_tls_expired(struct rule_parser *p, char *value)
{
	(void)value;
	return kw_app_add_number(
	    p, APP_TLS_VALIDITY, &(struct num_test){NUM_BITS, TLS_EXPIRED, 0});
}

int
kw_tls_valid(struct rule_parser *p, char *value)
{
	(void)value;
	return kw_app_add_number(
	    p, APP_TLS_VALIDITY, &(struct num_test){NUM_BITS, TLS_VALID, 0});
}
