/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * YARA files into compiled sets.  libyara's compiler cannot go on after an error,
 * so a bad file is set aside and its set compiled again without it.
 */
#include "agent/limits.h"
#include "agent/scan/yara_rules.h"
#include "common/str.h"

#include <errno.h>
#include <fts.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

struct source {
	char *path, *below, *name_space, *text;
	size_t len;
	bool bad;
};

struct loader {
	struct source *v;
	size_t n, cap;
	yara_refused_fn *refused;
	void *arg;
	struct source *now; /* being compiled */
	bool told;	    /* why now is bad */
	struct yara_totals *totals;
	const struct yara_source *from; /* NULL: the disk */
	crypto_hash_sha256_state version;
};

static void
refuse(struct loader *l, const char *file, unsigned line, const char *reason)
{
	if (l->refused != NULL)
		l->refused(l->arg, file, line, reason);
}

/* --- finding the files ----------------------------------------------------- */

static char *
read_text(struct loader *l, const char *path, bool included, size_t *len)
{
	return l->from == NULL || l->from->read == NULL
	    ? str_read_file(path, YARA_FILE_MAX, len)
	    : l->from->read(l->from->arg, path, included, len);
}

static int
source_add(struct loader *l, const char *path, const char *below)
{
	struct source *s;
	char *dot;

	if (l->n == YARA_FILES_MAX) {
		errno = E2BIG;
		return -1;
	}
	if (l->n == l->cap) {
		size_t cap = l->cap == 0 ? 64 : l->cap * 2;

		if ((s = realloc(l->v, cap * sizeof(*s))) == NULL)
			return -1;
		l->v = s;
		l->cap = cap;
	}
	s = &l->v[l->n];
	memset(s, 0, sizeof(*s));
	l->n++;
	l->totals->files++;
	if ((s->path = strdup(path)) == NULL ||
	    (s->below = strdup(below)) == NULL ||
	    (s->name_space = strdup(below)) == NULL)
		return -1;
	if ((dot = strrchr(s->name_space, '.')) != NULL && strchr(dot, '/') == NULL)
		*dot = '\0';
	if ((s->text = read_text(l, path, false, &s->len)) == NULL) {
		refuse(l, path, 0, strerror(errno));
		s->bad = true;
	} else if (strlen(s->text) != s->len) {
		refuse(l, path, 0, "holds a NUL byte; YARA rules are text");
		s->bad = true;
	}
	return 0;
}

static int
by_name(const FTSENT **a, const FTSENT **b)
{
	return strcmp((*a)->fts_name, (*b)->fts_name);
}

static int
folder_add(struct loader *l, const char *folder)
{
	char *roots[] = {(char *)(uintptr_t)folder, NULL};
	FTS *fts = fts_open(roots, FTS_PHYSICAL | FTS_NOCHDIR, by_name);
	int result = -1;

	if (fts == NULL)
		return -1;
	for (FTSENT *e; (errno = 0, e = fts_read(fts)) != NULL;) {
		const char *below = e->fts_path + strlen(folder);

		if (e->fts_info == FTS_DNR || e->fts_info == FTS_ERR)
			refuse(l, e->fts_path, 0, strerror(e->fts_errno));
		if (e->fts_info != FTS_F ||
		    (!str_ends(e->fts_name, ".yar") &&
			!str_ends(e->fts_name, ".yara")))
			continue;
		if (source_add(l, e->fts_path, below + strspn(below, "/")) == -1)
			goto done;
	}
	result = errno == 0 ? 0 : -1;
done:
	fts_close(fts);
	return result;
}

static int
path_add(struct loader *l, const char *path)
{
	const char *slash = strrchr(path, '/');
	struct stat st;

	if (l->from != NULL && l->from->read != NULL)
		return source_add(l, path, path);
	if (stat(path, &st) == -1) {
		l->totals->files++;
		l->totals->files_refused++;
		refuse(l, path, 0, strerror(errno));
		return 0;
	}
	if (S_ISDIR(st.st_mode))
		return folder_add(l, path);
	return source_add(l, path, slash != NULL ? slash + 1 : path);
}

/* Rules of two files in one name space could not be told apart. */
static void
refuse_twins(struct loader *l)
{
	for (size_t i = 1; i < l->n; i++)
		for (size_t j = 0; j < i && !l->v[i].bad; j++)
			if (!l->v[j].bad &&
			    strcmp(l->v[i].name_space, l->v[j].name_space) == 0) {
				refuse(l, l->v[i].path, 0,
				    "another file has this name; rename one");
				l->v[i].bad = true;
			}
}

/* --- compiling --------------------------------------------------------------- */

static void
on_compiler(int level, const char *file, int line, const YR_RULE *rule,
    const char *message, void *arg)
{
	struct loader *l = arg;

	(void)rule;
	if (level != YARA_ERROR_LEVEL_ERROR)
		return;
	refuse(l, file != NULL ? file : l->now->path, (unsigned)line, message);
	l->told = true;
}

static void
show(const struct loader *l, const char *name, bool included, const char *text,
    size_t len)
{
	if (l->from != NULL && l->from->seen != NULL)
		l->from->seen(l->from->arg, name, included, text, len);
}

static int
folder_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash != NULL ? (int)(slash - path + 1) : 0;
}

/* A file included by another is read from beside it, and only from there. */
static const char *
on_include(const char *name, const char *from, const char *name_space, void *arg)
{
	struct loader *l = arg;
	const struct source *now = l->now;
	char path[4096], below[4096], *text;
	size_t len;

	(void)from;
	(void)name_space;
	if (str_starts(name, "./"))
		name += 2;
	if (strchr(name, '/') != NULL ||
	    snprintf(path, sizeof(path), "%.*s%s", folder_of(now->path), now->path,
		name) >= (int)sizeof(path) ||
	    snprintf(below, sizeof(below), "%.*s%s", folder_of(now->below),
		now->below, name) >= (int)sizeof(below))
		return NULL;
	if ((text = read_text(l, path, true, &len)) == NULL)
		return NULL;
	crypto_hash_sha256_update(&l->version, (const uint8_t *)text, len + 1);
	show(l, below, true, text, len);
	return text;
}

static void
on_include_free(const char *text, void *arg)
{
	(void)arg;
	free((char *)(uintptr_t)text);
}

static YR_COMPILER *
compiler_new(struct loader *l)
{
	static const char *const externals[] = {"filename", "filepath", "extension",
	    "filetype", "owner", "md5", "service"};
	YR_COMPILER *c;

	if (yr_compiler_create(&c) != ERROR_SUCCESS)
		return NULL;
	yr_compiler_set_callback(c, on_compiler, l);
	yr_compiler_set_include_callback(c, on_include, on_include_free, l);
	for (size_t i = 0; i < sizeof(externals) / sizeof(externals[0]); i++)
		if (yr_compiler_define_string_variable(c, externals[i], "") !=
		    ERROR_SUCCESS) {
			yr_compiler_destroy(c);
			return NULL;
		}
	return c;
}

/*
 * The sources first, first + step, ... as one set; those found bad are marked.
 * Ends: each turn but the last marks one.
 */
static int
compile(struct loader *l, size_t first, size_t step, YR_RULES **out)
{
	YR_COMPILER *c;
	size_t i, used;

again:
	if ((c = compiler_new(l)) == NULL)
		goto fail;
	for (i = first, used = 0; i < l->n; i += step) {
		struct source *s = l->now = &l->v[i];

		if (s->bad)
			continue;
		used++;
		l->told = false;
		if (yr_compiler_add_string(c, s->text, s->name_space) == 0)
			continue;
		if (!l->told)
			refuse(l, s->path, 0, "not compiled: out of memory");
		s->bad = true;
		yr_compiler_destroy(c);
		goto again;
	}
	*out = NULL;
	if (used > 0 && yr_compiler_get_rules(c, out) != ERROR_SUCCESS)
		goto fail;
	yr_compiler_destroy(c);
	return 0;
fail:
	if (c != NULL)
		yr_compiler_destroy(c);
	errno = ENOMEM;
	return -1;
}

static void
set_version(struct yara *y, struct loader *l)
{
	uint8_t hash[crypto_hash_sha256_BYTES];

	for (size_t i = 0; i < l->n; i++) {
		const struct source *s = &l->v[i];

		if (s->bad)
			continue;
		crypto_hash_sha256_update(&l->version,
		    (const uint8_t *)s->name_space, strlen(s->name_space) + 1);
		crypto_hash_sha256_update(
		    &l->version, (const uint8_t *)s->text, s->len + 1);
	}
	crypto_hash_sha256_final(&l->version, hash);
	str_hex(hash, sizeof(hash), y->version);
}

static int
compile_all(struct yara *y, struct loader *l)
{
	refuse_twins(l);
	for (size_t i = 0; i < YARA_PARTS; i++)
		if (compile(l, i, YARA_PARTS, &y->parts[i]) == -1)
			return -1;
	if (compile(l, 0, 1, &y->whole) == -1)
		return -1;
	if (y->whole != NULL)
		l->totals->rules = y->whole->num_rules;
	for (size_t i = 0; i < l->n; i++) {
		l->totals->files_refused += l->v[i].bad;
		if (!l->v[i].bad)
			show(l, l->v[i].below, false, l->v[i].text, l->v[i].len);
	}
	set_version(y, l);
	return 0;
}

struct yara *
yara_load(const char *const *paths, size_t n, yara_refused_fn *refused, void *arg,
    struct yara_totals *totals)
{
	return yara_load_from(NULL, paths, n, refused, arg, totals);
}

struct yara *
yara_load_from(const struct yara_source *s, const char *const *names, size_t n,
    yara_refused_fn *refused, void *arg, struct yara_totals *totals)
{
	struct loader l = {
	    .from = s, .refused = refused, .arg = arg, .totals = totals};
	struct yara *y;
	bool ok = false;

	memset(totals, 0, sizeof(*totals));
	if ((y = calloc(1, sizeof(*y))) == NULL)
		return NULL;
	if (sodium_init() == -1 || yr_initialize() != ERROR_SUCCESS) {
		free(y);
		errno = ENOMEM;
		return NULL;
	}
	crypto_hash_sha256_init(&l.version);
	crypto_hash_sha256_update(
	    &l.version, (const uint8_t *)YR_VERSION, sizeof(YR_VERSION));
	for (size_t i = 0; i < n; i++)
		if (path_add(&l, names[i]) == -1)
			goto done;
	ok = compile_all(y, &l) == 0;
done:
	for (size_t i = 0; i < l.n; i++) {
		free(l.v[i].path);
		free(l.v[i].below);
		free(l.v[i].name_space);
		free(l.v[i].text);
	}
	free(l.v);
	if (ok)
		return y;
	yara_free(y);
	return NULL;
}

void
yara_free(struct yara *y)
{
	if (y == NULL)
		return;
	if (y->whole != NULL)
		yr_rules_destroy(y->whole);
	for (size_t i = 0; i < YARA_PARTS; i++)
		if (y->parts[i] != NULL)
			yr_rules_destroy(y->parts[i]);
	free(y);
	yr_finalize();
}

const char *
yara_version(const struct yara *y)
{
	return y->version;
}
