/* SPDX-License-Identifier: EUPL-1.2 */
/* What SMB asked for and later answers to: names of open files, shares, reads. */
#include "agent/app/smb.h"

#include <stdlib.h>
#include <string.h>

/* --- names ------------------------------------------------------------------------------ */

static void
name_free(struct app_flow *a, struct smb_name *n)
{
	app_drop(a, sizeof(*n) + n->len);
	free(n);
}

/* One of that id is replaced, the oldest of too many goes. */
void
smb_name_set(struct app_flow *a, struct smb_name **names, uint64_t id,
    const struct buf *text)
{
	struct smb_name *n = NULL, **at = names;

	for (size_t count = 1; *at != NULL;) {
		struct smb_name *old = *at;

		if (old->id == id || count == SMB_NAMES_MAX) {
			*at = old->next;
			name_free(a, old);
			continue;
		}
		count++;
		at = &old->next;
	}
	if (!app_hold(a, sizeof(*n) + text->len))
		return;
	if ((n = malloc(sizeof(*n) + text->len)) == NULL) {
		app_drop(a, sizeof(*n) + text->len);
		return;
	}
	n->id = id;
	n->len = text->len;
	if (n->len > 0)
		memcpy(n->text, text->data, n->len);
	n->next = *names;
	*names = n;
}

/* Empty: not known. */
struct span
smb_name_get(const struct smb_name *n, uint64_t id)
{
	while (n != NULL && n->id != id)
		n = n->next;
	return n == NULL ? (struct span){NULL, 0} : (struct span){n->text, n->len};
}

void
smb_share_connected(struct smb_message *m, const struct smb_tx *tx)
{
	smb_name_set(m->a, &m->st->shares, m->tree, &tx->name);
}

/* What they held is counted off with the flow. */
static void
names_free(struct smb_name *n)
{
	struct smb_name *next;

	for (; n != NULL; n = next) {
		next = n->next;
		free(n);
	}
}

void
smb_names_free(struct smb_state *st)
{
	names_free(st->files);
	names_free(st->shares);
}

/* --- reads ------------------------------------------------------------------------------- */

/* The oldest gives way. */
void
smb_read_asked(struct smb_message *m, uint64_t file, uint64_t offset)
{
	const size_t size = SMB_READS_MAX * sizeof(struct smb_read);
	struct smb_state *st = m->st;

	if (st->read == NULL) {
		if (!app_hold(m->a, size))
			return;
		if ((st->read = calloc(1, size)) == NULL) {
			app_drop(m->a, size);
			return;
		}
	}
	st->read[st->reads++ % SMB_READS_MAX] =
	    (struct smb_read){m->id, file, offset, m->tree, m->version, false};
}

bool
smb_read_take(struct smb_message *m, struct smb_read *out)
{
	struct smb_state *st = m->st;

	for (size_t i = 0; st->read != NULL && i < SMB_READS_MAX; i++)
		if (st->read[i].message == m->id &&
		    st->read[i].version == m->version) {
			*out = st->read[i];
			st->read[i].version = 0;
			return true;
		}
	return false;
}

bool
smb_read_waits(const struct smb_state *st, uint64_t file)
{
	for (size_t i = 0; st->read != NULL && i < SMB_READS_MAX; i++)
		if (st->read[i].version != 0 && st->read[i].file == file)
			return true;
	return false;
}
