/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * What rules can look at in transactions: every buffer and number, by the names
 * of its keywords (engine.md 1.5).  A parser says in its app_use rows which of
 * them it has, in which direction and from which progress on.
 */
#ifndef AGENT_APP_BUFFERS_H
#define AGENT_APP_BUFFERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum app_buffer_id {
	APP_BUFFER_NONE,
	APP_HTTP_URI,
	APP_HTTP_URI_RAW,
	APP_HTTP_METHOD,
	APP_HTTP_REQUEST_LINE,
	APP_HTTP_RESPONSE_LINE,
	APP_HTTP_STAT_CODE,
	APP_HTTP_STAT_MSG,
	APP_HTTP_PROTOCOL,
	APP_HTTP_START,
	APP_HTTP_HEADER,
	APP_HTTP_HEADER_RAW,
	APP_HTTP_HEADER_NAMES,
	APP_HTTP_REQUEST_HEADER,
	APP_HTTP_RESPONSE_HEADER,
	APP_HTTP_USER_AGENT,
	APP_HTTP_HOST,
	APP_HTTP_HOST_RAW,
	APP_HTTP_COOKIE,
	APP_HTTP_REFERER,
	APP_HTTP_ACCEPT,
	APP_HTTP_ACCEPT_ENC,
	APP_HTTP_ACCEPT_LANG,
	APP_HTTP_CONTENT_TYPE,
	APP_HTTP_CONTENT_LEN,
	APP_HTTP_CONNECTION,
	APP_HTTP_SERVER,
	APP_HTTP_LOCATION,
	APP_HTTP_REQUEST_BODY,
	APP_HTTP_RESPONSE_BODY,
	APP_HTTP2_HEADER_NAME,
	APP_HTTP2_FRAMETYPE,
	APP_HTTP2_ERRORCODE,
	APP_HTTP2_PRIORITY,
	APP_HTTP2_WINDOW,
	APP_HTTP2_SIZE_UPDATE,
	APP_HTTP2_SETTINGS, /* the setting << 32 | its value */
	APP_FILE_DATA,
	APP_FILE_NAME,
	APP_FILE_MD5, /* of the whole file, as bytes */
	APP_FILE_SHA1,
	APP_FILE_SHA256,
	APP_FILE_SIZE,
	APP_FILE_MAGIC, /* libmagic's words */
	APP_DNS_QUERY,
	APP_DNS_OPCODE,
	APP_DNS_RCODE,
	APP_DNS_RRTYPE,
	APP_ENIP_COMMAND,
	APP_CIP_SERVICE, /* CIP_SERVICE(), CIP_CLASS() and CIP_ATTRIBUTE() of each */
	APP_DNP3_FUNC,
	APP_DNP3_IND, /* a bit, of each that is set */
	APP_DNP3_OBJ, /* the group << 8 | the variation, of each object */
	APP_DNP3_DATA,
	APP_MODBUS_UNIT,
	APP_MODBUS_FUNCTION,
	APP_MODBUS_SUBFUNCTION,
	APP_MODBUS_CATEGORY, /* a bit of enum app_modbus_category */
	APP_MODBUS_ACCESS,   /* bits of enum app_modbus_access */
	APP_MODBUS_FIRST,    /* address, counted from 1 */
	APP_MODBUS_LAST,
	APP_MODBUS_VALUE, /* the address << 16 | what is written there, of each */
	APP_NFS_PROCEDURE,
	APP_NFS_VERSION,
	APP_DHCP_LEASETIME,
	APP_DHCP_RENEWAL_TIME,
	APP_DHCP_REBINDING_TIME,
	APP_SNMP_VERSION,
	APP_SNMP_PDU_TYPE,
	APP_SNMP_COMMUNITY,
	APP_SNMP_USM,
	APP_SIP_METHOD,
	APP_SIP_URI,
	APP_SIP_REQUEST_LINE,
	APP_SIP_STAT_CODE,
	APP_SIP_STAT_MSG,
	APP_SIP_RESPONSE_LINE,
	APP_SIP_PROTOCOL,
	APP_SSH_PROTO,
	APP_SSH_SOFTWARE,
	APP_SSH_HASSH,
	APP_SSH_HASSH_STRING,
	APP_SSH_HASSH_SERVER,
	APP_SSH_HASSH_SERVER_STRING,
	APP_TLS_SNI,
	APP_JA3_STRING,
	APP_JA3_HASH,
	APP_JA3S_STRING,
	APP_JA3S_HASH,
	APP_JA4_HASH,
	APP_TLS_RANDOM,
	APP_TLS_RANDOM_TIME,
	APP_TLS_RANDOM_BYTES,
	APP_TLS_CERT_SUBJECT,
	APP_TLS_CERT_ISSUER,
	APP_TLS_CERT_SERIAL,
	APP_TLS_CERT_FINGERPRINT,
	APP_TLS_CERTS,
	APP_TLS_CERT_CHAIN_LEN,
	APP_TLS_NOT_BEFORE, /* seconds since 1970 */
	APP_TLS_NOT_AFTER,
	APP_TLS_VALIDITY, /* a bit of enum app_tls_validity */
	APP_TLS_VERSION,  /* a bit of enum app_tls_version */
	APP_SSL_STATE,	  /* bits of enum app_tls_seen */
	APP_FTP_BOUNCE,
	APP_FTPDATA_COMMAND,
	APP_DCERPC_IFACE,
	APP_DCERPC_OPNUM,
	APP_DCERPC_STUB,
	APP_SMB_NAMED_PIPE,
	APP_SMB_SHARE,
	APP_SMB_NTLMSSP_USER,
	APP_SMB_NTLMSSP_DOMAIN,
	APP_SMB_VERSION,
	APP_RFB_NAME,
	APP_RFB_SECTYPE,
	APP_RFB_SECRESULT,
	APP_KRB5_MSG_TYPE,
	APP_KRB5_ERR_CODE, /* 32 bits, as the next */
	APP_KRB5_TICKET_ETYPE,
	APP_KRB5_CNAME,
	APP_KRB5_SNAME,
	APP_IKE_INIT_SPI,
	APP_IKE_RESP_SPI,
	APP_IKE_EXCHTYPE,
	APP_IKE_VENDOR,
	APP_IKE_KEY_EXCHANGE,
	APP_IKE_KEY_EXCHANGE_LENGTH,
	APP_IKE_NONCE,
	APP_IKE_NONCE_LENGTH,
	APP_IKE_SA_ATTRIBUTE, /* enum ike_attribute << 32 | its value */
	APP_QUIC_VERSION,
	APP_QUIC_SNI,
	APP_QUIC_UA,
	APP_QUIC_CYU_STRING,
	APP_QUIC_CYU_HASH,
	APP_MQTT_VERSION,
	APP_MQTT_TYPE,	/* each message */
	APP_MQTT_FLAGS, /* enum app_mqtt_flag of each message */
	APP_MQTT_QOS,	/* each message */
	APP_MQTT_REASON,
	APP_MQTT_SESSION_PRESENT,
	APP_MQTT_CLIENT_ID,
	APP_MQTT_CONNECT_FLAGS, /* MQTT 5.0, section 3.1.2.3 */
	APP_MQTT_PASSWORD,
	APP_MQTT_PROTOCOL,
	APP_MQTT_USERNAME,
	APP_MQTT_WILL_MESSAGE,
	APP_MQTT_WILL_TOPIC,
	APP_MQTT_PUBLISH_MESSAGE,
	APP_MQTT_PUBLISH_TOPIC,
	APP_MQTT_SUBSCRIBE_TOPIC,
	APP_MQTT_UNSUBSCRIBE_TOPIC,
	APP_FRAMES, /* from here on: of the frame keyword */
	APP_FRAME_STREAM = APP_FRAMES,
	APP_FRAME_HTTP_REQUEST,
	APP_FRAME_HTTP_RESPONSE,
	APP_FRAME_TLS_PDU,
	APP_FRAME_TLS_HDR,
	APP_FRAME_TLS_DATA,
	APP_FRAME_TLS_ALERT,
	APP_FRAME_TLS_HEARTBEAT,
	APP_FRAME_TLS_SSL2_HDR,
	APP_FRAME_TLS_SSL2_PDU,
	APP_FRAME_DNS_PDU,
	APP_FRAME_SIP_PDU,
	APP_FRAME_SIP_REQUEST_LINE,
	APP_FRAME_SIP_REQUEST_HEADERS,
	APP_FRAME_SIP_REQUEST_BODY,
	APP_FRAME_SIP_RESPONSE_LINE,
	APP_FRAME_SIP_RESPONSE_HEADERS,
	APP_FRAME_SIP_RESPONSE_BODY,
	APP_BUFFER_IDS,
};

enum app_buffer_flag {
	APP_BUFFER_MULTI = 1u << 0,  /* instances: each use in a rule is its own */
	APP_BUFFER_NUMBER = 1u << 1, /* the keyword tests app_bytes.number */
	APP_BUFFER_LOWER = 1u << 2,  /* contents are folded, as the buffer is */
	APP_BUFFER_UPPER = 1u << 3,
	APP_BUFFER_FRAME = 1u << 4, /* the name is "protocol.type" */
};

/* Numbers of TLS whose bits a rule names. */
enum app_tls_version {
	TLS_BIT_SSL2 = 1u << 0,
	TLS_BIT_SSL3 = 1u << 1,
	TLS_BIT_1_0 = 1u << 2,
	TLS_BIT_1_1 = 1u << 3,
	TLS_BIT_1_2 = 1u << 4,
	TLS_BIT_1_3 = 1u << 5,
	TLS_BIT_OTHER = 1u << 6,
};

enum app_tls_seen {
	TLS_SEEN_CLIENT_HELLO = 1u << 0,
	TLS_SEEN_SERVER_HELLO = 1u << 1,
	TLS_SEEN_CLIENT_KEY = 1u << 2,
	TLS_SEEN_SERVER_KEY = 1u << 3,
	TLS_SEEN_UNKNOWN = 1u << 4,
};

enum app_mqtt_flag {
	MQTT_BIT_DUP = 1u << 0,
	MQTT_BIT_RETAIN = 1u << 1,
};

/* Numbers of cip_service: a service; with its class; with one of its attributes. */
#define CIP_SERVICE(s)	       ((uint64_t)(s) << 32)
#define CIP_CLASS(s, c)	       (CIP_SERVICE(s) | (uint64_t)1 << 40 | (uint64_t)(c) << 16)
#define CIP_ATTRIBUTE(s, c, a) (CIP_CLASS(s, c) | (uint64_t)1 << 41 | (uint64_t)(a))

enum app_modbus_category {
	MODBUS_UNASSIGNED = 1u << 0,
	MODBUS_ASSIGNED = 1u << 1,
	MODBUS_USER = 1u << 2,
	MODBUS_RESERVED = 1u << 3,
	MODBUS_ALL = 0x0f,
};

enum app_modbus_access {
	MODBUS_READ = 1u << 0,
	MODBUS_WRITE = 1u << 1,
	MODBUS_DISCRETES = 1u << 2,
	MODBUS_COILS = 1u << 3,
	MODBUS_INPUT = 1u << 4,
	MODBUS_HOLDING = 1u << 5,
	MODBUS_ACCESS_MAX = 0x3f,
};

enum app_tls_validity {
	TLS_VALID = 1u << 0,
	TLS_EXPIRED = 1u << 1,
	TLS_NOT_YET_VALID = 1u << 2,
};

struct app_buffer_row {
	const char *name;     /* sticky keyword, or that of a number */
	const char *alias;    /* another name of it; NULL: none */
	const char *modifier; /* of the content before it; NULL: none */
	char pcre;	      /* letter of pcre that stands for it; 0: none */
	uint8_t priority;     /* of its contents as fast pattern: lower wins */
	uint8_t flags;
};

const struct app_buffer_row *app_buffer_row(enum app_buffer_id b);
/* By name or alias, any case; APP_BUFFER_NONE: no parser that is built in has it. */
enum app_buffer_id app_buffer_find(const char *name);
enum app_buffer_id app_buffer_modifier(const char *name);
enum app_buffer_id app_buffer_pcre(char letter);

#endif
