/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Reading JSON, through jansson (met only here).  Repeated keys, bad UTF-8 and
 * excessive depth are refused.
 */
#ifndef COMMON_JSON_H
#define COMMON_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct json_doc; /* also any value inside one */

/* NULL with a reason in error (may be NULL).  Free with json_free(). */
struct json_doc *json_read(const char *text, size_t len, char *error, size_t size);
void json_free(struct json_doc *d);

/*
 * A value by dotted path ("alert.signature_id", "files.0.sha256"); on loan from
 * d, NULL when absent.  An empty path is d itself.
 */
const struct json_doc *json_at(const struct json_doc *d, const char *path);
/* NULL when absent or no string. */
const char *json_str(const struct json_doc *d, const char *path);
int64_t json_int(const struct json_doc *d, const char *path, int64_t fallback);
bool json_bool(const struct json_doc *d, const char *path, bool fallback);
/* Kind of a value: 'o' object, 'a' array, 's', 'i', 'r' real, 'b', 'n' null, 0
 * absent. */
char json_kind(const struct json_doc *d);
double json_number(const struct json_doc *d, double fallback);
/* Elements of an array or object. */
size_t json_count(const struct json_doc *d);
const struct json_doc *json_item(const struct json_doc *d, size_t i);
/* Walk an object: start with *iter NULL; NULL at the end. */
const struct json_doc *json_next(
    const struct json_doc *d, void **iter, const char **key);

#endif
