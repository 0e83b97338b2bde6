/* SPDX-License-Identifier: EUPL-1.2 */
/* Files of transactions in records: members in EVE's own order. */
#include "agent/event/build.h"

static const char *
state_name(const struct app_file *f)
{
	return !f->closed ? "UNKNOWN" : f->truncated ? "TRUNCATED" : "CLOSED";
}

/* The members of an entry of "files". */
static void
write_file(struct jw *w, const struct app_file *f, uint64_t tx_id)
{
	static const char *const digests[DIGEST_KINDS] = {
	    [DIGEST_MD5] = "md5",
	    [DIGEST_SHA1] = "sha1",
	    [DIGEST_SHA256] = "sha256",
	};

	if (f->name.len > 0)
		jw_strn(w, "filename", f->name.p, f->name.len);
	if (f->magic.len > 0)
		jw_strn(w, "magic", f->magic.p, f->magic.len);
	jw_bool(w, "gaps", f->gaps);
	jw_str(w, "state", state_name(f));
	for (unsigned k = 0; k < DIGEST_KINDS; k++)
		if (f->digest[k].len > 0)
			jw_hex(w, digests[k], f->digest[k].p, f->digest[k].len);
	jw_bool(w, "stored", false);
	jw_uint(w, "size", f->size);
	jw_uint(w, "tx_id", tx_id);
}

void
event_write_files(
    struct jw *w, const struct flow *f, uint64_t tx_id, enum app_dir d)
{
	const struct app_tx *tx = app_tx_find(f, tx_id);
	struct app_file file;

	if (tx == NULL || !app_file(f, tx, d, 0, &file))
		return;
	jw_array(w, "files");
	for (unsigned i = 0; app_file(f, tx, d, i, &file); i++) {
		jw_object(w, NULL);
		write_file(w, &file, tx_id);
		jw_end_object(w);
	}
	jw_end_array(w);
}

/* Who sent the file to whom. */
static void
write_ends(struct jw *w, const struct flow_key *k, enum app_dir d)
{
	if (d == APP_TS)
		event_write_pair(w, &k->a, k->aport, &k->b, k->bport, k->proto);
	else
		event_write_pair(w, &k->b, k->bport, &k->a, k->aport, k->proto);
	event_proto(w, k->proto);
}

void
event_file_members(const struct event_builder *b, const struct flow *f,
    const struct app_tx *tx, enum app_dir d, struct buf *before, struct buf *after)
{
	struct jw w;

	buf_reset(before);
	jw_init(&w, before);
	jw_object(&w, NULL);
	jw_uint(&w, "flow_id", f->id);
	if (b->config.interface != NULL)
		jw_str(&w, "in_iface", b->config.interface);
	write_ends(&w, &f->key, d);
	event_write_community_id(&w, f);
	jw_uint(&w, "tx_id", tx->id);
	jw_end_object(&w);
	buf_reset(after);
	jw_init(&w, after);
	jw_object(&w, NULL);
	app_tx_tell(f, tx, &w);
	event_write_app(&w, f);
	jw_str(&w, "direction", d == APP_TS ? "to_server" : "to_client");
	event_write_flow(&w, f);
	jw_end_object(&w);
}

static void
tell_file(struct event_builder *b, const struct flow *f, const struct app_tx *tx,
    enum app_dir d, const struct app_file *file, int64_t time_us)
{
	struct jw *w = &b->w;

	event_builder_begin(b, time_us, f, NULL, "fileinfo");
	write_ends(w, &f->key, d);
	event_write_community_id(w, f);
	app_tx_tell(f, tx, w);
	event_write_app(w, f);
	jw_object(w, "fileinfo");
	write_file(w, file, tx->id);
	jw_end_object(w);
	event_ours(w, RECORD_FINDING, "agent", b->config.zone);
	event_builder_send(b, RECORD_FINDING, time_us, &b->stats.others);
}

void
event_files(struct event_builder *b, const struct flow *f, const struct app_tx *tx,
    int64_t time_us)
{
	for (int d = 0; d < APP_DIRS; d++) {
		struct app_file file;

		for (unsigned i = 0; app_file(f, tx, (enum app_dir)d, i, &file);
		     i++)
			tell_file(b, f, tx, (enum app_dir)d, &file, time_us);
	}
}
