/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * The figures of one week and one tenant (or all), from the store and nothing
 * else.  No address of a visitor and no name of a person is among them.
 */
#ifndef COLLECTOR_REPORT_FIGURES_H
#define COLLECTOR_REPORT_FIGURES_H

#include "collector/limits.h"
#include "collector/report/week.h"
#include "collector/store/store.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FIGURES_SEVERITIES 4 /* alerts: 1, 2, 3, and the rest */
#define FIGURES_LEVELS	   5 /* incidents: informational .. critical */
#define FIGURES_TEXT	   200

enum figures_engine {
	FIGURES_RULES,
	FIGURES_YARA,
	FIGURES_NDPI,
	FIGURES_IOC,
	FIGURES_BEHAVIOUR,
	FIGURES_SIGMA,
	FIGURES_AGENT,
	FIGURES_OTHER,
	FIGURES_ENGINES,
};

/* What is counted alike in this week and the one before. */
struct figures_counts {
	uint64_t alerts;
	uint64_t severity[FIGURES_SEVERITIES];
	uint64_t engine[FIGURES_ENGINES];
	uint64_t day[7];
	uint64_t incidents; /* new ones */
	uint64_t level[FIGURES_LEVELS];
};

struct figures_rule {
	int64_t gid, sid, severity;
	char signature[FIGURES_TEXT], signature_nl[FIGURES_TEXT]; /* nl: or empty */
	uint64_t alerts;
};

struct figures_host {
	char name[FIGURES_TEXT];
	uint64_t alerts, high;
};

struct figures_incident {
	char id[48], title[FIGURES_TEXT], status[24], hosts[FIGURES_TEXT];
	char title_nl[FIGURES_TEXT]; /* or empty */
	char attack[FIGURES_TEXT], tenant[STORE_NAME_MAX];
	int level;
	int64_t first_us, last_us;
	uint64_t events;
	bool is_new; /* its first row is of this week */
};

struct figures_agent {
	char name[STORE_NAME_MAX], host[FIGURES_TEXT], tenant[STORE_NAME_MAX];
	bool enrolled; /* active in the store's list, not only heard */
	uint64_t records;
	uint64_t hours;	 /* of the week with at least one record */
	int64_t last_us; /* last record of the week; 0: none */
};

struct figures {
	struct week week;
	char tenant[STORE_NAME_MAX]; /* empty: all */
	const char *tenant_title;    /* the caller's, for people; NULL: the name */
	int64_t now_us;
	unsigned
	    week_hours; /* that are over: 168, less in a week that still runs */
	struct figures_counts this, before;
	bool before_known; /* the store holds anything from then */
	struct figures_rule *rule;
	size_t rules;
	struct figures_host *host;
	size_t hosts;
	struct figures_incident *incident; /* heaviest first */
	size_t incidents;
	struct figures_agent *agent;
	size_t agents, agents_heard;
	uint64_t lost[RECORD_CLASSES]; /* records, as agents declared them */
	uint64_t packets_dropped;      /* by kernel or network card */
	bool cut; /* more hosts, rules or incidents than we hold */
};

/* -1 with error filled.  Release with figures_release() either way. */
int figures_read(struct store *s, const char *week, const char *tenant,
    int64_t now_us, struct figures *f, char *error, size_t size);
void figures_release(struct figures *f);

const char *figures_engine_name(enum figures_engine e);
/* Rules and hosts as the report lists them: at most so many. */
size_t figures_top(size_t n);

#endif
