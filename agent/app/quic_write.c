/* SPDX-License-Identifier: EUPL-1.2 */
/* EVE's "quic" object, dialect 7. */
#include "agent/app/quic.h"

#include "common/jw.h"

#include <stdio.h>

static void
write_piece(
    struct jw *w, const char *key, const struct quic_tx *t, struct quic_piece p)
{
	struct span s = quic_text(t, p);

	if (s.len > 0)
		jw_strn(w, key, s.p, s.len);
}

static void
write_version(struct jw *w, uint32_t version)
{
	char text[16];

	switch (version) {
	case QUIC_2:
		jw_str(w, "version", "v2");
		return;
	case QUIC_Q043:
	case QUIC_Q044:
	case QUIC_Q045:
	case QUIC_Q046:
	case QUIC_Q039:
		snprintf(text, sizeof(text), "Q%03u",
		    (version >> 8 & 0xf) * 10 + (version & 0xf));
		break;
	default:
		snprintf(text, sizeof(text), "%x", version);
		break;
	}
	jw_str(w, "version", text);
}

static void
write_pair(struct jw *w, const char *key, const struct quic_tx *t,
    struct quic_piece hash, struct quic_piece string)
{
	jw_object(w, key);
	write_piece(w, "hash", t, hash);
	write_piece(w, "string", t, string);
	jw_end_object(w);
}

void
quic_write(const struct app_flow *a, const struct app_tx *tx, struct jw *w)
{
	const struct quic_tx *t = (const struct quic_tx *)tx;
	const struct quic_said *s = &t->said;

	(void)a;
	write_version(w, t->version);
	write_piece(w, "sni", t, s->sni);
	write_piece(w, "ua", t, s->ua);
	if (s->cyu_n > 0)
		jw_array(w, "cyu");
	for (unsigned i = 0; i < s->cyu_n; i++)
		write_pair(w, NULL, t, s->cyu[i].hash, s->cyu[i].string);
	if (s->cyu_n > 0)
		jw_end_array(w);
	if (s->ja3.len > 0)
		write_pair(
		    w, t->m.d == APP_TS ? "ja3" : "ja3s", t, s->ja3_hash, s->ja3);
	write_piece(w, "ja4", t, s->ja4);
}
