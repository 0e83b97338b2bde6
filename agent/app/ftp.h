/* SPDX-License-Identifier: EUPL-1.2 */
/* FTP: its control connection (ftp.c) and its transfers (ftp_data.c). */
#ifndef AGENT_APP_FTP_H
#define AGENT_APP_FTP_H

#include "agent/app/parser.h"

extern const struct app_parser ftp_parser, ftp_data_parser;

/* Values of APP_FTPDATA_COMMAND. */
enum ftp_transfer {
	FTP_RETR = 1, /* from the server */
	FTP_STOR = 2, /* to it */
};

/* An expected transfer's command: the transfer, and whether the server calls. */
#define FTP_SERVER_CALLS 0x10
#define FTP_TRANSFER	 0x0f

#endif
