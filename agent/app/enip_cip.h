/* SPDX-License-Identifier: EUPL-1.2 */
/* Services of CIP that a message of EtherNet/IP asks for; private to agent/app. */
#ifndef AGENT_APP_ENIP_CIP_H
#define AGENT_APP_ENIP_CIP_H

#include "agent/app/buffers.h"
#include "agent/limits.h"
#include "common/cursor.h"

#include <stdbool.h>

/* What a message asks for, as the buffer cip_service tells it. */
struct cip_facts {
	uint64_t fact[CIP_FACTS_MAX];
	size_t n;
	bool cut; /* there were more */
};

/* Data: what stands behind the head of SendRRData or SendUnitData. */
void cip_read(struct span data, struct cip_facts *out);

#endif
