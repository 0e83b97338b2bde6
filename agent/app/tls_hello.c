/* SPDX-License-Identifier: EUPL-1.2 */
/* Client and server hello, and those extensions that somebody asks for. */
#include "agent/app/tls_hello.h"

bool
tls_is_grease(uint16_t v)
{
	return (v & 0x0f0f) == 0x0a0a && v >> 8 == (v & 0xff);
}

/* --- extensions ------------------------------------------------------------------ */

static struct span
vector8(struct cursor *c)
{
	struct cursor v = cur_sub(c, cur_u8(c));

	return cur_rest(&v);
}

static struct span
vector16(struct cursor *c)
{
	struct cursor v = cur_sub(c, cur_be16(c));

	return cur_rest(&v);
}

/* RFC 6066, section 3: a list of which only host names were ever defined. */
static void
read_server_name(struct cursor c, struct tls_hello *out)
{
	enum {
		HOST_NAME = 0,
		NAME_MAX_LEN = 255
	};
	struct span name;

	if (out->server_names++ > 0)
		return;
	if (c.left == 0) /* a server's answer, or no name */
		return;
	cur_be16(&c);
	if (cur_u8(&c) != HOST_NAME) {
		out->bad_name_type = true;
		return;
	}
	name = vector16(&c);
	if (!cur_ok(&c) || name.len == 0 || name.len > NAME_MAX_LEN) {
		out->bad_name_length = true;
		return;
	}
	out->server_name = name;
}

static void
read_alpn(struct cursor c, struct tls_hello *out)
{
	cur_be16(&c);
	out->alpn = vector8(&c);
}

/* A client lists versions, a server names one. */
static void
read_versions(struct cursor c, bool client, struct tls_hello *out)
{
	struct cursor list;

	if (!client) {
		uint16_t v = cur_be16(&c);

		if (cur_ok(&c))
			out->version = v;
		return;
	}
	out->version = 0;
	list = cur_sub(&c, cur_u8(&c));
	while (cur_peek(&list, 2) != NULL) {
		uint16_t v = cur_be16(&list);

		if (!tls_is_grease(v) && v > out->version)
			out->version = v;
	}
	if (out->version == 0)
		out->version = out->legacy_version;
}

static void
read_extension(uint16_t type, struct cursor c, bool client, struct tls_hello *out)
{
	switch (type) {
	case TLS_EXT_SERVER_NAME:
		if (client)
			read_server_name(c, out);
		break;
	case TLS_EXT_GROUPS:
		out->groups = vector16(&c);
		break;
	case TLS_EXT_POINT_FORMATS:
		out->point_formats = vector8(&c);
		break;
	case TLS_EXT_SIGNATURES:
		out->signatures = vector16(&c);
		break;
	case TLS_EXT_ALPN:
		read_alpn(c, out);
		break;
	case TLS_EXT_EARLY_DATA:
		out->early_data = true;
		break;
	case TLS_EXT_VERSIONS:
		read_versions(c, client, out);
		break;
	default:
		break;
	}
}

static bool
read_extensions(struct cursor *c, bool client, struct tls_hello *out)
{
	struct cursor list;

	if (c->left == 0) /* before RFC 3546 there were none */
		return cur_ok(c);
	out->extensions = vector16(c);
	list = cur_of_span(out->extensions);
	while (list.left > 0) {
		uint16_t type = cur_be16(&list);
		struct cursor body = cur_sub(&list, cur_be16(&list));

		if (!cur_ok(&list))
			return false;
		read_extension(type, body, client, out);
	}
	return cur_ok(c);
}

/* --- hellos ------------------------------------------------------------------------ */

static void
read_head(struct cursor *c, struct tls_hello *out)
{
	memset(out, 0, sizeof(*out));
	out->legacy_version = out->version = cur_be16(c);
	out->random = (struct span){cur_take(c, TLS_RANDOM_SIZE), TLS_RANDOM_SIZE};
	out->resumes = vector8(c).len > 0;
}

bool
tls_client_hello_read(struct span body, struct tls_hello *out)
{
	struct cursor c = cur_of_span(body);

	read_head(&c, out);
	out->ciphers = vector16(&c);
	vector8(&c); /* compression */
	return cur_ok(&c) && read_extensions(&c, true, out);
}

bool
tls_server_hello_read(struct span body, struct tls_hello *out)
{
	struct cursor c = cur_of_span(body);

	read_head(&c, out);
	out->ciphers = (struct span){cur_take(&c, 2), 2};
	cur_u8(&c);
	return cur_ok(&c) && read_extensions(&c, false, out);
}
