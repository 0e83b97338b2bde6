/* SPDX-License-Identifier: EUPL-1.2 */
/* Where the HTTP server listens: a loopback address, and a socket of this host's root. */
#include "collector/web/http_listen.h"

#include "common/str.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

/* "127.0.0.1:7780" or "[::1]:7780" into a socket address; -1 when it is not
 * loopback. */
static int
parse_loopback(const char *text, struct sockaddr_storage *ss, socklen_t *len)
{
	struct sockaddr_in *in4 = (struct sockaddr_in *)ss;
	struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)ss;
	const char *colon = strrchr(text, ':');
	uint64_t port;
	char host[64];
	bool six;

	if (colon == NULL || str_u64(colon + 1, 65535, &port) == -1)
		return -1;
	six = text[0] == '[' && colon > text + 1 && colon[-1] == ']';
	(void)snprintf(host, sizeof(host), "%.*s",
	    (int)(colon - text) - (six ? 2 : 0), text + (six ? 1 : 0));
	memset(ss, 0, sizeof(*ss));
	if (six && inet_pton(AF_INET6, host, &in6->sin6_addr) == 1) {
		in6->sin6_family = AF_INET6;
		in6->sin6_port = htons((uint16_t)port);
		*len = sizeof(*in6);
		return IN6_IS_ADDR_LOOPBACK(&in6->sin6_addr) ? 0 : -1;
	}
	if (!six && inet_pton(AF_INET, host, &in4->sin_addr) == 1) {
		in4->sin_family = AF_INET;
		in4->sin_port = htons((uint16_t)port);
		*len = sizeof(*in4);
		return ntohl(in4->sin_addr.s_addr) >> 24 == 127 ? 0 : -1;
	}
	return -1;
}

int
http_listen_tcp(
    const char *text, char *address, size_t address_size, char *error, size_t size)
{
	struct sockaddr_storage ss;
	socklen_t len;
	int fd = -1, one = 1;
	uint16_t port;

	if (parse_loopback(text, &ss, &len) == -1) {
		(void)snprintf(error, size,
		    "web.listen \"%s\" is no loopback address: use 127.0.0.1:PORT "
		    "or "
		    "[::1]:PORT, and a reverse proxy with TLS for other machines",
		    text);
		return -1;
	}
	fd = socket(ss.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd == -1 ||
	    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)) == -1 ||
	    bind(fd, (struct sockaddr *)&ss, len) == -1 || listen(fd, 64) == -1 ||
	    getsockname(fd, (struct sockaddr *)&ss, &len) == -1) {
		(void)snprintf(error, size,
		    "cannot listen on %s: %s; is another program on that port? "
		    "(ss -ltnp)",
		    text, strerror(errno));
		if (fd != -1)
			(void)close(fd);
		return -1;
	}
	port = ss.ss_family == AF_INET6 ? ((struct sockaddr_in6 *)&ss)->sin6_port
					: ((struct sockaddr_in *)&ss)->sin_port;
	(void)snprintf(address, address_size, "%.*s:%u",
	    (int)(strrchr(text, ':') - text), text, ntohs(port));
	return fd;
}

int
http_listen_local(const char *path, char *error, size_t size)
{
	struct sockaddr_un sun = {.sun_family = AF_UNIX};
	mode_t old;
	int fd = -1, bound;

	if (str_copy(sun.sun_path, sizeof(sun.sun_path), path) == -1) {
		(void)snprintf(error, size,
		    "socket path %s is too long: at most %zu bytes", path,
		    sizeof(sun.sun_path) - 1);
		return -1;
	}
	if ((fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)) ==
	    -1)
		goto fail;
	(void)unlink(path);
	old = umask(0177);
	bound = bind(fd, (struct sockaddr *)&sun, sizeof(sun));
	(void)umask(old);
	if (bound == -1 || listen(fd, 64) == -1)
		goto fail;
	return fd;

fail:
	(void)snprintf(error, size,
	    "cannot listen on %s: %s; does its folder exist and may this user "
	    "write in it?",
	    path, strerror(errno));
	if (fd != -1)
		(void)close(fd);
	return -1;
}
