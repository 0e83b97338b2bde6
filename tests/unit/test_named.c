/* SPDX-License-Identifier: EUPL-1.2 */
/* IMAP and telnet: that they are found, and not found in what they are not. */
#include "tests/unit/lines_help.h"

#include "agent/app/named.h"

#include <stdio.h>

static const char *
name_of(const struct app_parser *p, uint16_t port, enum app_dir d, const char *text,
    size_t piece)
{
	static char name[20];
	struct talk t;

	talk_begin(&t, p, IPPROTO_TCP, port);
	talk_say(&t, d, text, strlen(text), piece);
	talk_say(&t, d == APP_TS ? APP_TC : APP_TS, "* OK\r\n", 6, piece);
	snprintf(name, sizeof(name), "%s",
	    app_name(&t.flow) == NULL ? "-" : app_name(&t.flow));
	assert_null(app_tx_first(&t.flow));
	talk_hang_up(&t);
	talk_end(&t);
	return name;
}

static void
imap_begins_with_the_first_capability(void **state)
{
	static const char begin[] = "1 capability\r\n";

	(void)state;
	for (size_t piece = 1; piece <= sizeof(begin); piece++)
		assert_string_equal(
		    name_of(&imap_parser, 1143, APP_TS, begin, piece), "imap");
	assert_string_equal(
	    name_of(&imap_parser, 143, APP_TS, "a1 capability\r\n", SIZE_MAX),
	    "failed");
	assert_string_equal(
	    name_of(&imap_parser, 143, APP_TC, begin, SIZE_MAX), "failed");
	assert_string_not_equal(
	    name_of(&imap_parser, 143, APP_TS, "1 capab", 1), "imap");
}

static void
telnet_is_anything_on_its_port(void **state)
{
	(void)state;
	assert_string_equal(
	    name_of(&telnet_parser, 23, APP_TC, "\xff\xfd\x18", 1), "telnet");
	assert_string_equal(
	    name_of(&telnet_parser, 23, APP_TS, "root\r\n", SIZE_MAX), "telnet");
	assert_string_equal(
	    name_of(&telnet_parser, 2323, APP_TC, "\xff\xfd\x18", SIZE_MAX),
	    "failed");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(imap_begins_with_the_first_capability),
	    cmocka_unit_test(telnet_is_anything_on_its_port),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
