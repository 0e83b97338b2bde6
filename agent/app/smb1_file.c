/* SPDX-License-Identifier: EUPL-1.2 */
/* Commands of SMB 1 on open files (MS-CIFS and MS-SMB, section 2.2.4). */
#include "agent/app/smb.h"

uint64_t
smb1_file_of(const struct smb_message *m, size_t file)
{
	return ((uint64_t)m->tree << 16 | file) + 1;
}

bool
smb1_on_close(struct smb_message *m, struct smb_tx *tx, const struct smb1_body *b)
{
	struct cursor c = cur_of_span(b->words);
	uint16_t file = cur_le16(&c);

	(void)tx;
	if (m->response)
		return true;
	if (cur_ok(&c))
		smb_file_close(m, smb1_file_of(m, file));
	return cur_ok(&c);
}

/* The upper half of an offset, if there are so many parameters. */
static uint64_t
high_offset(const struct smb1_body *b, size_t at)
{
	struct cursor c = cur_of_span(b->words);
	uint64_t high;

	cur_take(&c, at);
	high = cur_le32(&c);
	return cur_ok(&c) ? high << 32 : 0;
}

static bool
on_read_answer(struct smb_message *m, const struct smb1_body *b)
{
	struct cursor c = cur_of_span(b->words);
	struct smb_read r;
	size_t len, offset;

	if (!smb_read_take(m, &r))
		return true;
	cur_take(&c, 10);
	len = cur_le16(&c);
	offset = cur_le16(&c);
	len |= (size_t)cur_le16(&c) << 16;
	if (cur_ok(&c))
		smb_file_data(m, &r, offset, len);
	else
		smb_read_failed(m, &r);
	return true;
}

bool
smb1_on_read(struct smb_message *m, struct smb_tx *tx, const struct smb1_body *b)
{
	const size_t high_at = 20;
	struct cursor c = cur_of_span(b->words);
	uint16_t file;
	uint32_t at;

	(void)tx;
	if (m->response)
		return on_read_answer(m, b);
	cur_take(&c, 4);
	file = cur_le16(&c);
	at = cur_le32(&c);
	if (cur_ok(&c))
		smb_read_asked(
		    m, smb1_file_of(m, file), at | high_offset(b, high_at));
	return cur_ok(&c);
}

bool
smb1_on_write(struct smb_message *m, struct smb_tx *tx, const struct smb1_body *b)
{
	const size_t high_at = 24;
	struct cursor c = cur_of_span(b->words);
	struct smb_read where = {.version = m->version};
	size_t len, offset;

	(void)tx;
	if (m->response)
		return true;
	cur_take(&c, 4);
	where.file = smb1_file_of(m, cur_le16(&c));
	where.offset = cur_le32(&c) | high_offset(b, high_at);
	cur_take(&c, 8);
	len = (size_t)cur_le16(&c) << 16;
	len |= cur_le16(&c);
	offset = cur_le16(&c);
	if (cur_ok(&c))
		smb_file_data(m, &where, offset, len);
	return cur_ok(&c);
}

/* As it was before chains. */
static bool
old_write(struct smb_message *m, const struct smb1_body *b, bool closes)
{
	struct cursor c = cur_of_span(b->words);
	struct smb_read where = {.version = m->version, .closed = closes};
	size_t len;

	if (m->response)
		return true;
	where.file = smb1_file_of(m, cur_le16(&c));
	len = cur_le16(&c);
	where.offset = cur_le32(&c);
	/* A byte of padding, or one of a kind and two of a length. */
	if (cur_ok(&c))
		smb_file_data(m, &where, b->bytes_at + (closes ? 1 : 3), len);
	return cur_ok(&c);
}

bool
smb1_on_old_write(
    struct smb_message *m, struct smb_tx *tx, const struct smb1_body *b)
{
	(void)tx;
	return old_write(m, b, false);
}

bool
smb1_on_old_write_and_close(
    struct smb_message *m, struct smb_tx *tx, const struct smb1_body *b)
{
	(void)tx;
	return old_write(m, b, true);
}
