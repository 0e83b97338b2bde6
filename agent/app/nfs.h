/* SPDX-License-Identifier: EUPL-1.2 */
/* NFS 2 and 3 (RFC 1094, 1813) over ONC RPC (RFC 5531). */
#ifndef AGENT_APP_NFS_H
#define AGENT_APP_NFS_H

#include "agent/app/parser.h"

extern const struct app_parser nfs_parser;

/* The name of a procedure of version 2 or 3; NULL: none. */
const char *nfs_procedure_name(uint32_t version, uint32_t procedure);
/* That of a status (RFC 1813, 2.6); NULL: none. */
const char *nfs_status_name(uint32_t status);
/* The file name that a call has in its arguments, on loan; empty: none. */
struct span nfs_name(uint32_t version, uint32_t procedure, struct span arguments);

#endif
