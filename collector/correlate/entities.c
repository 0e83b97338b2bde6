/* SPDX-License-Identifier: EUPL-1.2 */
#include "collector/correlate/entities.h"

#include "common/addr.h"
#include "common/json.h"
#include "common/str.h"

#include <string.h>

/* Addresses that many share say nothing about who attacks whom. */
static bool
is_shared_address(const char *text)
{
	static const struct {
		const char *net;
		unsigned bits;
	} shared[] = {{"0.0.0.0", 8}, {"127.0.0.0", 8}, {"169.254.0.0", 16},
	    {"224.0.0.0", 3}, {"::", 127}, {"fe80::", 10}, {"ff00::", 8}};
	struct addr a, net;

	if (addr_parse(text, &a) == -1)
		return true;
	for (size_t i = 0; i < sizeof(shared) / sizeof(shared[0]); i++) {
		if (addr_parse(shared[i].net, &net) == 0 &&
		    a.family == net.family && addr_in(&a, &net, shared[i].bits))
			return true;
	}
	return false;
}

void
entities_add(struct entities *list, const char *type, const char *value)
{
	struct incident_entity e = {.type = incident_entity_type(type)};

	if (value == NULL || value[0] == '\0' || list->n == INCIDENT_ENTITIES_MAX ||
	    str_copy(e.value, sizeof(e.value), value) == -1 ||
	    (strcmp(type, "ip") == 0 && is_shared_address(value)))
		return;
	for (size_t i = 0; i < list->n; i++) {
		if (list->v[i].type == e.type &&
		    strcmp(list->v[i].value, value) == 0)
			return;
	}
	list->v[list->n++] = e;
}

void
entities_add_event(void *arg, const struct event *e)
{
	struct entities *list = arg;

	const char *host = e->host[0] != '\0' ? e->host : e->agent;

	entities_add(list, strcmp(e->engine, "yara") == 0 ? "host" : "seen", host);
	entities_add(list, "ip", json_str(e->body, "src_ip"));
	entities_add(list, "ip", json_str(e->body, "dest_ip"));
	entities_add(list, "sha256", json_str(e->body, "fileinfo.sha256"));
}

const char *
entities_type_of(const struct field_ref *f)
{
	static const struct {
		const char *end, *type;
	} types[] = {{"src_ip", "ip"}, {"dest_ip", "ip"},
	    {"stadswacht.host", "host"}, {"stadswacht.agent", "host"},
	    {"sha256", "sha256"}};

	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		if (str_ends(f->path[0], types[i].end))
			return types[i].type;
	}
	return NULL;
}
