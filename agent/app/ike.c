/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * IKE over UDP, to port 500.  Each message is a transaction of its direction; what
 * is encrypted is known by its header.
 */
#include "agent/app/ike.h"

#include "agent/app/message.h"
#include "common/jw.h"
#include "common/str.h"

#include <stdio.h>

enum {
	IKE_DONE = 1,
	PORT_IKE = 500,
	EXCHANGE2_FIRST = 34,
	EXCHANGE2_LAST = 37,
	FLAG_INITIATOR = 8,
	SPI_TEXT = 2 * IKE_SPI_SIZE,
};

static const char *const EVENTS[] = {
    [IKE_EVENT_MALFORMED] = "malformed_data",
    [IKE_EVENT_NO_ENCRYPTION] = "no_encryption",
    [IKE_EVENT_WEAK_ENC] = "weak_crypto_enc",
    [IKE_EVENT_WEAK_PRF] = "weak_crypto_prf",
    [IKE_EVENT_WEAK_DH] = "weak_crypto_dh",
    [IKE_EVENT_WEAK_AUTH] = "weak_crypto_auth",
    [IKE_EVENT_NO_DH] = "weak_crypto_no_dh",
    [IKE_EVENT_NO_AUTH] = "weak_crypto_no_auth",
    [IKE_EVENT_INVALID] = "invalid_proposal",
    [IKE_EVENT_UNKNOWN] = "unknown_proposal",
    [IKE_EVENT_EXTRA] = "payload_extra_data",
    [IKE_EVENT_SEVERAL] = "multiple_server_proposal",
    NULL,
};

static const char *const ATTRIBUTES[IKE_ATTRIBUTES] = {
    [IKE_ALG_ENC] = "alg_enc",
    [IKE_ALG_HASH] = "alg_hash",
    [IKE_ALG_AUTH] = "alg_auth",
    [IKE_ALG_DH] = "alg_dh",
    [IKE_ALG_PRF] = "alg_prf",
    [IKE_SA_GROUP_TYPE] = "sa_group_type",
    [IKE_SA_LIFE_TYPE] = "sa_life_type",
    [IKE_SA_LIFE_DURATION] = "sa_life_duration",
    [IKE_SA_KEY_LENGTH] = "sa_key_length",
    [IKE_SA_FIELD_SIZE] = "sa_field_size",
};

struct piece {
	size_t at, len;
};

struct ike_tx {
	struct message_tx m;	 /* first; its bytes: what the pieces are in */
	struct ike_message said; /* its spans are gone */
	char init_spi[SPI_TEXT + 1], resp_spi[SPI_TEXT + 1];
	struct piece key_exchange, nonce;
	struct piece vendor[IKE_VENDORS_MAX]; /* as hexadecimal text */
};

int
ike_attribute_find(const char *name)
{
	for (int i = 0; i < IKE_ATTRIBUTES; i++)
		if (strcmp(ATTRIBUTES[i], name) == 0)
			return i;
	return -1;
}

/* --- messages ------------------------------------------------------------------------ */

static struct piece
add(struct buf *text, struct span s)
{
	struct piece p = {text->len, s.len};

	if (buf_add(text, s.p, s.len) == -1)
		p.len = 0;
	return p;
}

static struct piece
add_hex(struct buf *text, struct span s)
{
	struct piece p = {text->len, 0};

	for (size_t i = 0; i < s.len; i++)
		buf_addf(text, "%02x", s.p[i]);
	p.len = text->len - p.at;
	return p;
}

static void
add_tx(struct app_flow *a, enum app_dir d, const struct ike_message *said)
{
	struct ike_tx *t, kept = {.said = *said};
	struct buf text;

	buf_init(&text, IKE_TEXT_MAX);
	kept.key_exchange = add(&text, said->key_exchange);
	kept.nonce = add(&text, said->nonce);
	for (unsigned i = 0; i < said->vendors_n; i++)
		kept.vendor[i] = add_hex(&text, said->vendor[i]);
	str_hex(said->head.init_spi, IKE_SPI_SIZE, kept.init_spi);
	str_hex(said->head.resp_spi, IKE_SPI_SIZE, kept.resp_spi);
	t = (struct ike_tx *)message_tx_new(
	    a, d, sizeof(*t), (struct span){text.data, text.len});
	buf_release(&text);
	if (t == NULL)
		return;
	kept.m = t->m;
	kept.m.tx.events = said->events;
	*t = kept;
	if (said->vendors_lost > 0)
		app_cut(a);
}

static size_t
ike_read(struct app_flow *a, const struct stream_news *n)
{
	struct ike_message said;

	if (n->kind == STREAM_DATAGRAM && ike_message_read(n->data, &said))
		add_tx(a, n->to_server ? APP_TS : APP_TC, &said);
	return n->data.len;
}

static enum app_guess
ike_probe(const struct flow *f, enum app_dir d, struct span bytes)
{
	struct cursor c = cur_of_span(bytes);
	struct ike_head h;

	(void)d;
	if (f->key.bport != PORT_IKE || !ike_head_read(&c, &h))
		return APP_NO;
	if (h.major == 2 &&
	    (h.minor != 0 || h.exchange < EXCHANGE2_FIRST ||
		h.exchange > EXCHANGE2_LAST))
		return APP_NO;
	return APP_YES;
}

/* --- what rules and records ask for ---------------------------------------------------- */

static enum app_have
give(const struct ike_tx *t, struct piece p, struct app_bytes *out)
{
	out->bytes = (struct span){t->m.bytes.p + p.at, p.len};
	out->number = p.len;
	return p.len > 0 ? APP_HAVE : APP_ABSENT;
}

static enum app_have
give_attribute(
    const struct ike_message *m, unsigned instance, struct app_bytes *out)
{
	for (uint64_t i = 0; i < IKE_ATTRIBUTES; i++)
		if (m->said & (uint64_t)1 << i && instance-- == 0) {
			out->number = i << 32 | m->attribute[i];
			return APP_HAVE;
		}
	return APP_ABSENT;
}

static enum app_have
ike_buffer(const struct app_flow *a, const struct app_tx *tx, enum app_buffer_id b,
    enum app_dir d, unsigned instance, struct app_bytes *out)
{
	const struct ike_tx *t = (const struct ike_tx *)tx;

	(void)a;
	(void)d;
	switch (b) {
	case APP_IKE_INIT_SPI:
		out->bytes = (struct span){(const uint8_t *)t->init_spi, SPI_TEXT};
		return APP_HAVE;
	case APP_IKE_RESP_SPI:
		out->bytes = (struct span){(const uint8_t *)t->resp_spi, SPI_TEXT};
		return APP_HAVE;
	case APP_IKE_EXCHTYPE:
		out->number = t->said.head.exchange;
		return APP_HAVE;
	case APP_IKE_VENDOR:
		if (instance >= t->said.vendors_n)
			return APP_ABSENT;
		return give(t, t->vendor[instance], out);
	case APP_IKE_KEY_EXCHANGE:
	case APP_IKE_KEY_EXCHANGE_LENGTH:
		return give(t, t->key_exchange, out);
	case APP_IKE_NONCE:
	case APP_IKE_NONCE_LENGTH:
		return give(t, t->nonce, out);
	case APP_IKE_SA_ATTRIBUTE:
		return give_attribute(&t->said, instance, out);
	default:
		return APP_ABSENT;
	}
}

static void
write_attributes(struct jw *w, const struct ike_message *m)
{
	for (int i = 0; i < IKE_ATTRIBUTES; i++)
		if (m->said & (uint64_t)1 << i) {
			char key[40];

			snprintf(key, sizeof(key), "%s_raw", ATTRIBUTES[i]);
			jw_uint(w, key, m->attribute[i]);
		}
}

static void
write_version1(struct jw *w, const struct ike_tx *t)
{
	jw_object(w, "ikev1");
	jw_bool(w, "encrypted_payloads", t->said.encrypted);
	if (t->said.vendors_n > 0)
		jw_array(w, "vendor_ids");
	for (unsigned i = 0; i < t->said.vendors_n; i++)
		jw_strn(w, NULL, t->m.bytes.p + t->vendor[i].at, t->vendor[i].len);
	if (t->said.vendors_n > 0)
		jw_end_array(w);
	jw_end_object(w);
}

static void
ike_write(const struct app_flow *a, const struct app_tx *tx, struct jw *w)
{
	const struct ike_tx *t = (const struct ike_tx *)tx;
	const struct ike_head *h = &t->said.head;

	(void)a;
	jw_uint(w, "version_major", h->major);
	jw_uint(w, "version_minor", h->minor);
	jw_str(w, "init_spi", t->init_spi);
	jw_str(w, "resp_spi", t->resp_spi);
	jw_uint(w, "message_id", h->message_id);
	jw_uint(w, "exchange_type", h->exchange);
	if (h->major == 2)
		jw_str(w, "role",
		    h->flags & FLAG_INITIATOR ? "initiator" : "responder");
	if (t->m.d == APP_TC)
		write_attributes(w, &t->said);
	if (h->major == 1)
		write_version1(w, t);
}

static const struct app_use USE[] = {
    {APP_IKE_INIT_SPI, {IKE_DONE, APP_NEVER}},
    {APP_IKE_RESP_SPI, {APP_NEVER, IKE_DONE}},
    {APP_IKE_EXCHTYPE, {IKE_DONE, IKE_DONE}},
    {APP_IKE_VENDOR, {IKE_DONE, APP_NEVER}},
    {APP_IKE_KEY_EXCHANGE, {IKE_DONE, IKE_DONE}},
    {APP_IKE_KEY_EXCHANGE_LENGTH, {IKE_DONE, IKE_DONE}},
    {APP_IKE_NONCE, {IKE_DONE, IKE_DONE}},
    {APP_IKE_NONCE_LENGTH, {IKE_DONE, IKE_DONE}},
    {APP_IKE_SA_ATTRIBUTE, {APP_NEVER, IKE_DONE}},
    {APP_BUFFER_NONE, {0, 0}},
};

const struct app_parser ike_parser = {
    .id = APP_IKE,
    .name = "ike",
    .word = "ike",
    .over = APP_OVER_UDP,
    .done = {IKE_DONE, IKE_DONE},
    .use = USE,
    .events = EVENTS,
    .probe = ike_probe,
    .state_new = message_state_new,
    .state_free = message_state_free,
    .read = ike_read,
    .tx_release = message_tx_release,
    .buffer = ike_buffer,
    .write = ike_write,
};
