/* SPDX-License-Identifier: EUPL-1.2 */
/* The collector's state, as its console needs it. */
#include "collector/web/web.h"
#include "collector/web/writes.h"
#include "common/clock.h"
#include "common/cmdline.h"
#include "common/jw.h"

#include <string.h>

struct counts {
	const char *tenant;
	int64_t state[3];
};

static int
on_agent(void *arg, const struct store_agent *a)
{
	struct counts *n = arg;

	if (n->tenant[0] == '\0' || strcmp(n->tenant, a->tenant) == 0)
		n->state[a->state]++;
	return 0;
}

void
status_show(struct web_call *c)
{
	struct counts n = {.tenant = c->who.tenant};
	char now[CLOCK_TEXT_SIZE];
	struct buf b;
	struct jw w;

	if (store_agents(c->web->store, on_agent, &n) == -1) {
		answer_error(c->request, 500, "the store cannot be read",
		    "see the collector's log");
		return;
	}
	buf_init(&b, 4096);
	jw_init(&w, &b);
	jw_object(&w, NULL);
	jw_str(&w, "version", STADSWACHT_VERSION);
	jw_str(&w, "time", clock_text(clock_wall_us(), now));
	jw_int(&w, "uptime_seconds",
	    (clock_mono_us() - c->web->started_us) / CLOCK_US);
	jw_int(&w, "last_id", stream_last_id(c->web->stream));
	jw_bool(&w, "writer", writes_connected(c->web->writes));
	jw_uint(&w, "streams", stream_readers(c->web->stream));
	jw_uint(&w, "sessions", sessions_count(c->web->sessions));
	jw_object(&w, "agents");
	jw_int(&w, "pending", n.state[STORE_AGENT_PENDING]);
	jw_int(&w, "active", n.state[STORE_AGENT_ACTIVE]);
	jw_int(&w, "revoked", n.state[STORE_AGENT_REVOKED]);
	jw_end_object(&w);
	jw_str(&w, "console", http_address(c->web->http));
	jw_end_object(&w);
	answer_json(c->request, 200, &b);
	buf_release(&b);
}
