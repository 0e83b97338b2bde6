/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * The table of addresses: method, path, who may, handler.  All checks on who asks
 * are made here, before a handler sees the request.
 */
#include "collector/web/web.h"
#include "common/str.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#define COOKIE "stadswacht_session"

enum {
	ROUTE_OPEN = 1,	 /* needs no login */
	ROUTE_LOCAL = 2, /* over the Unix socket only; 404 elsewhere */
	ROUTE_PAGE = 4,	 /* for people: without a login, a page that says how */
};

static const struct route {
	const char *method;
	const char *path; /* "*" is one segment; a "*" at the end after "/" too */
	unsigned roles;	  /* any of these */
	unsigned flags;
	void (*handle)(struct web_call *c);
} routes[] = {
    {"GET", "/api/v1/alerts", SESSION_SOC, 0, alerts_list},
    {"GET", "/api/v1/stream", SESSION_SOC, 0, stream_open},
    {"GET", "/api/v1/incidents", SESSION_SOC | SESSION_CISO, 0, incidents_list},
    {"GET", "/api/v1/incidents/*", SESSION_SOC | SESSION_CISO, 0, incidents_show},
    {"GET", "/api/v1/agents", SESSION_SOC | SESSION_ADMIN, 0, agents_list},
    {"POST", "/api/v1/agents", SESSION_ADMIN, 0, agents_add},
    {"POST", "/api/v1/agents/*/revoke", SESSION_ADMIN, 0, agents_revoke},
    {"GET", "/api/v1/status", SESSION_SOC | SESSION_ADMIN, 0, status_show},
    {"GET", "/api/v1/session", ~0u, 0, session_show},
    {"POST", "/api/v1/logout", ~0u, 0, logout},
    {"POST", "/api/v1/login-links", SESSION_ADMIN, ROUTE_LOCAL, login_link},
    {"GET", "/login", 0, ROUTE_OPEN, login_use},
    {"GET", "/", ~0u, ROUTE_PAGE, files_serve},
    {"GET", "/*", 0, ROUTE_OPEN, files_serve},
};

/* Does path fit pattern?  What "*" stood for goes to arg. */
static bool
match(const char *pattern, const char *path, char *arg, size_t size)
{
	const char *star = strchr(pattern, '*');
	size_t head, len;

	if (star == NULL)
		return strcmp(pattern, path) == 0;
	head = (size_t)(star - pattern);
	if (strncmp(pattern, path, head) != 0)
		return false;
	len = strcspn(path + head, "/");
	if (len == 0 || len >= size || strcmp(path + head + len, star + 1) != 0)
		return false;
	memcpy(arg, path + head, len);
	arg[len] = '\0';
	return true;
}

/* The route; else NULL, and *known says whether the path exists with another
 * method. */
static const struct route *
find(const char *method, const char *path, char *arg, size_t size, bool *known)
{
	size_t i;

	*known = false;
	for (i = 0; i < sizeof(routes) / sizeof(*routes); i++) {
		if (!match(routes[i].path, path, arg, size))
			continue;
		if (strcmp(routes[i].method, method) == 0)
			return &routes[i];
		*known = true;
	}
	return NULL;
}

/*
 * A page elsewhere can make its own name resolve to 127.0.0.1 and then read our
 * answers as its own (DNS rebinding); its requests carry its name as Host.
 */
bool
routes_host_ok(const char *host, const char *address)
{
	static const char *const names[] = {"127.0.0.1", "localhost", "[::1]"};
	const char *port = strrchr(address, ':');
	char want[80];
	size_t i;

	if (host == NULL || port == NULL)
		return false;
	if (strcasecmp(host, address) == 0)
		return true;
	for (i = 0; i < sizeof(names) / sizeof(*names); i++) {
		(void)snprintf(want, sizeof(want), "%s%s", names[i], port);
		if (strcasecmp(host, want) == 0)
			return true;
	}
	return false;
}

/* Over TCP a write must carry the session's token, and come from our own page. */
static bool
write_ok(const struct web_call *c)
{
	const char *origin = http_header(c->request, "Origin");
	const char *host = http_header(c->request, "Host");

	if (c->local || strcmp(http_method(c->request), "GET") == 0)
		return true;
	if (origin != NULL &&
	    (!str_starts(origin, "http://") ||
		strcmp(origin + strlen("http://"), host) != 0))
		return false;
	return session_csrf_ok(c->session, http_header(c->request, "X-CSRF-Token"));
}

/* Fill in who asks.  The peer of the Unix socket is the admin of this machine. */
static bool
identify(struct web_call *c)
{
	const struct session_grant *g;
	uid_t uid;

	if (http_is_local(c->request, &uid)) {
		c->local = true;
		c->who.roles = SESSION_SOC | SESSION_ADMIN;
		(void)snprintf(
		    c->who.actor, sizeof(c->who.actor), "uid %u", (unsigned)uid);
		return true;
	}
	c->session = http_cookie(c->request, COOKIE);
	if ((g = session_find(c->web->sessions, c->session)) == NULL)
		return false;
	c->who = *g;
	return true;
}

static void
dispatch(struct web_call *c, const struct route *route)
{
	bool known = identify(c);

	if ((route->flags & ROUTE_LOCAL) != 0 && !c->local)
		answer_error(c->request, 404, "no such address", NULL);
	else if ((route->flags & ROUTE_OPEN) != 0)
		route->handle(c);
	else if (!known && (route->flags & ROUTE_PAGE) != 0)
		files_login_needed(c);
	else if (!known)
		answer_error(c->request, 401, "not logged in",
		    "make a one-time link on the collector: stadswachtctl "
		    "login-link");
	else if ((route->roles & c->who.roles) == 0)
		answer_error(c->request, 403, "your role may not do this", NULL);
	else if (!write_ok(c))
		answer_error(c->request, 403,
		    "the request did not come from the console",
		    "reload the page and try again");
	else
		route->handle(c);
}

void
routes_handle(void *arg, struct http_request *r)
{
	struct web_call c = {.web = arg, .request = r};
	const char *method = http_method(r);
	const struct route *route;
	bool known;
	uid_t uid;

	if (!http_is_local(r, &uid) &&
	    !routes_host_ok(http_header(r, "Host"), http_address(c.web->http))) {
		answer_error(r, 421, "wrong Host header",
		    "open the console by the address that stadswachtctl login-link "
		    "printed");
		return;
	}
	route = find(method, http_path(r), c.arg, sizeof(c.arg), &known);
	if (route != NULL)
		dispatch(&c, route);
	else if (known)
		answer_error(
		    r, 405, "this address does not take that method", NULL);
	else
		answer_error(r, 404, "no such address", NULL);
}
