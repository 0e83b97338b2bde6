/* SPDX-License-Identifier: EUPL-1.2 */
/* /etc/stadswacht/collector.yaml as one struct; every program of the collector
 * reads it. */
#ifndef COLLECTOR_CONFIG_H
#define COLLECTOR_CONFIG_H

#include "common/conf.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CONFIG_DEFAULT_PATH "/etc/stadswacht/collector.yaml"

struct collector_config {
	char *state_path;    /* the collector's folder, 0700 */
	char *store_uri;     /* never NULL: by default sqlite:STATE/store.db */
	char *listen;	     /* where agents connect: tcp://ADDRESS:PORT */
	char *key_path;	     /* CURVE secret, 0600; PATH.pub beside it */
	char *web_listen;    /* ADDRESS:PORT */
	char *web_socket;    /* path of the local socket of stadswachtctl */
	char *libexec;	     /* folder of the programs; "" is that of the parent */
	bool correlate, web; /* are they started? */
	uint64_t retention_days;
	struct conf_list sigma;	  /* files and folders of Sigma documents */
	struct conf_list tenants; /* "zwolle=Gemeente Zwolle" */
};

/* -1 with error "FILE:LINE: what, remedy".  Release with config_release() either
 * way. */
int config_load(
    const char *path, struct collector_config *c, char *error, size_t size);
void config_release(struct collector_config *c);
/* Every key with default and help, as a commented YAML file. */
void config_print(void);
/* Title of a tenant for people; the name itself when it has none. */
const char *config_tenant_title(
    const struct collector_config *c, const char *tenant);
bool config_tenant_known(const struct collector_config *c, const char *tenant);

#endif
