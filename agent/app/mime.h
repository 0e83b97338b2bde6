/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Mail as it is read line by line (RFC 5322, 2045 to 2047): the fields that records
 * tell, and attachments as files.  Parts in parts to MIME_DEPTH_MAX.
 */
#ifndef AGENT_APP_MIME_H
#define AGENT_APP_MIME_H

#include "agent/app/file.h"
#include "agent/app/mime_decode.h"
#include "agent/limits.h"

struct jw;

enum mime_event {
	MIME_LONG_BOUNDARY,
	MIME_BAD_BASE64,
	MIME_BAD_QUOTED,
	MIME_EVENTS,
};

struct mime_file {
	struct file file;
	char name[MIME_NAME_MAX];
	struct mime_file *next;
};

struct mime_boundary {
	char text[MIME_BOUNDARY_MAX];
	size_t len;
};

/* What the headers of the part at hand say. */
struct mime_part {
	bool multipart, message;
	bool nested; /* it opened a level of boundaries */
	char name[MIME_NAME_MAX];
	size_t name_len; /* 0: no attachment */
	enum mime_coding coding;
};

struct mime {
	struct mime_boundary boundary[MIME_DEPTH_MAX];
	unsigned depth;
	bool in_headers, is_top, is_done;
	struct buf header; /* a field, its lines joined */
	struct mime_part part;
	struct mime_decoder decoder;
	struct mime_file *first, *last, *open;
	unsigned files;
	struct buf from, to, cc; /* of the mail itself */
	unsigned events;	 /* bits of enum mime_event */
	bool capped;		 /* parts or files beyond the caps are in it */
};

void mime_begin(struct mime *m);
/* A line without its end, or a piece of one. */
void mime_line(
    struct app_flow *a, struct mime *m, struct span line, bool starts, bool ends);
void mime_end(struct app_flow *a, struct mime *m);
void mime_release(struct app_flow *a, struct mime *m);
/* Members of EVE's "email". */
void mime_write(const struct mime *m, struct jw *w);

#endif
