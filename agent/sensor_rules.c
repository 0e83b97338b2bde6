/* SPDX-License-Identifier: EUPL-1.2 */
#include "agent/sensor_rules.h"

#include "agent/role.h"
#include "agent/rules_beside.h"
#include "common/log.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define REFUSALS_SHOWN 20

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

/* --- files of rules --------------------------------------------------------- */

static int
load_files(const struct sensor_options *o, struct ruleset **rs)
{
	static char classification[PATH_MAX], threshold[PATH_MAX];
	struct ruleset_config c = {.sets = o->sets.v,
	    .sets_n = o->sets.n,
	    .classification = o->classification,
	    .threshold = o->threshold,
	    .iprep_categories = o->iprep_categories,
	    .iprep = o->iprep.v,
	    .iprep_n = o->iprep.n};
	char error[512];

	if (c.classification == NULL)
		c.classification = rules_beside(
		    o->rules.v[0], "classification.config", classification);
	if (c.threshold == NULL)
		c.threshold =
		    rules_beside(o->rules.v[0], "threshold.config", threshold);
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

/* --- a bundle ------------------------------------------------------------------ */

/* Signed by somebody we know?  Offline the user may leave that open. */
static int
verify(const struct sensor_options *o, const struct bundle *b)
{
	struct bundle_keys keys = {.n = 0};
	char error[512];

	if (o->bundle_keys.n == 0) {
		log_warn("%s: nobody's signature was asked for; give --bundle-key",
		    o->bundle);
		return 0;
	}
	for (size_t i = 0; i < o->bundle_keys.n; i++)
		if (bundle_keys_read(
			&keys, o->bundle_keys.v[i], error, sizeof(error)) == -1) {
			log_error("%s", error);
			return -1;
		}
	if (bundle_verify(b, &keys, error, sizeof(error)) == 0)
		return 0;
	log_error("%s: %s", o->bundle, error);
	return -1;
}

static int
load_bundle(const struct sensor_options *o, struct sensor_rules *r)
{
	struct bundle_rules_config c = {.fd = open(o->bundle, O_RDONLY | O_CLOEXEC),
	    .sets = o->sets.v,
	    .sets_n = o->sets.n};
	char error[512] = "";

	if ((r->fd = c.fd) == -1) {
		log_error("%s: %s", o->bundle, strerror(errno));
		return -1;
	}
	if ((r->bundle = bundle_rules_new(&c, error, sizeof(error))) == NULL)
		goto fail;
	if (verify(o, bundle_rules_bundle(r->bundle)) == -1)
		return -1;
	if (bundle_rules_load(r->bundle, error, sizeof(error)) == -1)
		goto fail;
	r->set = bundle_rules_set(r->bundle);
	tell_refusals(r->set);
	if (bundle_rules_compiled(r->bundle) > 0)
		log_warn(
		    "%s: %llu databases are not for this processor and library "
		    "and were compiled here; see --cpu of "
		    "stadswacht-signatures compile",
		    o->bundle,
		    (unsigned long long)bundle_rules_compiled(r->bundle));
	return 0;

fail:
	log_error("%s: %s", o->bundle, error);
	return -1;
}

/* Of our parent, who had its signature looked at. */
static int
load_image(struct sensor_rules *r)
{
	const struct bundle_rules_config c = {.fd = ROLE_FD_RULES, .placed = true};
	char error[512];

	r->fd = c.fd;
	if ((r->bundle = bundle_rules_new(&c, error, sizeof(error))) != NULL &&
	    bundle_rules_load(r->bundle, error, sizeof(error)) == 0) {
		r->set = bundle_rules_set(r->bundle);
		return 0;
	}
	log_error("the image of rules: %s", error);
	return -1;
}

/* --- either -------------------------------------------------------------------- */

int
sensor_rules_load(const struct sensor_options *o, struct sensor_rules *r)
{
	*r = (struct sensor_rules){.fd = -1};
	if (o->image)
		return load_image(r);
	if (o->bundle != NULL)
		return load_bundle(o, r);
	return o->rules.n == 0 ? 0 : load_files(o, &r->set);
}

uint64_t
sensor_rules_refused(const struct sensor_rules *r)
{
	return r->bundle != NULL ? bundle_rules_refused(r->bundle)
				 : ruleset_refusals(r->set, NULL);
}

void
sensor_rules_release(struct sensor_rules *r)
{
	if (r->bundle != NULL)
		bundle_rules_free(r->bundle);
	else
		ruleset_free(r->set);
	if (r->fd != -1)
		close(r->fd);
	*r = (struct sensor_rules){.fd = -1};
}
