/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * HTTP/1 (RFC 9112), read as browsers and servers read it: leniently, because
 * what one of them would understand must not pass unseen.  Private to http*.c.
 */
#ifndef AGENT_APP_HTTP_H
#define AGENT_APP_HTTP_H

#include "agent/app/http_parts.h"
#include "common/cursor.h"

enum http_progress {
	HTTP_BEGUN,
	HTTP_LINE, /* the first line is known; and so on */
	HTTP_HEADERS,
	HTTP_BODY, /* some of it may be there */
	HTTP_DONE,
};

enum http_event {
	HTTP_EVENT_REQUEST_TOO_LONG,
	HTTP_EVENT_RESPONSE_TOO_LONG,
	HTTP_EVENT_REQUEST_NO_COLON,
	HTTP_EVENT_RESPONSE_NO_COLON,
	HTTP_EVENT_UNMATCHED,
	HTTP_EVENT_MISSING_HOST,
	HTTP_EVENT_HOST_AMBIGUOUS,
	HTTP_EVENT_MISSING_PROTOCOL,
	HTTP_EVENT_REQUEST_CHUNK_EXTENSION,
	HTTP_EVENT_RESPONSE_CHUNK_EXTENSION,
	HTTP_EVENT_REQUEST_LENGTHS,
	HTTP_EVENT_RESPONSE_LENGTHS,
	HTTP_EVENT_TOO_MANY_LAYERS,
	HTTP_EVENT_AUTH_UNRECOGNIZED,
	HTTP_EVENT_REQUEST_CODING,
	HTTP_EVENT_MULTIPART_ERROR, /* and on, as enum http_parts_event */
	HTTP_EVENT_MULTIPART_HEADER,
	HTTP_EVENT_BODY_UNEXPECTED,
	HTTP_EVENT_CHANGE_FAILED,
	HTTP_EVENT_LEADING_SPACE,
	HTTP_EVENT_METHOD_DELIMITER,
	HTTP_EVENT_URI_DELIMITER,
	HTTP_EVENT_URI_HOST,
	HTTP_EVENT_HEADER_HOST,
	HTTP_EVENT_REQUEST_HEADER,
	HTTP_EVENT_RESPONSE_HEADER,
	HTTP_EVENT_REQUEST_MANY,
	HTTP_EVENT_REQUEST_FOLDING,
	HTTP_EVENT_RESPONSE_FOLDING,
	HTTP_EVENT_REQUEST_LENGTH,
	HTTP_EVENT_RESPONSE_LENGTH,
	HTTP_EVENT_REQUEST_CHUNK,
	HTTP_EVENT_RESPONSE_CHUNK,
	HTTP_EVENT_PROTOCOL,
	HTTP_EVENT_STATUS,
	HTTP_EVENT_RESPONSE_CODING,
	HTTP_EVENT_CHUNKED_OLD,
	HTTP_EVENT_CONTENT_CODING,
	HTTP_EVENT_RANGE,
	HTTP_EVENT_CONTINUE_AGAIN,
	HTTP_EVENT_UNPACK,
	HTTP_EVENTS,
};

/* A part of another buffer, which may move as it grows. */
struct http_part {
	size_t at, len;
};

struct http_field {
	struct http_part name, value;
	bool has_colon;
	bool bad_name; /* it is no token */
};

/* The lines between the first and the body. */
struct http_headers {
	struct buf raw;	  /* as they came, the empty line included */
	struct buf lines; /* folded ones joined; what fields are parts of */
	struct http_field *field;
	size_t n, cap, last; /* where the last line begins */
	bool missing_colon;
	bool folded_first; /* the first line goes on one that is not there */
	bool too_many;
	bool bad_name;	     /* a name is no token */
	bool lengths_differ; /* Content-Length stands there twice */
	/* Made when they are complete: fields of one name joined. */
	struct buf text;  /* the first line, "Name: value" each, an empty line */
	struct buf shown; /* the same without cookies */
	struct buf names; /* "\r\nName\r\nName\r\n\r\n" */
	struct http_field *joined; /* parts of text, in the order of first use */
	size_t joined_n;
};

struct http_coder;

struct http_body {
	struct buf data;
	uint64_t inspected; /* up to there detection looked */
	bool complete;
	struct http_coder *coder; /* the outermost; NULL: as it stands */
	size_t held;
	struct file_sum sum;	  /* of what was unpacked, beyond data too */
	struct http_parts *parts; /* NULL: it is one file, or none */
	struct file_magic *magic;
};

/* One message of a transaction: its request or its response. */
struct http_message {
	struct buf line;
	struct http_part word[3]; /* method, URI, protocol; protocol, code, text */
	struct http_headers headers;
	struct http_body body;
};

struct http_tx {
	struct app_tx tx; /* first */
	struct http_message message[APP_DIRS];
	struct buf uri;	 /* normalised path and query */
	struct buf host; /* lower case, without port; empty: none */
	bool is_head, is_connect, has_files;
	bool continued; /* "100 Continue" was said */
	int status;
};

struct span http_part(const struct buf *b, struct http_part p);
bool http_is(struct span s, const char *text);	/* the same, any case */
bool http_has(struct span s, const char *text); /* it stands in s, any case */
struct span http_trim(struct span s);

/* --- http_tx.c ------------------------------------------------------------------ */

/* The buffers of a transaction that is all zeros; and their release. */
void http_tx_setup(struct http_tx *tx);
void http_tx_clear(struct app_flow *a, struct http_tx *tx);
/* Raise the progress; it never falls. */
void http_tx_advance(struct http_tx *tx, enum app_dir d, enum http_progress p);

/* --- http_line.c ---------------------------------------------------------------- */

/* The first line into words.  false: no memory. */
bool http_request_line(struct http_tx *tx, struct span line);
bool http_status_line(struct http_tx *tx, struct span line);

/* --- http_headers.c ------------------------------------------------------------- */

void http_headers_init(struct http_headers *h);
void http_headers_release(struct http_headers *h);
/* Rules had all of them: what records tell is kept, the rest let go. */
void http_headers_thin(struct http_headers *h);
/* One line; it may go on the one before.  strict: not if it has a colon too. */
void http_headers_line(struct http_headers *h, struct span line, bool strict);
/*
 * A field that is known as such, which has no line.  false: it does not fit, and
 * is left out.
 */
bool http_headers_add(struct http_headers *h, struct span name, struct span value);
/* After the empty line.  cookie: the name that "shown" leaves out. */
void http_headers_finish(
    struct http_headers *h, const struct buf *first_line, const char *cookie);
/* The same again, with the lines that came behind the body. */
void http_headers_finish_again(
    struct http_headers *h, const struct buf *first_line, const char *cookie);
/* The value of a field; p NULL: there is none. */
struct span http_headers_find(const struct http_headers *h, const char *name);

/* --- http_uri.c ----------------------------------------------------------------- */

/* Path and query as a server would take them (engine.md 5.9), and the host. */
void http_uri_normalise(struct http_tx *tx, struct span uri);
/* Host of the header where the URI has none; lower case, no port. */
void http_uri_host(struct http_tx *tx, struct span header);

/* --- http_file.c ---------------------------------------------------------------- */

/* Of the file that a body is: as the header says, else the path of the URI. */
struct span http_file_name(const struct http_tx *tx, enum app_dir d);

/* --- http_body.c ---------------------------------------------------------------- */

void http_body_begin(struct app_flow *a, struct http_body *b, struct span encoding);
void http_body_add(struct app_flow *a, struct http_body *b, struct span bytes);
void http_body_end(struct app_flow *a, struct http_body *b);
/* So many bytes never came; 0: not known how many. */
void http_body_gap(struct app_flow *a, struct http_body *b, uint64_t missing);
void http_body_release(struct app_flow *a, struct http_body *b);
enum app_have http_body_window(
    const struct http_body *b, enum app_dir d, struct app_bytes *out);
void http_body_inspected(struct http_body *b, enum app_dir d);

/* --- http_inflate.c ------------------------------------------------------------- */

typedef void http_sink_fn(void *arg, struct span bytes);
/* A chain for "gzip, deflate"; NULL: none of them is known. */
struct http_coder *http_coder_new(struct span encoding);
/* Are there more codings than are unpacked? */
bool http_coder_too_deep(struct span encoding);
void http_coder_free(struct http_coder *c);
/* Was its beginning not what the coding's name says?  c may be NULL. */
bool http_coder_failed(const struct http_coder *c);
/* Tells sink what came out; what cannot be unpacked comes out as it is. */
void http_coder_feed(
    struct http_coder *c, struct span bytes, http_sink_fn *sink, void *arg);

/* --- http_buffers.c ------------------------------------------------------------- */

/* What HTTP/1 and HTTP/2 have alike: fields, bodies and files. */
#define HTTP_USE(buffer, ts, tc)                                                   \
	{                                                                          \
		buffer,                                                            \
		{                                                                  \
			ts, tc                                                     \
		}                                                                  \
	}
#define HTTP_SHARED_USES                                                           \
	HTTP_USE(APP_HTTP_START, HTTP_HEADERS, HTTP_HEADERS),                      \
	    HTTP_USE(APP_HTTP_HEADER, HTTP_HEADERS, HTTP_HEADERS),                 \
	    HTTP_USE(APP_HTTP_HEADER_RAW, HTTP_HEADERS, HTTP_HEADERS),             \
	    HTTP_USE(APP_HTTP_HEADER_NAMES, HTTP_HEADERS, HTTP_HEADERS),           \
	    HTTP_USE(APP_HTTP_REQUEST_HEADER, HTTP_HEADERS, APP_NEVER),            \
	    HTTP_USE(APP_HTTP_RESPONSE_HEADER, APP_NEVER, HTTP_HEADERS),           \
	    HTTP_USE(APP_HTTP_USER_AGENT, HTTP_HEADERS, APP_NEVER),                \
	    HTTP_USE(APP_HTTP_HOST, HTTP_HEADERS, APP_NEVER),                      \
	    HTTP_USE(APP_HTTP_HOST_RAW, HTTP_HEADERS, APP_NEVER),                  \
	    HTTP_USE(APP_HTTP_COOKIE, HTTP_HEADERS, HTTP_HEADERS),                 \
	    HTTP_USE(APP_HTTP_REFERER, HTTP_HEADERS, APP_NEVER),                   \
	    HTTP_USE(APP_HTTP_ACCEPT, HTTP_HEADERS, APP_NEVER),                    \
	    HTTP_USE(APP_HTTP_ACCEPT_ENC, HTTP_HEADERS, APP_NEVER),                \
	    HTTP_USE(APP_HTTP_ACCEPT_LANG, HTTP_HEADERS, APP_NEVER),               \
	    HTTP_USE(APP_HTTP_CONTENT_TYPE, HTTP_HEADERS, HTTP_HEADERS),           \
	    HTTP_USE(APP_HTTP_CONTENT_LEN, HTTP_HEADERS, HTTP_HEADERS),            \
	    HTTP_USE(APP_HTTP_CONNECTION, HTTP_HEADERS, HTTP_HEADERS),             \
	    HTTP_USE(APP_HTTP_SERVER, APP_NEVER, HTTP_HEADERS),                    \
	    HTTP_USE(APP_HTTP_LOCATION, APP_NEVER, HTTP_HEADERS),                  \
	    HTTP_USE(APP_HTTP_REQUEST_BODY, HTTP_BODY, APP_NEVER),                 \
	    HTTP_USE(APP_HTTP_RESPONSE_BODY, APP_NEVER, HTTP_BODY),                \
	    HTTP_USE(APP_FILE_DATA, HTTP_BODY, HTTP_BODY),                         \
	    HTTP_USE(APP_FILE_NAME, HTTP_BODY, HTTP_BODY),                         \
	    HTTP_USE(APP_FILE_MD5, HTTP_BODY, HTTP_BODY),                          \
	    HTTP_USE(APP_FILE_SHA1, HTTP_BODY, HTTP_BODY),                         \
	    HTTP_USE(APP_FILE_SHA256, HTTP_BODY, HTTP_BODY),                       \
	    HTTP_USE(APP_FILE_SIZE, HTTP_BODY, HTTP_BODY),                         \
	    HTTP_USE(APP_FILE_MAGIC, HTTP_BODY, HTTP_BODY)

extern const struct app_use http_uses[];
enum app_have http_buffer(const struct app_flow *a, const struct app_tx *tx,
    enum app_buffer_id b, enum app_dir d, unsigned instance, struct app_bytes *out);
/* For app_parser.file. */
bool http_file(const struct app_flow *a, const struct app_tx *head, enum app_dir d,
    unsigned i, struct app_file *out);
void http_write(const struct app_flow *a, const struct app_tx *tx, struct jw *w);

extern const struct app_parser http_parser;

#endif
