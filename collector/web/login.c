/* SPDX-License-Identifier: EUPL-1.2 */
/* Logging in by a one-time link, and out again. */
#include "collector/limits.h"
#include "collector/web/web.h"
#include "collector/web/writes.h"
#include "common/clock.h"
#include "common/jw.h"

#include <stdio.h>
#include <string.h>

#define COOKIE_FORM                                                                \
	"stadswacht_session=%s; Path=/; HttpOnly; SameSite=Strict; Max-Age=%d"

static void
write_down(
    struct web_call *c, const char *action, const char *actor, const char *result)
{
	struct audit a = {
	    .action = action,
	    .object = "console",
	    .result = result,
	    .origin = c->local ? "local socket" : "console",
	    .actor = actor,
	    .tenant = "",
	};

	(void)writes_audit(c->web->writes, &a, NULL, NULL);
}

void
login_link(struct web_call *c)
{
	char token[SESSION_TOKEN_SIZE], url[256];
	struct buf b;
	struct jw w;

	session_link_new(c->web->sessions, &c->who, token);
	(void)snprintf(url, sizeof(url), "http://%s/login?token=%s",
	    http_address(c->web->http), token);
	buf_init(&b, 1024);
	jw_init(&w, &b);
	jw_object(&w, NULL);
	jw_str(&w, "url", url);
	jw_int(&w, "valid_seconds", WEB_LINK_US / CLOCK_US);
	jw_end_object(&w);
	answer_json(c->request, 200, &b);
	buf_release(&b);
	write_down(c, "login-link.make", c->who.actor, "done");
}

/* So that nobody can fill the store by knocking: some are written down, the rest counted. */
static void
write_down_refusal(struct web_call *c)
{
	int64_t now = clock_mono_us();
	struct web *w = c->web;
	char result[64] = "refused";

	if (now - w->refusals.since_us >= WEB_REFUSALS_US) {
		w->refusals.since_us = now;
		w->refusals.written = 0;
	}
	if (w->refusals.written >= WEB_REFUSALS_MAX) {
		w->refusals.left_out++;
		return;
	}
	if (w->refusals.left_out > 0)
		(void)snprintf(result, sizeof(result),
		    "refused, after %u not listed", w->refusals.left_out);
	w->refusals.written++;
	w->refusals.left_out = 0;
	write_down(c, "login", "unknown", result);
}

/*
 * A page of our own, not a redirect: the cookie is SameSite=Strict, so a browser
 * that came here from a link in another site would not send it along with a
 * redirect.
 */
void
login_use(struct web_call *c)
{
	static const char page[] =
	    "<!doctype html>\n<html lang=\"nl\"><head><meta charset=\"utf-8\">"
	    "<title>stadswacht</title><meta http-equiv=\"refresh\" "
	    "content=\"0;url=/\">"
	    "</head><body><p>U bent ingelogd. <a href=\"/\">Naar de console</a></p>"
	    "<p lang=\"en\">You are logged in. <a href=\"/\">To the console</a></p>"
	    "</body></html>\n";
	char session[SESSION_TOKEN_SIZE], cookie[192];
	const struct session_grant *g;

	if (!session_link_use(
		c->web->sessions, http_query(c->request, "token"), session)) {
		if (http_query(c->request, "token") != NULL)
			write_down_refusal(c);
		files_login_needed(c);
		return;
	}
	g = session_find(c->web->sessions, session);
	write_down(c, "login", g == NULL ? "unknown" : g->actor, "done");
	(void)snprintf(cookie, sizeof(cookie), COOKIE_FORM, session,
	    (int)(WEB_SESSION_US / CLOCK_US));
	http_set_header(c->request, "Set-Cookie", cookie);
	http_answer(
	    c->request, 200, "text/html; charset=utf-8", page, strlen(page));
}

void
logout(struct web_call *c)
{
	char cookie[192];

	if (c->session != NULL)
		session_end(c->web->sessions, c->session);
	write_down(c, "logout", c->who.actor, "done");
	(void)snprintf(cookie, sizeof(cookie), COOKIE_FORM, "", 0);
	http_set_header(c->request, "Set-Cookie", cookie);
	http_answer(c->request, 204, NULL, "", 0);
}

void
session_show(struct web_call *c)
{
	static const struct {
		enum session_role role;
		const char *name;
	} names[] = {{SESSION_SOC, "soc"}, {SESSION_ADMIN, "admin"},
	    {SESSION_CISO, "ciso"}, {SESSION_FG, "fg"}};
	char csrf[SESSION_TOKEN_SIZE];
	struct buf b;
	struct jw w;
	size_t i;

	buf_init(&b, 1024);
	jw_init(&w, &b);
	jw_object(&w, NULL);
	jw_str(&w, "actor", c->who.actor);
	jw_array(&w, "roles");
	for (i = 0; i < sizeof(names) / sizeof(*names); i++)
		if ((c->who.roles & names[i].role) != 0)
			jw_str(&w, NULL, names[i].name);
	jw_end_array(&w);
	jw_str(&w, "tenant", c->who.tenant);
	if (c->session != NULL) {
		session_csrf(c->session, csrf);
		jw_str(&w, "csrf", csrf);
	}
	jw_end_object(&w);
	answer_json(c->request, 200, &b);
	buf_release(&b);
}
