/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * DHCP (RFC 2131, section 2; 2132), between ports 67 and 68.  Each message is a
 * transaction; of it rules see times that options give.
 */
#include "agent/app/dhcp.h"

#include "agent/app/message.h"

enum {
	DHCP_DONE = 1,
	PORT_SERVER = 67,
	PORT_CLIENT = 68,
	FIXED_SIZE = 236, /* before the cookie */
	OPTION_PAD = 0,
	OPTION_LEASE = 51,
	OPTION_RENEWAL = 58,
	OPTION_REBINDING = 59,
	OPTION_END = 255,
	TIME_SIZE = 4,
};

#define COOKIE 0x63825363u

enum {
	EVENT_TRUNCATED,
	EVENT_MALFORMED,
};

static const char *const EVENTS[] = {
    [EVENT_TRUNCATED] = "truncated_options",
    [EVENT_MALFORMED] = "malformed_options",
    NULL,
};

static const struct {
	uint8_t option;
	enum app_buffer_id buffer;
} TIMES[] = {
    {OPTION_LEASE, APP_DHCP_LEASETIME},
    {OPTION_RENEWAL, APP_DHCP_RENEWAL_TIME},
    {OPTION_REBINDING, APP_DHCP_REBINDING_TIME},
};
#define TIMES_N (sizeof(TIMES) / sizeof(TIMES[0]))

struct dhcp_tx {
	struct message_tx m; /* first */
	bool has[TIMES_N];
	uint32_t time[TIMES_N];
};

/* --- messages ------------------------------------------------------------------ */

static bool
read_fixed(struct cursor *c)
{
	const uint8_t *op = cur_take(c, FIXED_SIZE);
	uint32_t cookie = cur_be32(c);

	return cur_ok(c) && cookie == COOKIE && (*op == 1 || *op == 2);
}

/* The first of its kind counts. */
static void
on_option(struct dhcp_tx *t, uint8_t option, struct cursor value)
{
	for (size_t i = 0; i < TIMES_N; i++) {
		if (TIMES[i].option != option || t->has[i])
			continue;
		if (value.left != TIME_SIZE) {
			app_tx_event(&t->m.tx, EVENT_MALFORMED);
			continue;
		}
		t->has[i] = true;
		t->time[i] = cur_be32(&value);
	}
}

static void
read_options(struct dhcp_tx *t, struct cursor *c)
{
	while (c->left > 0) {
		uint8_t option = cur_u8(c);
		struct cursor value;

		if (option == OPTION_END)
			return;
		if (option == OPTION_PAD)
			continue;
		value = cur_sub(c, cur_u8(c));
		if (!cur_ok(c)) {
			app_tx_event(&t->m.tx, EVENT_TRUNCATED);
			return;
		}
		on_option(t, option, value);
	}
}

/* --- the parser ------------------------------------------------------------------ */

static bool
is_port(uint16_t port)
{
	return port == PORT_SERVER || port == PORT_CLIENT;
}

static enum app_guess
dhcp_probe(const struct flow *f, enum app_dir d, struct span bytes)
{
	struct cursor c = cur_of_span(bytes);

	(void)d;
	if (!is_port(f->key.aport) && !is_port(f->key.bport))
		return APP_NO;
	return read_fixed(&c) ? APP_YES : APP_NO;
}

static size_t
dhcp_read(struct app_flow *a, const struct stream_news *n)
{
	struct cursor c = cur_of_span(n->data);
	struct dhcp_tx *t;

	if (n->kind != STREAM_DATAGRAM || !read_fixed(&c))
		return n->data.len;
	t = (struct dhcp_tx *)message_tx_new(
	    a, n->to_server ? APP_TS : APP_TC, sizeof(*t), (struct span){NULL, 0});
	if (t != NULL)
		read_options(t, &c);
	return n->data.len;
}

static enum app_have
dhcp_buffer(const struct app_flow *a, const struct app_tx *tx, enum app_buffer_id b,
    enum app_dir d, unsigned instance, struct app_bytes *out)
{
	const struct dhcp_tx *t = (const struct dhcp_tx *)tx;

	(void)a;
	(void)d;
	(void)instance;
	for (size_t i = 0; i < TIMES_N; i++)
		if (TIMES[i].buffer == b && t->has[i]) {
			out->number = t->time[i];
			return APP_HAVE;
		}
	return APP_ABSENT;
}

static const struct app_use USE[] = {
    {APP_DHCP_LEASETIME, {DHCP_DONE, DHCP_DONE}},
    {APP_DHCP_RENEWAL_TIME, {DHCP_DONE, DHCP_DONE}},
    {APP_DHCP_REBINDING_TIME, {DHCP_DONE, DHCP_DONE}},
    {APP_BUFFER_NONE, {0, 0}},
};

const struct app_parser dhcp_parser = {
    .id = APP_DHCP,
    .name = "dhcp",
    .word = "dhcp",
    .over = APP_OVER_UDP,
    .done = {DHCP_DONE, DHCP_DONE},
    .use = USE,
    .events = EVENTS,
    .probe = dhcp_probe,
    .state_new = message_state_new,
    .state_free = message_state_free,
    .read = dhcp_read,
    .tx_release = message_tx_release,
    .buffer = dhcp_buffer,
};
