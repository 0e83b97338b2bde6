/* SPDX-License-Identifier: EUPL-1.2 */
/* One-time links and sessions: two small arrays of hashed tokens. */
#include "collector/web/session.h"

#include "collector/limits.h"
#include "common/clock.h"
#include "common/str.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#define TOKEN_BYTES 32
#define HASH_BYTES  32

struct entry {
	uint8_t hash[HASH_BYTES]; /* of the token; the token itself is not kept */
	int64_t until_us, used_us;
	bool taken;
	struct session_grant grant;
};

struct sessions {
	int64_t (*now_us)(void);
	struct entry links[WEB_LINKS_MAX];
	struct entry open[WEB_SESSIONS_MAX];
};

struct sessions *
sessions_new(int64_t (*now_us)(void))
{
	struct sessions *s;

	if (sodium_init() == -1 || (s = calloc(1, sizeof(*s))) == NULL)
		return NULL;
	s->now_us = now_us == NULL ? clock_mono_us : now_us;
	return s;
}

void
sessions_free(struct sessions *s)
{
	free(s);
}

/* purpose keeps a link, a session and a CSRF token from standing in for each other.
 */
static void
hash_token(const char *purpose, const char *token, uint8_t hash[HASH_BYTES])
{
	crypto_generichash_state st;

	(void)crypto_generichash_init(&st, NULL, 0, HASH_BYTES);
	(void)crypto_generichash_update(
	    &st, (const uint8_t *)purpose, strlen(purpose) + 1);
	(void)crypto_generichash_update(&st, (const uint8_t *)token, strlen(token));
	(void)crypto_generichash_final(&st, hash, HASH_BYTES);
}

/* The live entry of a token; what is over is cleared on the way. */
static struct entry *
find(struct sessions *s, struct entry *e, size_t n, const char *purpose,
    const char *token)
{
	struct entry *found = NULL;
	uint8_t hash[HASH_BYTES];
	int64_t now = s->now_us();
	size_t i;

	if (token == NULL || strlen(token) != SESSION_TOKEN_SIZE - 1)
		return NULL;
	hash_token(purpose, token, hash);
	for (i = 0; i < n; i++) {
		if (e[i].taken && now >= e[i].until_us)
			sodium_memzero(&e[i], sizeof(e[i]));
		if (e[i].taken && sodium_memcmp(e[i].hash, hash, HASH_BYTES) == 0)
			found = &e[i];
	}
	return found;
}

/* A free place, or that of the entry used longest ago. */
static struct entry *
place(struct entry *e, size_t n)
{
	struct entry *oldest = &e[0];
	size_t i;

	for (i = 0; i < n; i++) {
		if (!e[i].taken)
			return &e[i];
		if (e[i].used_us < oldest->used_us)
			oldest = &e[i];
	}
	return oldest;
}

static void
open_entry(struct sessions *s, struct entry *e, const char *purpose,
    int64_t life_us, const struct session_grant *grant,
    char token[SESSION_TOKEN_SIZE])
{
	uint8_t random[TOKEN_BYTES];

	str_random(random, sizeof(random));
	str_hex(random, sizeof(random), token);
	sodium_memzero(random, sizeof(random));
	e->used_us = s->now_us();
	e->until_us = e->used_us + life_us;
	e->grant = *grant;
	hash_token(purpose, token, e->hash);
	e->taken = true;
}

void
session_link_new(struct sessions *s, const struct session_grant *grant,
    char token[SESSION_TOKEN_SIZE])
{
	open_entry(
	    s, place(s->links, WEB_LINKS_MAX), "link", WEB_LINK_US, grant, token);
}

bool
session_link_use(
    struct sessions *s, const char *token, char session[SESSION_TOKEN_SIZE])
{
	struct entry *link = find(s, s->links, WEB_LINKS_MAX, "link", token);

	if (link == NULL)
		return false;
	open_entry(s, place(s->open, WEB_SESSIONS_MAX), "session", WEB_SESSION_US,
	    &link->grant, session);
	sodium_memzero(link, sizeof(*link));
	return true;
}

const struct session_grant *
session_find(struct sessions *s, const char *session)
{
	struct entry *e = find(s, s->open, WEB_SESSIONS_MAX, "session", session);

	if (e == NULL)
		return NULL;
	e->used_us = s->now_us();
	return &e->grant;
}

void
session_csrf(const char *session, char token[SESSION_TOKEN_SIZE])
{
	uint8_t hash[HASH_BYTES];

	hash_token("csrf", session, hash);
	str_hex(hash, sizeof(hash), token);
}

bool
session_csrf_ok(const char *session, const char *token)
{
	char want[SESSION_TOKEN_SIZE];

	if (token == NULL || strlen(token) != SESSION_TOKEN_SIZE - 1)
		return false;
	session_csrf(session, want);
	return sodium_memcmp(want, token, SESSION_TOKEN_SIZE - 1) == 0;
}

void
session_end(struct sessions *s, const char *session)
{
	struct entry *e = find(s, s->open, WEB_SESSIONS_MAX, "session", session);

	if (e != NULL)
		sodium_memzero(e, sizeof(*e));
}

size_t
sessions_count(struct sessions *s)
{
	int64_t now = s->now_us();
	size_t i, n = 0;

	for (i = 0; i < WEB_SESSIONS_MAX; i++)
		n += s->open[i].taken && now < s->open[i].until_us;
	return n;
}
