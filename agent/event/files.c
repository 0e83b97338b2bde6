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
