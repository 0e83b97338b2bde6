/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * What a file is, in libmagic's words ("PDF document, version 1.7").  The only place
 * that meets libmagic.
 */
#ifndef AGENT_APP_MAGIC_H
#define AGENT_APP_MAGIC_H

#include "common/cursor.h"

struct magic_base;

/*
 * The database of the system, mapped: memory is used from the first question on,
 * and no file is opened any more.  NULL with errno.
 */
struct magic_base *magic_base_open(const char *path);
void magic_base_free(struct magic_base *m);
#define MAGIC_BASE_PATH "/usr/share/misc/magic.mgc"

/* By the first bytes; on loan until the next question.  NULL: cannot be told. */
const char *magic_base_ask(struct magic_base *m, struct span begin);

#endif
