/* SPDX-License-Identifier: EUPL-1.2 */
#include "common/record.h"
#include "common/cursor.h"
#include "common/jw.h"

#include <errno.h>
#include <string.h>

/* magic 4, version 1, class 1, reserved 2, writer 8, number 8, time 8, length 4 */
#define ENVELOPE_BYTES 36

static const char *const CLASS_NAMES[RECORD_CLASSES] = {
    [RECORD_HEALTH] = "health",
    [RECORD_ALERT] = "alert",
    [RECORD_FINDING] = "finding",
    [RECORD_TELEMETRY] = "telemetry",
};

const char *
record_class_name(enum record_class c)
{
	return (unsigned)c < RECORD_CLASSES ? CLASS_NAMES[c] : "unknown";
}

int
record_class_parse(const char *name)
{
	for (int c = 0; c < RECORD_CLASSES; c++)
		if (strcmp(name, CLASS_NAMES[c]) == 0)
			return c;
	return -1;
}

int
record_encode(const struct record *r, struct buf *out)
{
	if (r->json_len > RECORD_JSON_MAX ||
	    buf_reserve(out, ENVELOPE_BYTES + r->json_len) == -1)
		return -1;
	buf_add_le32(out, RECORD_MAGIC);
	buf_addc(out, RECORD_VERSION);
	buf_addc(out, (char)r->cls);
	buf_add_le16(out, 0);
	buf_add_le64(out, r->writer);
	buf_add_le64(out, r->number);
	buf_add_le64(out, (uint64_t)r->time_us);
	buf_add_le32(out, (uint32_t)r->json_len);
	return buf_add(out, r->json, r->json_len);
}

int
record_decode(const void *p, size_t len, struct record *r)
{
	struct cursor c = cur_of(p, len);
	uint32_t magic = cur_le32(&c);
	uint8_t version = cur_u8(&c), cls = cur_u8(&c);
	uint32_t json_len;

	cur_le16(&c);
	r->writer = cur_le64(&c);
	r->number = cur_le64(&c);
	r->time_us = (int64_t)cur_le64(&c);
	json_len = cur_le32(&c);
	if (!cur_ok(&c) || magic != RECORD_MAGIC || version != RECORD_VERSION ||
	    cls >= RECORD_CLASSES || json_len > RECORD_JSON_MAX ||
	    json_len != c.left) {
		errno = EBADMSG;
		return -1;
	}
	r->cls = cls;
	r->json = (const char *)c.pos;
	r->json_len = json_len;
	return 0;
}

int
record_finish(
    const char *json, size_t len, const struct record_origin *o, struct buf *out)
{
	static const char LAST[] = "\"stadswacht\":{";
	struct jw w;

	/* the tail is ours: the last object holds no object of its own */
	if (len < sizeof(LAST) + 2 || json[0] != '{' ||
	    memcmp(json + len - 2, "}}", 2) != 0 ||
	    memmem(json, len, LAST, sizeof(LAST) - 1) == NULL) {
		errno = EBADMSG;
		return -1;
	}
	buf_add(out, json, len - 2);
	jw_init(&w, out);
	w.first[0] = json[len - 3] == '{';
	if (o->tenant != NULL)
		jw_str(&w, "tenant", o->tenant);
	if (o->agent != NULL)
		jw_str(&w, "agent", o->agent);
	if (o->host != NULL)
		jw_str(&w, "host", o->host);
	if (o->epoch != NULL)
		jw_str(&w, "epoch", o->epoch);
	jw_uint(&w, "seq", o->seq);
	buf_add(out, "}}", 2);
	if (out->overflow) {
		errno = EMSGSIZE;
		return -1;
	}
	return 0;
}
