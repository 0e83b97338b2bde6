/* SPDX-License-Identifier: EUPL-1.2 */
/* HTTP over a Unix socket, on libcurl (met only here). */
#include "collector/ctl/client.h"

#include "common/json.h"

#include <curl/curl.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A stream that says nothing for so long is dead: the collector writes every 15 s.
 */
#define STREAM_SILENCE_SECONDS 45L
#define CALL_SECONDS	       30L

struct client {
	CURL *curl;
	const char *socket_path;
	char error[CLIENT_ERROR_MAX];
	bool reached;
	struct buf refusal; /* body of an answer to a stream that is not 200 */
	bool (*fn)(void *arg, const char *p, size_t len);
	void *arg;
};

struct client *
client_new(const char *socket_path)
{
	struct client *c;

	if ((c = calloc(1, sizeof(*c))) == NULL)
		return NULL;
	buf_init(&c->refusal, 64 * 1024);
	c->socket_path = socket_path;
	if ((c->curl = curl_easy_init()) == NULL) {
		free(c);
		errno = ENOMEM;
		return NULL;
	}
	return c;
}

void
client_free(struct client *c)
{
	if (c == NULL)
		return;
	curl_easy_cleanup(c->curl);
	buf_release(&c->refusal);
	free(c);
}

const char *
client_error(const struct client *c)
{
	return c->error;
}

bool
client_reached(const struct client *c)
{
	return c->reached;
}

/* What a failed connection means to an admin. */
static void
explain(struct client *c, CURLcode code)
{
	const char *path = c->socket_path;

	if (access(path, F_OK) == -1)
		(void)snprintf(c->error, sizeof(c->error),
		    "no socket %s: is the collector running on this machine? "
		    "(its socket is web.socket in collector.yaml; or give "
		    "--socket)",
		    path);
	else if (access(path, R_OK | W_OK) == -1)
		(void)snprintf(c->error, sizeof(c->error),
		    "%s: %s: run this as root or as the collector's user", path,
		    strerror(errno));
	else if (code == CURLE_COULDNT_CONNECT)
		(void)snprintf(c->error, sizeof(c->error),
		    "nobody answers on %s: is the collector running?", path);
	else
		(void)snprintf(c->error, sizeof(c->error), "%s: %s", path,
		    curl_easy_strerror(code));
}

static void
explain_refusal(struct client *c, long status, const struct buf *body)
{
	struct json_doc *d = body->data == NULL
	    ? NULL
	    : json_read((const char *)body->data, body->len, NULL, 0);
	const char *what = d == NULL ? NULL : json_str(d, "error");
	const char *remedy = d == NULL ? NULL : json_str(d, "remedy");

	if (what != NULL)
		(void)snprintf(c->error, sizeof(c->error), "%s%s%s", what,
		    remedy == NULL ? "" : ": ", remedy == NULL ? "" : remedy);
	else
		(void)snprintf(c->error, sizeof(c->error),
		    "the collector answered %ld", status);
	json_free(d);
}

static long
status_of(struct client *c)
{
	long status = 0;

	(void)curl_easy_getinfo(c->curl, CURLINFO_RESPONSE_CODE, &status);
	return status;
}

/* Options that every request has. */
static void
prepare(struct client *c, const char *path)
{
	char url[4096];

	curl_easy_reset(c->curl);
	(void)snprintf(url, sizeof(url), "http://localhost%s", path);
	(void)curl_easy_setopt(c->curl, CURLOPT_UNIX_SOCKET_PATH, c->socket_path);
	(void)curl_easy_setopt(c->curl, CURLOPT_URL, url);
	(void)curl_easy_setopt(c->curl, CURLOPT_PROXY, "");
	(void)curl_easy_setopt(c->curl, CURLOPT_NOSIGNAL, 1L);
}

static size_t
take_answer(char *p, size_t size, size_t n, void *arg)
{
	return buf_add(arg, p, size * n) == -1 ? 0 : size * n;
}

int
client_call(struct client *c, const char *path, const char *body, struct buf *out)
{
	struct curl_slist *headers =
	    curl_slist_append(NULL, "Content-Type: application/json");
	CURLcode code;
	long status;

	prepare(c, path);
	(void)curl_easy_setopt(c->curl, CURLOPT_TIMEOUT, CALL_SECONDS);
	(void)curl_easy_setopt(c->curl, CURLOPT_WRITEFUNCTION, take_answer);
	(void)curl_easy_setopt(c->curl, CURLOPT_WRITEDATA, out);
	if (body != NULL) {
		(void)curl_easy_setopt(c->curl, CURLOPT_POSTFIELDS, body);
		(void)curl_easy_setopt(c->curl, CURLOPT_HTTPHEADER, headers);
	}
	code = curl_easy_perform(c->curl);
	curl_slist_free_all(headers);
	if (code != CURLE_OK) {
		explain(c, code);
		return -1;
	}
	c->reached = true;
	status = status_of(c);
	if (status >= 200 && status < 300)
		return 0;
	explain_refusal(c, status, out);
	return -1;
}

static size_t
take_stream(char *p, size_t size, size_t n, void *arg)
{
	struct client *c = arg;

	c->reached = true;
	if (status_of(c) != 200) {
		(void)buf_add(&c->refusal, p, size * n);
		return size * n;
	}
	return c->fn(c->arg, p, size * n) ? size * n : 0;
}

int
client_stream(struct client *c, const char *path, int64_t last_id,
    bool (*fn)(void *arg, const char *p, size_t len), void *arg)
{
	struct curl_slist *headers = NULL;
	char header[64];
	CURLcode code;
	long status;

	c->reached = false;
	c->fn = fn;
	c->arg = arg;
	buf_reset(&c->refusal);
	prepare(c, path);
	if (last_id >= 0) {
		(void)snprintf(
		    header, sizeof(header), "Last-Event-ID: %" PRId64, last_id);
		headers = curl_slist_append(headers, header);
		(void)curl_easy_setopt(c->curl, CURLOPT_HTTPHEADER, headers);
	}
	(void)curl_easy_setopt(c->curl, CURLOPT_LOW_SPEED_LIMIT, 1L);
	(void)curl_easy_setopt(
	    c->curl, CURLOPT_LOW_SPEED_TIME, STREAM_SILENCE_SECONDS);
	(void)curl_easy_setopt(c->curl, CURLOPT_WRITEFUNCTION, take_stream);
	(void)curl_easy_setopt(c->curl, CURLOPT_WRITEDATA, c);
	code = curl_easy_perform(c->curl);
	curl_slist_free_all(headers);
	status = status_of(c);
	if (status != 0 && status != 200) {
		explain_refusal(c, status, &c->refusal);
		return -1;
	}
	explain(c, code);
	return 0;
}

int
client_add_query(struct buf *path, const char *name, const char *value)
{
	char *escaped;
	int r;

	if (value == NULL)
		return 0;
	if ((escaped = curl_easy_escape(NULL, value, 0)) == NULL)
		return -1;
	r = buf_addf(path, "%c%s=%s",
	    memchr(path->data, '?', path->len) == NULL ? '?' : '&', name, escaped);
	curl_free(escaped);
	return r;
}
