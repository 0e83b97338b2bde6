/* SPDX-License-Identifier: EUPL-1.2 */
#include "agent/forward/sender.h"
#include "agent/forward/pack.h"
#include "agent/limits.h"
#include "common/clock.h"
#include "common/cmdline.h"
#include "common/fault.h"
#include "common/log.h"
#include "common/str.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct sender {
	struct spool *spool;
	struct link *link;
	struct pack *pack;
	struct sender_names names;
	struct spool_cursor at[RECORD_CLASSES];
	struct buf out;
	bool greeted;	/* the HELLO is on its way */
	bool streaming; /* MARKS came */
	bool reconnect;
	uint64_t sent, answered; /* numbers of batches */
	int64_t sent_at[FORWARD_WINDOW];
	int64_t deadline; /* of the answer that is waited for */
	int64_t backoff;
	int64_t heard, pinged;
	int told; /* the last complaint: enum link_state, TOLD_... */
	int64_t told_at;
	struct sender_stats stats;
};

#define TOLD_NOTHING (-1)
/* Above the link's states: refusals, by reason. */
#define TOLD_REFUSED 100

static uint64_t
in_flight(const struct sender *s)
{
	return s->sent - s->answered;
}

/* Between half of t and all of it, so that a fleet does not come back as one. */
static int64_t
jitter(int64_t t)
{
	uint32_t r;

	str_random(&r, sizeof(r));
	return t / 2 + (int64_t)(r % 1024) * (t / 2) / 1024;
}

static void
wait_answer(struct sender *s, int64_t now)
{
	s->deadline = now + FORWARD_ANSWER_US;
}

struct sender *
sender_new(struct spool *spool, struct link *l, const struct sender_names *names)
{
	struct sender *s;

	if ((s = calloc(1, sizeof(*s))) == NULL)
		return NULL;
	s->spool = spool;
	s->link = l;
	s->names = *names;
	s->backoff = FORWARD_BACKOFF_MIN_US;
	s->told = TOLD_NOTHING;
	s->deadline = clock_mono_us() + FORWARD_ANSWER_US;
	buf_init(&s->out, WIRE_MESSAGE_MAX);
	if ((s->pack = pack_new()) != NULL)
		return s;
	sender_free(s);
	return NULL;
}

void
sender_free(struct sender *s)
{
	if (s == NULL)
		return;
	pack_free(s->pack);
	buf_release(&s->out);
	free(s);
}

/* --- greeting
 * ---------------------------------------------------------------------- */

static int
send_hello(struct sender *s)
{
	static struct wire_hello h;
	static uint8_t epochs[WIRE_EPOCHS_MAX * WIRE_EPOCH_BYTES];
	size_t n = spool_epochs(s->spool);

	str_copy(h.agent.s, sizeof(h.agent.s), s->names.agent);
	str_copy(h.tenant.s, sizeof(h.tenant.s), s->names.tenant);
	str_copy(h.host.s, sizeof(h.host.s), s->names.host);
	str_copy(h.program.s, sizeof(h.program.s), STADSWACHT_VERSION);
	for (size_t i = 0; i < n && i < WIRE_EPOCHS_MAX; i++)
		memcpy(epochs + i * WIRE_EPOCH_BYTES, spool_epoch(s->spool, i),
		    WIRE_EPOCH_BYTES);
	h.epochs_n = n < WIRE_EPOCHS_MAX ? n : WIRE_EPOCHS_MAX;
	h.epochs = epochs;
	buf_reset(&s->out);
	return wire_put_hello(&s->out, &h) == -1 ? -1 : link_send(s->link, &s->out);
}

static void
greet(struct sender *s, int64_t now)
{
	if (send_hello(s) == -1)
		return;
	s->greeted = true;
	s->stats.greetings++;
	wait_answer(s, now);
}

/* Greet again on this connection, or on the next one that ZeroMQ makes. */
static void
greet_again(struct sender *s, int64_t now)
{
	s->greeted = s->streaming = false;
	s->answered = s->sent;
	wait_answer(s, now);
}

/* The same thing is told at once, then now and then. */
static bool
may_tell(struct sender *s, int what, int64_t now)
{
	if (s->told == what && now - s->told_at < FORWARD_TELL_US)
		return false;
	s->told = what;
	s->told_at = now;
	return true;
}

/* What is wrong, and who can mend it. */
static void
tell_trouble(struct sender *s, int64_t now)
{
	const enum link_state state = link_state(s->link);
	const char *url = link_url(s->link);

	if (!may_tell(s, (int)state, now))
		return;
	if (state == LINK_NOBODY)
		log_warn("%s: no collector answers; is it started, and does the "
			 "network let this host through? Records wait in the spool",
		    url);
	else if (state == LINK_UNPROVED)
		log_error(
		    "%s: what answers does not prove to have the key of "
		    "collector.key; put that collector's own public key there "
		    "(stadswacht-collector --init prints it) and restart. "
		    "Records wait in the spool",
		    url);
	else if (state == LINK_UNKNOWN)
		log_error(
		    "%s: the collector does not know this agent's key; there: "
		    "stadswachtctl agents add %s --key '%s' --tenant NAME --host "
		    "%s. Records wait in the spool",
		    url, s->names.agent, link_own_key(s->link), s->names.host);
	else
		log_warn("%s: the collector does not answer; its log says why. "
			 "Records wait in the spool",
		    url);
}

/* No answer in time, or a refusal: from the start, a while later, elsewhere. */
static void
start_over(struct sender *s, int64_t now)
{
	s->greeted = s->streaming = false;
	s->answered = s->sent;
	s->deadline = now + jitter(s->backoff);
	s->backoff *= 2;
	if (s->backoff > FORWARD_BACKOFF_MAX_US)
		s->backoff = FORWARD_BACKOFF_MAX_US;
	if (link_connect(s->link) == -1)
		log_error("connect: %s", strerror(errno));
	s->reconnect = true;
}

/* --- what the collector says
 * ----------------------------------------------------------- */

static int
on_marks(struct sender *s, struct cursor *c, int64_t now)
{
	struct wire_mark m;
	uint32_t beat;
	size_t n;

	(void)now;
	if (wire_get_marks(c, &beat, &n) == -1)
		return -1;
	for (size_t i = 0; i < n; i++) {
		if (wire_get_mark(c, &m) == -1)
			return -1;
		for (int k = 0; k < RECORD_CLASSES; k++)
			spool_ack(
			    s->spool, m.epoch, (enum record_class)k, m.seq[k]);
	}
	for (int k = 0; k < RECORD_CLASSES; k++)
		spool_rewind(s->spool, (enum record_class)k, &s->at[k]);
	if (!s->streaming)
		log_info("%s: connected", link_url(s->link));
	s->told = TOLD_NOTHING;
	s->streaming = true;
	s->backoff = FORWARD_BACKOFF_MIN_US;
	return 0;
}

/* Answered without being stored up to where we sent: send again from there. */
static void
check_stored(struct sender *s)
{
	for (int k = 0; k < RECORD_CLASSES; k++) {
		struct spool_cursor first;

		spool_rewind(s->spool, (enum record_class)k, &first);
		if (first.segment < s->at[k].segment ||
		    (first.segment == s->at[k].segment &&
			first.next < s->at[k].next))
			s->at[k] = first;
	}
}

static int
on_ack(struct sender *s, struct cursor *c, int64_t now)
{
	struct wire_ack a;
	uint64_t number;
	size_t n;

	if (wire_get_acks(c, &number, &n) == -1)
		return -1;
	for (size_t i = 0; i < n; i++) {
		if (wire_get_ack(c, &a) == -1)
			return -1;
		if (a.seq > spool_acked(s->spool, a.epoch, a.cls))
			spool_ack(s->spool, a.epoch, a.cls, a.seq);
	}
	FAULT("ack-taken");
	if (number <= s->answered || number > s->sent)
		return 0;
	s->answered = number;
	s->stats.rtt_us = now - s->sent_at[number % FORWARD_WINDOW];
	wait_answer(s, now);
	if (in_flight(s) == 0)
		check_stored(s);
	return 0;
}

static int
on_refused(struct sender *s, struct cursor *c, int64_t now)
{
	enum wire_refusal reason;
	struct wire_text text;

	if (wire_get_refused(c, &reason, &text) == -1)
		return -1;
	/* The collector was started again behind the same address. */
	if (reason == WIRE_REFUSED_STRANGER) {
		greet_again(s, now);
		return 0;
	}
	s->stats.refused++;
	if (may_tell(s, TOLD_REFUSED + (int)reason, now))
		log_warn("%s: refused by the collector (%d): %s", link_url(s->link),
		    (int)reason, text.s);
	start_over(s, now);
	return 0;
}

static int
on_pong(struct sender *s, struct cursor *c, int64_t now)
{
	struct wire_ping p;

	if (wire_get_ping(c, &p) == -1)
		return -1;
	s->stats.rtt_us = now - (int64_t)p.ticket;
	s->stats.clock_offset_us = p.time_us - clock_wall_us();
	return 0;
}

static void
take(struct sender *s, struct span message, int64_t now)
{
	static int (*const ON[])(struct sender *, struct cursor *, int64_t) = {
	    [WIRE_MARKS] = on_marks,
	    [WIRE_ACK] = on_ack,
	    [WIRE_REFUSED] = on_refused,
	    [WIRE_PONG] = on_pong,
	};
	struct cursor c = cur_of_span(message);
	int type = wire_type(&c);

	s->heard = now;
	if (type == -1 || type >= (int)(sizeof(ON) / sizeof(ON[0])) ||
	    ON[type] == NULL || ON[type](s, &c, now) == -1)
		s->stats.malformed++;
}

/* --- what we send
 * -------------------------------------------------------------------- */

/* One batch of the most worthy class that has something.  1 sent, 0 nothing or no
 * room. */
static int
send_batch(struct sender *s, int64_t now)
{
	const struct buf *message = NULL;
	struct spool_cursor before;
	int found = 0, k;

	for (k = 0; k < RECORD_CLASSES && found == 0; k++) {
		before = s->at[k];
		found =
		    pack_next(s->pack, s->spool, &s->at[k], s->sent + 1, &message);
	}
	if (found != 1)
		return 0;
	if (link_send(s->link, message) == -1) {
		s->at[k - 1] = before;
		return 0;
	}
	FAULT("batch-sent");
	if (in_flight(s) == 0)
		wait_answer(s, now);
	s->sent++;
	s->sent_at[s->sent % FORWARD_WINDOW] = now;
	s->stats.batches++;
	return 1;
}

static void
ping(struct sender *s, int64_t now)
{
	struct wire_ping p = {.ticket = (uint64_t)now, .time_us = clock_wall_us()};

	buf_reset(&s->out);
	if (wire_put_ping(&s->out, WIRE_PING, &p) == 0 &&
	    link_send(s->link, &s->out) == 0)
		s->pinged = now;
}

static void
stream(struct sender *s, int64_t now)
{
	while (in_flight(s) < FORWARD_WINDOW && send_batch(s, now) == 1)
		continue;
	if (now - s->pinged >= FORWARD_PING_US)
		ping(s, now);
	if ((in_flight(s) > 0 && now >= s->deadline) ||
	    now - s->heard >= 3 * (int64_t)FORWARD_PING_US) {
		tell_trouble(s, now);
		start_over(s, now);
	}
}

/* One round.  ZeroMQ tells a change once, so rounds go on until one does nothing. */
static bool
round_of(struct sender *s, int64_t now)
{
	uint64_t batches = s->stats.batches;
	struct span message;
	bool busy = false;

	while (!s->reconnect && link_recv(s->link, &message) == 1) {
		take(s, message, now);
		busy = true;
	}
	if (s->reconnect)
		return false;
	if (s->streaming)
		stream(s, now);
	else if (!s->greeted)
		greet(s, now);
	return busy || s->stats.batches != batches;
}

unsigned
sender_turn(struct sender *s, int64_t now)
{
	unsigned result = 0;

	s->reconnect = false;
	/* A connection that did not come to a greeting has the deadline it had. */
	if (link_lost(s->link) && s->greeted)
		greet_again(s, now);
	while (round_of(s, now)) {
		/* A long backlog must not keep the queues waiting. */
		if (clock_mono_us() - now >= FORWARD_TURN_US) {
			result = SENDER_MORE;
			break;
		}
	}
	if (!s->streaming && !s->reconnect && now >= s->deadline) {
		tell_trouble(s, now);
		start_over(s, now);
	}
	return s->reconnect ? result | SENDER_NEW_FD : result;
}

void
sender_stats(const struct sender *s, struct sender_stats *out)
{
	*out = s->stats;
	out->connected = s->streaming;
	out->in_flight = in_flight(s);
}
