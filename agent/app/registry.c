/* SPDX-License-Identifier: EUPL-1.2 */
/* Which parsers are built in: a row each. */
#include "agent/app/bittorrent.h"
#include "agent/app/dcerpc.h"
#include "agent/app/dhcp.h"
#include "agent/app/dnp3.h"
#include "agent/app/dns.h"
#include "agent/app/enip.h"
#include "agent/app/ftp.h"
#include "agent/app/http.h"
#include "agent/app/http2.h"
#include "agent/app/ike.h"
#include "agent/app/krb5.h"
#include "agent/app/modbus.h"
#include "agent/app/mqtt.h"
#include "agent/app/named.h"
#include "agent/app/nfs.h"
#include "agent/app/parser.h"
#include "agent/app/pgsql.h"
#include "agent/app/quic.h"
#include "agent/app/rfb.h"
#include "agent/app/sip.h"
#include "agent/app/smb.h"
#include "agent/app/smtp.h"
#include "agent/app/snmp.h"
#include "agent/app/ssh.h"
#include "agent/app/tftp.h"
#include "agent/app/tls.h"

const struct app_parser *const app_registry[] = {
    &ftp_data_parser, /* first: announced, whatever it begins with */
    &quic_parser,     /* takes all of its ports, as Suricata */
    &http_parser,
    &http2_parser,
    &dns_parser,
    &ftp_parser,
    &smtp_parser,
    &sip_parser,
    &snmp_parser,
    &dhcp_parser,
    &tftp_parser,
    &enip_parser,
    &dnp3_parser,
    &modbus_parser,
    &pgsql_parser,
    &nfs_parser,
    &ssh_parser,
    &tls_parser,
    &dcerpc_parser,
    &dcerpc_udp_parser,
    &smb_parser,
    &mqtt_parser,
    &rfb_parser,
    &imap_parser,
    &telnet_parser, /* last: it takes all on its port */
    &krb5_parser,
    &ike_parser,
    &ntp_parser,
    &rdp_parser,
    &bittorrent_dht_parser,
    NULL,
};
