/* SPDX-License-Identifier: EUPL-1.2 */
/* Addresses as FTP writes them (RFC 959, section 4.1.2; RFC 2428). */
#ifndef AGENT_APP_FTP_ADDRESS_H
#define AGENT_APP_FTP_ADDRESS_H

#include "common/addr.h"
#include "common/cursor.h"

#include <stdint.h>

/* "1,2,3,4,5,6" anywhere in text; the port, 0: none. */
uint16_t ftp_address_port(struct span text, struct addr *host);
/* "|1|host|port|" anywhere in text, of which only the port is read; 0: none. */
uint16_t ftp_address_extended(struct span text);

#endif
