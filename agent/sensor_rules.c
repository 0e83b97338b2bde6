/* SPDX-License-Identifier: EUPL-1.2 */
#include "agent/sensor_rules.h"

#include "common/log.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define REFUSALS_SHOWN 20

/* The file of that name beside the rules; NULL when there is none. */
static const char *
beside(const char *rules, const char *name, char out[PATH_MAX])
{
	const char *slash = strrchr(rules, '/');
	struct stat st;
	int n;

	if (stat(rules, &st) == 0 && S_ISDIR(st.st_mode))
		n = snprintf(out, PATH_MAX, "%s/%s", rules, name);
	else
		n = snprintf(out, PATH_MAX, "%.*s%s",
		    slash == NULL ? 0 : (int)(slash - rules + 1), rules, name);
	return n > 0 && n < PATH_MAX && access(out, R_OK) == 0 ? out : NULL;
}

/* An analyst must see what does not look, and why. */
static void
tell_refusals(const struct ruleset *rs)
{
	const struct ruleset_refusal *r;
	size_t n = ruleset_refusals(rs, &r);

	for (size_t i = 0; i < n && i < REFUSALS_SHOWN; i++)
		fprintf(stderr, "%s:%u: sid %u refused: %s\n", r[i].file, r[i].line,
		    (unsigned)r[i].sid, r[i].reason);
	if (n > REFUSALS_SHOWN)
		fprintf(stderr,
		    "and %zu more; \"stadswacht-signatures check\" lists them "
		    "all\n",
		    n - REFUSALS_SHOWN);
	if (n > 0)
		log_warn("%zu of %zu rules loaded, %zu refused", ruleset_loaded(rs),
		    ruleset_total(rs), n);
}

int
sensor_rules_load(const struct sensor_options *o, struct ruleset **rs)
{
	static char classification[PATH_MAX], threshold[PATH_MAX];
	struct ruleset_config c = {.sets = o->sets.v,
	    .sets_n = o->sets.n,
	    .classification = o->classification,
	    .threshold = o->threshold};
	char error[512];

	*rs = NULL;
	if (o->rules.n == 0)
		return 0;
	if (c.classification == NULL)
		c.classification =
		    beside(o->rules.v[0], "classification.config", classification);
	if (c.threshold == NULL)
		c.threshold = beside(o->rules.v[0], "threshold.config", threshold);
	if ((*rs = ruleset_new(&c, error, sizeof(error))) == NULL) {
		log_error("%s", error);
		return -1;
	}
	for (size_t i = 0; i < o->rules.n; i++)
		if (ruleset_load(*rs, o->rules.v[i]) == -1) {
			log_error(
			    "%s: %s; name a rules file or a folder of *.rules",
			    o->rules.v[i], strerror(errno));
			return -1;
		}
	tell_refusals(*rs);
	if (ruleset_finish(*rs, error, sizeof(error)) == -1) {
		log_error("%s", error);
		return -1;
	}
	return 0;
}
