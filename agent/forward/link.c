/* SPDX-License-Identifier: EUPL-1.2 */
#include "agent/forward/link.h"
#include "agent/limits.h"
#include "common/log.h"
#include "common/str.h"
#include "common/wire.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zmq.h>

struct link {
	void *context, *socket, *monitor;
	struct link_options o;
	size_t next;
	const char *url; /* of this connection */
	enum link_state state;
	zmq_msg_t message;
	bool has_message;
};

int
link_make_key(struct keyfile *k)
{
	return zmq_curve_keypair(k->public, k->secret);
}

/* --- addresses -------------------------------------------------------------------
 */

/* HOST and PORT of "tcp://HOST:PORT" or "tcp://[HOST]:PORT". */
static int
split(const char *url, char *host, size_t size, const char **port)
{
	static const char TCP[] = "tcp://";
	const char *colon = strrchr(url, ':');
	size_t len;

	if (!str_starts(url, TCP) || colon == NULL || colon[1] == '\0')
		return -1;
	url += sizeof(TCP) - 1;
	if (url > colon)
		return -1;
	len = (size_t)(colon - url);
	if (len >= 2 && url[0] == '[' && colon[-1] == ']') {
		url++;
		len -= 2;
	}
	if (len == 0 || len >= size)
		return -1;
	memcpy(host, url, len);
	host[len] = '\0';
	*port = colon + 1;
	return 0;
}

int
link_resolve(const char *url, char out[LINK_URL_MAX], char *error, size_t size)
{
	struct addrinfo hints = {.ai_socktype = SOCK_STREAM}, *found = NULL;
	char host[256], address[INET6_ADDRSTRLEN], number[8];
	const char *port;
	int e;

	if (split(url, host, sizeof(host), &port) == -1) {
		snprintf(error, size, "%s: no address; give tcp://HOST:PORT", url);
		errno = EINVAL;
		return -1;
	}
	if ((e = getaddrinfo(host, port, &hints, &found)) != 0 ||
	    (e = getnameinfo(found->ai_addr, found->ai_addrlen, address,
		 sizeof(address), number, sizeof(number),
		 NI_NUMERICHOST | NI_NUMERICSERV)) != 0) {
		snprintf(error, size, "%s: %s", url, gai_strerror(e));
		if (found != NULL)
			freeaddrinfo(found);
		errno = EAGAIN;
		return -1;
	}
	snprintf(out, LINK_URL_MAX,
	    found->ai_family == AF_INET6 ? "tcp://[%s]:%s" : "tcp://%s:%s", address,
	    number);
	freeaddrinfo(found);
	return 0;
}

/* --- the socket
 * ------------------------------------------------------------------- */

static const struct {
	int option, value;
} NUMBERS[] = {
    {ZMQ_LINGER, 0},
    /* Nothing is handed to a connection that is not there yet. */
    {ZMQ_IMMEDIATE, 1},
    {ZMQ_SNDHWM, FORWARD_WINDOW},
    {ZMQ_RCVHWM, 1000},
    {ZMQ_HEARTBEAT_IVL, 10000},
    {ZMQ_HEARTBEAT_TIMEOUT, 30000},
    {ZMQ_HANDSHAKE_IVL, 10000},
    {ZMQ_CONNECT_TIMEOUT, 10000},
    {ZMQ_TCP_KEEPALIVE, 1},
    {ZMQ_RECONNECT_IVL, 200},
    {ZMQ_RECONNECT_IVL_MAX, 5000},
};

struct link *
link_new(const struct link_options *o)
{
	struct link *l;

	if ((l = calloc(1, sizeof(*l))) == NULL)
		return NULL;
	l->o = *o;
	if ((l->context = zmq_ctx_new()) == NULL || link_connect(l) == -1) {
		link_free(l);
		return NULL;
	}
	return l;
}

static void
drop(struct link *l)
{
	if (l->has_message)
		zmq_msg_close(&l->message);
	l->has_message = false;
	if (l->monitor != NULL)
		zmq_close(l->monitor);
	if (l->socket != NULL)
		zmq_close(l->socket);
	l->socket = l->monitor = NULL;
}

void
link_free(struct link *l)
{
	if (l == NULL)
		return;
	drop(l);
	if (l->context != NULL)
		zmq_ctx_term(l->context);
	explicit_bzero(&l->o.own, sizeof(l->o.own));
	free(l);
}

static int
set_options(struct link *l)
{
	const int64_t message_max = WIRE_MESSAGE_MAX;

	for (size_t i = 0; i < sizeof(NUMBERS) / sizeof(NUMBERS[0]); i++)
		if (zmq_setsockopt(l->socket, NUMBERS[i].option, &NUMBERS[i].value,
			sizeof(int)) == -1)
			return -1;
	if (zmq_setsockopt(l->socket, ZMQ_MAXMSGSIZE, &message_max,
		sizeof(message_max)) == -1 ||
	    zmq_setsockopt(l->socket, ZMQ_CURVE_SERVERKEY, l->o.collector,
		KEYFILE_Z85) == -1 ||
	    zmq_setsockopt(
		l->socket, ZMQ_CURVE_PUBLICKEY, l->o.own.public, KEYFILE_Z85) == -1)
		return -1;
	return zmq_setsockopt(
	    l->socket, ZMQ_CURVE_SECRETKEY, l->o.own.secret, KEYFILE_Z85);
}

/* What each event says of the connection. */
static const struct {
	uint16_t event;
	enum link_state state;
} SAYS[] = {
    {ZMQ_EVENT_CONNECTED, LINK_UNPROVED},
    {ZMQ_EVENT_HANDSHAKE_SUCCEEDED, LINK_PROVED},
    {ZMQ_EVENT_HANDSHAKE_FAILED_AUTH, LINK_UNKNOWN},
    {ZMQ_EVENT_CLOSED, LINK_NOBODY},
};

#define EVENTS                                                                     \
	(ZMQ_EVENT_CONNECTED | ZMQ_EVENT_HANDSHAKE_SUCCEEDED |                     \
	    ZMQ_EVENT_HANDSHAKE_FAILED_AUTH | ZMQ_EVENT_DISCONNECTED |             \
	    ZMQ_EVENT_CLOSED)

/* A socket of its own tells us when the connection goes. */
static int
watch(struct link *l)
{
	char name[64];
	int linger = 0;

	snprintf(name, sizeof(name), "inproc://link-%zu", l->next);
	if (zmq_socket_monitor(l->socket, name, EVENTS) == -1 ||
	    (l->monitor = zmq_socket(l->context, ZMQ_PAIR)) == NULL ||
	    zmq_setsockopt(l->monitor, ZMQ_LINGER, &linger, sizeof(linger)) == -1)
		return -1;
	return zmq_connect(l->monitor, name);
}

bool
link_lost(struct link *l)
{
	bool lost = false;
	uint8_t event[64];
	uint16_t number;
	int n;

	/* An event is its number and a value; the address follows as another part. */
	while (
	    (n = zmq_recv(l->monitor, event, sizeof(event), ZMQ_DONTWAIT)) != -1) {
		if (n != 6)
			continue;
		memcpy(&number, event, sizeof(number));
		lost = lost || number == ZMQ_EVENT_DISCONNECTED;
		for (size_t i = 0; i < sizeof(SAYS) / sizeof(SAYS[0]); i++)
			if (SAYS[i].event == number)
				l->state = SAYS[i].state;
	}
	return lost;
}

enum link_state
link_state(const struct link *l)
{
	return l->state;
}

const char *
link_url(const struct link *l)
{
	return l->url;
}

const char *
link_own_key(const struct link *l)
{
	return l->o.own.public;
}

int
link_connect(struct link *l)
{
	const size_t i = l->o.urls_n > 0 ? l->next++ % l->o.urls_n : 0;
	const char *url = l->o.url[i];
	int v6 = strchr(url, '[') != NULL;

	drop(l);
	l->state = LINK_NOBODY;
	l->url = l->o.given[i];
	if ((l->socket = zmq_socket(l->context, ZMQ_DEALER)) == NULL ||
	    zmq_setsockopt(l->socket, ZMQ_IPV6, &v6, sizeof(v6)) == -1 ||
	    set_options(l) == -1 || watch(l) == -1)
		return -1;
	/* Without an address a socket that nothing can be handed to. */
	return l->o.urls_n > 0 ? zmq_connect(l->socket, url) : 0;
}

int
link_fd(const struct link *l)
{
	size_t size = sizeof(int);
	int fd = -1;

	zmq_getsockopt(l->socket, ZMQ_FD, &fd, &size);
	return fd;
}

int
link_send(struct link *l, const struct buf *message)
{
	return zmq_send(l->socket, message->data, message->len, ZMQ_DONTWAIT) == -1
	    ? -1
	    : 0;
}

int
link_recv(struct link *l, struct span *message)
{
	if (l->has_message)
		zmq_msg_close(&l->message);
	zmq_msg_init(&l->message);
	l->has_message = true;
	if (zmq_msg_recv(&l->message, l->socket, ZMQ_DONTWAIT) == -1)
		return 0;
	message->p = zmq_msg_data(&l->message);
	message->len = zmq_msg_size(&l->message);
	return 1;
}
