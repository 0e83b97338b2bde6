/* SPDX-License-Identifier: EUPL-1.2 */
/* The tables behind docs/sigma.md: names, places in the record, log sources. */
#include "collector/correlate/fields.h"

#include <string.h>

static const struct {
	const char *name;
	const char *path[FIELD_PATHS];
} aliases[] = {
    /* connections */
    {"dst_ip", {"dest_ip"}},
    {"dst_port", {"dest_port"}},
    {"SourceIp", {"src_ip"}},
    {"SourcePort", {"src_port"}},
    {"DestinationIp", {"dest_ip"}},
    {"DestinationPort", {"dest_port"}},
    {"protocol", {"proto"}},
    {"id.orig_h", {"src_ip"}},
    {"id.orig_p", {"src_port"}},
    {"id.resp_h", {"dest_ip"}},
    {"id.resp_p", {"dest_port"}},
    /* names asked for; alerts and dns records differ in shape */
    {"query", {"dns.query.rrname", "dns.queries.rrname", "dns.rrname"}},
    {"record_type", {"dns.query.rrtype", "dns.queries.rrtype", "dns.rrtype"}},
    {"answer",
	{"dns.answer.rdata", "dns.answers.rdata", "dns.answer.answers.rdata"}},
    /* web */
    {"c-uri", {"http.url"}},
    {"cs-uri", {"http.url"}},
    {"cs-host", {"http.hostname"}},
    {"cs-method", {"http.http_method"}},
    {"c-useragent", {"http.http_user_agent"}},
    {"cs-user-agent", {"http.http_user_agent"}},
    {"cs-referer", {"http.http_refer"}},
    {"sc-status", {"http.status"}},
    {"sc-bytes", {"http.length"}},
    /* files */
    {"Filename", {"fileinfo.filename", "files.filename"}},
    {"sha256", {"fileinfo.sha256", "files.sha256"}},
    {"md5", {"fileinfo.md5", "files.md5"}},
    /* alerts, whoever gave them */
    {"Signature", {"alert.signature"}},
    {"signature", {"alert.signature"}},
    {"signature_id", {"alert.signature_id"}},
    {"technique", {"stadswacht.attack", "alert.metadata.mitre_technique_id"}},
    {"engine", {"stadswacht.engine"}},
    {"tenant", {"stadswacht.tenant"}},
    {"agent", {"stadswacht.agent"}},
    {"hostname", {"stadswacht.host"}},
};

/* First names of the paths a record may have (soc.md 3b, EVE 7; and ours). */
static const char *const tops[] = {"timestamp", "event_type", "flow_id",
    "parent_id", "sensor_id", "in_iface", "pcap_cnt", "vlan", "src_ip", "src_port",
    "dest_ip", "dest_port", "proto", "icmp_type", "icmp_code", "pkt_src",
    "metadata", "community_id", "ether", "tx_id", "tx_guessed", "alert", "tunnel",
    "files", "fileinfo", "app_proto", "app_proto_ts", "app_proto_tc",
    "app_proto_orig", "app_proto_expected", "direction", "flow", "payload",
    "payload_printable", "stream", "frame", "packet", "capture_file", "verdict",
    "host", "anomaly", "http", "dns", "tls", "ssh", "smtp", "email", "smb", "nfs",
    "rpc", "ftp", "ftp_data", "sip", "rfb", "dnp3", "ike", "mqtt", "quic", "snmp",
    "rdp", "modbus", "bittorrent_dht", "pgsql", "krb5", "dhcp", "tftp", "dcerpc",
    "ndpi", "stats", "tcp", "agent_state", "stadswacht"};

int
fields_find(const char *name, struct field_ref *f)
{
	size_t n = strcspn(name, ".");

	memset(f, 0, sizeof(*f));
	for (size_t i = 0; i < sizeof(aliases) / sizeof(aliases[0]); i++) {
		if (strcmp(aliases[i].name, name) != 0)
			continue;
		while (
		    f->paths < FIELD_PATHS && aliases[i].path[f->paths] != NULL) {
			f->path[f->paths] = aliases[i].path[f->paths];
			f->paths++;
		}
		return 0;
	}
	for (size_t i = 0; i < sizeof(tops) / sizeof(tops[0]); i++) {
		if (strlen(tops[i]) != n || memcmp(tops[i], name, n) != 0)
			continue;
		f->path[0] = name;
		f->paths = 1;
		return 0;
	}
	return -1;
}

static const struct {
	const char *category, *product, *service;
	struct logsource source;
} sources[] = {
    {NULL, "stadswacht", NULL, {NULL, NULL}},
    {NULL, "stadswacht", "alert", {"alert", NULL}},
    {NULL, "stadswacht", "rules", {"alert", "rules"}},
    {NULL, "stadswacht", "yara", {"alert", "yara"}},
    {NULL, "stadswacht", "ndpi", {"alert", "ndpi"}},
    {NULL, "stadswacht", "ioc", {"alert", "ioc"}},
    {NULL, "stadswacht", "behaviour", {"alert", "behaviour"}},
    {NULL, "stadswacht", "agent", {"alert", "agent"}},
    {NULL, "suricata", NULL, {NULL, NULL}},
    {NULL, "suricata", "alert", {"alert", "rules"}},
    {NULL, "suricata", "flow", {"flow", NULL}},
    {NULL, "suricata", "dns", {"dns", NULL}},
    {NULL, "suricata", "http", {"http", NULL}},
    {NULL, "suricata", "tls", {"tls", NULL}},
    {NULL, "suricata", "ssh", {"ssh", NULL}},
    {NULL, "suricata", "smtp", {"smtp", NULL}},
    {NULL, "suricata", "smb", {"smb", NULL}},
    {NULL, "suricata", "fileinfo", {"fileinfo", NULL}},
    {NULL, "suricata", "anomaly", {"anomaly", NULL}},
    {NULL, "zeek", "conn", {"flow", NULL}},
    {NULL, "zeek", "dns", {"dns", NULL}},
    {"network", NULL, NULL, {"flow", NULL}},
    {"network", NULL, "connection", {"flow", NULL}},
    {"network", NULL, "dns", {"dns", NULL}},
    {"firewall", NULL, NULL, {"flow", NULL}},
    {"dns", NULL, NULL, {"dns", NULL}},
    {"proxy", NULL, NULL, {"http", NULL}},
    {"webserver", NULL, NULL, {"http", NULL}},
    {"antivirus", NULL, NULL, {"alert", "yara"}},
};

static int
same(const char *a, const char *b)
{
	return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

int
fields_logsource(const char *category, const char *product, const char *service,
    struct logsource *l)
{
	for (size_t i = 0; i < sizeof(sources) / sizeof(sources[0]); i++) {
		if (!same(category, sources[i].category) ||
		    !same(product, sources[i].product) ||
		    !same(service, sources[i].service))
			continue;
		*l = sources[i].source;
		return 0;
	}
	return -1;
}
