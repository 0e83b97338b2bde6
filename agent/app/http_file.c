/* SPDX-License-Identifier: EUPL-1.2 */
/* The name of the file that a body is (RFC 6266; guide, "File Keywords"). */
#include "agent/app/http.h"

#include <string.h>
#include <strings.h>

/* The value of "; filename=value"; p NULL: there is none. */
static struct span
disposition_name(struct span s)
{
	static const char key[] = "filename=";
	const size_t n = sizeof(key) - 1;
	struct span v = {NULL, 0};
	const uint8_t *end;

	for (size_t i = 0; s.p != NULL && i + n <= s.len; i++)
		if (strncasecmp((const char *)s.p + i, key, n) == 0) {
			v = http_trim((struct span){s.p + i + n, s.len - i - n});
			break;
		}
	if (v.p == NULL || v.len == 0)
		return v;
	if (*v.p == '"') {
		v.p++;
		v.len--;
		end = memchr(v.p, '"', v.len);
	} else
		end = memchr(v.p, ';', v.len);
	if (end != NULL)
		v.len = (size_t)(end - v.p);
	return v;
}

struct span
http_file_name(const struct http_tx *tx, enum app_dir d)
{
	struct span name = disposition_name(
	    http_headers_find(&tx->message[d].headers, "content-disposition"));
	const uint8_t *query;

	if (name.p != NULL && name.len > 0)
		return name;
	name = (struct span){tx->uri.data, tx->uri.len};
	query = name.len == 0 ? NULL : memchr(name.p, '?', name.len);
	if (query != NULL)
		name.len = (size_t)(query - name.p);
	return name;
}
