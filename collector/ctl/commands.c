/* SPDX-License-Identifier: EUPL-1.2 */
/* The commands that ask once. */
#include "collector/ctl/commands.h"

#include "collector/ctl/show.h"
#include "collector/ctl/term.h"
#include "collector/limits.h"
#include "common/clock.h"
#include "common/cmdline.h"
#include "common/json.h"
#include "common/jw.h"
#include "common/str.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

int
command_failed(const char *what)
{
	struct buf b;

	buf_init(&b, 4096);
	term_text(&b, what, 0);
	(void)fprintf(stderr, "stadswachtctl: %s\n",
	    buf_str(&b) == NULL ? "failed" : buf_str(&b));
	buf_release(&b);
	return EXIT_FAILED;
}

void
command_print(struct buf *b)
{
	if (b->len > 0)
		(void)fwrite(b->data, 1, b->len, stdout);
	(void)fflush(stdout);
}

int
command_add_filter(struct buf *path, const struct command_filter *f)
{
	static const char *const names[] = {"high", "medium", "low", "info"};
	const char *severity = f->severity;
	char number[16];
	size_t i;

	for (i = 0; severity != NULL && i < sizeof(names) / sizeof(*names); i++)
		if (strcmp(names[i], f->severity) == 0) {
			(void)snprintf(number, sizeof(number), "%zu", i + 1);
			severity = number;
		}
	if (client_add_query(path, "severity", severity) == -1 ||
	    client_add_query(path, "tenant", f->tenant) == -1 ||
	    client_add_query(path, "engine", f->engine) == -1 ||
	    client_add_query(path, "agent", f->agent) == -1 ||
	    client_add_query(path, "sid", f->sid) == -1 ||
	    client_add_query(path, "text", f->text) == -1) {
		(void)command_failed("the filters are too long");
		return -1;
	}
	return 0;
}

/* Ask, and parse the answer; NULL when that failed and was said. */
static struct json_doc *
ask(struct client *c, const char *path, const char *body, struct buf *answer)
{
	struct json_doc *d;
	char error[120];

	if (client_call(c, path, body, answer) == -1) {
		(void)command_failed(client_error(c));
		return NULL;
	}
	d = json_read(
	    (const char *)answer->data, answer->len, error, sizeof(error));
	if (d == NULL)
		(void)command_failed(error);
	return d;
}

/* Print every element of an array of rows. */
static void
print_rows(struct buf *answer, const struct json_doc *d, const char *name,
    const char *kind, bool json)
{
	const struct json_doc *rows = json_at(d, name);
	bool colour = !json && term_wants_colour();
	size_t i, n = rows == NULL ? 0 : json_count(rows), pos = 0, len;
	struct buf out;
	const char *p;

	buf_init(&out, 2 * CTL_EVENT_MAX);
	for (i = 0; !json && i < n; i++) {
		buf_reset(&out);
		show_row(&out, kind, json_item(rows, i), colour);
		command_print(&out);
	}
	while (json &&
	    show_next(
		(const char *)answer->data, answer->len, name, &pos, &p, &len)) {
		buf_reset(&out);
		show_raw(&out, p, len);
		command_print(&out);
	}
	buf_release(&out);
}

/* The shape of most commands: ask, show, done. */
static int
ask_and_show(struct client *c, const char *path, const char *body,
    void (*show)(struct buf *answer, const struct json_doc *d, bool json),
    bool json)
{
	struct json_doc *d;
	struct buf answer;
	int status = EXIT_FAILED;

	buf_init(&answer, CTL_ANSWER_MAX);
	if (path != NULL && (d = ask(c, path, body, &answer)) != NULL) {
		show(&answer, d, json);
		json_free(d);
		status = EXIT_DONE;
	}
	buf_release(&answer);
	return status;
}

static void
print_json(struct buf *answer)
{
	struct buf out;

	buf_init(&out, 6 * CTL_ANSWER_MAX);
	term_json(&out, (const char *)answer->data, answer->len);
	(void)buf_addc(&out, '\n');
	command_print(&out);
	buf_release(&out);
}

static void
show_alerts(struct buf *answer, const struct json_doc *d, bool json)
{
	print_rows(answer, d, "alerts", "alert", json);
	if (!json && json_int(d, "next", 0) > 0)
		(void)fprintf(
		    stderr, "stadswachtctl: there are more; raise --limit\n");
}

int
command_alerts(struct client *c, const struct alerts_options *o)
{
	struct buf path;
	int status = EXIT_FAILED;

	buf_init(&path, 4000);
	(void)buf_adds(&path, "/api/v1/alerts");
	if (command_add_filter(&path, &o->filter) == 0) {
		(void)client_add_query(&path, "since", o->since);
		(void)client_add_query(&path, "limit", o->limit);
		status =
		    ask_and_show(c, buf_str(&path), NULL, show_alerts, o->json);
	}
	buf_release(&path);
	return status;
}

static void
show_incidents(struct buf *answer, const struct json_doc *d, bool json)
{
	print_rows(answer, d, "incidents", "incident", json);
}

int
command_incidents(struct client *c, bool json)
{
	return ask_and_show(c, "/api/v1/incidents", NULL, show_incidents, json);
}

/* Of a list of texts, or of the entities of one type. */
static void
print_list(
    const struct json_doc *d, const char *title, const char *path, const char *type)
{
	const struct json_doc *list = json_at(d, path);
	size_t i, told = 0, n = list == NULL ? 0 : json_count(list);
	struct buf out;

	buf_init(&out, 64 * 1024);
	(void)buf_addf(&out, "%-10s", title);
	for (i = 0; i < n; i++) {
		const struct json_doc *e = json_item(list, i);
		const char *its = json_str(e, "type");

		if (type != NULL && (its == NULL || strcmp(its, type) != 0))
			continue;
		(void)buf_adds(&out, told++ == 0 ? "" : ", ");
		term_text(&out, json_str(e, type != NULL ? "value" : ""), 0);
	}
	(void)buf_addc(&out, '\n');
	if (told > 0)
		command_print(&out);
	buf_release(&out);
}

/* A rule that fired: how often, and what its events have in common. */
static void
print_firing(const struct json_doc *f)
{
	const struct json_doc *group = json_at(f, "group"), *v;
	const char *name, *comma = " (";
	void *iter = NULL;
	struct buf out;

	buf_init(&out, 64 * 1024);
	(void)buf_addf(&out, "%-10s", "why");
	term_text(&out, json_str(f, "title"), 0);
	(void)buf_addf(&out, ": %" PRId64 " events", json_int(f, "count", 0));
	while (group != NULL && (v = json_next(group, &iter, &name)) != NULL) {
		(void)buf_adds(&out, comma);
		term_text(&out, name, 0);
		(void)buf_addc(&out, ' ');
		term_text(&out, json_str(v, ""), 0);
		comma = ", ";
	}
	(void)buf_adds(&out, strcmp(comma, ", ") == 0 ? ")\n" : "\n");
	command_print(&out);
	buf_release(&out);
}

static void
print_incident(const struct json_doc *latest)
{
	static const struct {
		const char *title, *type;
	} entities[] = {{"host", "host"}, {"seen by", "seen"}, {"address", "ip"},
	    {"file", "sha256"}};
	const struct json_doc *firings = json_at(latest, "record.incident.firings");

	for (size_t i = 0; firings != NULL && i < json_count(firings); i++)
		print_firing(json_item(firings, i));
	for (size_t i = 0; i < sizeof(entities) / sizeof(entities[0]); i++)
		print_list(latest, entities[i].title, "record.incident.entities",
		    entities[i].type);
	print_list(latest, "ATT&CK", "record.incident.attack", NULL);
}

static void
show_incident(struct buf *answer, const struct json_doc *d, bool json)
{
	const struct json_doc *history = json_at(d, "history"), *latest = NULL;
	size_t i, n = history == NULL ? 0 : json_count(history);
	struct buf out;

	if (json) {
		print_json(answer);
		return;
	}
	for (i = 0; i < n && latest == NULL; i++)
		if (json_str(json_item(history, i), "record.incident.title") !=
		    NULL)
			latest = json_item(history, i);
	buf_init(&out, 64 * 1024);
	if (latest != NULL)
		show_row(&out, "incident", latest, term_wants_colour());
	command_print(&out);
	buf_release(&out);
	if (latest != NULL)
		print_incident(latest);
	print_rows(answer, d, "events", "alert", false);
}

int
command_incident(struct client *c, const char *id, bool json)
{
	struct buf path;
	int status = EXIT_FAILED;

	buf_init(&path, 1024);
	(void)buf_adds(&path, "/api/v1/incidents/");
	if (id[strspn(id,
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
		"0123456789._:-")] != '\0' ||
	    id[0] == '\0')
		(void)command_failed(
		    "that is no id of an incident; \"incidents\" lists them");
	else if (buf_adds(&path, id) == 0)
		status = ask_and_show(c, buf_str(&path), NULL, show_incident, json);
	buf_release(&path);
	return status;
}

static void
show_agents(struct buf *answer, const struct json_doc *d, bool json)
{
	const struct json_doc *agents = json_at(d, "agents");
	size_t i, n = agents == NULL ? 0 : json_count(agents);
	struct buf out;

	if (json) {
		print_json(answer);
		return;
	}
	buf_init(&out, CTL_ANSWER_MAX);
	(void)buf_addf(&out, "%-20s %-8s %-14s %-24s %s\n", "NAME", "STATE",
	    "TENANT", "HOST", "LAST SEEN");
	for (i = 0; i < n; i++) {
		const struct json_doc *a = json_item(agents, i);

		term_text(&out, json_str(a, "name"), 20);
		(void)buf_addc(&out, ' ');
		term_text(&out,
		    json_bool(a, "silent", false) ? "silent" : json_str(a, "state"),
		    8);
		(void)buf_addc(&out, ' ');
		term_text(&out, json_str(a, "tenant"), 14);
		(void)buf_addc(&out, ' ');
		term_text(&out, json_str(a, "host"), 24);
		(void)buf_addc(&out, ' ');
		if (json_str(a, "last_seen") == NULL) {
			(void)buf_adds(&out, "never\n");
			continue;
		}
		term_time(&out, json_str(a, "last_seen"));
		(void)buf_adds(&out, " (");
		term_age(&out, json_str(a, "last_seen"), clock_wall_us());
		(void)buf_adds(&out, " ago)\n");
	}
	if (n == 0)
		(void)buf_adds(
		    &out, "no agents yet: stadswachtctl agents add --help\n");
	command_print(&out);
	buf_release(&out);
}

int
command_agents(struct client *c, bool json)
{
	return ask_and_show(c, "/api/v1/agents", NULL, show_agents, json);
}

static void
show_agent_change(struct buf *answer, const struct json_doc *d, bool json)
{
	struct buf out;

	(void)answer, (void)json;
	buf_init(&out, 4096);
	term_text(&out, json_str(d, "name"), 0);
	(void)buf_adds(&out, " is now ");
	term_text(&out, json_str(d, "state"), 0);
	(void)buf_addc(&out, '\n');
	command_print(&out);
	buf_release(&out);
}

int
command_agents_add(struct client *c, const char *name, const char *key,
    const char *tenant, const char *host)
{
	struct buf body;
	struct jw w;
	int status;

	buf_init(&body, 16 * 1024);
	jw_init(&w, &body);
	jw_object(&w, NULL);
	jw_str(&w, "name", name);
	jw_str(&w, "key", key);
	jw_str(&w, "tenant", tenant);
	jw_str(&w, "host", host);
	jw_end_object(&w);
	if (buf_str(&body) == NULL)
		status = command_failed("name, key, tenant or host is too long");
	else
		status = ask_and_show(
		    c, "/api/v1/agents", buf_str(&body), show_agent_change, false);
	buf_release(&body);
	return status;
}

int
command_agents_revoke(struct client *c, const char *name)
{
	char path[256];

	if (name[0] == '\0' ||
	    name[strspn(name,
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
		"0123456789._-")] != '\0' ||
	    strlen(name) > 63)
		return command_failed(
		    "that is no name of an agent; \"agents\" lists them");
	(void)snprintf(path, sizeof(path), "/api/v1/agents/%s/revoke", name);
	return ask_and_show(c, path, "", show_agent_change, false);
}

static void
show_link(struct buf *answer, const struct json_doc *d, bool json)
{
	struct buf out;

	(void)answer, (void)json;
	buf_init(&out, 4096);
	term_text(&out, json_str(d, "url"), 0);
	(void)buf_addc(&out, '\n');
	command_print(&out);
	buf_release(&out);
	(void)fprintf(stderr,
	    "The link works once, in the next %" PRId64 " minutes.\n",
	    json_int(d, "valid_seconds", 0) / 60);
}

int
command_login_link(struct client *c)
{
	return ask_and_show(c, "/api/v1/login-links", "", show_link, false);
}

static void
show_status(struct buf *answer, const struct json_doc *d, bool json)
{
	if (json) {
		print_json(answer);
		return;
	}
	printf("console    http://%s (stadswachtctl login-link)\n",
	    json_str(d, "console"));
	printf("version    %s\n", json_str(d, "version"));
	printf("up         %" PRId64 " s\n", json_int(d, "uptime_seconds", 0));
	printf("rows       %" PRId64 "\n", json_int(d, "last_id", 0));
	printf("writer     %s\n",
	    json_bool(d, "writer", false) ? "running"
					  : "not running: changes are refused");
	printf("agents     %" PRId64 " active, %" PRId64 " pending, %" PRId64
	       " revoked\n",
	    json_int(d, "agents.active", 0), json_int(d, "agents.pending", 0),
	    json_int(d, "agents.revoked", 0));
	printf("streams    %" PRId64 "\n", json_int(d, "streams", 0));
	printf("sessions   %" PRId64 "\n", json_int(d, "sessions", 0));
}

int
command_status(struct client *c, bool json)
{
	return ask_and_show(c, "/api/v1/status", NULL, show_status, json);
}
