/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * TFTP's requests (RFC 1350, section 5), to port 69.  Each is a transaction.  What
 * follows comes from another port and is no part of the flow.
 */
#include "agent/app/tftp.h"

#include "agent/app/message.h"

#include <string.h>
#include <strings.h>

enum {
	TFTP_DONE = 1,
	PORT_TFTP = 69,
	OPCODE_READ = 1,
	OPCODE_WRITE = 2,
	OPCODE_LAST = 5,
};

/* A word and its zero byte; empty: it is not there. */
static struct span
word(struct cursor *c)
{
	struct span rest = cur_rest(c);
	const uint8_t *end = rest.len == 0 ? NULL : memchr(rest.p, '\0', rest.len);
	size_t len;

	if (end == NULL)
		return (struct span){NULL, 0};
	len = (size_t)(end - rest.p);
	*c = cur_of(end + 1, rest.len - len - 1);
	return (struct span){rest.p, len};
}

static bool
is_mode(struct span s)
{
	static const char *const modes[] = {"netascii", "octet", "mail"};

	for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++)
		if (strlen(modes[i]) == s.len &&
		    strncasecmp(modes[i], (const char *)s.p, s.len) == 0)
			return true;
	return false;
}

static bool
is_request(struct span bytes)
{
	struct cursor c = cur_of_span(bytes);
	uint16_t opcode = cur_be16(&c);

	return (opcode == OPCODE_READ || opcode == OPCODE_WRITE) &&
	    word(&c).len > 0 && is_mode(word(&c));
}

static enum app_guess
tftp_probe(const struct flow *f, enum app_dir d, struct span bytes)
{
	struct cursor c = cur_of_span(bytes);
	uint16_t opcode = cur_be16(&c);

	(void)d;
	return f->key.bport == PORT_TFTP && c.left >= 2 && opcode >= OPCODE_READ &&
		opcode <= OPCODE_LAST
	    ? APP_YES
	    : APP_NO;
}

static size_t
tftp_read(struct app_flow *a, const struct stream_news *n)
{
	if (n->kind == STREAM_DATAGRAM && is_request(n->data))
		message_tx_new(a, n->to_server ? APP_TS : APP_TC,
		    sizeof(struct message_tx), (struct span){NULL, 0});
	return n->data.len;
}

static enum app_have
tftp_buffer(const struct app_flow *a, const struct app_tx *tx, enum app_buffer_id b,
    enum app_dir d, unsigned instance, struct app_bytes *out)
{
	(void)a;
	(void)tx;
	(void)b;
	(void)d;
	(void)instance;
	(void)out;
	return APP_ABSENT;
}

const struct app_parser tftp_parser = {
    .id = APP_TFTP,
    .name = "tftp",
    .word = "tftp",
    .over = APP_OVER_UDP,
    .done = {TFTP_DONE, TFTP_DONE},
    .probe = tftp_probe,
    .state_new = message_state_new,
    .state_free = message_state_free,
    .read = tftp_read,
    .tx_release = message_tx_release,
    .buffer = tftp_buffer,
};
