/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Who is logged in: one-time links and the sessions they open.  Both live in
 * memory only, as hashes, so a restart logs everyone out and a dump of memory logs
 * no one in.
 */
#ifndef COLLECTOR_WEB_SESSION_H
#define COLLECTOR_WEB_SESSION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum session_role {
	SESSION_SOC = 1,
	SESSION_ADMIN = 2,
	SESSION_CISO = 4,
	SESSION_FG = 8
};

/* 256 random bits as hexadecimal, and the terminator. */
#define SESSION_TOKEN_SIZE 65
#define SESSION_ACTOR_SIZE 64

/* What a person may do and see, from the moment of logging in. */
struct session_grant {
	char actor[SESSION_ACTOR_SIZE]; /* "uid 1000": for the audit rows */
	unsigned roles;			/* enum session_role */
	char tenant[64];		/* "" : every tenant */
};

struct sessions;

/* now_us gives monotonic time; NULL: clock_mono_us().  NULL with errno. */
struct sessions *sessions_new(int64_t (*now_us)(void));
void sessions_free(struct sessions *s);

/* A new one-time link for grant; valid for WEB_LINK_US. */
void session_link_new(struct sessions *s, const struct session_grant *grant,
    char token[SESSION_TOKEN_SIZE]);
/*
 * Use a link: its token is spent, and a session is open for WEB_SESSION_US.  false
 * when the token is unknown, spent or too old.
 */
bool session_link_use(
    struct sessions *s, const char *token, char session[SESSION_TOKEN_SIZE]);

/* The grant behind a cookie; NULL when there is none or it is over. */
const struct session_grant *session_find(struct sessions *s, const char *session);
/* What a page must send along with each write, tied to the session. */
void session_csrf(const char *session, char token[SESSION_TOKEN_SIZE]);
bool session_csrf_ok(const char *session, const char *token);
void session_end(struct sessions *s, const char *session);
size_t sessions_count(struct sessions *s);

#endif
