/* SPDX-License-Identifier: EUPL-1.2 */
/* The table of keys of collector.yaml. */
#include "collector/config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define AT(field) offsetof(struct collector_config, field)

static const struct conf_key KEYS[] = {
    {"state", CONF_PATH, AT(state_path), "/var/lib/stadswacht/collector", 0, 0,
	NULL, "folder of store and keys, readable by the collector alone"},
    {"store", CONF_TEXT, AT(store_uri), "", 0, 0, NULL,
	"store; empty means sqlite:STATE/store.db"},
    {"listen", CONF_TEXT, AT(listen), "tcp://127.0.0.1:7710", 0, 0, NULL,
	"where agents connect"},
    {"key", CONF_TEXT, AT(key_path), "", 0, 0, NULL,
	"secret key made by --init; empty means STATE/collector.key"},
    {"web.enabled", CONF_BOOL, AT(web), "true", 0, 0, NULL, "console and API"},
    {"web.listen", CONF_TEXT, AT(web_listen), "127.0.0.1:7780", 0, 0, NULL,
	"address and port of the console"},
    {"web.socket", CONF_TEXT, AT(web_socket), "", 0, 0, NULL,
	"local socket of stadswachtctl; empty means STATE/web.sock"},
    {"correlate.enabled", CONF_BOOL, AT(correlate), "true", 0, 0, NULL,
	"join alerts to incidents"},
    {"correlate.sigma", CONF_LIST, AT(sigma),
	"/usr/share/stadswacht/signatures/sigma", 0, 0, NULL,
	"files and folders of Sigma documents"},
    {"retention_days", CONF_UINT, AT(retention_days), "365", 1, 3650, NULL,
	"records received longer ago are dropped"},
    {"tenants", CONF_MAP, AT(tenants), "", 0, 0, NULL,
	"municipalities: short name and title, as zwolle: Gemeente Zwolle"},
    {"libexec", CONF_TEXT, AT(libexec), "", 0, 0, NULL,
	"folder of the programs; empty means where stadswacht-collector is"},
    {NULL, CONF_TEXT, 0, NULL, 0, 0, NULL, NULL},
};

/* Fill an empty text with prefix + state folder + name. */
static int
fill_in(char **text, const char *prefix, const char *state, const char *name)
{
	char *made;

	if ((*text)[0] != '\0')
		return 0;
	if (asprintf(&made, "%s%s/%s", prefix, state, name) == -1)
		return -1;
	free(*text);
	*text = made;
	return 0;
}

int
config_load(const char *path, struct collector_config *c, char *error, size_t size)
{
	memset(c, 0, sizeof(*c));
	if (conf_load(path, KEYS, c, error, size) == -1)
		return -1;
	if (fill_in(&c->store_uri, "sqlite:", c->state_path, "store.db") == -1 ||
	    fill_in(&c->key_path, "", c->state_path, "collector.key") == -1 ||
	    fill_in(&c->web_socket, "", c->state_path, "web.sock") == -1) {
		snprintf(error, size, "%s: out of memory", path);
		return -1;
	}
	return 0;
}

void
config_release(struct collector_config *c)
{
	conf_release(KEYS, c);
}

void
config_print(void)
{
	conf_print(KEYS);
}

/* The entry's value, or NULL. */
static const char *
tenant_value(const struct collector_config *c, const char *tenant)
{
	size_t len = strlen(tenant);

	for (size_t i = 0; i < c->tenants.n; i++)
		if (strncmp(c->tenants.v[i], tenant, len) == 0 &&
		    c->tenants.v[i][len] == '=')
			return c->tenants.v[i] + len + 1;
	return NULL;
}

const char *
config_tenant_title(const struct collector_config *c, const char *tenant)
{
	const char *title = tenant_value(c, tenant);

	return title != NULL && title[0] != '\0' ? title : tenant;
}

bool
config_tenant_known(const struct collector_config *c, const char *tenant)
{
	return tenant_value(c, tenant) != NULL;
}
