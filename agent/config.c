/* SPDX-License-Identifier: EUPL-1.2 */
/* The table of keys of agent.yaml, and what a table cannot check. */
#include "agent/config.h"

#include "agent/os_policy.h"
#include "common/str.h"

#include <ctype.h>
#include <errno.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define AT(field) offsetof(struct agent_config, field)
#define MIB	  (1ull << 20)

static const struct conf_key KEYS[] = {
    {"agent.id", CONF_TEXT, AT(id), "", 0, 0, NULL,
	"name of this agent at the collector; empty: the host's name"},
    {"agent.tenant", CONF_TEXT, AT(tenant), "", 0, 0, NULL,
	"municipality this host serves; a hint, the collector decides"},
    {"agent.zone", CONF_TEXT, AT(zone), "", 0, 0, NULL,
	"network zone, as dmz or office; told in each record"},
    {"agent.host", CONF_TEXT, AT(host), "", 0, 0, NULL,
	"name of this host in records; empty: the host's name"},
    {"state", CONF_PATH, AT(state), "/var/lib/stadswacht/agent", 0, 0, NULL,
	"folder of the spool; only the forwarder's user reads it"},
    {"run", CONF_PATH, AT(run), "/run/stadswacht", 0, 0, NULL,
	"folder for the empty root of the processes"},
    {"libexec", CONF_TEXT, AT(libexec), "", 0, 0, NULL,
	"folder of the other programs; empty: where stadswacht-agent is"},
    {"collector.address", CONF_LIST, AT(collectors), "tcp://127.0.0.1:7710", 0, 0,
	NULL, "where to send records; the others are for when the first is gone"},
    {"collector.key", CONF_PATH, AT(collector_key), "/etc/stadswacht/collector.pub",
	0, 0, NULL, "the collector's public key"},
    {"agent.key", CONF_TEXT, AT(key), "", 0, 0, NULL,
	"this agent's secret key, made by stadswacht-agent keys; empty: "
	"STATE/agent.key"},
    {"capture.interfaces", CONF_LIST, AT(interfaces), "", 0, 0, NULL,
	"network interfaces to watch; none: no traffic is inspected"},
    {"capture.sensors", CONF_UINT, AT(sensors), "1", 1, 32, NULL,
	"sensor processes an interface; flows are shared out over them"},
    {"streams.mode", CONF_CHOICE, AT(streams), "compat", 0, 0, "compat|strict",
	"edges of what rules see of a TCP stream: compat, where Suricata has them; "
	"strict, overlapping, so that nothing is missed over one"},
    {"streams.midstream", CONF_BOOL, AT(midstream), "false", 0, 0, NULL,
	"take up TCP connections whose beginning was not seen"},
    {"streams.async", CONF_BOOL, AT(async), "false", 0, 0, NULL,
	"and those of which only one side is seen"},
    {"streams.os_policy", CONF_LISTS, AT(os_policies), OS_NETWORKS_USUAL, 0, 0,
	OS_POLICY_NAMES,
	"hosts by network, as linux: [10.0.0.0/8]: whose bytes count where "
	"fragments or TCP segments to them overlap; the narrowest network counts, "
	"and bsd for hosts in none"},
    {"rules.files", CONF_LIST, AT(rules), "", 0, 0, NULL,
	"files and folders of Suricata rules"},
    {"rules.variables", CONF_MAP, AT(variables), "", 0, 0, NULL,
	"rule variables, as HOME_NET: \"[10.0.0.0/8]\"; others have Suricata's "
	"defaults"},
    {"reputation.categories", CONF_TEXT, AT(iprep_categories), "", 0, 0, NULL,
	"categories of reputations, for rules of rules.files with iprep; empty: "
	"none"},
    {"reputation.lists", CONF_LIST, AT(iprep), "", 0, 0, NULL,
	"lists of reputations"},
    {"bundle.file", CONF_TEXT, AT(bundle), "", 0, 0, NULL,
	"bundle of stadswacht-signatures compile, in place of rules.files"},
    {"bundle.keys", CONF_PATH, AT(bundle_keys), "/etc/stadswacht/bundle.pub", 0, 0,
	NULL, "public keys of which one has to have signed it"},
    {"bundle.state", CONF_PATH, AT(bundle_state), "/var/lib/stadswacht/signatures",
	0, 0, NULL,
	"folder that remembers the highest serial that was used, and the last good "
	"bundle"},
    {"files.yara", CONF_LIST, AT(yara), "", 0, 0, NULL,
	"files and folders of YARA rules, in place of a bundle's; none of either: "
	"no file is scanned"},
    {"files.watch", CONF_LIST, AT(folders), "", 0, 0, NULL,
	"folders in which written and moved files are scanned"},
    {"files.traffic", CONF_BOOL, AT(traffic), "false", 0, 0, NULL,
	"scan files that sensors take out of traffic"},
    {"files.records", CONF_BOOL, AT(file_records), "false", 0, 0, NULL,
	"a record (fileinfo) of each file in traffic, with its SHA-256"},
    {"files.exclude", CONF_LIST, AT(excludes), "", 0, 0, NULL,
	"folders and files left out, by full path or by name pattern (*.log)"},
    {"files.scan_every", CONF_DURATION, AT(scan_every_us), "24h", 0, 0, NULL,
	"how often everything in the watched folders is scanned; 0s: never"},
    {"users.sensor", CONF_TEXT, AT(user_sensor), "stadswacht-sensor", 0, 0, NULL,
	"user, by name or number, that sensors run as"},
    {"users.scanner", CONF_TEXT, AT(user_scanner), "stadswacht-scanner", 0, 0, NULL,
	"user that the scanner runs as"},
    {"users.forwarder", CONF_TEXT, AT(user_forwarder), "stadswacht-forwarder", 0, 0,
	NULL, "user that the forwarder runs as"},
    {"memory.sensor", CONF_SIZE, AT(memory_sensor), "1G", 64 * MIB, 1ull << 40,
	NULL,
	"address space a sensor may use; it is ended and restarted beyond that"},
    {"memory.scanner", CONF_SIZE, AT(memory_scanner), "1G", 64 * MIB, 1ull << 40,
	NULL, "the same for the scanner; large files are mapped, not read"},
    {"memory.forwarder", CONF_SIZE, AT(memory_forwarder), "1G", 64 * MIB,
	1ull << 40, NULL, "the same for the forwarder"},
    {"spool.quota", CONF_SIZE, AT(spool_quota), "1G", 16 * MIB, 1ull << 44, NULL,
	"disk for records that wait; beyond it the least important go first"},
    {.name = NULL},
};

/* --- defaults that depend on the host ---------------------------------------- */

static int
default_text(char **text, const char *value)
{
	char *made;

	if ((*text)[0] != '\0')
		return 0;
	if ((made = strdup(value)) == NULL)
		return -1;
	free(*text);
	*text = made;
	return 0;
}

static int
fill_defaults(struct agent_config *c)
{
	char host[256], self[4096], key[4096];
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);
	char *slash;

	if (gethostname(host, sizeof(host)) == -1 || n == -1)
		return -1;
	host[sizeof(host) - 1] = self[n] = '\0';
	if ((slash = strrchr(self, '/')) != NULL)
		*slash = '\0';
	if (snprintf(key, sizeof(key), "%s/agent.key", c->state) >=
	    (int)sizeof(key)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	if (default_text(&c->id, host) == -1 ||
	    default_text(&c->host, host) == -1 ||
	    default_text(&c->libexec, self) == -1 ||
	    default_text(&c->key, key) == -1)
		return -1;
	return 0;
}

/* --- checks across keys ---------------------------------------------------------
 */

static const char *
first_relative(const struct conf_list *l)
{
	for (size_t i = 0; i < l->n; i++)
		if (l->v[i][0] != '/')
			return l->v[i];
	return NULL;
}

/* Ids travel in records and file names: letters, digits, dot, dash, underscore. */
static bool
is_name(const char *s)
{
	size_t n = strlen(s);

	for (; *s != '\0'; s++)
		if (!isalnum((unsigned char)*s) && strchr(".-_", *s) == NULL)
			return false;
	return n <= 64;
}

/* The first line that holds text; 1 when none does (a default). */
static unsigned
line_of(const char *path, const char *text)
{
	size_t len;
	char *all = str_read_file(path, YAML_FILE_MAX, &len), *at;
	unsigned line = 1;

	if (all != NULL && (at = strstr(all, text)) != NULL)
		for (const char *p = all; p < at; p++)
			line += *p == '\n';
	free(all);
	return line;
}

static int
check_os_policies(
    const char *path, const struct conf_list *l, char *error, size_t size)
{
	struct os_networks all = {.n = 0};
	char what[300];

	for (size_t i = 0; i < l->n; i++) {
		if (os_networks_add(&all, l->v[i], what, sizeof(what)) == 0)
			continue;
		snprintf(error, size, "%s:%u: streams.os_policy: %s", path,
		    line_of(path, strchr(l->v[i], '=') + 1), what);
		return -1;
	}
	return 0;
}

static int
check_iprep(
    const char *path, const struct agent_config *c, char *error, size_t size)
{
	const char *first = c->iprep.n > 0 ? c->iprep.v[0] : c->iprep_categories;
	const char *why = NULL;

	if (first[0] == '\0')
		return 0;
	if (c->bundle[0] != '\0')
		why = "a bundle brings its own; give them to "
		      "stadswacht-signatures compile";
	else if (c->iprep_categories[0] != '/')
		why = "reputation.categories is not a full path; begin it with /";
	if (why == NULL)
		return 0;
	snprintf(
	    error, size, "%s:%u: reputation: %s", path, line_of(path, first), why);
	return -1;
}

static int
check(const char *path, const struct agent_config *c, char *error, size_t size)
{
	const struct {
		const char *key;
		const struct conf_list *list;
	} paths[] = {{"rules.files", &c->rules}, {"reputation.lists", &c->iprep},
	    {"files.yara", &c->yara}, {"files.watch", &c->folders}};
	const struct {
		const char *key, *text;
	} names[] = {{"agent.id", c->id}, {"agent.tenant", c->tenant},
	    {"agent.zone", c->zone}, {"agent.host", c->host}};

	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		const char *bad = first_relative(paths[i].list);

		if (bad == NULL)
			continue;
		snprintf(error, size,
		    "%s:%u: %s: %s is not a full path; begin it with /", path,
		    line_of(path, bad), paths[i].key, bad);
		return -1;
	}
	if (c->bundle[0] != '\0' && (c->bundle[0] != '/' || c->rules.n > 0)) {
		snprintf(error, size, "%s:%u: bundle.file: %s", path,
		    line_of(path, c->bundle),
		    c->rules.n > 0 ? "rules.files is there too; keep one of both"
				   : "not a full path; begin it with /");
		return -1;
	}
	if (check_iprep(path, c, error, size) == -1)
		return -1;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (is_name(names[i].text))
			continue;
		snprintf(error, size,
		    "%s:%u: %s: \"%s\" is no name; use at most 64 letters, digits, "
		    "dots, "
		    "dashes and underscores",
		    path, line_of(path, names[i].text), names[i].key,
		    names[i].text);
		return -1;
	}
	if (c->collectors.n == 0) {
		snprintf(error, size,
		    "%s:%u: collector.address: empty; give one, as "
		    "tcp://10.0.0.5:7710",
		    path, line_of(path, "address"));
		return -1;
	}
	for (size_t i = 0; i < c->collectors.n; i++)
		if (!str_starts(c->collectors.v[i], "tcp://")) {
			snprintf(error, size,
			    "%s:%u: collector.address: %s; write it as "
			    "tcp://HOST:PORT",
			    path, line_of(path, c->collectors.v[i]),
			    c->collectors.v[i]);
			return -1;
		}
	return 0;
}

static int
check_owner(const char *path, char *error, size_t size)
{
	struct stat st;

	if (geteuid() != 0 || stat(path, &st) == -1)
		return 0;
	if (st.st_uid == 0 && (st.st_mode & (S_IWGRP | S_IWOTH)) == 0)
		return 0;
	snprintf(error, size,
	    "%s: others than root could change it, and it says what root starts; "
	    "run "
	    "chown root: %s && chmod go-w %s",
	    path, path, path);
	return -1;
}

int
config_agent_load(
    const char *path, struct agent_config *c, char *error, size_t size)
{
	memset(c, 0, sizeof(*c));
	if (check_owner(path, error, size) == -1 ||
	    conf_load(path, KEYS, c, error, size) == -1)
		return -1;
	if (fill_defaults(c) == -1) {
		snprintf(error, size, "%s: %s", path, strerror(errno));
		return -1;
	}
	if (check(path, c, error, size) == -1)
		return -1;
	return check_os_policies(path, &c->os_policies, error, size);
}

void
config_agent_release(struct agent_config *c)
{
	conf_release(KEYS, c);
}

void
config_agent_print(void)
{
	conf_print(KEYS);
}

int
config_agent_user(
    const char *name, uid_t *uid, gid_t *gid, char *error, size_t size)
{
	struct passwd *p;
	uint64_t number;

	if (str_u64(name, UINT32_MAX - 1, &number) == 0) {
		*uid = (uid_t)number;
		*gid = (gid_t)number;
	} else if ((p = getpwnam(name)) != NULL) {
		*uid = p->pw_uid;
		*gid = p->pw_gid;
	} else {
		snprintf(error, size,
		    "user %s does not exist; run useradd --system --no-create-home "
		    "%s, or "
		    "set users.* in agent.yaml",
		    name, name);
		return -1;
	}
	if (*uid != 0)
		return 0;
	snprintf(error, size, "user %s is root; give one without privileges", name);
	return -1;
}
