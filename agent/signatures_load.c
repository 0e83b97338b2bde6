/* SPDX-License-Identifier: EUPL-1.2 */
#include "agent/signatures_load.h"

#include "agent/bundle_rules.h"
#include "agent/limits.h"
#include "agent/role.h"
#include "agent/sandbox.h"
#include "agent/signatures_pack.h"

#include "common/clock.h"
#include "common/ipc.h"
#include "common/log.h"
#include "common/str.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define REFUSALS_SHOWN 20

static struct {
	struct cmdline_list rules, sets, keys, iprep;
	const char *iprep_categories, *root, *memory, *after;
	bool started;
} args;

const struct cmdline_option SIGNATURES_LOAD_OPTIONS[] = {
    {"rules", "FILE|DIR", "traffic rules in place of descriptor 5", NULL, NULL,
	&args.rules},
    {"bundle-key", "FILE", "public keys of which one has to have signed it", NULL,
	NULL, &args.keys},
    {"iprep-categories", "FILE", "categories of reputations, with --rules", NULL,
	&args.iprep_categories, NULL},
    {"iprep", "FILE", "a list of reputations, with --rules", NULL, NULL,
	&args.iprep},
    {"set", "NAME=VALUE", "a rule variable", NULL, NULL, &args.sets},
    {"after", "N", "the highest serial that was used", NULL, &args.after, NULL},
    {"started", NULL, "the agent starts: be quick, take a bundle that has expired",
	&args.started, NULL, NULL},
    {"root", "DIR", "an empty folder that becomes the root", NULL, &args.root,
	NULL},
    {"memory", "BYTES", "address space this process may use", NULL, &args.memory,
	NULL},
    {NULL, NULL, NULL, NULL, NULL, NULL},
};

struct loader {
	struct bundle_writer *writer;
	struct bundle_keys keys;
	struct bundle_head head;
	struct role_loaded loaded;
	uint64_t after, memory;
	char error[512];
};

static int fail(struct loader *l, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

static int
fail(struct loader *l, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(l->error, sizeof(l->error), fmt, ap);
	va_end(ap);
	return -1;
}

/* --- files of rules ---------------------------------------------------------------- */

static void
tell_refusals(const struct ruleset *rs)
{
	const struct ruleset_refusal *r;
	size_t n = ruleset_refusals(rs, &r);

	for (size_t i = 0; i < n && i < REFUSALS_SHOWN; i++)
		log_warn("%s:%u: sid %u refused: %s", r[i].file, r[i].line,
		    (unsigned)r[i].sid, r[i].reason);
	if (n > REFUSALS_SHOWN)
		log_warn("and %zu more; \"stadswacht-signatures check\" lists them "
			 "all",
		    n - REFUSALS_SHOWN);
}

static int
load_files(struct loader *l)
{
	static struct signatures_pack pack;
	struct ruleset *rs;

	pack.rules = args.rules.v;
	pack.rules_n = args.rules.n;
	pack.sets = args.sets.v;
	pack.sets_n = args.sets.n;
	pack.iprep_categories = args.iprep_categories;
	pack.iprep = args.iprep.v;
	pack.iprep_n = args.iprep.n;
	pack.place = true;
	if ((rs = signatures_pack(&pack, l->writer, l->error, sizeof(l->error))) ==
	    NULL)
		return -1;
	tell_refusals(rs);
	l->loaded.rules = ruleset_loaded(rs);
	l->loaded.refused = ruleset_refusals(rs, NULL);
	ruleset_free(rs);
	return 0;
}

/* --- a bundle ------------------------------------------------------------------------ */

static int
on_keep(void *arg, const char *name, bool placed, struct span bytes)
{
	struct loader *l = arg;

	return bundle_writer_add(l->writer,
		   placed ? BUNDLE_PLACED : BUNDLE_PATTERNS, name, bytes) == -1 &&
		errno != EEXIST
	    ? -1
	    : 0;
}

/* Signed by whom we know, and not older than what was there. */
static int
may_be_used(struct loader *l, const struct bundle *b)
{
	const uint64_t now = (uint64_t)(clock_wall_us() / CLOCK_US);
	const struct bundle_head *h = bundle_head(b);

	if (bundle_verify(b, &l->keys, l->error, sizeof(l->error)) == -1)
		return -1;
	if (!bundle_may_follow(h, l->after))
		return fail(l,
		    "its serial %llu is before %llu, which was used here; compile "
		    "it "
		    "again, or with --supersedes %llu to go back on purpose",
		    (unsigned long long)h->serial, (unsigned long long)l->after,
		    (unsigned long long)l->after);
	l->loaded.expired = h->expires != 0 && h->expires <= now;
	if (l->loaded.expired && !args.started)
		return fail(l, "it has expired; compile it again");
	l->head = *h;
	return 0;
}

/* What it says of variables, and what this host says instead. */
static int
add_variables(struct loader *l, const struct bundle *b)
{
	const struct bundle_part *part = bundle_find(b, BUNDLE_VARIABLES, NULL);
	char *text = part == NULL ? NULL : bundle_read(b, part);
	struct buf out;
	int rc = -1;

	buf_init(&out, RULE_FILE_MAX);
	if (part != NULL && text == NULL)
		goto done;
	if (text != NULL)
		buf_addf(&out, "%s\n", text);
	for (size_t i = 0; i < args.sets.n; i++)
		buf_addf(&out, "%s\n", args.sets.v[i]);
	errno = E2BIG;
	if (!out.overflow)
		rc = bundle_writer_add(l->writer, BUNDLE_VARIABLES, "",
		    (struct span){out.data, out.len});
done:
	free(text);
	buf_release(&out);
	return rc;
}

static int
add_refusals(struct loader *l, const struct bundle *b, const struct ruleset *rs)
{
	const struct bundle_part *part = bundle_find(b, BUNDLE_REFUSED, NULL);
	char *text = part == NULL ? NULL : bundle_read(b, part);
	struct buf out;
	int rc = -1;

	buf_init(&out, RULE_FILE_MAX);
	if (part != NULL && text == NULL)
		goto done;
	if (text != NULL)
		buf_adds(&out, text);
	signatures_pack_refusals(rs, &out);
	for (size_t i = 0; i < out.len; i++)
		l->loaded.refused += out.data[i] == '\n';
	errno = E2BIG;
	if (!out.overflow)
		rc = bundle_writer_add(l->writer, BUNDLE_REFUSED, "",
		    (struct span){out.data, out.len});
done:
	free(text);
	buf_release(&out);
	return rc;
}

/* Texts go on as they are. */
static int
add_parts(struct loader *l, const struct bundle *b)
{
	const struct bundle_part *part;
	size_t n = bundle_parts(b, &part);

	for (size_t i = 0; i < n; i++) {
		char *bytes;
		int rc;

		if (part[i].kind == BUNDLE_PATTERNS ||
		    part[i].kind == BUNDLE_PLACED ||
		    part[i].kind == BUNDLE_VARIABLES ||
		    part[i].kind == BUNDLE_REFUSED)
			continue;
		if ((bytes = bundle_read(b, &part[i])) == NULL)
			return -1;
		rc = bundle_writer_add(l->writer, part[i].kind, part[i].name,
		    (struct span){(uint8_t *)bytes, (size_t)part[i].len});
		free(bytes);
		if (rc == -1)
			return -1;
	}
	return 0;
}

static int
load_bundle(struct loader *l)
{
	const struct bundle_rules_config c = {.fd = ROLE_FD_BUNDLE,
	    .sets = args.sets.v,
	    .sets_n = args.sets.n,
	    .keep = on_keep,
	    .keep_arg = l};
	struct bundle *b = bundle_open(c.fd, l->error, sizeof(l->error));
	struct bundle_rules *r = NULL;
	int rc = -1;

	/* Nothing of it is looked into before its signature. */
	if (b == NULL || may_be_used(l, b) == -1)
		goto done;
	if ((r = bundle_rules_new(&c, l->error, sizeof(l->error))) == NULL ||
	    bundle_rules_load(r, l->error, sizeof(l->error)) == -1)
		goto done;
	if (add_variables(l, b) == -1 || add_parts(l, b) == -1 ||
	    add_refusals(l, b, bundle_rules_set(r)) == -1) {
		fail(l, "%s",
		    errno == EBADMSG ? "it is damaged; fetch it again"
				     : strerror(errno));
		goto done;
	}
	tell_refusals(bundle_rules_set(r));
	l->loaded.rules = ruleset_loaded(bundle_rules_set(r));
	l->loaded.compiled = bundle_rules_compiled(r);
	rc = 0;
done:
	bundle_rules_free(r);
	bundle_free(b);
	return rc;
}

/* --- the process ---------------------------------------------------------------------- */

static int
begin(struct loader *l)
{
	struct sandbox box = {.root = args.rules.n > 0 ? NULL : args.root};

	/* Packets and files come first, but not while sensors wait for us. */
	errno = 0;
	if (!args.started && nice(5) == -1 && errno != 0)
		log_warn("no lower priority: %s", strerror(errno));

	for (size_t i = 0; i < args.keys.n; i++)
		if (bundle_keys_read(
			&l->keys, args.keys.v[i], l->error, sizeof(l->error)) == -1)
			return -1;
	if ((args.after != NULL &&
		str_u64(args.after, UINT64_MAX, &l->after) == -1) ||
	    (args.memory != NULL &&
		str_u64(args.memory, UINT64_MAX, &box.memory_max) == -1))
		return fail(l, "--after and --memory are numbers");
	if ((l->writer = bundle_writer_new()) == NULL)
		return fail(l, "%s", strerror(errno));
	return sandbox_enter(SANDBOX_LOADER, &box, l->error, sizeof(l->error));
}

static int
make_image(struct loader *l)
{
	if (begin(l) == -1 ||
	    (args.rules.n > 0 ? load_files(l) : load_bundle(l)) == -1)
		return -1;
	if (bundle_writer_write(l->writer, &l->head, ROLE_FD_IMAGE) == 0)
		return 0;
	return fail(l, "the image: %s", strerror(errno));
}

int
signatures_load_run(int argc, char **argv)
{
	static struct loader l;
	int rc;

	if (argc > 0) {
		fprintf(stderr,
		    "stadswacht-signatures: unexpected argument %s; see --help\n",
		    argv[0]);
		return EXIT_USAGE;
	}
	rc = make_image(&l);
	bundle_writer_free(l.writer);
	l.loaded.serial = l.head.serial;
	l.loaded.supersedes = l.head.supersedes;
	if (rc == 0)
		rc = ipc_send(
		    ROLE_FD_CONTROL, ROLE_LOADED, &l.loaded, sizeof(l.loaded), -1);
	else if (ipc_send(ROLE_FD_CONTROL, ROLE_NOT_LOADED, l.error,
		     strlen(l.error), -1) == -1)
		log_error("%s", l.error);
	return rc == 0 ? EXIT_DONE : EXIT_FAILED;
}
