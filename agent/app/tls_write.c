/* SPDX-License-Identifier: EUPL-1.2 */
/* EVE's "tls" object, dialect 7 (soc.md 3b). */
#include "agent/app/tls.h"

#include "common/jw.h"

#include <stdio.h>
#include <time.h>

const char *
tls_version_name(uint16_t version)
{
	static const struct {
		uint16_t version;
		const char *name;
	} rows[] = {{TLS_SSL2, "SSLv2"}, {TLS_SSL3, "SSLv3"}, {TLS_1_0, "TLSv1"},
	    {TLS_1_1, "TLS 1.1"}, {TLS_1_2, "TLS 1.2"}, {TLS_1_3, "TLS 1.3"}};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (rows[i].version == version)
			return rows[i].name;
	return "UNDETERMINED";
}

static void
write_piece(
    struct jw *w, const char *key, const struct tls_side *s, struct tls_piece p)
{
	if (p.len > 0)
		jw_strn(w, key, s->keep.data + p.at, p.len);
}

static void
write_time(struct jw *w, const char *key, int64_t seconds)
{
	time_t t = (time_t)seconds;
	char text[40];
	struct tm tm;

	if (gmtime_r(&t, &tm) != NULL &&
	    strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", &tm) > 0)
		jw_str(w, key, text);
}

static void
write_name(struct jw *w, const struct tls_side *s)
{
	write_piece(w, "subject", s, s->cert.subject);
	write_piece(w, "issuerdn", s, s->cert.issuer);
}

static void
write_cert(struct jw *w, const struct tls_side *s)
{
	write_piece(w, "serial", s, s->cert.serial);
	write_piece(w, "fingerprint", s, s->cert.fingerprint);
}

static void
write_dates(struct jw *w, const struct tls_side *s)
{
	write_time(w, "notbefore", s->cert.not_before);
	write_time(w, "notafter", s->cert.not_after);
}

static void
write_ja3(struct jw *w, const char *key, const struct tls_side *s)
{
	if (s->ja3_hash.len == 0)
		return;
	jw_object(w, key);
	write_piece(w, "hash", s, s->ja3_hash);
	write_piece(w, "string", s, s->ja3);
	jw_end_object(w);
}

/* The certificate that a client showed. */
static void
write_client(struct jw *w, const struct tls_side *s)
{
	if (!s->has_cert)
		return;
	jw_object(w, "client");
	write_name(w, s);
	write_piece(w, "fingerprint", s, s->cert.fingerprint);
	write_piece(w, "serial", s, s->cert.serial);
	write_dates(w, s);
	jw_end_object(w);
}

void
tls_write(const struct app_flow *a, const struct app_tx *tx, struct jw *w)
{
	const struct tls_state *t = a->state;
	const struct tls_side *client = &t->side[APP_TS],
			      *server = &t->side[APP_TC];

	(void)tx;
	if (server->has_cert) {
		write_name(w, server);
		write_cert(w, server);
	} else if (client->resumes && client->hello && server->hello)
		jw_bool(w, "session_resumed", true);
	write_piece(w, "sni", client, client->server_name);
	jw_str(w, "version", tls_version_name(server->version));
	if (server->has_cert)
		write_dates(w, server);
	write_ja3(w, "ja3", client);
	write_ja3(w, "ja3s", server);
	write_piece(w, "ja4", client, client->ja4);
	write_client(w, client);
}
