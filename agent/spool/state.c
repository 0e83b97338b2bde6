/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * The file "state" in the spool: agent, boot, the epochs and how far each is
 * acknowledged.  Text, replaced as a whole.  Acknowledgements in it are a help, not
 * a promise: the collector tells its own on each connection.
 *
 *	stadswacht-spool 1
 *	agent NAME
 *	boot ID
 *	epoch HEX HEALTH ALERT FINDING TELEMETRY	(oldest first)
 */
#include "agent/limits.h"
#include "agent/spool/inside.h"
#include "common/str.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define NAME	       "state"
#define NAME_NEW       "state.new"
#define FIRST_LINE     "stadswacht-spool 1"
#define LINE_MAX_BYTES 160

struct epoch *
state_epoch(const struct spool *s, const uint8_t *id)
{
	for (size_t i = 0; i < s->epochs_n; i++)
		if (memcmp(s->epoch[i].id, id, SPOOL_EPOCH_BYTES) == 0)
			return &s->epoch[i];
	return NULL;
}

struct epoch *
state_add_epoch(struct spool *s, const uint8_t *id)
{
	struct epoch *e;

	if (s->epochs_n == s->epochs_cap) {
		size_t cap = s->epochs_cap == 0 ? 8 : s->epochs_cap * 2;

		if ((e = realloc(s->epoch, cap * sizeof(*e))) == NULL)
			return NULL;
		s->epoch = e;
		s->epochs_cap = cap;
	}
	e = &s->epoch[s->epochs_n++];
	memset(e, 0, sizeof(*e));
	memcpy(e->id, id, SPOOL_EPOCH_BYTES);
	return e;
}

static int
read_epoch(struct spool *s, const char *text)
{
	uint8_t id[SPOOL_EPOCH_BYTES];
	struct epoch *e;
	char *end;

	if (strlen(text) < 2 * SPOOL_EPOCH_BYTES ||
	    str_unhex(text, 2 * SPOOL_EPOCH_BYTES, id, sizeof(id)) != sizeof(id) ||
	    (e = state_add_epoch(s, id)) == NULL)
		return -1;
	text += 2 * SPOOL_EPOCH_BYTES;
	for (int c = 0; c < RECORD_CLASSES; c++) {
		if (*text != ' ')
			return -1;
		e->acked[c] = strtoull(text + 1, &end, 10);
		text = end;
	}
	return *text == '\0' ? 0 : -1;
}

/* 1: this boot's state of this agent; 0: one that proves nothing. */
static int
read_lines(struct spool *s, char *text)
{
	char *save = NULL, *line = strtok_r(text, "\n", &save);
	bool agent = false, boot = false;

	if (line == NULL || strcmp(line, FIRST_LINE) != 0)
		return 0;
	while ((line = strtok_r(NULL, "\n", &save)) != NULL) {
		if (str_starts(line, "agent "))
			agent = strcmp(line + 6, s->agent) == 0;
		else if (str_starts(line, "boot "))
			boot = strcmp(line + 5, s->boot) == 0;
		else if (str_starts(line, "epoch ") &&
		    read_epoch(s, line + 6) == -1)
			return 0;
	}
	return agent && boot && s->epochs_n > 0;
}

int
state_load(struct spool *s)
{
	size_t max = (size_t)SPOOL_EPOCHS_MAX * LINE_MAX_BYTES;
	char *text;
	ssize_t n;
	int fd = openat(s->dir, NAME, O_RDONLY | O_CLOEXEC | O_NOFOLLOW),
	    proved = 0;

	if (fd == -1)
		return errno == ENOENT ? 0 : -1;
	if ((text = malloc(max + 1)) != NULL && (n = read(fd, text, max)) >= 0) {
		text[n] = '\0';
		proved = read_lines(s, text);
	}
	free(text);
	close(fd);
	return proved;
}

int
state_drop(struct spool *s)
{
	if (unlinkat(s->dir, NAME, 0) == -1)
		return errno == ENOENT ? 0 : -1;
	return fsync(s->dir);
}

/* Epochs without segments are over, but for the current one. */
static void
forget_epochs(struct spool *s)
{
	for (size_t i = 0; i + 1 < s->epochs_n;) {
		bool used = false;

		for (int c = 0; c < RECORD_CLASSES && !used; c++)
			for (size_t k = 0; k < s->log[c].n && !used; k++)
				used = memcmp(s->log[c].seg[k].h.epoch,
					   s->epoch[i].id, SPOOL_EPOCH_BYTES) == 0;
		if (used) {
			i++;
			continue;
		}
		memmove(&s->epoch[i], &s->epoch[i + 1],
		    (s->epochs_n - i - 1) * sizeof(s->epoch[0]));
		s->epochs_n--;
	}
}

static int
replace(struct spool *s, struct buf *text)
{
	int fd = openat(s->dir, NAME_NEW,
	    O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
	int result = -1, saved;

	if (fd == -1)
		return -1;
	errno = ENOSPC; /* what a short write means */
	if (write(fd, text->data, text->len) == (ssize_t)text->len &&
	    fsync(fd) == 0 && renameat(s->dir, NAME_NEW, s->dir, NAME) == 0)
		result = fsync(s->dir);
	saved = errno;
	close(fd);
	errno = saved;
	return result;
}

int
state_save(struct spool *s)
{
	char hex[2 * SPOOL_EPOCH_BYTES + 1];
	struct buf b;
	int result;

	forget_epochs(s);
	buf_init(&b, (size_t)SPOOL_EPOCHS_MAX * LINE_MAX_BYTES);
	buf_addf(&b, "%s\nagent %s\nboot %s\n", FIRST_LINE, s->agent, s->boot);
	for (size_t i = 0; i < s->epochs_n; i++) {
		const struct epoch *e = &s->epoch[i];

		str_hex(e->id, sizeof(e->id), hex);
		buf_addf(&b, "epoch %s", hex);
		for (int c = 0; c < RECORD_CLASSES; c++)
			buf_addf(&b, " %" PRIu64, e->acked[c]);
		buf_addc(&b, '\n');
	}
	result = b.overflow ? -1 : replace(s, &b);
	buf_release(&b);
	s->state_dirty = result == -1;
	return result;
}

/* Counted as shed: a list of epochs without end is worse. */
static void
give_up_oldest(struct spool *s)
{
	for (int c = 0; c < RECORD_CLASSES; c++)
		for (size_t i = s->log[c].n; i-- > 0;) {
			struct segment *g = &s->log[c].seg[i];

			if (memcmp(g->h.epoch, s->epoch[0].id, SPOOL_EPOCH_BYTES) !=
			    0)
				continue;
			s->stats.shed[c] += segments_waiting(s, g);
			segments_remove(s, (enum record_class)c, i);
		}
	memmove(&s->epoch[0], &s->epoch[1], --s->epochs_n * sizeof(s->epoch[0]));
}

int
state_new_epoch(struct spool *s)
{
	uint8_t id[SPOOL_EPOCH_BYTES];

	str_random(id, sizeof(id));
	while (s->epochs_n >= SPOOL_EPOCHS_MAX)
		give_up_oldest(s);
	for (int c = 0; c < RECORD_CLASSES; c++) {
		segments_close(s, (enum record_class)c);
		s->log[c].next = 1;
	}
	if (state_add_epoch(s, id) == NULL)
		return -1;
	s->stats.new_epoch = true;
	return state_save(s);
}
