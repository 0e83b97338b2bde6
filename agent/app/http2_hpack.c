/* SPDX-License-Identifier: EUPL-1.2 */
/* HPACK (RFC 7541) through the inflater of nghttp2. */
#include "agent/app/http2_hpack.h"

#include "agent/limits.h"

#include <nghttp2/nghttp2.h>

#include <stdlib.h>

struct http2_hpack {
	nghttp2_hd_inflater *inflater;
};

/*
 * The table is as large as the encoder says; up to what the other side allows,
 * which may be seen later than it is used.  So the cap alone bounds it here.
 */
struct http2_hpack *
http2_hpack_new(void)
{
	struct http2_hpack *h = calloc(1, sizeof(*h));

	if (h == NULL)
		return NULL;
	if (nghttp2_hd_inflate_new(&h->inflater) != 0) {
		free(h);
		return NULL;
	}
	if (nghttp2_hd_inflate_change_table_size(h->inflater, HTTP2_TABLE_MAX) == 0)
		return h;
	http2_hpack_free(h);
	return NULL;
}

void
http2_hpack_free(struct http2_hpack *h)
{
	if (h == NULL)
		return;
	nghttp2_hd_inflate_del(h->inflater);
	free(h);
}

bool
http2_hpack_inflate(
    struct http2_hpack *h, struct span block, http2_field_fn *fn, void *arg)
{
	int flags = 0;

	while (!(flags & NGHTTP2_HD_INFLATE_FINAL)) {
		nghttp2_nv nv;
		ssize_t used;

		flags = 0;
		used = nghttp2_hd_inflate_hd2(
		    h->inflater, &nv, &flags, block.p, block.len, 1);
		if (used < 0)
			return false;
		if (used > 0) {
			block.p += used;
			block.len -= (size_t)used;
		}
		if (flags & NGHTTP2_HD_INFLATE_EMIT)
			fn(arg, (struct span){nv.name, nv.namelen},
			    (struct span){nv.value, nv.valuelen});
		else if (!(flags & NGHTTP2_HD_INFLATE_FINAL) && block.len == 0)
			return false;
	}
	return nghttp2_hd_inflate_end_headers(h->inflater) == 0;
}
