/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * What is known of a whole file once its last byte passed: its size and the
 * digests that rules ask for.  For parsers.
 */
#ifndef AGENT_APP_FILE_SUM_H
#define AGENT_APP_FILE_SUM_H

#include "agent/app/parser.h"

struct file_digests;

struct file_sum {
	uint64_t size;
	bool begun, closed;
	bool broken;		      /* bytes of it were not seen: no digest */
	bool gaps;		      /* and size counts some of them */
	struct file_digests *digests; /* NULL: no rule asks */
	bool copies, copy_cut;
	struct buf copy; /* its first bytes, for the scanner */
};

/* Does any rule ask?  Else nothing below is worth its bytes. */
bool file_sum_wanted(const struct app_flow *a);
void file_sum_begin(struct app_flow *a, struct file_sum *s);
void file_sum_add(struct app_flow *a, struct file_sum *s, struct span bytes);
/* It is no file after all: nothing is kept of it. */
void file_sum_no_copy(struct file_sum *s);
void file_sum_break(struct file_sum *s);
/* So many bytes never came; they count. */
void file_sum_gap(struct file_sum *s, uint64_t missing);
void file_sum_end(struct file_sum *s);
/* May be called again. */
void file_sum_release(struct app_flow *a, struct file_sum *s);

/* APP_FILE_MD5, APP_FILE_SHA1, APP_FILE_SHA256 and APP_FILE_SIZE. */
bool file_sum_has(enum app_buffer_id b);
enum app_have file_sum_buffer(
    const struct file_sum *s, enum app_buffer_id b, struct app_bytes *out);
/* All of it but the name. */
void file_sum_tell(const struct file_sum *s, struct app_file *out);

#endif
