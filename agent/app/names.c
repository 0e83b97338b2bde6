/* SPDX-License-Identifier: EUPL-1.2 */
/* The names of protocols and events, as rules and records write them. */
#include "agent/app/parser.h"

#include <string.h>
#include <strings.h>

/* In the order of the guide, "Rules Format"; a word may stand for several. */
static const struct {
	const char *word;
	uint64_t ids;
} WORDS[] = {
    {"http", APP_BIT(APP_HTTP1) | APP_BIT(APP_HTTP2)},
    {"http1", APP_BIT(APP_HTTP1)},
    {"http2", APP_BIT(APP_HTTP2)},
    {"tls", APP_BIT(APP_TLS)},
    {"ssl", APP_BIT(APP_TLS)},
    {"dns", APP_BIT(APP_DNS)},
    {"smtp", APP_BIT(APP_SMTP)},
    {"ftp", APP_BIT(APP_FTP)},
    {"ftp-data", APP_BIT(APP_FTP_DATA)},
    {"ssh", APP_BIT(APP_SSH)},
    {"smb", APP_BIT(APP_SMB)},
    {"dcerpc", APP_BIT(APP_DCERPC) | APP_BIT(APP_SMB)},
    {"imap", APP_BIT(APP_IMAP)},
    {"pop3", APP_BIT(APP_POP3)},
    {"nfs", APP_BIT(APP_NFS)},
    {"tftp", APP_BIT(APP_TFTP)},
    {"krb5", APP_BIT(APP_KRB5)},
    {"ike", APP_BIT(APP_IKE)},
    {"ikev2", APP_BIT(APP_IKE)},
    {"ntp", APP_BIT(APP_NTP)},
    {"dhcp", APP_BIT(APP_DHCP)},
    {"snmp", APP_BIT(APP_SNMP)},
    {"sip", APP_BIT(APP_SIP)},
    {"rfb", APP_BIT(APP_RFB)},
    {"mqtt", APP_BIT(APP_MQTT)},
    {"rdp", APP_BIT(APP_RDP)},
    {"ldap", APP_BIT(APP_LDAP)},
    {"modbus", APP_BIT(APP_MODBUS)},
    {"dnp3", APP_BIT(APP_DNP3)},
    {"enip", APP_BIT(APP_ENIP)},
    {"quic", APP_BIT(APP_QUIC)},
    {"pgsql", APP_BIT(APP_PGSQL)},
    {"telnet", APP_BIT(APP_TELNET)},
    {"bittorrent-dht", APP_BIT(APP_BITTORRENT_DHT)},
    {"irc", 0},
    {"jabber", 0},
    {"msn", 0},
};

static const char *const FLOW_EVENTS[APP_FLOW_EVENTS] = {
    [APP_EVENT_MISMATCH] = "applayer_mismatch_protocol_both_directions",
    [APP_EVENT_WRONG_DIRECTION] = "applayer_wrong_direction_first_data",
    [APP_EVENT_ONE_DIRECTION] = "applayer_detect_protocol_only_one_direction",
    [APP_EVENT_NO_TLS] = "applayer_no_tls_after_starttls",
    [APP_EVENT_UNEXPECTED] = "applayer_unexpected_protocol",
};

uint64_t
app_word(const char *word, bool *known, unsigned *transports)
{
	uint64_t wanted = 0, built = 0;

	*known = false;
	*transports = 0;
	for (size_t i = 0; i < sizeof(WORDS) / sizeof(WORDS[0]); i++)
		if (strcasecmp(WORDS[i].word, word) == 0) {
			*known = true;
			wanted = WORDS[i].ids;
		}
	for (const struct app_parser *const *p = app_registry; *p != NULL; p++)
		if (wanted & APP_BIT((*p)->id)) {
			built |= APP_BIT((*p)->id);
			*transports |= (*p)->over;
		}
	return built;
}

const char *
app_id_name(enum app_id id)
{
	if (id == APP_FAILED)
		return "failed";
	for (const struct app_parser *const *p = app_registry; *p != NULL; p++)
		if ((*p)->id == id)
			return (*p)->name;
	return NULL;
}

int
app_flow_event_find(const char *name)
{
	for (int i = 0; i < APP_FLOW_EVENTS; i++)
		if (strcasecmp(FLOW_EVENTS[i], name) == 0)
			return i;
	return -1;
}

int
app_event_find(const char *name, enum app_id *id)
{
	const char *dot = strchr(name, '.');
	size_t len = dot == NULL ? 0 : (size_t)(dot - name);

	for (const struct app_parser *const *p = app_registry;
	     dot != NULL && *p != NULL; p++) {
		if ((*p)->events == NULL || strlen((*p)->word) != len ||
		    strncasecmp((*p)->word, name, len) != 0)
			continue;
		*id = (*p)->id;
		for (int i = 0; (*p)->events[i] != NULL; i++)
			if (strcasecmp((*p)->events[i], dot + 1) == 0)
				return i;
	}
	return -1;
}
