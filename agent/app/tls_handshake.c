/* SPDX-License-Identifier: EUPL-1.2 */
/* Handshake messages: hellos, certificates, and what else was said (RFC 8446,
 * section 4; RFC 5246, section 7.4). */
#include "agent/app/tls.h"

#include "common/digest.h"

#include <stdlib.h>

enum message_type {
	MESSAGE_HELLO_REQUEST = 0,
	MESSAGE_CLIENT_HELLO = 1,
	MESSAGE_SERVER_HELLO = 2,
	MESSAGE_HELLO_VERIFY = 3,
	MESSAGE_TICKET = 4,
	MESSAGE_END_OF_EARLY_DATA = 5,
	MESSAGE_HELLO_RETRY = 6,
	MESSAGE_EXTENSIONS = 8,
	MESSAGE_CERTIFICATE = 11,
	MESSAGE_SERVER_KEY = 12,
	MESSAGE_CERTIFICATE_REQUEST = 13,
	MESSAGE_SERVER_DONE = 14,
	MESSAGE_CERTIFICATE_VERIFY = 15,
	MESSAGE_CLIENT_KEY = 16,
	MESSAGE_FINISHED = 20,
	MESSAGE_CERTIFICATE_URL = 21,
	MESSAGE_CERTIFICATE_STATUS = 22,
	MESSAGE_SUPPLEMENT = 23,
	MESSAGE_KEY_UPDATE = 24,
	MESSAGE_NEXT_PROTOCOL = 67,
};

#define MESSAGE_HEAD 4

static struct tls_side *
side_of(const struct app_flow *a, enum app_dir d)
{
	struct tls_state *t = a->state;

	return &t->side[d];
}

/* --- what is kept ------------------------------------------------------------------- */

const struct tls_kept *
tls_kept(const struct tls_side *s)
{
	static const struct tls_kept nothing;

	return s->kept != NULL ? s->kept : &nothing;
}

void
tls_kept_free(struct tls_side *s)
{
	if (s->kept != NULL)
		buf_release(&s->kept->bytes);
	free(s->kept);
	s->kept = NULL;
}

/* NULL: there is no transaction to keep it for, or no memory. */
static struct tls_kept *
kept_of(struct app_flow *a, struct tls_side *s)
{
	const struct tls_state *t = a->state;

	if (s->kept == NULL && t->tx != NULL &&
	    (s->kept = calloc(1, sizeof(*s->kept))) != NULL)
		buf_init(&s->kept->bytes, TLS_KEEP_MAX);
	return s->kept;
}

static struct tls_piece
keep(struct app_flow *a, struct tls_kept *k, struct span bytes)
{
	struct tls_piece p = {k->bytes.len, bytes.len};

	if (bytes.len == 0 || !tls_hold(a, &k->bytes, bytes))
		p.len = 0;
	return p;
}

/* What a function wrote at the end of the kept bytes. */
static struct tls_piece
kept_since(struct app_flow *a, struct tls_kept *k, size_t at)
{
	struct tls_piece p = {at, k->bytes.len - at};

	if (!app_hold(a, p.len)) {
		k->bytes.len = at;
		p.len = 0;
	}
	return p;
}

static bool
bad(struct app_flow *a, enum tls_event e)
{
	tls_event(a, e);
	tls_fail(a, TLS_EVENT_HANDSHAKE);
	return false;
}

/* --- hellos ------------------------------------------------------------------------ */

static void
keep_ja3(struct app_flow *a, struct tls_kept *k, const struct tls_hello *h,
    void (*make)(const struct tls_hello *, struct buf *))
{
	char hash[DIGEST_TEXT_SIZE];
	size_t at = k->bytes.len;

	make(h, &k->bytes);
	k->ja3 = kept_since(a, k, at);
	if (k->ja3.len == 0)
		return;
	digest_text_of(DIGEST_MD5, k->bytes.data + at, k->ja3.len, hash);
	k->ja3_hash =
	    keep(a, k, (struct span){(uint8_t *)hash, 2 * DIGEST_MD5_SIZE});
}

static void
on_hello(struct tls_side *s, const struct tls_hello *h)
{
	s->hello = true;
	s->version = h->version;
	s->resumes = h->resumes;
}

static void
keep_client_hello(struct app_flow *a, struct tls_kept *k, const struct tls_hello *h)
{
	char ja4[JA4_SIZE];

	k->random = keep(a, k, h->random);
	k->server_name = keep(a, k, h->server_name);
	if (!app_asked(a))
		return;
	keep_ja3(a, k, h, ja3_client);
	ja4_client(h, 't', ja4);
	k->ja4 = keep(a, k, (struct span){(uint8_t *)ja4, JA4_SIZE - 1});
}

static bool
on_client_hello(struct app_flow *a, enum app_dir d, struct span body)
{
	struct tls_state *t = a->state;
	struct tls_side *s = side_of(a, d);
	struct tls_kept *k;
	struct tls_hello h;

	tls_seen(t, TLS_SEEN_CLIENT_HELLO);
	if (!tls_client_hello_read(body, &h))
		return bad(a, TLS_EVENT_HANDSHAKE_LENGTH);
	if (h.server_names > 1)
		tls_event(a, TLS_EVENT_NAMES);
	if (h.bad_name_type)
		tls_event(a, TLS_EVENT_NAME_TYPE);
	if (h.bad_name_length)
		tls_event(a, TLS_EVENT_NAME_LENGTH);
	if (s->hello) /* again, after the server asked for another group */
		return true;
	on_hello(s, &h);
	t->early_data = h.early_data;
	if ((k = kept_of(a, s)) != NULL)
		keep_client_hello(a, k, &h);
	return true;
}

static bool
on_server_hello(struct app_flow *a, enum app_dir d, struct span body)
{
	struct tls_state *t = a->state;
	struct tls_side *s = side_of(a, d);
	struct tls_kept *k;
	struct tls_hello h;

	tls_seen(t, TLS_SEEN_SERVER_HELLO);
	if (!tls_server_hello_read(body, &h))
		return bad(a, TLS_EVENT_HANDSHAKE_LENGTH);
	if (s->hello)
		return true;
	on_hello(s, &h);
	if ((k = kept_of(a, s)) == NULL)
		return true;
	k->random = keep(a, k, h.random);
	if (app_asked(a))
		keep_ja3(a, k, &h, ja3_server);
	return true;
}

/* --- certificates -------------------------------------------------------------------- */

static bool
on_first_cert(struct app_flow *a, struct tls_kept *k, struct span der)
{
	static const enum tls_event events[] = {[TLS_CERT_INVALID] = TLS_EVENT_CERT,
	    [TLS_CERT_LENGTH] = TLS_EVENT_CERT_LENGTH,
	    [TLS_CERT_NAME] = TLS_EVENT_CERT_NAME,
	    [TLS_CERT_DATE] = TLS_EVENT_CERT_DATE};
	size_t at = k->bytes.len;
	enum tls_cert_error e = tls_cert_read(der, &k->bytes, &k->cert);

	if (e != TLS_CERT_OK) {
		k->bytes.len = at;
		return bad(a, events[e]);
	}
	k->has_cert = kept_since(a, k, at).len > 0;
	return true;
}

/* A chain, each with its length in front (RFC 5246, section 7.4.2). */
static bool
on_certificate(struct app_flow *a, enum app_dir d, struct span body)
{
	struct tls_state *t = a->state;
	struct tls_kept *k = kept_of(a, side_of(a, d));
	struct cursor c = cur_of_span(body), chain = cur_sub(&c, cur_be24(&c));

	if (!cur_ok(&c))
		return bad(a, TLS_EVENT_CERT_LENGTH);
	if (k == NULL || k->chain_n > 0) /* a renegotiation would be encrypted */
		return true;
	while (chain.left > 0 && !a->stopped[d]) {
		struct cursor one = cur_sub(&chain, cur_be24(&chain));
		struct span der = cur_rest(&one);

		if (!cur_ok(&chain))
			return bad(a, TLS_EVENT_CERT_LENGTH);
		if (k->chain_n == 0 && !on_first_cert(a, k, der))
			return false;
		if (k->chain_n < TLS_CHAIN_MAX)
			k->chain[k->chain_n] = keep(a, k, der);
		k->chain_n++;
	}
	if (k->chain_n > TLS_CHAIN_MAX)
		app_cut(a);
	if (k->has_cert && t->tx != NULL && t->tx->progress[d] < TLS_CERTIFIED)
		t->tx->progress[d] = TLS_CERTIFIED;
	return true;
}

/* --- messages ------------------------------------------------------------------------- */

static bool
on_message(struct app_flow *a, enum app_dir d, uint8_t type, struct span body)
{
	struct tls_state *t = a->state;

	switch (type) {
	case MESSAGE_CLIENT_HELLO:
		return on_client_hello(a, d, body);
	case MESSAGE_SERVER_HELLO:
		return on_server_hello(a, d, body);
	case MESSAGE_CERTIFICATE:
		return on_certificate(a, d, body);
	case MESSAGE_SERVER_KEY:
		tls_seen(t, TLS_SEEN_SERVER_KEY);
		return true;
	case MESSAGE_CLIENT_KEY:
		tls_seen(t, TLS_SEEN_CLIENT_KEY);
		return true;
	case MESSAGE_HELLO_REQUEST:
	case MESSAGE_HELLO_VERIFY:
	case MESSAGE_TICKET:
	case MESSAGE_END_OF_EARLY_DATA:
	case MESSAGE_HELLO_RETRY:
	case MESSAGE_EXTENSIONS:
	case MESSAGE_CERTIFICATE_REQUEST:
	case MESSAGE_SERVER_DONE:
	case MESSAGE_CERTIFICATE_VERIFY:
	case MESSAGE_FINISHED:
	case MESSAGE_CERTIFICATE_URL:
	case MESSAGE_CERTIFICATE_STATUS:
	case MESSAGE_SUPPLEMENT:
	case MESSAGE_KEY_UPDATE:
	case MESSAGE_NEXT_PROTOCOL:
		return true;
	default:
		tls_seen(t, TLS_SEEN_UNKNOWN);
		return bad(a, TLS_EVENT_SSL_RECORD);
	}
}

/* Every message that is whole; how many bytes they took. */
static size_t
whole_messages(struct app_flow *a, enum app_dir d, struct span bytes)
{
	struct cursor c = cur_of_span(bytes);
	size_t used = 0;

	while (!a->stopped[d] && cur_peek(&c, MESSAGE_HEAD) != NULL) {
		uint8_t type = cur_u8(&c);
		size_t len = cur_be24(&c);
		struct cursor body;

		if (len > TLS_HANDSHAKE_MAX - MESSAGE_HEAD) {
			bad(a, TLS_EVENT_HANDSHAKE_LENGTH);
			break;
		}
		body = cur_sub(&c, len);
		if (!cur_ok(&body) || !on_message(a, d, type, cur_rest(&body)))
			break;
		used = bytes.len - c.left;
	}
	return used;
}

void
tls_handshake(struct app_flow *a, enum app_dir d, struct span bytes)
{
	struct buf *b = &side_of(a, d)->messages;

	if (b->len == 0) {
		size_t used = whole_messages(a, d, bytes);

		bytes.p += used;
		bytes.len -= used;
		if (bytes.len > 0 && !a->stopped[d])
			tls_hold(a, b, bytes);
		return;
	}
	if (tls_hold(a, b, bytes))
		tls_consume(
		    a, b, whole_messages(a, d, (struct span){b->data, b->len}));
}
