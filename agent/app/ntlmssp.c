/* SPDX-License-Identifier: EUPL-1.2 */
/* NTLMSSP (MS-NLMP, section 2.2.1): whose logon it is. */
#include "agent/app/ntlmssp.h"

#define SIGNATURE	    "NTLMSSP"
#define FIELDS_OF_RESPONSES 16 /* of the two responses, before the names */

/* Length, allocated length, offset from the begin of the message. */
static struct span
read_field(struct cursor *c, struct span message, bool *ok)
{
	size_t len = cur_le16(c), offset;
	struct cursor all = cur_of_span(message);
	struct span got;

	cur_take(c, 2);
	offset = cur_le32(c);
	cur_take(&all, offset);
	got = (struct span){all.pos, len};
	*ok = *ok && cur_ok(c) && cur_take(&all, len) != NULL;
	return got;
}

enum ntlmssp_type
ntlmssp_read(struct span token, struct ntlmssp *out)
{
	struct span message;
	struct cursor c;
	uint32_t type;
	bool ok = true;

	*out = (struct ntlmssp){{NULL, 0}, {NULL, 0}, {NULL, 0}};
	message.p = token.len == 0
	    ? NULL
	    : memmem(token.p, token.len, SIGNATURE, sizeof(SIGNATURE));
	if (message.p == NULL)
		return NTLMSSP_NONE;
	message.len = token.len - (size_t)(message.p - token.p);
	c = cur_of_span(message);
	cur_take(&c, sizeof(SIGNATURE));
	type = cur_le32(&c);
	if (!cur_ok(&c) || type < NTLMSSP_NEGOTIATE || type > NTLMSSP_AUTHENTICATE)
		return NTLMSSP_BAD;
	if (type != NTLMSSP_AUTHENTICATE)
		return (enum ntlmssp_type)type;
	cur_take(&c, FIELDS_OF_RESPONSES);
	out->domain = read_field(&c, message, &ok);
	out->user = read_field(&c, message, &ok);
	out->host = read_field(&c, message, &ok);
	if (ok)
		return NTLMSSP_AUTHENTICATE;
	*out = (struct ntlmssp){{NULL, 0}, {NULL, 0}, {NULL, 0}};
	return NTLMSSP_BAD;
}
