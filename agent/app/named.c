/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * IMAP, telnet, NTP and RDP, as far as rules of Suricata 7 can ask for them: their
 * names for rules and records, no transactions.  All are found as it finds them.
 */
#include "agent/app/named.h"

#include "agent/app/message.h"

#include <string.h>

enum {
	PORT_TELNET = 23,
	TELNET_LEAST = 2, /* bytes that tell; any will do on the port */
	PORT_NTP = 123,
	NTP_VERSION_SHIFT = 3,
	NTP_VERSION_MASK = 7,
	NTP_SIZE = 48,
	NTP_SIGNED_SIZE = 68, /* RFC 5905, section 7.3: with key and digest */
	PORT_RDP = 3389,
	TPKT_VERSION = 3, /* RFC 1006, section 6 */
};

static const char IMAP_BEGIN[] = "1 capability";
#define IMAP_LEN (sizeof(IMAP_BEGIN) - 1)

static enum app_guess
imap_probe(const struct flow *f, enum app_dir d, struct span bytes)
{
	size_t n = bytes.len < IMAP_LEN ? bytes.len : IMAP_LEN;

	(void)f;
	if (d == APP_TC || memcmp(bytes.p, IMAP_BEGIN, n) != 0)
		return APP_NO;
	return n == IMAP_LEN ? APP_YES : APP_MORE;
}

static enum app_guess
telnet_probe(const struct flow *f, enum app_dir d, struct span bytes)
{
	(void)d;
	if (f->key.bport != PORT_TELNET)
		return APP_NO;
	return bytes.len < TELNET_LEAST ? APP_MORE : APP_YES;
}

static enum app_guess
ntp_probe(const struct flow *f, enum app_dir d, struct span bytes)
{
	struct cursor c = cur_of_span(bytes);
	unsigned version = cur_u8(&c) >> NTP_VERSION_SHIFT & NTP_VERSION_MASK;

	(void)d;
	if (f->key.bport != PORT_NTP || bytes.len < NTP_SIZE)
		return APP_NO;
	return version == 3 ||
		(version == 4 &&
		    (bytes.len == NTP_SIZE || bytes.len >= NTP_SIGNED_SIZE))
	    ? APP_YES
	    : APP_NO;
}

/* It stays RDP's when TLS follows. */
static enum app_guess
rdp_probe(const struct flow *f, enum app_dir d, struct span bytes)
{
	struct cursor c = cur_of_span(bytes);

	(void)d;
	return f->key.bport == PORT_RDP && cur_u8(&c) == TPKT_VERSION ? APP_YES
								      : APP_NO;
}

static size_t
named_read(struct app_flow *a, const struct stream_news *n)
{
	(void)a;
	return n->data.len;
}

static enum app_have
named_buffer(const struct app_flow *a, const struct app_tx *tx,
    enum app_buffer_id b, enum app_dir d, unsigned instance, struct app_bytes *out)
{
	(void)a;
	(void)tx;
	(void)b;
	(void)d;
	(void)instance;
	(void)out;
	return APP_ABSENT;
}

const struct app_parser imap_parser = {
    .id = APP_IMAP,
    .name = "imap",
    .word = "imap",
    .over = APP_OVER_TCP,
    .takes_gaps = true,
    .probe = imap_probe,
    .state_new = message_state_new,
    .state_free = message_state_free,
    .read = named_read,
    .buffer = named_buffer,
};

const struct app_parser telnet_parser = {
    .id = APP_TELNET,
    .name = "telnet",
    .word = "telnet",
    .over = APP_OVER_TCP,
    .takes_gaps = true,
    .probe = telnet_probe,
    .state_new = message_state_new,
    .state_free = message_state_free,
    .read = named_read,
    .buffer = named_buffer,
};

/* Never told, as in Suricata 7. */
static const char *const NTP_EVENTS[] = {
    "malformed_data", "unsolicited_response", "not_request", "not_response", NULL};

const struct app_parser ntp_parser = {
    .id = APP_NTP,
    .name = "ntp",
    .word = "ntp",
    .over = APP_OVER_UDP,
    .events = NTP_EVENTS,
    .probe = ntp_probe,
    .state_new = message_state_new,
    .state_free = message_state_free,
    .read = named_read,
    .buffer = named_buffer,
};

const struct app_parser rdp_parser = {
    .id = APP_RDP,
    .name = "rdp",
    .word = "rdp",
    .over = APP_OVER_TCP,
    .takes_gaps = true,
    .probe = rdp_probe,
    .state_new = message_state_new,
    .state_free = message_state_free,
    .read = named_read,
    .buffer = named_buffer,
};
