/* SPDX-License-Identifier: EUPL-1.2 */
/* Agents: list, register or approve, revoke. */
#include "collector/limits.h"
#include "collector/web/web.h"
#include "collector/web/writes.h"
#include "common/clock.h"
#include "common/json.h"
#include "common/jw.h"
#include "common/str.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LIST_MAX (8 * 1024 * 1024)
/* A CURVE public key is 32 bytes; as Z85 (ZeroMQ RFC 32) 40 characters. */
#define KEY_LEN 40

static const char *const state_names[] = {
    [STORE_AGENT_PENDING] = "pending",
    [STORE_AGENT_ACTIVE] = "active",
    [STORE_AGENT_REVOKED] = "revoked",
};

static void
write_time(struct jw *w, const char *key, int64_t time_us)
{
	char text[CLOCK_TEXT_SIZE];

	if (time_us > 0)
		jw_str(w, key, clock_text(time_us, text));
	else
		jw_null(w, key);
}

static void
write_agent(struct jw *w, const struct store_agent *a)
{
	jw_object(w, NULL);
	jw_str(w, "name", a->name);
	jw_str(w, "tenant", a->tenant);
	jw_str(w, "host", a->host);
	jw_str(w, "key", a->key);
	jw_str(w, "state", state_names[a->state]);
	write_time(w, "first_seen", a->first_seen_us);
	write_time(w, "last_seen", a->last_seen_us);
	/* Ingest writes last_seen more often than this, and by the same measure tells. */
	jw_bool(w, "silent",
	    a->state == STORE_AGENT_ACTIVE &&
		clock_wall_us() - a->last_seen_us > RECEIVE_SILENT_US);
	jw_end_object(w);
}

struct listing {
	struct jw w;
	const char *tenant;
};

static int
on_agent(void *arg, const struct store_agent *a)
{
	struct listing *l = arg;

	if (l->tenant[0] == '\0' || strcmp(l->tenant, a->tenant) == 0)
		write_agent(&l->w, a);
	return 0;
}

void
agents_list(struct web_call *c)
{
	struct listing l = {.tenant = c->who.tenant};
	struct buf b;
	int failed;

	buf_init(&b, LIST_MAX);
	jw_init(&l.w, &b);
	jw_object(&l.w, NULL);
	jw_array(&l.w, "agents");
	failed = store_agents(c->web->store, on_agent, &l);
	jw_end_array(&l.w);
	jw_end_object(&l.w);
	if (failed == -1)
		answer_error(c->request, 500, "the store cannot be read",
		    "see the collector's log");
	else
		answer_json(c->request, 200, &b);
	buf_release(&b);
}

/* --- changes: put, then write it down, then answer
 * ----------------------------------- */

struct change {
	struct web *web;
	struct http_request *request; /* NULL when it went away */
	struct store_agent agent;
	struct session_grant who;
	bool local;
	const char *action;
	int64_t result;
};

static void
on_gone(void *arg)
{
	struct change *ch = arg;

	ch->request = NULL;
}

static void
answer_agent(struct http_request *r, const struct store_agent *a)
{
	struct buf b;
	struct jw w;

	buf_init(&b, 8192);
	jw_init(&w, &b);
	write_agent(&w, a);
	answer_json(r, 200, &b);
	buf_release(&b);
}

static void
answer_write_failed(struct http_request *r, int error)
{
	static const struct {
		int error;
		unsigned status;
		const char *what, *remedy;
	} answers[] = {
	    {ENOTCONN, 503, "the store's writer does not run",
		"is stadswacht-collector running? see its log"},
	    {ENOSPC, 503, "too many changes are waiting", "try again in a moment"},
	    {EAGAIN, 503, "the store's writer is busy", "try again in a moment"},
	    {ETIMEDOUT, 504, "the store's writer did not answer",
		"list the agents to see whether the change was made"},
	};
	size_t i;

	for (i = 0; i < sizeof(answers) / sizeof(*answers); i++)
		if (answers[i].error == error) {
			answer_error(r, answers[i].status, answers[i].what,
			    answers[i].remedy);
			return;
		}
	answer_error(
	    r, 500, "the change could not be stored", "see the collector's log");
}

/* The change is made and written down, or it failed and that is written down. */
static void
on_audited(void *arg, int64_t id)
{
	struct change *ch = arg;

	if (ch->request != NULL && ch->result < 0)
		answer_write_failed(ch->request, (int)-ch->result);
	else if (ch->request != NULL && id < 0)
		answer_error(ch->request, 500,
		    "the change was made, but could not be written in the audit "
		    "log",
		    "see the collector's log");
	else if (ch->request != NULL)
		answer_agent(ch->request, &ch->agent);
	free(ch);
}

static void
on_put(void *arg, int64_t id)
{
	struct change *ch = arg;
	struct audit a = {
	    .action = ch->action,
	    .object = ch->agent.name,
	    .result = id < 0 ? "failed" : "done",
	    .origin = ch->local ? "local socket" : "console",
	    .actor = ch->who.actor,
	    .tenant = ch->agent.tenant,
	};

	ch->result = id;
	if (id == -ECANCELED ||
	    writes_audit(ch->web->writes, &a, on_audited, ch) == -1)
		on_audited(ch, -EIO);
}

static void
change_agent(struct web_call *c, const struct store_agent *a, const char *action)
{
	struct change *ch;

	if ((ch = calloc(1, sizeof(*ch))) == NULL) {
		answer_error(c->request, 503, "out of memory", NULL);
		return;
	}
	ch->web = c->web;
	ch->request = c->request;
	ch->agent = *a;
	ch->who = c->who;
	ch->local = c->local;
	ch->action = action;
	if (writes_put_agent(c->web->writes, a, on_put, ch) == -1) {
		answer_write_failed(c->request, errno);
		free(ch);
		return;
	}
	http_defer(c->request, on_gone, ch);
}

/* --- what is asked
 * ----------------------------------------------------------------- */

/* Letters, digits, dot, dash and underscore: safe in a path, a log and a file name.
 */
static bool
is_name(const char *s, size_t max)
{
	size_t n = strspn(
	    s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-");

	return n > 0 && n < max && s[n] == '\0' && s[0] != '.' && s[0] != '-';
}

static bool
is_key(const char *s)
{
	return strlen(s) == KEY_LEN &&
	    strspn(s,
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
		".-:+=^!/*?&<>()[]{}@%$#") == KEY_LEN;
}

/* NULL when all is well; else what is wrong. */
static const char *
read_agent(const struct json_doc *d, struct store_agent *a)
{
	const char *name = json_str(d, "name"), *key = json_str(d, "key");
	const char *tenant = json_str(d, "tenant"), *host = json_str(d, "host");

	memset(a, 0, sizeof(*a));
	if (name == NULL || !is_name(name, sizeof(a->name)))
		return "name: expected letters, digits, dots, dashes (at most 63)";
	if (key == NULL || !is_key(key))
		return "key: expected the agent's public key, 40 characters of Z85";
	if (tenant == NULL || !is_name(tenant, sizeof(a->tenant)))
		return "tenant: expected letters, digits, dots, dashes (at most "
		       "63)";
	if (host == NULL || !is_name(host, sizeof(a->host)))
		return "host: expected a host name";
	(void)str_copy(a->name, sizeof(a->name), name);
	(void)str_copy(a->key, sizeof(a->key), key);
	(void)str_copy(a->tenant, sizeof(a->tenant), tenant);
	(void)str_copy(a->host, sizeof(a->host), host);
	a->state = STORE_AGENT_ACTIVE;
	return NULL;
}

struct lookup {
	const struct store_agent *wanted; /* by name or by key */
	struct store_agent by_name, by_key;
	bool has_name, has_key;
};

static int
on_lookup(void *arg, const struct store_agent *a)
{
	struct lookup *l = arg;

	if (strcmp(a->name, l->wanted->name) == 0) {
		l->by_name = *a;
		l->has_name = true;
	}
	if (l->wanted->key[0] != '\0' && strcmp(a->key, l->wanted->key) == 0) {
		l->by_key = *a;
		l->has_key = true;
	}
	return 0;
}

/*
 * A name is one key, and a key one name: to give an agent a new key it is first
 * revoked, so that nobody can take over a living agent's name by mistake.
 */
void
agents_add(struct web_call *c)
{
	struct lookup l = {0};
	struct store_agent a;
	struct json_doc *d;
	const char *body, *wrong;
	char error[120];
	size_t len;

	body = http_body(c->request, &len);
	if ((d = json_read(body == NULL ? "" : body, len, error, sizeof(error))) ==
	    NULL) {
		answer_error(c->request, 400, "the body is no JSON object", error);
		return;
	}
	wrong = read_agent(d, &a);
	json_free(d);
	if (wrong != NULL) {
		answer_error(c->request, 400, wrong, "see docs/api.md");
		return;
	}
	if (c->who.tenant[0] != '\0' && strcmp(c->who.tenant, a.tenant) != 0) {
		answer_error(c->request, 404, "no such tenant", NULL);
		return;
	}
	l.wanted = &a;
	if (store_agents(c->web->store, on_lookup, &l) == -1)
		answer_error(c->request, 500, "the store cannot be read",
		    "see the collector's log");
	else if (l.has_key && strcmp(l.by_key.name, a.name) != 0)
		answer_error(c->request, 409, "another agent has this key",
		    "each agent makes its own key: run stadswacht-agent enroll on "
		    "that host");
	else if (l.has_name && strcmp(l.by_name.key, a.key) != 0 &&
	    l.by_name.state != STORE_AGENT_REVOKED)
		answer_error(c->request, 409,
		    "an agent with this name has another key",
		    "revoke it first: stadswachtctl agents revoke NAME");
	else {
		a.first_seen_us = l.has_name ? l.by_name.first_seen_us : 0;
		a.last_seen_us = l.has_name ? l.by_name.last_seen_us : 0;
		change_agent(c, &a, "agent.add");
	}
}

void
agents_revoke(struct web_call *c)
{
	struct store_agent wanted = {0};
	struct lookup l = {.wanted = &wanted};

	(void)str_copy(wanted.name, sizeof(wanted.name), c->arg);
	if (store_agents(c->web->store, on_lookup, &l) == -1) {
		answer_error(c->request, 500, "the store cannot be read",
		    "see the collector's log");
		return;
	}
	if (!l.has_name ||
	    (c->who.tenant[0] != '\0' &&
		strcmp(c->who.tenant, l.by_name.tenant) != 0)) {
		answer_error(c->request, 404, "no such agent",
		    "stadswachtctl agents lists them");
		return;
	}
	l.by_name.state = STORE_AGENT_REVOKED;
	change_agent(c, &l.by_name, "agent.revoke");
}
