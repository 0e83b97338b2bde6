/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * IMAP and telnet, as far as Suricata 7 has them: their names for rules and records,
 * no transactions.  Both are found as it finds them.
 */
#include "agent/app/named.h"

#include "agent/app/message.h"

#include <string.h>

enum {
	PORT_TELNET = 23,
	TELNET_LEAST = 2, /* bytes that tell; any will do on the port */
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
