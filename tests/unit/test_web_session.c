/* SPDX-License-Identifier: EUPL-1.2 */
/* One-time links are one-time, sessions end, and one kind of token is no other kind. */
#include "collector/limits.h"
#include "collector/web/session.h"

#include <string.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static int64_t now;

static int64_t
fake_now(void)
{
	return now;
}

static const struct session_grant GRANT = {
    .actor = "uid 1000", .roles = SESSION_SOC | SESSION_ADMIN, .tenant = "zwolle"};

static struct sessions *
make(void)
{
	struct sessions *s = sessions_new(fake_now);

	now = 1000;
	assert_non_null(s);
	return s;
}

static void
test_link_works_once(void **state)
{
	char link[SESSION_TOKEN_SIZE], session[SESSION_TOKEN_SIZE],
	    again[SESSION_TOKEN_SIZE];
	struct sessions *s = make();
	const struct session_grant *g;

	(void)state;
	session_link_new(s, &GRANT, link);
	assert_int_equal(strlen(link), 64);
	assert_true(session_link_use(s, link, session));
	assert_false(session_link_use(s, link, again));
	g = session_find(s, session);
	assert_non_null(g);
	assert_string_equal(g->actor, "uid 1000");
	assert_string_equal(g->tenant, "zwolle");
	assert_int_equal(g->roles, SESSION_SOC | SESSION_ADMIN);
	assert_int_equal(sessions_count(s), 1);
	sessions_free(s);
}

static void
test_link_expires(void **state)
{
	char link[SESSION_TOKEN_SIZE], session[SESSION_TOKEN_SIZE];
	struct sessions *s = make();

	(void)state;
	session_link_new(s, &GRANT, link);
	now += WEB_LINK_US;
	assert_false(session_link_use(s, link, session));
	session_link_new(s, &GRANT, link);
	now += WEB_LINK_US - 1;
	assert_true(session_link_use(s, link, session));
	sessions_free(s);
}

static void
test_session_ends(void **state)
{
	char link[SESSION_TOKEN_SIZE], session[SESSION_TOKEN_SIZE];
	struct sessions *s = make();

	(void)state;
	session_link_new(s, &GRANT, link);
	assert_true(session_link_use(s, link, session));
	now += WEB_SESSION_US - 1;
	assert_non_null(session_find(s, session));
	now += 1; /* use does not lengthen it */
	assert_null(session_find(s, session));
	assert_int_equal(sessions_count(s), 0);

	session_link_new(s, &GRANT, link);
	assert_true(session_link_use(s, link, session));
	session_end(s, session);
	assert_null(session_find(s, session));
	sessions_free(s);
}

static void
test_wrong_tokens(void **state)
{
	char link[SESSION_TOKEN_SIZE], session[SESSION_TOKEN_SIZE],
	    other[SESSION_TOKEN_SIZE];
	struct sessions *s = make();

	(void)state;
	session_link_new(s, &GRANT, link);
	assert_null(session_find(s, link));
	assert_true(session_link_use(s, link, session));
	assert_false(session_link_use(s, session, other));
	assert_null(session_find(s, NULL));
	assert_null(session_find(s, ""));
	assert_null(session_find(s, "short"));
	memcpy(other, session, sizeof(other));
	other[63] = other[63] == '0' ? '1' : '0';
	assert_null(session_find(s, other));
	assert_non_null(session_find(s, session));
	sessions_free(s);
}

static void
test_caps_give_way_to_the_newest(void **state)
{
	char first[SESSION_TOKEN_SIZE], link[SESSION_TOKEN_SIZE],
	    last[SESSION_TOKEN_SIZE];
	struct sessions *s = make();
	int i;

	(void)state;
	session_link_new(s, &GRANT, link);
	assert_true(session_link_use(s, link, first));
	for (i = 0; i < WEB_SESSIONS_MAX; i++) {
		now++;
		session_link_new(s, &GRANT, link);
		assert_true(session_link_use(s, link, last));
	}
	assert_int_equal(sessions_count(s), WEB_SESSIONS_MAX);
	assert_null(session_find(s, first));
	assert_non_null(session_find(s, last));
	sessions_free(s);
}

static void
test_csrf_is_of_its_session(void **state)
{
	char link[SESSION_TOKEN_SIZE], a[SESSION_TOKEN_SIZE], b[SESSION_TOKEN_SIZE];
	char csrf[SESSION_TOKEN_SIZE];
	struct sessions *s = make();

	(void)state;
	session_link_new(s, &GRANT, link);
	assert_true(session_link_use(s, link, a));
	session_link_new(s, &GRANT, link);
	assert_true(session_link_use(s, link, b));
	session_csrf(a, csrf);
	assert_true(session_csrf_ok(a, csrf));
	assert_false(session_csrf_ok(b, csrf));
	assert_false(session_csrf_ok(a, NULL));
	assert_false(session_csrf_ok(a, ""));
	assert_false(session_csrf_ok(a, a));
	assert_null(session_find(s, csrf));
	sessions_free(s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_link_works_once),
	    cmocka_unit_test(test_link_expires),
	    cmocka_unit_test(test_session_ends),
	    cmocka_unit_test(test_wrong_tokens),
	    cmocka_unit_test(test_caps_give_way_to_the_newest),
	    cmocka_unit_test(test_csrf_is_of_its_session),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
