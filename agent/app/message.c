/* SPDX-License-Identifier: EUPL-1.2 */
/* Messages that stand alone, as transactions. */
#include "agent/app/message.h"

#include <stdlib.h>
#include <string.h>

struct message_tx *
message_tx_new(struct app_flow *a, enum app_dir d, size_t size, struct span bytes)
{
	struct message_tx *m;
	uint8_t *copy;

	if (!app_hold(a, bytes.len))
		return NULL;
	if ((m = (struct message_tx *)app_tx_new(a, size + bytes.len)) == NULL) {
		app_drop(a, bytes.len);
		return NULL;
	}
	copy = (uint8_t *)m + size;
	if (bytes.len > 0)
		memcpy(copy, bytes.p, bytes.len);
	m->bytes = (struct span){copy, bytes.len};
	m->d = d;
	m->tx.progress[APP_TS] = m->tx.progress[APP_TC] = a->parser->done[APP_TS];
	m->tx.inspected[d == APP_TS ? APP_TC : APP_TS] = true;
	return m;
}

void *
message_state_new(void)
{
	return calloc(1, 1);
}

void
message_state_free(void *state)
{
	free(state);
}

void
message_tx_release(struct app_flow *a, struct app_tx *tx)
{
	app_drop(a, ((const struct message_tx *)tx)->bytes.len);
}

void
message_event_of_last(struct app_flow *a, unsigned event)
{
	if (a->last != NULL)
		app_tx_event(a->last, event);
}
