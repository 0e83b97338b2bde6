/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * What a file is by its first bytes, in the words that public YARA rules compare
 * their external variable "filetype" with.
 */
#ifndef AGENT_SCAN_FILETYPE_H
#define AGENT_SCAN_FILETYPE_H

#include <stddef.h>

/* "EXE", "ELF", "PDF"...; "" when not known. */
const char *filetype_of(const void *p, size_t len);

#endif
