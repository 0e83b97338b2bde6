/* SPDX-License-Identifier: EUPL-1.2 */
/* Messages with a length in their head. */
#include "agent/app/frames.h"

void
frames_init(struct frames *fr, size_t head, size_t max, frames_size_fn size)
{
	*fr = (struct frames){.head = head, .size = size};
	buf_init(&fr->held, max);
}

void
frames_release(struct frames *fr)
{
	buf_release(&fr->held);
}

void
frames_forget(struct app_flow *a, struct frames *fr)
{
	app_drop(a, fr->held.len);
	buf_reset(&fr->held);
}

/* Of the message that begins here: all of it, or its head while that is short. */
static size_t
wanted(const struct frames *fr, struct span begun)
{
	return begun.len < fr->head ? fr->head : fr->size(begun.p);
}

static bool
hold(struct app_flow *a, struct frames *fr, struct span *in, size_t n)
{
	n = n < in->len ? n : in->len;
	if (!app_hold(a, n))
		return false;
	if (buf_add(&fr->held, in->p, n) == -1) {
		app_drop(a, n);
		return false;
	}
	in->p += n;
	in->len -= n;
	return true;
}

bool
frames_next(struct app_flow *a, struct frames *fr, struct span *in,
    struct span *out, bool *lost)
{
	struct span begun = {fr->held.data, fr->held.len};
	size_t want = wanted(fr, begun.len > 0 ? begun : *in);

	*lost = false;
	/* What is held whole was told by the call before. */
	if (begun.len > 0 && begun.len >= want) {
		frames_forget(a, fr);
		begun.len = 0;
		want = wanted(fr, *in);
	}
	if (begun.len == 0 && in->len >= want) {
		*out = (struct span){in->p, want};
		in->p += want;
		in->len -= want;
		return true;
	}
	while (in->len > 0 && fr->held.len < want) {
		if (!hold(a, fr, in, want - fr->held.len)) {
			*lost = true;
			return false;
		}
		begun = (struct span){fr->held.data, fr->held.len};
		want = wanted(fr, begun);
	}
	*out = (struct span){fr->held.data, fr->held.len};
	return fr->held.len > 0 && fr->held.len >= fr->head && fr->held.len == want;
}
