/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Messages of IKE 1 (RFC 2408, section 3; attributes: RFC 2409, appendix A) and of
 * IKE 2 (RFC 7296, section 3), and what is weak in proposals of the latter.
 */
#include "agent/app/ike.h"

enum {
	PART_HEAD = 4, /* of payloads, proposals and transforms */
	FLAG_ENCRYPTED = 1,
	DOI_IPSEC = 1,
	ATTRIBUTE_SHORT = 0x8000,
	ATTRIBUTE_TYPE = 0x7fff,
	ATTRIBUTE_BYTES_MAX = 4,
	PROTOCOL_AH = 2,
};

enum payload_type {
	PAYLOAD_NONE = 0,
	PAYLOAD1_SA = 1,
	PAYLOAD1_KEY_EXCHANGE = 4,
	PAYLOAD1_NONCE = 10,
	PAYLOAD1_VENDOR = 13,
	PAYLOAD2_SA = 33,
};

enum transform_type {
	TRANSFORM_ENC = 1,
	TRANSFORM_PRF,
	TRANSFORM_AUTH,
	TRANSFORM_DH,
	TRANSFORM_ESN,
};

static void
event(struct ike_message *m, enum ike_event e)
{
	m->events |= 1u << e;
}

/* Of what is said twice the first counts. */
static void
say(struct ike_message *m, enum ike_attribute a, uint32_t value)
{
	if (m->said & (uint64_t)1 << a)
		return;
	m->said |= (uint64_t)1 << a;
	m->attribute[a] = value;
}

/* A payload, proposal or transform: what comes next, and its body. */
static bool
next_part(struct cursor *c, uint8_t *next, struct cursor *body)
{
	uint16_t len;

	*next = cur_u8(c);
	cur_u8(c);
	len = cur_be16(c);
	if (len < PART_HEAD)
		cur_spoil(c);
	*body = cur_sub(c, len - (size_t)PART_HEAD);
	return cur_ok(c);
}

/* Both versions: number, protocol, size of the SPI, transforms; then the SPI. */
static uint8_t
read_proposal(struct cursor *c)
{
	uint8_t protocol, spi;

	cur_u8(c);
	protocol = cur_u8(c);
	spi = cur_u8(c);
	cur_u8(c);
	cur_take(c, spi);
	return protocol;
}

/* --- version 1 --------------------------------------------------------------------- */

static int
attribute_of(uint16_t type)
{
	static const int8_t rows[] = {-1, IKE_ALG_ENC, IKE_ALG_HASH, IKE_ALG_AUTH,
	    IKE_ALG_DH, IKE_SA_GROUP_TYPE, -1, -1, -1, -1, -1, IKE_SA_LIFE_TYPE,
	    IKE_SA_LIFE_DURATION, IKE_ALG_PRF, IKE_SA_KEY_LENGTH,
	    IKE_SA_FIELD_SIZE};

	return type < sizeof(rows) ? rows[type] : -1;
}

static void
read_attributes(struct cursor c, struct ike_message *m)
{
	while (c.left > 0) {
		uint16_t type = cur_be16(&c), size = cur_be16(&c);
		int a = attribute_of(type & ATTRIBUTE_TYPE);
		uint32_t value = size;
		struct cursor v;

		if (!(type & ATTRIBUTE_SHORT)) {
			v = cur_sub(&c, size);
			if (v.left > ATTRIBUTE_BYTES_MAX)
				a = -1;
			for (value = 0; a != -1 && v.left > 0;)
				value = value << 8 | cur_u8(&v);
		}
		if (cur_ok(&c) && a != -1)
			say(m, (enum ike_attribute)a, value);
	}
}

static void
read_sa1(struct cursor c, struct ike_message *m)
{
	struct cursor proposal, transform;
	uint32_t doi = cur_be32(&c);
	uint8_t next;

	cur_be32(&c); /* situation */
	m->odd = !cur_ok(&c);
	if (doi != DOI_IPSEC)
		return;
	while (c.left > 0 && next_part(&c, &next, &proposal)) {
		read_proposal(&proposal);
		while (
		    proposal.left > 0 && next_part(&proposal, &next, &transform)) {
			cur_be32(&transform);
			read_attributes(transform, m);
		}
	}
}

static void
add_vendor(struct ike_message *m, struct span id)
{
	if (m->vendors_n == IKE_VENDORS_MAX)
		m->vendors_lost++;
	else if (id.len > 0)
		m->vendor[m->vendors_n++] = id;
}

static void
read_payload1(uint8_t type, struct cursor body, struct ike_message *m)
{
	switch (type) {
	case PAYLOAD1_SA:
		read_sa1(body, m);
		break;
	case PAYLOAD1_KEY_EXCHANGE:
		m->key_exchange = cur_rest(&body);
		break;
	case PAYLOAD1_NONCE:
		m->nonce = cur_rest(&body);
		break;
	case PAYLOAD1_VENDOR:
		add_vendor(m, cur_rest(&body));
		break;
	default:
		break;
	}
}

/* --- version 2 --------------------------------------------------------------------- */

/* IANA, "Transform Type 1 Transform IDs": those that authenticate, too. */
static bool
authenticates(uint16_t enc)
{
	return (enc >= 14 && enc <= 16) || (enc >= 18 && enc <= 20) ||
	    (enc >= 25 && enc <= 28);
}

/* What a proposal has of each type. */
struct proposal {
	bool dh, auth, authenticates;
};

static void
on_transform(struct ike_message *m, struct proposal *p, uint8_t type, uint16_t id)
{
	switch (type) {
	case TRANSFORM_ENC:
		p->authenticates = p->authenticates || authenticates(id);
		if ((id >= 1 && id <= 9) || id == 11)
			event(m, IKE_EVENT_WEAK_ENC);
		say(m, IKE_ALG_ENC, id);
		break;
	case TRANSFORM_PRF:
		if (id == 0)
			event(m, IKE_EVENT_INVALID);
		else if (id <= 2)
			event(m, IKE_EVENT_WEAK_PRF);
		say(m, IKE_ALG_PRF, id);
		break;
	case TRANSFORM_AUTH:
		p->auth = p->auth || id != 0;
		if (id >= 1 && id <= 7)
			event(m, IKE_EVENT_WEAK_AUTH);
		say(m, IKE_ALG_AUTH, id);
		break;
	case TRANSFORM_DH:
		p->dh = true;
		if (id == 0)
			event(m, IKE_EVENT_INVALID);
		else if (id == 1 || id == 2 || id == 5 || id == 22)
			event(m, IKE_EVENT_WEAK_DH);
		say(m, IKE_ALG_DH, id);
		break;
	case TRANSFORM_ESN:
		break;
	default:
		event(m, IKE_EVENT_UNKNOWN);
		break;
	}
}

static void
read_sa2(struct cursor c, struct ike_message *m)
{
	struct cursor body, transform;
	uint8_t next;

	while (c.left > 0 && next_part(&c, &next, &body)) {
		struct proposal p = {0};

		if (read_proposal(&body) == PROTOCOL_AH)
			event(m, IKE_EVENT_NO_ENCRYPTION);
		while (body.left > 0 && next_part(&body, &next, &transform)) {
			uint8_t type = cur_u8(&transform);
			uint16_t id;

			cur_u8(&transform);
			id = cur_be16(&transform);
			if (cur_ok(&transform))
				on_transform(m, &p, type, id);
		}
		if (!p.dh)
			event(m, IKE_EVENT_NO_DH);
		if (!p.auth && !p.authenticates)
			event(m, IKE_EVENT_NO_AUTH);
	}
}

/* --- messages ------------------------------------------------------------------------ */

bool
ike_head_read(struct cursor *c, struct ike_head *out)
{
	uint8_t version;

	cur_copy(c, out->init_spi, IKE_SPI_SIZE);
	cur_copy(c, out->resp_spi, IKE_SPI_SIZE);
	out->first = cur_u8(c);
	version = cur_u8(c);
	out->major = version >> 4;
	out->minor = version & 0xf;
	out->exchange = cur_u8(c);
	out->flags = cur_u8(c);
	out->message_id = cur_be32(c);
	cur_be32(c); /* length: Suricata does not look at it */
	return cur_ok(c) && (out->major == 1 || out->major == 2);
}

bool
ike_message_read(struct span bytes, struct ike_message *out)
{
	struct cursor c = cur_of_span(bytes), body;
	uint8_t type, next;

	memset(out, 0, sizeof(*out));
	if (!ike_head_read(&c, &out->head))
		return false;
	out->encrypted = out->head.major == 1 && (out->head.flags & FLAG_ENCRYPTED);
	if (out->encrypted)
		return true;
	for (type = out->head.first;
	     type != PAYLOAD_NONE && next_part(&c, &next, &body); type = next) {
		if (out->head.major == 1)
			read_payload1(type, body, out);
		else if (type == PAYLOAD2_SA)
			read_sa2(body, out);
	}
	return !out->odd;
}
