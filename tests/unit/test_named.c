/* SPDX-License-Identifier: EUPL-1.2 */
/* IMAP, telnet, NTP and RDP: found, and not found in what they are not. */
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

static bool
is_ntp(uint16_t port, uint8_t first, size_t len)
{
	uint8_t message[100] = {first};
	struct talk t;
	bool found;

	talk_begin(&t, &ntp_parser, IPPROTO_UDP, port);
	talk_tell(&t, STREAM_DATAGRAM, APP_TS, message, len);
	talk_tell(&t, STREAM_DATAGRAM, APP_TS, "odd", 3);
	assert_null(app_tx_first(&t.flow));
	found = app_flow_id(&t.flow) == APP_NTP;
	talk_end(&t);
	return found;
}

static void
ntp_has_a_version_and_a_size(void **state)
{
	(void)state;
	assert_true(is_ntp(123, 0x23, 48));
	assert_true(is_ntp(123, 0xe3, 68));
	assert_true(is_ntp(123, 0x1b, 60));
	assert_false(is_ntp(123, 0x23, 60));
	assert_false(is_ntp(123, 0x23, 47));
	assert_false(is_ntp(123, 0x13, 48));
	assert_false(is_ntp(123, 0x2b, 48));
	assert_false(is_ntp(124, 0x23, 48));
}

static void
rdp_begins_with_a_tpkt(void **state)
{
	static const char begin[] = "\x03\x01\x01\x0b\x06\xe0";

	(void)state;
	assert_string_equal(name_of(&rdp_parser, 3389, APP_TS, begin, 1), "rdp");
	assert_string_equal(name_of(&rdp_parser, 3389, APP_TC, begin, 1), "rdp");
	assert_string_equal(
	    name_of(&rdp_parser, 3390, APP_TS, begin, SIZE_MAX), "failed");
	assert_string_equal(
	    name_of(&rdp_parser, 3389, APP_TS, "\x16\x03\x01", SIZE_MAX), "failed");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(imap_begins_with_the_first_capability),
	    cmocka_unit_test(telnet_is_anything_on_its_port),
	    cmocka_unit_test(ntp_has_a_version_and_a_size),
	    cmocka_unit_test(rdp_begins_with_a_tpkt),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
