/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * CIP in EtherNet/IP: which services of which objects a request asks for (ODVA, The
 * CIP Networks Library, volume 1, chapter 2 and annexes A and C; volume 2, 2-6).
 */
#include "agent/app/enip_cip.h"

enum {
	ITEM_CONNECTED = 0x00b1, /* a sequence number stands before the message */
	ITEM_UNCONNECTED = 0x00b2,
	SERVICE_GET_LIST = 0x03,
	SERVICE_SET_LIST = 0x04,
	SERVICE_MULTIPLE = 0x0a,
	SERVICE_GET_SINGLE = 0x0e,
	SERVICE_SET_SINGLE = 0x10,
	SERVICE_RESPONSE = 0x80,
	SEGMENT_LOGICAL = 0x20, /* in the upper three bits */
	SEGMENT_SYMBOL = 0x91,
	LOGICAL_CLASS = 0,
	LOGICAL_ATTRIBUTE = 4,
};

struct path {
	bool has_class, has_attribute;
	uint32_t class, attribute;
};

static void
add(struct cip_facts *f, uint64_t fact)
{
	if (f->n == CIP_FACTS_MAX)
		f->cut = true;
	else
		f->fact[f->n++] = fact;
}

/* --- paths -------------------------------------------------------------------------- */

/* Of 8, 16 or 32 bits; the longer ones are padded. */
static uint32_t
logical_value(struct cursor *c, unsigned format)
{
	if (format == 0)
		return cur_u8(c);
	cur_u8(c);
	return format == 1 ? cur_le16(c) : cur_le32(c);
}

static void
on_logical(struct path *p, unsigned type, uint32_t value)
{
	if (type == LOGICAL_CLASS && !p->has_class) {
		p->has_class = true;
		p->class = value;
	}
	if (type == LOGICAL_ATTRIBUTE && !p->has_attribute) {
		p->has_attribute = true;
		p->attribute = value;
	}
}

/* As far as its segments are known. */
static void
read_path(struct cursor c, struct path *out)
{
	*out = (struct path){false, false, 0, 0};
	while (c.left > 0) {
		uint8_t segment = cur_u8(&c);
		uint32_t value;

		if (segment == SEGMENT_SYMBOL) {
			size_t len = cur_u8(&c);

			cur_take(&c, len + (len & 1));
			continue;
		}
		if ((segment & 0xe0) != SEGMENT_LOGICAL || (segment & 3) == 3)
			return;
		value = logical_value(&c, segment & 3);
		if (!cur_ok(&c))
			return;
		on_logical(out, segment >> 2 & 7, value);
	}
}

/* --- services ------------------------------------------------------------------------ */

static bool
has_attributes(uint8_t service)
{
	return service == SERVICE_GET_LIST || service == SERVICE_SET_LIST ||
	    service == SERVICE_GET_SINGLE || service == SERVICE_SET_SINGLE;
}

/* Get wants numbers alone, set a value behind each, whose size nobody tells: they
 * are taken for 16 bits. */
static void
add_list(struct cip_facts *f, uint8_t service, uint32_t class, struct cursor c)
{
	unsigned n = cur_le16(&c);

	for (unsigned i = 0; i < n; i++) {
		uint16_t attribute = cur_le16(&c);

		if (service == SERVICE_SET_LIST)
			cur_take(&c, 2);
		if (!cur_ok(&c))
			return;
		add(f, CIP_ATTRIBUTE(service, class, attribute));
	}
}

static void
on_service(struct cip_facts *f, uint8_t service, const struct path *p,
    const struct cursor *data)
{
	add(f, CIP_SERVICE(service));
	if (!has_attributes(service) || !p->has_class || p->class > UINT16_MAX)
		return;
	add(f, CIP_CLASS(service, p->class));
	if (service == SERVICE_GET_LIST || service == SERVICE_SET_LIST)
		add_list(f, service, p->class, *data);
	else if (p->has_attribute && p->attribute <= UINT16_MAX)
		add(f, CIP_ATTRIBUTE(service, p->class, p->attribute));
}

/* Service, path and data; what is short ends where it ends. */
static uint8_t
read_request(struct cip_facts *f, struct cursor *c)
{
	uint8_t service = cur_u8(c);
	size_t size = 2u * cur_u8(c);
	struct path p;

	if (!cur_ok(c) || (service & SERVICE_RESPONSE))
		return 0;
	read_path(cur_sub(c, size < c->left ? size : c->left), &p);
	on_service(f, service, &p, c);
	return service;
}

/* Each at its offset from the number of them on; none holds others. */
static void
read_multiple(struct cip_facts *f, const struct cursor *data)
{
	struct cursor c = *data;
	unsigned n = cur_le16(&c);

	for (unsigned i = 0; i < n && cur_ok(&c) && !f->cut; i++) {
		struct cursor one = *data;

		cur_take(&one, cur_le16(&c));
		if (cur_ok(&c))
			read_request(f, &one);
	}
}

void
cip_read(struct span data, struct cip_facts *out)
{
	struct cursor c = cur_of_span(data);
	uint16_t type, len;

	out->n = 0;
	out->cut = false;
	cur_take(&c, 4 + 2 + 2); /* handle, time-out, number of items */
	cur_le16(&c);
	cur_take(&c, cur_le16(&c)); /* an address */
	type = cur_le16(&c);
	len = cur_le16(&c);
	if (!cur_ok(&c) || (type != ITEM_CONNECTED && type != ITEM_UNCONNECTED))
		return;
	c = cur_sub(&c, len < c.left ? len : c.left);
	if (type == ITEM_CONNECTED)
		cur_take(&c, 2);
	if (read_request(out, &c) == SERVICE_MULTIPLE)
		read_multiple(out, &c);
}
