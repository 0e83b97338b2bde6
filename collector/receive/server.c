/* SPDX-License-Identifier: EUPL-1.2 */
#include "collector/receive/server.h"
#include "collector/limits.h"
#include "common/log.h"
#include "common/wire.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zmq.h>

#define ZAP_ADDRESS "inproc://zeromq.zap.01"
#define ZAP_DOMAIN  "agents"
/* version, request id, domain, address, routing id, mechanism, key */
#define ZAP_FRAMES    7
#define ZAP_KEY_BYTES 32

struct server {
	void *context, *router, *zap;
	server_allow_fn *allow;
	void *arg;
	zmq_msg_t peer, body;
};

int
server_make_key(struct keyfile *k)
{
	return zmq_curve_keypair(k->public, k->secret);
}

static int
set_options(struct server *s, const struct keyfile *key)
{
	static const struct {
		int option, value;
	} NUMBERS[] = {
	    {ZMQ_LINGER, 0},
	    {ZMQ_CURVE_SERVER, 1},
	    {ZMQ_SNDHWM, 1000},
	    /* Of each connection; the rest waits in the agents' spools. */
	    {ZMQ_RCVHWM, RECEIVE_WAITING},
	    {ZMQ_ROUTER_MANDATORY, 1},
	    {ZMQ_HEARTBEAT_IVL, 10000},
	    {ZMQ_HEARTBEAT_TIMEOUT, 30000},
	    {ZMQ_HANDSHAKE_IVL, 10000},
	    {ZMQ_TCP_KEEPALIVE, 1},
	    {ZMQ_BACKLOG, 1024},
	};
	const int64_t message_max = WIRE_MESSAGE_MAX;

	for (size_t i = 0; i < sizeof(NUMBERS) / sizeof(NUMBERS[0]); i++)
		if (zmq_setsockopt(s->router, NUMBERS[i].option, &NUMBERS[i].value,
			sizeof(int)) == -1)
			return -1;
	if (zmq_setsockopt(s->router, ZMQ_MAXMSGSIZE, &message_max,
		sizeof(message_max)) == -1 ||
	    zmq_setsockopt(
		s->router, ZMQ_ZAP_DOMAIN, ZAP_DOMAIN, strlen(ZAP_DOMAIN)) == -1)
		return -1;
	return zmq_setsockopt(
	    s->router, ZMQ_CURVE_SECRETKEY, key->secret, KEYFILE_Z85);
}

struct server *
server_open(const char *listen, const struct keyfile *key, server_allow_fn *allow,
    void *arg, char *error, size_t size)
{
	int v6 = strchr(listen, '[') != NULL;
	struct server *s;

	if ((s = calloc(1, sizeof(*s))) == NULL) {
		snprintf(error, size, "out of memory");
		return NULL;
	}
	s->allow = allow;
	s->arg = arg;
	zmq_msg_init(&s->peer);
	zmq_msg_init(&s->body);
	if ((s->context = zmq_ctx_new()) == NULL ||
	    (s->zap = zmq_socket(s->context, ZMQ_REP)) == NULL ||
	    zmq_bind(s->zap, ZAP_ADDRESS) == -1 ||
	    (s->router = zmq_socket(s->context, ZMQ_ROUTER)) == NULL ||
	    zmq_setsockopt(s->router, ZMQ_IPV6, &v6, sizeof(v6)) == -1 ||
	    set_options(s, key) == -1 || zmq_bind(s->router, listen) == -1) {
		snprintf(error, size,
		    "listen %s: %s; is another collector running?", listen,
		    zmq_strerror(errno));
		server_close(s);
		return NULL;
	}
	return s;
}

void
server_close(struct server *s)
{
	if (s == NULL)
		return;
	zmq_msg_close(&s->peer);
	zmq_msg_close(&s->body);
	if (s->router != NULL)
		zmq_close(s->router);
	if (s->zap != NULL)
		zmq_close(s->zap);
	if (s->context != NULL)
		zmq_ctx_term(s->context);
	free(s);
}

void
server_fds(const struct server *s, int fds[2])
{
	size_t size = sizeof(int);

	zmq_getsockopt(s->router, ZMQ_FD, &fds[0], &size);
	size = sizeof(int);
	zmq_getsockopt(s->zap, ZMQ_FD, &fds[1], &size);
}

/* --- ZAP -------------------------------------------------------------------------
 */

static bool
more(zmq_msg_t *m)
{
	return zmq_msg_more(m) != 0;
}

/* Read a request: its id frame into id, its key as text.  1, or 0 when there is
 * none. */
static int
zap_request(struct server *s, zmq_msg_t *id, char key[KEYFILE_Z85])
{
	zmq_msg_t m;
	bool again = true;

	key[0] = '\0';
	for (int i = 0; again; i++) {
		zmq_msg_init(&m);
		if (zmq_msg_recv(&m, s->zap, ZMQ_DONTWAIT) == -1) {
			zmq_msg_close(&m);
			return 0;
		}
		again = more(&m);
		if (i == 1)
			zmq_msg_copy(id, &m);
		if (i == ZAP_FRAMES - 1 && zmq_msg_size(&m) == ZAP_KEY_BYTES)
			zmq_z85_encode(key, zmq_msg_data(&m), ZAP_KEY_BYTES);
		zmq_msg_close(&m);
	}
	return 1;
}

static void
zap_answer(struct server *s, zmq_msg_t *id, const char *agent)
{
	const char *frame[] = {agent != NULL ? "200" : "400",
	    agent != NULL ? "OK" : "not an active agent's key",
	    agent != NULL ? agent : "", ""};

	zmq_send(s->zap, "1.0", 3, ZMQ_SNDMORE);
	zmq_send(s->zap, zmq_msg_data(id), zmq_msg_size(id), ZMQ_SNDMORE);
	for (size_t i = 0; i < 4; i++)
		zmq_send(
		    s->zap, frame[i], strlen(frame[i]), i < 3 ? ZMQ_SNDMORE : 0);
}

static void
zap_serve(struct server *s)
{
	char key[KEYFILE_Z85];
	zmq_msg_t id;

	for (;;) {
		zmq_msg_init(&id);
		if (zap_request(s, &id, key) == 0)
			break;
		zap_answer(s, &id, key[0] == '\0' ? NULL : s->allow(s->arg, key));
		zmq_msg_close(&id);
	}
	zmq_msg_close(&id);
}

/* --- messages
 * ----------------------------------------------------------------------- */

static struct span
span_of(zmq_msg_t *m)
{
	return (struct span){.p = zmq_msg_data(m), .len = zmq_msg_size(m)};
}

/* Two frames, connection and message.  1 both; 0 nothing there; -1 another form. */
static int
receive(struct server *s)
{
	int frames = 0;
	zmq_msg_t m;
	bool again = true;

	while (again) {
		zmq_msg_init(&m);
		if (zmq_msg_recv(&m, s->router, ZMQ_DONTWAIT) == -1) {
			zmq_msg_close(&m);
			return 0;
		}
		again = more(&m);
		if (frames < 2)
			zmq_msg_move(frames == 0 ? &s->peer : &s->body, &m);
		zmq_msg_close(&m);
		frames++;
	}
	return frames == 2 ? 1 : -1;
}

int
server_recv(struct server *s, struct server_message *m)
{
	int got;

	zap_serve(s);
	while ((got = receive(s)) == -1)
		continue;
	if (got == 0)
		return 0;
	m->peer = span_of(&s->peer);
	m->body = span_of(&s->body);
	m->agent = zmq_msg_gets(&s->body, "User-Id");
	return 1;
}

int
server_send(struct server *s, struct span peer, const struct buf *message)
{
	if (zmq_send(s->router, peer.p, peer.len, ZMQ_SNDMORE | ZMQ_DONTWAIT) == -1)
		return -1;
	return zmq_send(s->router, message->data, message->len, ZMQ_DONTWAIT) == -1
	    ? -1
	    : 0;
}
