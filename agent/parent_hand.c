/* SPDX-License-Identifier: EUPL-1.2 */
#include "agent/parent_hand.h"

#include "agent/role.h"
#include "common/ipc.h"

#include <string.h>
#include <unistd.h>

/* The place of a ticket, or of none: a free one.  -1 when there is none. */
static int
find(const struct parent_hand *h, uint64_t ticket)
{
	for (int i = 0; i < WATCH_IN_HAND_MAX; i++)
		if (h->place[i].ticket == ticket)
			return i;
	return -1;
}

size_t
parent_hand_count(const struct parent_hand *h)
{
	size_t n = 0;

	for (size_t i = 0; i < WATCH_IN_HAND_MAX; i++)
		n += h->place[i].ticket != 0;
	return n;
}

/* Hand one over, into a free place; its descriptor is closed here.  -1: not now. */
static int
hand_over(struct parent_hand *h, int place, const struct watch_file *f, int control)
{
	struct role_scan head = {
	    .ticket = h->ticket + 1, .reason = (uint64_t)f->reason};
	uint8_t body[sizeof(head) + PATH_MAX];
	size_t len = strlen(f->path);
	int r;

	memcpy(body, &head, sizeof(head));
	memcpy(body + sizeof(head), f->path, len);
	r = ipc_send(control, ROLE_SCAN, body, sizeof(head) + len, f->fd);
	close(f->fd);
	if (r == -1)
		return -1;
	h->ticket++;
	h->place[place].ticket = head.ticket;
	h->place[place].reason = f->reason;
	memcpy(h->place[place].path, f->path, len + 1);
	return 0;
}

void
parent_hand_feed(struct parent_hand *h, struct watch *w, int control)
{
	static struct watch_file f;
	int place;

	if (h->feeding)
		return;
	h->feeding = true;
	while ((place = find(h, 0)) != -1 &&
	    watch_next(w, &f, parent_hand_count(h) == 0))
		if (hand_over(h, place, &f, control) == -1) {
			watch_again(w, f.path, f.reason);
			break;
		}
	h->feeding = false;
}

void
parent_hand_done(struct parent_hand *h, uint64_t ticket)
{
	int place = find(h, ticket);

	if (place != -1)
		h->place[place].ticket = 0;
}

void
parent_hand_back(struct parent_hand *h, struct watch *w)
{
	int oldest = -1;

	for (int i = 0; !h->elsewhere && i < WATCH_IN_HAND_MAX; i++)
		if (h->place[i].ticket != 0 &&
		    (oldest == -1 || h->place[i].ticket < h->place[oldest].ticket))
			oldest = i;
	for (int i = 0; i < WATCH_IN_HAND_MAX; i++) {
		if (h->place[i].ticket != 0 && i != oldest && w != NULL)
			watch_again(w, h->place[i].path, h->place[i].reason);
		h->place[i].ticket = 0;
	}
	h->crashed += oldest != -1;
	h->elsewhere = false;
}
