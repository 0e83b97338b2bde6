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
    struct jw *w, const char *key, const struct tls_kept *k, struct tls_piece p)
{
	if (p.len > 0)
		jw_strn(w, key, k->bytes.data + p.at, p.len);
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
write_name(struct jw *w, const struct tls_kept *k)
{
	write_piece(w, "subject", k, k->cert.subject);
	write_piece(w, "issuerdn", k, k->cert.issuer);
}

static void
write_cert(struct jw *w, const struct tls_kept *k)
{
	write_piece(w, "serial", k, k->cert.serial);
	write_piece(w, "fingerprint", k, k->cert.fingerprint);
}

static void
write_dates(struct jw *w, const struct tls_kept *k)
{
	write_time(w, "notbefore", k->cert.not_before);
	write_time(w, "notafter", k->cert.not_after);
}

static void
write_ja3(struct jw *w, const char *key, const struct tls_kept *k)
{
	if (k->ja3_hash.len == 0)
		return;
	jw_object(w, key);
	write_piece(w, "hash", k, k->ja3_hash);
	write_piece(w, "string", k, k->ja3);
	jw_end_object(w);
}

/* The certificate that a client showed. */
static void
write_client(struct jw *w, const struct tls_kept *k)
{
	if (!k->has_cert)
		return;
	jw_object(w, "client");
	write_name(w, k);
	write_piece(w, "fingerprint", k, k->cert.fingerprint);
	write_piece(w, "serial", k, k->cert.serial);
	write_dates(w, k);
	jw_end_object(w);
}

void
tls_write(const struct app_flow *a, const struct app_tx *tx, struct jw *w)
{
	const struct tls_state *t = a->state;
	const struct tls_side *client = &t->side[APP_TS],
			      *server = &t->side[APP_TC];
	const struct tls_kept *ck = tls_kept(client), *sk = tls_kept(server);

	(void)tx;
	if (sk->has_cert) {
		write_name(w, sk);
		write_cert(w, sk);
	} else if (client->resumes && client->hello && server->hello)
		jw_bool(w, "session_resumed", true);
	write_piece(w, "sni", ck, ck->server_name);
	jw_str(w, "version", tls_version_name(server->version));
	if (sk->has_cert)
		write_dates(w, sk);
	write_ja3(w, "ja3", ck);
	write_ja3(w, "ja3s", sk);
	write_piece(w, "ja4", ck, ck->ja4);
	write_client(w, ck);
}
