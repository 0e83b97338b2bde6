/* SPDX-License-Identifier: EUPL-1.2 */
#ifndef COLLECTOR_WEB_HTTP_LISTEN_H
#define COLLECTOR_WEB_HTTP_LISTEN_H

#include <stddef.h>

/*
 * Both: a listening descriptor, or -1 with error filled.  text is "127.0.0.1:7780"
 * or "[::1]:7780"; address gets it with the port that was really taken.
 */
int http_listen_tcp(
    const char *text, char *address, size_t address_size, char *error, size_t size);
/* Readable and writable by this user only; what was at path goes. */
int http_listen_local(const char *path, char *error, size_t size);

#endif
