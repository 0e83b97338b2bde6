/* SPDX-License-Identifier: EUPL-1.2 */
/* What app.c and tx.c share; not for parsers. */
#ifndef AGENT_APP_INSIDE_H
#define AGENT_APP_INSIDE_H

#include "agent/app/expect.h"

struct app {
	struct app_config config;
	struct app_stats stats;
	struct expect expect;
};

void inside_txs_free(struct app_flow *a);
void inside_txs_finish(struct app_flow *a, enum app_dir d);

#endif
