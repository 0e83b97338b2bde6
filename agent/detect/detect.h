/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Facts against signatures: Suricata 7's rule language and its order of
 * evaluation (engine.md 1.2; guide, "Suricata Rules").
 */
#ifndef AGENT_DETECT_DETECT_H
#define AGENT_DETECT_DETECT_H

#include "agent/flow/flow.h"

struct rule;
struct ruleset;
struct detect;

/* packet-alert-max of Suricata's shipped configuration. */
#define DETECT_ALERTS_MAX   15
#define DETECT_ALERTS_LIMIT 255 /* up to which it can be set */

enum rule_action {
	RULE_ALERT,
	RULE_PASS,
	RULE_DROP,
	RULE_REJECT,
	RULE_CONFIG
};

/* What an event needs to know of a rule; lives as long as the ruleset. */
struct rule_meta {
	uint32_t gid, sid, rev;
	uint8_t priority; /* 1 high .. 255; EVE's severity */
	enum rule_action action;
	const char *msg;	   /* "" when absent */
	const char *category;	   /* the class's description; "" when absent */
	const char *metadata_json; /* {"key":["value"]}; NULL when absent */
	const char *target;	   /* "src_ip", "dest_ip" or NULL */
	const char *text;	   /* the rule as written */
};
const struct rule_meta *rule_meta(const struct rule *r);

/* --- loading -------------------------------------------------------------- */

struct ruleset_refusal {
	const char *file;
	unsigned line;
	uint32_t sid;	  /* 0: not even that was there */
	char reason[200]; /* names the keyword and the remedy */
};

/* A compiled database of patterns: as it travels, or in place as it is used. */
struct ruleset_database {
	struct span
	    bytes; /* in place: on loan for the ruleset's life; else free()d */
	bool placed;
};

/*
 * Where the files that rules name and compiled databases come from, and where
 * databases go.  Functions may be NULL.  Must live as long as the ruleset.
 */
struct ruleset_source {
	void *arg;
	/* As str_read_file(); NULL: that. */
	char *(*read)(void *arg, const char *path, size_t max, size_t *len);
	/* The database of that name; false: there is none, and it is compiled. */
	bool (*find)(void *arg, const char *name, struct ruleset_database *db);
	/* Each database of the ruleset, for each of levels.  -1 with errno. */
	int (*keep)(void *arg, const char *name, bool placed, struct span bytes);
	unsigned levels;    /* bits of processor levels; 0: this processor's */
	bool place;	    /* keep them as they are used, on this host only */
	uint64_t *compiled; /* counts databases that were not found; may be NULL */
};

/* Levels of processors, 0 the least: "generic", "avx2"...; -1 and NULL: unknown. */
int detect_level(const char *name);
const char *detect_level_name(int level);
int detect_level_here(void);

struct ruleset_config {
	const char *const *sets; /* "HOME_NET=[10.0.0.0/8]"; later wins */
	size_t sets_n;
	const char *classification;   /* path, or NULL: the built-in defaults */
	const char *threshold;	      /* path of threshold.config, or NULL */
	const char *iprep_categories; /* path, or NULL: no iprep */
	const char *const *iprep;     /* paths of lists */
	size_t iprep_n;
	bool keep_text; /* rule_meta.text for --eve-payload and show */
	const struct ruleset_source *source; /* NULL: the disk, compiled here */
};

/* NULL with error filled when a variable or a config file is bad. */
struct ruleset *ruleset_new(
    const struct ruleset_config *c, char *error, size_t size);
/*
 * Add the rules of a file (or every *.rules of a folder, sorted).  A bad rule is
 * refused and named, the others load.  -1 with errno when path is unreadable.
 */
int ruleset_load(struct ruleset *rs, const char *path);
/* The same of a text, which is scribbled upon; refusals give name as its file. */
int ruleset_load_named(struct ruleset *rs, char *text, const char *name);
/*
 * At most max rules of a text with one a line, which ends up behind them; line counts
 * on.  name must live as long as rs.  1: there is more, 0: none, -1 with errno.
 */
int ruleset_load_lines(struct ruleset *rs, struct span *text, size_t max,
    const char *name, unsigned *line);
/*
 * After the last load: sort, choose fast patterns, compile.  -1 with error filled.
 */
int ruleset_finish(struct ruleset *rs, char *error, size_t size);
void ruleset_free(struct ruleset *rs);
/* The same in parts of some milliseconds, between which packets are looked at.  1:
 * there is more to do, 0: done, -1 with error filled. */
int ruleset_finish_some(struct ruleset *rs, char *error, size_t size);
int ruleset_free_some(struct ruleset *rs);
/* What rules put into sets of values that have no file goes on in to. */
void ruleset_inherit(struct ruleset *to, struct ruleset *from);
size_t ruleset_total(const struct ruleset *rs);
size_t ruleset_loaded(const struct ruleset *rs);
/* Rules whose class is not in classification.config: they have priority 3. */
size_t ruleset_unknown_classes(const struct ruleset *rs);
/* r may be NULL when only their number is wanted. */
size_t ruleset_refusals(const struct ruleset *rs, const struct ruleset_refusal **r);

/*
 * With keep_text: each rule that loaded, as written and on one line, in the order
 * they were loaded in.  fn's -1 ends it; -1 with errno.
 */
typedef int ruleset_text_fn(void *arg, const char *file, const char *text);
int ruleset_texts(const struct ruleset *rs, ruleset_text_fn *fn, void *arg);

/* What its rules ask of whole files: enum app_file_sum. */
unsigned ruleset_file_sums(const struct ruleset *rs);
/* The frames that its rules look into, for app_config. */
uint64_t ruleset_frames(const struct ruleset *rs);

/* --- running -------------------------------------------------------------- */

enum detect_flag {
	DETECT_FROM_STREAM = 1u << 0, /* matched in reassembled data */
	DETECT_DROPPED = 1u << 1,     /* the action would have dropped it */
};

struct detect_alert {
	const struct rule *rule;
	uint32_t flags;
	uint64_t tx_id; /* valid when has_tx */
	bool has_tx;
	const struct app_frame *frame; /* where it matched; NULL: not in one */
};

struct detect_result {
	struct detect_alert alert[DETECT_ALERTS_LIMIT];
	size_t n;
	uint64_t discarded; /* beyond the maximum, this packet */
	bool tagged;	    /* a tag keyword wants this packet told */
};

struct detect_config {
	size_t alerts_max; /* 0: DETECT_ALERTS_MAX */
};

struct detect *detect_new(const struct ruleset *rs, const struct detect_config *c);
void detect_free(struct detect *d);
/* Inspect one packet after the flow stage had it; fills result anew. */
void detect_packet(
    struct detect *d, struct packet *p, struct detect_result *result);
/*
 * Other rules take over from those in use: to gets what from remembers, its
 * counters too, then each flow is to be handed on; from is of no use but to be
 * freed.  NULL without memory: nothing has changed.
 */
struct detect_heir;
struct detect_heir *detect_inherit(struct detect *to, struct detect *from);
void detect_heir_flow(const struct detect_heir *h, struct flow *f);
void detect_heir_free(struct detect_heir *h);
/* For flow_hooks.slot_free[FLOW_SLOT_DETECT]. */
void detect_slot_free(void *slot);
/* The flow's bits that are set and flowints, as EVE's "metadata" object; 0 if none. */
struct jw;
int detect_flow_metadata(
    const struct detect *d, const struct flow *f, struct jw *w);

struct detect_stats {
	uint64_t packets, alerts, discarded, suppressed, candidates, evaluated;
	uint64_t pcre_limits, recursion_limits, threshold_full;
};
const struct detect_stats *detect_stats(const struct detect *d);

#endif
