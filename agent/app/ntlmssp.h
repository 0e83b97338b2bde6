/* SPDX-License-Identifier: EUPL-1.2 */
/* NTLMSSP, as protocols carry it in their logons (MS-NLMP, section 2.2.1). */
#ifndef AGENT_APP_NTLMSSP_H
#define AGENT_APP_NTLMSSP_H

#include "common/cursor.h"

enum ntlmssp_type {
	NTLMSSP_NONE, /* no such message is in there */
	NTLMSSP_NEGOTIATE,
	NTLMSSP_CHALLENGE,
	NTLMSSP_AUTHENTICATE,
	NTLMSSP_BAD, /* it is not whole */
};

/* Names as they were sent, mostly UTF-16; on loan. */
struct ntlmssp {
	struct span domain, user, host;
};

/* The message in a token, bare or wrapped (SPNEGO); names of AUTHENTICATE only. */
enum ntlmssp_type ntlmssp_read(struct span token, struct ntlmssp *out);

#endif
