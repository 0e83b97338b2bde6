/* SPDX-License-Identifier: EUPL-1.2 */
/* agent.yaml as one checked struct.  Its keys: stadswacht-agent --help-config. */
#ifndef AGENT_CONFIG_H
#define AGENT_CONFIG_H

#include "common/conf.h"

#include <stdbool.h>
#include <sys/types.h>

/* streams.mode, in the order of its choices. */
enum config_streams {
	CONFIG_STREAMS_COMPAT,
	CONFIG_STREAMS_STRICT
};

struct agent_config {
	char *id, *tenant, *zone, *host; /* id and host never empty after loading */
	char *state, *run, *libexec;	 /* folders */
	struct conf_list collectors;	 /* tcp://HOST:PORT */
	char *collector_key, *key;
	struct conf_list interfaces, rules, yara, variables, iprep;
	char *iprep_categories; /* "": none */
	uint64_t sensors;	/* processes an interface */
	int streams;		/* enum config_streams */
	bool midstream, async;
	struct conf_list os_policies; /* POLICY=NETWORK (os_policy.h) */
	struct conf_list folders, excludes;
	char *bundle, *bundle_keys, *bundle_state; /* bundle "": none */
	uint64_t scan_every_us;			   /* 0: never */
	bool traffic;	   /* files out of traffic are scanned */
	bool file_records; /* and each is told */
	char *user_sensor, *user_scanner, *user_forwarder;
	uint64_t memory_sensor, memory_scanner, memory_forwarder; /* bytes */
	uint64_t spool_quota;					  /* bytes */
};

/*
 * Read and check the file.  Run by root it must belong to root and be writable by
 * nobody else, since it says what root starts.  -1 with error filled
 * ("FILE:LINE: what, remedy").  Release with config_agent_release() either way.
 */
int config_agent_load(
    const char *path, struct agent_config *c, char *error, size_t size);
void config_agent_release(struct agent_config *c);
/* Every key with its default, as a commented YAML file. */
void config_agent_print(void);

/* A user by name or number.  -1 with error filled. */
int config_agent_user(
    const char *name, uid_t *uid, gid_t *gid, char *error, size_t size);

#endif
