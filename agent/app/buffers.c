/* SPDX-License-Identifier: EUPL-1.2 */
/* The names of buffers. */
#include "agent/app/buffers.h"

#include "agent/app/parser.h"

#include <strings.h>

static const struct app_buffer_row ROWS[APP_BUFFER_IDS] = {
    [APP_HTTP_URI] = {"http.uri", NULL, "http_uri", 'U', 2, 0},
    [APP_HTTP_URI_RAW] = {"http.uri.raw", NULL, "http_raw_uri", 'I', 2, 0},
    [APP_HTTP_METHOD] = {"http.method", NULL, "http_method", 'M', 4, 0},
    [APP_HTTP_REQUEST_LINE] = {"http.request_line", "http_request_line", NULL, 0, 2,
	0},
    [APP_HTTP_RESPONSE_LINE] = {"http.response_line", "http_response_line", NULL, 0,
	2, 0},
    [APP_HTTP_STAT_CODE] = {"http.stat_code", NULL, "http_stat_code", 'S', 4, 0},
    [APP_HTTP_STAT_MSG] = {"http.stat_msg", NULL, "http_stat_msg", 'Y', 3, 0},
    [APP_HTTP_PROTOCOL] = {"http.protocol", "http_protocol", NULL, 0, 2, 0},
    [APP_HTTP_START] = {"http.start", "http_start", NULL, 0, 2, 0},
    [APP_HTTP_HEADER] = {"http.header", NULL, "http_header", 'H', 2, 0},
    [APP_HTTP_HEADER_RAW] = {"http.header.raw", NULL, "http_raw_header", 'D', 2, 0},
    [APP_HTTP_HEADER_NAMES] = {"http.header_names", "http_header_names", NULL, 0, 2,
	0},
    [APP_HTTP_REQUEST_HEADER] = {"http.request_header", NULL, NULL, 0, 2,
	APP_BUFFER_MULTI},
    [APP_HTTP_RESPONSE_HEADER] = {"http.response_header", NULL, NULL, 0, 2,
	APP_BUFFER_MULTI},
    [APP_HTTP_USER_AGENT] = {"http.user_agent", NULL, "http_user_agent", 'V', 2, 0},
    [APP_HTTP_HOST] = {"http.host", NULL, "http_host", 'W', 2, 0},
    [APP_HTTP_HOST_RAW] = {"http.host.raw", NULL, "http_raw_host", 'Z', 2, 0},
    [APP_HTTP_COOKIE] = {"http.cookie", NULL, "http_cookie", 'C', 2, 0},
    [APP_HTTP_REFERER] = {"http.referer", "http_referer", NULL, 0, 2, 0},
    [APP_HTTP_ACCEPT] = {"http.accept", "http_accept", NULL, 0, 2, 0},
    [APP_HTTP_ACCEPT_ENC] = {"http.accept_enc", "http_accept_enc", NULL, 0, 2, 0},
    [APP_HTTP_ACCEPT_LANG] = {"http.accept_lang", "http_accept_lang", NULL, 0, 2,
	0},
    [APP_HTTP_CONTENT_TYPE] = {"http.content_type", "http_content_type", NULL, 0, 2,
	0},
    [APP_HTTP_CONTENT_LEN] = {"http.content_len", "http_content_len", NULL, 0, 2,
	0},
    [APP_HTTP_CONNECTION] = {"http.connection", "http_connection", NULL, 0, 2, 0},
    [APP_HTTP_SERVER] = {"http.server", NULL, NULL, 0, 2, 0},
    [APP_HTTP_LOCATION] = {"http.location", NULL, NULL, 0, 2, 0},
    [APP_HTTP_REQUEST_BODY] = {"http.request_body", NULL, "http_client_body", 'P',
	2, 0},
    [APP_HTTP_RESPONSE_BODY] = {"http.response_body", NULL, "http_server_body", 'Q',
	2, 0},
    [APP_HTTP2_HEADER_NAME] = {"http2.header_name", NULL, NULL, 0, 2,
	APP_BUFFER_MULTI},
    [APP_HTTP2_FRAMETYPE] = {"http2.frametype", NULL, NULL, 0, 2,
	APP_BUFFER_MULTI | APP_BUFFER_NUMBER},
    [APP_HTTP2_ERRORCODE] = {"http2.errorcode", NULL, NULL, 0, 2,
	APP_BUFFER_MULTI | APP_BUFFER_NUMBER},
    [APP_HTTP2_PRIORITY] = {"http2.priority", NULL, NULL, 0, 2,
	APP_BUFFER_MULTI | APP_BUFFER_NUMBER},
    [APP_HTTP2_WINDOW] = {"http2.window", NULL, NULL, 0, 2,
	APP_BUFFER_MULTI | APP_BUFFER_NUMBER},
    [APP_HTTP2_SIZE_UPDATE] = {"http2.size_update", NULL, NULL, 0, 2,
	APP_BUFFER_MULTI | APP_BUFFER_NUMBER},
    [APP_HTTP2_SETTINGS] = {"http2.settings", NULL, NULL, 0, 2,
	APP_BUFFER_MULTI | APP_BUFFER_NUMBER},
    [APP_FILE_DATA] = {"file.data", "file_data", NULL, 0, 2, APP_BUFFER_MULTI},
    [APP_FILE_NAME] = {"file.name", NULL, NULL, 0, 2, APP_BUFFER_MULTI},
    [APP_FILE_MAGIC] = {"file.magic", NULL, NULL, 0, 2, APP_BUFFER_MULTI},
    [APP_FILE_MD5] = {"filemd5", NULL, NULL, 0, 2, APP_BUFFER_MULTI},
    [APP_FILE_SHA1] = {"filesha1", NULL, NULL, 0, 2, APP_BUFFER_MULTI},
    [APP_FILE_SHA256] = {"filesha256", NULL, NULL, 0, 2, APP_BUFFER_MULTI},
    [APP_FILE_SIZE] = {"filesize", NULL, NULL, 0, 2,
	APP_BUFFER_MULTI | APP_BUFFER_NUMBER},
    [APP_FTP_BOUNCE] = {"ftpbounce", "ftp.bounce", NULL, 0, 0, APP_BUFFER_NUMBER},
    [APP_FTPDATA_COMMAND] = {"ftpdata_command", NULL, NULL, 0, 0,
	APP_BUFFER_NUMBER},
    [APP_DNS_QUERY] = {"dns.query", "dns_query", NULL, 0, 2, APP_BUFFER_MULTI},
    [APP_DNS_OPCODE] = {"dns.opcode", NULL, NULL, 0, 2, APP_BUFFER_NUMBER},
    [APP_DNS_RCODE] = {"dns.rcode", NULL, NULL, 0, 2, APP_BUFFER_NUMBER},
    [APP_DNS_RRTYPE] = {"dns.rrtype", NULL, NULL, 0, 2,
	APP_BUFFER_MULTI | APP_BUFFER_NUMBER},
    [APP_SIP_METHOD] = {"sip.method", NULL, NULL, 0, 2, 0},
    [APP_SIP_URI] = {"sip.uri", NULL, NULL, 0, 2, 0},
    [APP_SIP_REQUEST_LINE] = {"sip.request_line", NULL, NULL, 0, 2, 0},
    [APP_SIP_STAT_CODE] = {"sip.stat_code", NULL, NULL, 0, 2, 0},
    [APP_SIP_STAT_MSG] = {"sip.stat_msg", NULL, NULL, 0, 2, 0},
    [APP_SIP_RESPONSE_LINE] = {"sip.response_line", NULL, NULL, 0, 2, 0},
    [APP_SIP_PROTOCOL] = {"sip.protocol", NULL, NULL, 0, 2, 0},
    [APP_SNMP_VERSION] = {"snmp.version", NULL, NULL, 0, 2, APP_BUFFER_NUMBER},
    [APP_SNMP_PDU_TYPE] = {"snmp.pdu_type", NULL, NULL, 0, 2, APP_BUFFER_NUMBER},
    [APP_SNMP_COMMUNITY] = {"snmp.community", NULL, NULL, 0, 2, 0},
    [APP_SNMP_USM] = {"snmp.usm", NULL, NULL, 0, 2, 0},
    [APP_DHCP_LEASETIME] = {"dhcp.leasetime", NULL, NULL, 0, 2, APP_BUFFER_NUMBER},
    [APP_DHCP_RENEWAL_TIME] = {"dhcp.renewal_time", NULL, NULL, 0, 2,
	APP_BUFFER_NUMBER},
    [APP_DHCP_REBINDING_TIME] = {"dhcp.rebinding_time", NULL, NULL, 0, 2,
	APP_BUFFER_NUMBER},
    [APP_DNP3_FUNC] = {"dnp3_func", "dnp3.func", NULL, 0, 2, APP_BUFFER_NUMBER},
    [APP_DNP3_IND] = {"dnp3_ind", "dnp3.ind", NULL, 0, 2,
	APP_BUFFER_MULTI | APP_BUFFER_NUMBER},
    [APP_DNP3_OBJ] = {"dnp3_obj", "dnp3.obj", NULL, 0, 2,
	APP_BUFFER_MULTI | APP_BUFFER_NUMBER},
    [APP_DNP3_DATA] = {"dnp3.data", "dnp3_data", NULL, 0, 2, 0},
    [APP_MODBUS_UNIT] = {"modbus.unit", NULL, NULL, 0, 2, APP_BUFFER_NUMBER},
    [APP_MODBUS_FUNCTION] = {"modbus.function", NULL, NULL, 0, 2,
	APP_BUFFER_NUMBER},
    [APP_MODBUS_SUBFUNCTION] = {"modbus.subfunction", NULL, NULL, 0, 2,
	APP_BUFFER_NUMBER},
    [APP_MODBUS_CATEGORY] = {"modbus.category", NULL, NULL, 0, 2,
	APP_BUFFER_NUMBER},
    [APP_MODBUS_ACCESS] = {"modbus.access", NULL, NULL, 0, 2, APP_BUFFER_NUMBER},
    [APP_MODBUS_FIRST] = {"modbus.first", NULL, NULL, 0, 2, APP_BUFFER_NUMBER},
    [APP_MODBUS_LAST] = {"modbus.last", NULL, NULL, 0, 2, APP_BUFFER_NUMBER},
    [APP_MODBUS_VALUE] = {"modbus.value", NULL, NULL, 0, 2,
	APP_BUFFER_MULTI | APP_BUFFER_NUMBER},
    [APP_ENIP_COMMAND] = {"enip_command", NULL, NULL, 0, 2, APP_BUFFER_NUMBER},
    [APP_CIP_SERVICE] = {"cip_service", NULL, NULL, 0, 2,
	APP_BUFFER_MULTI | APP_BUFFER_NUMBER},
    [APP_NFS_PROCEDURE] = {"nfs_procedure", NULL, NULL, 0, 2, APP_BUFFER_NUMBER},
    [APP_NFS_VERSION] = {"nfs.version", "nfs_version", NULL, 0, 2,
	APP_BUFFER_NUMBER},
    [APP_SSH_PROTO] = {"ssh.proto", "ssh_proto", NULL, 0, 2, 0},
    [APP_SSH_SOFTWARE] = {"ssh.software", "ssh_software", NULL, 0, 2, 0},
    [APP_SSH_HASSH] = {"ssh.hassh", NULL, NULL, 0, 2, 0},
    [APP_SSH_HASSH_STRING] = {"ssh.hassh.string", NULL, NULL, 0, 2, 0},
    [APP_SSH_HASSH_SERVER] = {"ssh.hassh.server", NULL, NULL, 0, 2, 0},
    [APP_SSH_HASSH_SERVER_STRING] = {"ssh.hassh.server.string", NULL, NULL, 0, 2,
	0},
    [APP_TLS_SNI] = {"tls.sni", "tls_sni", NULL, 0, 2, 0},
    [APP_JA3_STRING] = {"ja3.string", "ja3_string", NULL, 0, 2, 0},
    [APP_JA3_HASH] = {"ja3.hash", "ja3_hash", NULL, 0, 2, APP_BUFFER_LOWER},
    [APP_JA3S_STRING] = {"ja3s.string", NULL, NULL, 0, 2, 0},
    [APP_JA3S_HASH] = {"ja3s.hash", NULL, NULL, 0, 2, APP_BUFFER_LOWER},
    [APP_JA4_HASH] = {"ja4.hash", NULL, NULL, 0, 2, APP_BUFFER_LOWER},
    [APP_TLS_RANDOM] = {"tls.random", NULL, NULL, 0, 2, 0},
    [APP_TLS_RANDOM_TIME] = {"tls.random_time", NULL, NULL, 0, 2, 0},
    [APP_TLS_RANDOM_BYTES] = {"tls.random_bytes", NULL, NULL, 0, 2, 0},
    [APP_TLS_CERT_SUBJECT] = {"tls.cert_subject", "tls_cert_subject", NULL, 0, 2,
	0},
    [APP_TLS_CERT_ISSUER] = {"tls.cert_issuer", "tls_cert_issuer", NULL, 0, 2, 0},
    [APP_TLS_CERT_SERIAL] = {"tls.cert_serial", "tls_cert_serial", NULL, 0, 2,
	APP_BUFFER_UPPER},
    [APP_TLS_CERT_FINGERPRINT] = {"tls.cert_fingerprint", "tls_cert_fingerprint",
	NULL, 0, 2, APP_BUFFER_LOWER},
    [APP_TLS_CERTS] = {"tls.certs", NULL, NULL, 0, 2, APP_BUFFER_MULTI},
    [APP_TLS_CERT_CHAIN_LEN] = {"tls.cert_chain_len", NULL, NULL, 0, 2,
	APP_BUFFER_NUMBER},
    [APP_TLS_NOT_BEFORE] = {"tls_cert_notbefore", NULL, NULL, 0, 2,
	APP_BUFFER_NUMBER},
    [APP_TLS_NOT_AFTER] = {"tls_cert_notafter", NULL, NULL, 0, 2,
	APP_BUFFER_NUMBER},
    [APP_TLS_VALIDITY] = {"tls_cert_valid", "tls_cert_expired", NULL, 0, 2,
	APP_BUFFER_NUMBER},
    [APP_TLS_VERSION] = {"tls.version", "ssl_version", NULL, 0, 2,
	APP_BUFFER_NUMBER},
    [APP_SSL_STATE] = {"ssl_state", NULL, NULL, 0, 2, APP_BUFFER_NUMBER},
    [APP_DCERPC_IFACE] = {"dcerpc.iface", NULL, NULL, 0, 2, 0},
    [APP_DCERPC_OPNUM] = {"dcerpc.opnum", NULL, NULL, 0, 2, APP_BUFFER_NUMBER},
    [APP_DCERPC_STUB] = {"dcerpc.stub_data", "dce_stub_data", NULL, 0, 2, 0},
    [APP_SMB_NAMED_PIPE] = {"smb.named_pipe", "smb_named_pipe", NULL, 0, 2, 0},
    [APP_SMB_SHARE] = {"smb.share", "smb_share", NULL, 0, 2, 0},
    [APP_SMB_NTLMSSP_USER] = {"smb.ntlmssp_user", NULL, NULL, 0, 2, 0},
    [APP_SMB_NTLMSSP_DOMAIN] = {"smb.ntlmssp_domain", NULL, NULL, 0, 2, 0},
    [APP_SMB_VERSION] = {"smb.version", NULL, NULL, 0, 2, APP_BUFFER_NUMBER},
    [APP_RFB_NAME] = {"rfb.name", NULL, NULL, 0, 2, 0},
    [APP_RFB_SECTYPE] = {"rfb.sectype", NULL, NULL, 0, 2, APP_BUFFER_NUMBER},
    [APP_RFB_SECRESULT] = {"rfb.secresult", NULL, NULL, 0, 2, APP_BUFFER_NUMBER},
    [APP_KRB5_MSG_TYPE] = {"krb5_msg_type", NULL, NULL, 0, 2, APP_BUFFER_NUMBER},
    [APP_KRB5_ERR_CODE] = {"krb5_err_code", NULL, NULL, 0, 2, APP_BUFFER_NUMBER},
    [APP_KRB5_TICKET_ETYPE] = {"krb5.ticket_encryption", NULL, NULL, 0, 2,
	APP_BUFFER_NUMBER},
    [APP_KRB5_CNAME] = {"krb5.cname", "krb5_cname", NULL, 0, 2, APP_BUFFER_MULTI},
    [APP_KRB5_SNAME] = {"krb5.sname", "krb5_sname", NULL, 0, 2, APP_BUFFER_MULTI},
    [APP_IKE_INIT_SPI] = {"ike.init_spi", NULL, NULL, 0, 2, 0},
    [APP_IKE_RESP_SPI] = {"ike.resp_spi", NULL, NULL, 0, 2, 0},
    [APP_IKE_EXCHTYPE] = {"ike.exchtype", NULL, NULL, 0, 2, APP_BUFFER_NUMBER},
    [APP_IKE_VENDOR] = {"ike.vendor", NULL, NULL, 0, 2, APP_BUFFER_MULTI},
    [APP_IKE_KEY_EXCHANGE] = {"ike.key_exchange_payload", NULL, NULL, 0, 2, 0},
    [APP_IKE_KEY_EXCHANGE_LENGTH] = {"ike.key_exchange_payload_length", NULL, NULL,
	0, 2, APP_BUFFER_NUMBER},
    [APP_IKE_NONCE] = {"ike.nonce_payload", NULL, NULL, 0, 2, 0},
    [APP_IKE_NONCE_LENGTH] = {"ike.nonce_payload_length", NULL, NULL, 0, 2,
	APP_BUFFER_NUMBER},
    [APP_IKE_SA_ATTRIBUTE] = {"ike.chosen_sa_attribute", NULL, NULL, 0, 2,
	APP_BUFFER_MULTI | APP_BUFFER_NUMBER},
    [APP_QUIC_VERSION] = {"quic.version", NULL, NULL, 0, 2, 0},
    [APP_QUIC_SNI] = {"quic.sni", NULL, NULL, 0, 2, 0},
    [APP_QUIC_UA] = {"quic.ua", NULL, NULL, 0, 2, 0},
    [APP_QUIC_CYU_STRING] = {"quic.cyu.string", NULL, NULL, 0, 2, APP_BUFFER_MULTI},
    [APP_QUIC_CYU_HASH] = {"quic.cyu.hash", NULL, NULL, 0, 2,
	APP_BUFFER_MULTI | APP_BUFFER_LOWER},
    [APP_MQTT_VERSION] = {"mqtt.protocol_version", NULL, NULL, 0, 2,
	APP_BUFFER_NUMBER},
    [APP_MQTT_TYPE] = {"mqtt.type", NULL, NULL, 0, 2,
	APP_BUFFER_MULTI | APP_BUFFER_NUMBER},
    [APP_MQTT_FLAGS] = {"mqtt.flags", NULL, NULL, 0, 2,
	APP_BUFFER_MULTI | APP_BUFFER_NUMBER},
    [APP_MQTT_QOS] = {"mqtt.qos", NULL, NULL, 0, 2,
	APP_BUFFER_MULTI | APP_BUFFER_NUMBER},
    [APP_MQTT_REASON] = {"mqtt.reason_code", "mqtt.connack.return_code", NULL, 0, 2,
	APP_BUFFER_MULTI | APP_BUFFER_NUMBER},
    [APP_MQTT_SESSION_PRESENT] = {"mqtt.connack.session_present", NULL, NULL, 0, 2,
	APP_BUFFER_NUMBER},
    [APP_MQTT_CLIENT_ID] = {"mqtt.connect.clientid", NULL, NULL, 0, 2, 0},
    [APP_MQTT_CONNECT_FLAGS] = {"mqtt.connect.flags", NULL, NULL, 0, 2,
	APP_BUFFER_NUMBER},
    [APP_MQTT_PASSWORD] = {"mqtt.connect.password", NULL, NULL, 0, 2, 0},
    [APP_MQTT_PROTOCOL] = {"mqtt.connect.protocol_string", NULL, NULL, 0, 2, 0},
    [APP_MQTT_USERNAME] = {"mqtt.connect.username", NULL, NULL, 0, 2, 0},
    [APP_MQTT_WILL_MESSAGE] = {"mqtt.connect.willmessage", NULL, NULL, 0, 2, 0},
    [APP_MQTT_WILL_TOPIC] = {"mqtt.connect.willtopic", NULL, NULL, 0, 2, 0},
    [APP_MQTT_PUBLISH_MESSAGE] = {"mqtt.publish.message", NULL, NULL, 0, 2, 0},
    [APP_MQTT_PUBLISH_TOPIC] = {"mqtt.publish.topic", NULL, NULL, 0, 2, 0},
    [APP_MQTT_SUBSCRIBE_TOPIC] = {"mqtt.subscribe.topic", NULL, NULL, 0, 2,
	APP_BUFFER_MULTI},
    [APP_MQTT_UNSUBSCRIBE_TOPIC] = {"mqtt.unsubscribe.topic", NULL, NULL, 0, 2,
	APP_BUFFER_MULTI},
    [APP_FRAME_STREAM] = {"stream", NULL, NULL, 0, 2, APP_BUFFER_FRAME},
    [APP_FRAME_HTTP_REQUEST] = {"http1.request", NULL, NULL, 0, 2,
	APP_BUFFER_FRAME},
    [APP_FRAME_HTTP_RESPONSE] = {"http1.response", NULL, NULL, 0, 2,
	APP_BUFFER_FRAME},
    [APP_FRAME_TLS_PDU] = {"tls.pdu", NULL, NULL, 0, 2, APP_BUFFER_FRAME},
    [APP_FRAME_TLS_HDR] = {"tls.hdr", NULL, NULL, 0, 2, APP_BUFFER_FRAME},
    [APP_FRAME_TLS_DATA] = {"tls.data", NULL, NULL, 0, 2, APP_BUFFER_FRAME},
    [APP_FRAME_TLS_ALERT] = {"tls.alert", NULL, NULL, 0, 2, APP_BUFFER_FRAME},
    [APP_FRAME_TLS_HEARTBEAT] = {"tls.heartbeat", NULL, NULL, 0, 2,
	APP_BUFFER_FRAME},
    [APP_FRAME_TLS_SSL2_HDR] = {"tls.ssl2.hdr", NULL, NULL, 0, 2, APP_BUFFER_FRAME},
    [APP_FRAME_TLS_SSL2_PDU] = {"tls.ssl2.pdu", NULL, NULL, 0, 2, APP_BUFFER_FRAME},
    [APP_FRAME_DNS_PDU] = {"dns.pdu", NULL, NULL, 0, 2, APP_BUFFER_FRAME},
    [APP_FRAME_SIP_PDU] = {"sip.pdu", NULL, NULL, 0, 2, APP_BUFFER_FRAME},
    [APP_FRAME_SIP_REQUEST_LINE] = {"sip.request.line", NULL, NULL, 0, 2,
	APP_BUFFER_FRAME},
    [APP_FRAME_SIP_REQUEST_HEADERS] = {"sip.request.headers", NULL, NULL, 0, 2,
	APP_BUFFER_FRAME},
    [APP_FRAME_SIP_REQUEST_BODY] = {"sip.request.body", NULL, NULL, 0, 2,
	APP_BUFFER_FRAME},
    [APP_FRAME_SIP_RESPONSE_LINE] = {"sip.response.line", NULL, NULL, 0, 2,
	APP_BUFFER_FRAME},
    [APP_FRAME_SIP_RESPONSE_HEADERS] = {"sip.response.headers", NULL, NULL, 0, 2,
	APP_BUFFER_FRAME},
    [APP_FRAME_SIP_RESPONSE_BODY] = {"sip.response.body", NULL, NULL, 0, 2,
	APP_BUFFER_FRAME},
};

const struct app_buffer_row *
app_buffer_row(enum app_buffer_id b)
{
	return &ROWS[b];
}

static bool
is_built(enum app_buffer_id b)
{
	for (const struct app_parser *const *p = app_registry; *p != NULL; p++)
		for (const struct app_use *u = (*p)->use;
		     u != NULL && u->buffer != APP_BUFFER_NONE; u++)
			if (u->buffer == b)
				return true;
	return false;
}

static bool
is_named(const char *name, const char *wanted)
{
	return name != NULL && strcasecmp(name, wanted) == 0;
}

enum app_buffer_id
app_buffer_find(const char *name)
{
	for (enum app_buffer_id b = APP_BUFFER_NONE + 1; b < APP_BUFFER_IDS; b++)
		if ((is_named(ROWS[b].name, name) ||
			is_named(ROWS[b].alias, name)) &&
		    is_built(b))
			return b;
	return APP_BUFFER_NONE;
}

enum app_buffer_id
app_buffer_modifier(const char *name)
{
	for (enum app_buffer_id b = APP_BUFFER_NONE + 1; b < APP_BUFFER_IDS; b++)
		if (is_named(ROWS[b].modifier, name) && is_built(b))
			return b;
	return APP_BUFFER_NONE;
}

enum app_buffer_id
app_buffer_pcre(char letter)
{
	for (enum app_buffer_id b = APP_BUFFER_NONE + 1; b < APP_BUFFER_IDS; b++)
		if (ROWS[b].pcre == letter && is_built(b))
			return b;
	return APP_BUFFER_NONE;
}
