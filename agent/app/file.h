/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * A file that passes by: its name and, as a window that moves with what detection
 * looked at, its bytes (engine.md 3.4; 5, number 32).  For parsers.
 */
#ifndef AGENT_APP_FILE_H
#define AGENT_APP_FILE_H

#include "agent/app/file_magic.h"
#include "agent/app/file_sum.h"

struct file {
	struct span name; /* the parser's own memory */
	size_t at_least;  /* bytes before the first look, unless it ends */
	struct buf data;
	uint64_t start;	    /* of data in the file */
	uint64_t inspected; /* up to there detection looked */
	bool closed;
	struct file_sum sum;
	struct file_magic *magic; /* NULL: no rule asks */
};

void file_begin(
    struct app_flow *a, struct file *f, struct span name, size_t at_least);
void file_add(struct app_flow *a, struct file *f, struct span bytes);
/* Bytes that never came: zeros, if what waits for detection can stay beside them. */
void file_gap(struct app_flow *a, struct file *f, uint64_t missing);
void file_end(struct file *f);
void file_release(struct app_flow *a, struct file *f);

/* APP_FILE_DATA, APP_FILE_NAME, APP_FILE_MAGIC and what file_sum_buffer() has. */
enum app_have file_buffer(
    const struct file *f, enum app_buffer_id b, struct app_bytes *out);
/* For app_parser.file; true. */
bool file_tell(const struct file *f, struct app_file *out);
/* Detection looked at all of the window. */
void file_inspected(struct app_flow *a, struct file *f);

#endif
