/* SPDX-License-Identifier: EUPL-1.2 */
/* Databases of Vectorscan: made, found again, put in place. */
#include "agent/detect/patterns.h"

#include "common/digest.h"
#include "common/str.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What a database may use of a processor, a level including those before it. */
static const struct {
	const char *name;
	unsigned long long features;
} LEVELS[] = {
    {"generic", 0},
    {"avx2", HS_CPU_FEATURES_AVX2},
    {"avx512", HS_CPU_FEATURES_AVX2 | HS_CPU_FEATURES_AVX512},
    {"avx512vbmi",
	HS_CPU_FEATURES_AVX2 | HS_CPU_FEATURES_AVX512 | HS_CPU_FEATURES_AVX512VBMI},
};
#define LEVELS_N (sizeof(LEVELS) / sizeof(LEVELS[0]))

int
detect_level(const char *name)
{
	for (size_t i = 0; i < LEVELS_N; i++)
		if (strcmp(LEVELS[i].name, name) == 0)
			return (int)i;
	return -1;
}

const char *
detect_level_name(int level)
{
	return level < 0 || (size_t)level >= LEVELS_N ? NULL : LEVELS[level].name;
}

int
detect_level_here(void)
{
	hs_platform_info_t here;
	int level = 0;

	if (hs_populate_platform(&here) != HS_SUCCESS)
		return 0;
	for (size_t i = 1; i < LEVELS_N; i++)
		if ((LEVELS[i].features & ~here.cpu_features) == 0)
			level = (int)i;
	return level;
}

/* "5.4.9-avx2-" and the digest of the set. */
#define NAME_SIZE (24 + 16 + DIGEST_TEXT_SIZE)

static void
digest_set(const struct patterns *p, char out[DIGEST_TEXT_SIZE])
{
	uint8_t digest[DIGEST_SIZE_MAX];
	struct digest d;

	digest_init(&d, DIGEST_SHA256);
	for (unsigned i = 0; i < p->n; i++) {
		digest_add(&d, &p->flags[i], sizeof(p->flags[i]));
		digest_add(&d, &p->ids[i], sizeof(p->ids[i]));
		digest_add(&d, p->text[i], strlen(p->text[i]) + 1);
	}
	str_hex(digest, digest_end(&d, digest), out);
}

static void
name_of(int level, const char *digest, char out[NAME_SIZE])
{
	const char *version = hs_version();

	snprintf(out, NAME_SIZE, "%.*s-%s-%s", (int)strcspn(version, " "), version,
	    LEVELS[level].name, digest);
}

static hs_database_t *
compile(const struct patterns *p, const hs_platform_info_t *platform, char *error,
    size_t size)
{
	hs_compile_error_t *why = NULL;
	hs_database_t *db = NULL;

	if (hs_compile_multi(p->text, p->flags, p->ids, p->n, HS_MODE_BLOCK,
		platform, &db, &why) == HS_SUCCESS)
		return db;
	snprintf(error, size, "pattern matcher: %s",
	    why == NULL ? "failed" : why->message);
	hs_free_compile_error(why);
	return NULL;
}

static hs_database_t *
compile_for(int level, const struct patterns *p, char *error, size_t size)
{
	const hs_platform_info_t platform = {
	    .tune = HS_TUNE_FAMILY_GENERIC, .cpu_features = LEVELS[level].features};

	return compile(p, &platform, error, size);
}

/* --- finding one again ------------------------------------------------------------ */

/* A database in place begins at a cache line: its parts are aligned to that. */
#define PLACE 64

static hs_database_t *
take_placed(const struct ruleset_database *found)
{
	hs_database_t *db = (hs_database_t *)(uintptr_t)found->bytes.p;
	size_t size;

	if ((uintptr_t)found->bytes.p % PLACE != 0 ||
	    hs_database_size(db, &size) != HS_SUCCESS || size != found->bytes.len)
		return NULL;
	return db;
}

static hs_database_t *
take_found(struct ruleset_database *found, bool *ours)
{
	hs_database_t *db = NULL;

	if (found->placed) {
		*ours = false;
		return take_placed(found);
	}
	*ours = true;
	if (hs_deserialize_database(
		(const char *)found->bytes.p, found->bytes.len, &db) != HS_SUCCESS)
		db = NULL;
	free((void *)(uintptr_t)found->bytes.p);
	return db;
}

/* The best that this processor runs; NULL when there is none. */
static hs_database_t *
find(const struct ruleset_source *s, const char *digest, bool *ours)
{
	struct ruleset_database found;
	char name[NAME_SIZE];

	for (int level = detect_level_here(); level >= 0; level--) {
		hs_database_t *db;

		name_of(level, digest, name);
		if (s->find(s->arg, name, &found) &&
		    (db = take_found(&found, ours)) != NULL)
			return db;
	}
	return NULL;
}

/* --- giving one away --------------------------------------------------------------- */

static int
keep_placed(
    const struct ruleset_source *s, const char *name, const char *bytes, size_t len)
{
	hs_database_t *place;
	size_t size;
	int rc = -1;

	if (hs_serialized_database_size(bytes, len, &size) != HS_SUCCESS ||
	    (place = aligned_alloc(PLACE, (size + PLACE - 1) / PLACE * PLACE)) ==
		NULL)
		return -1;
	if (hs_deserialize_database_at(bytes, len, place) == HS_SUCCESS)
		rc = s->keep(s->arg, name, true,
		    (struct span){(const uint8_t *)place, size});
	free(place);
	return rc;
}

static int
keep(const struct ruleset_source *s, int level, const char *digest,
    const hs_database_t *db)
{
	char name[NAME_SIZE], *bytes = NULL;
	size_t len;
	int rc;

	if (hs_serialize_database(db, &bytes, &len) != HS_SUCCESS)
		return -1;
	name_of(level, digest, name);
	rc = s->place ? keep_placed(s, name, bytes, len)
		      : s->keep(s->arg, name, false,
			    (struct span){(const uint8_t *)bytes, len});
	free(bytes);
	return rc;
}

static int
keep_levels(const struct patterns *p, const struct ruleset_source *s,
    const char *digest, const hs_database_t *here, char *error, size_t size)
{
	const int level_here = detect_level_here();
	const unsigned levels = s->levels == 0 ? 1u << level_here : s->levels;

	for (int level = 0; level < (int)LEVELS_N; level++) {
		hs_database_t *db = NULL;
		int rc;

		if (!(levels & 1u << level))
			continue;
		if (level != level_here &&
		    (db = compile_for(level, p, error, size)) == NULL)
			return -1;
		rc = keep(s, level, digest, db == NULL ? here : db);
		hs_free_database(db);
		if (rc == -1) {
			snprintf(error, size, "databases: %s", strerror(errno));
			return -1;
		}
	}
	return 0;
}

/* --- the public side --------------------------------------------------------------- */

int
patterns_build(const struct patterns *p, const struct ruleset_source *source,
    hs_database_t **db, bool *ours, char *error, size_t size)
{
	char digest[DIGEST_TEXT_SIZE];

	*ours = true;
	if (source == NULL)
		return (*db = compile(p, NULL, error, size)) == NULL ? -1 : 0;
	digest_set(p, digest);
	*db = source->find == NULL ? NULL : find(source, digest, ours);
	if (*db == NULL) {
		if (source->compiled != NULL)
			(*source->compiled)++;
		*ours = true;
		*db = compile_for(detect_level_here(), p, error, size);
	}
	if (*db == NULL)
		return -1;
	if (source->keep == NULL ||
	    keep_levels(p, source, digest, *db, error, size) == 0)
		return 0;
	if (*ours)
		hs_free_database(*db);
	*db = NULL;
	return -1;
}
