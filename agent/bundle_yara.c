/* SPDX-License-Identifier: EUPL-1.2 */
#include "agent/bundle_yara.h"

#include "agent/limits.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>

static char *
on_read(void *arg, const char *name, bool included, size_t *len)
{
	const struct bundle *b = arg;
	const struct bundle_part *part =
	    bundle_find(b, included ? BUNDLE_YARA_INCLUDED : BUNDLE_YARA, name);

	if (part == NULL || part->len > YARA_FILE_MAX) {
		errno = part == NULL ? ENOENT : EFBIG;
		return NULL;
	}
	*len = (size_t)part->len;
	return bundle_read(b, part);
}

struct yara *
bundle_yara_load(const struct bundle *b, yara_refused_fn *refused, void *arg,
    struct yara_totals *totals)
{
	const struct yara_source source = {
	    .arg = (void *)(uintptr_t)b, .read = on_read};
	const struct bundle_part *part;
	size_t parts = bundle_parts(b, &part), n = 0;
	const char **names = calloc(parts + 1, sizeof(*names));
	struct yara *y;

	if (names == NULL)
		return NULL;
	for (size_t i = 0; i < parts; i++)
		if (part[i].kind == BUNDLE_YARA)
			names[n++] = part[i].name;
	y = yara_load_from(&source, names, n, refused, arg, totals);
	free(names);
	return y;
}

void
bundle_yara_seen(
    void *arg, const char *name, bool included, const char *text, size_t len)
{
	struct bundle_yara_pack *pack = arg;

	if (pack->error == 0 &&
	    bundle_writer_add(pack->writer,
		included ? BUNDLE_YARA_INCLUDED : BUNDLE_YARA, name,
		(struct span){(const uint8_t *)text, len}) == -1 &&
	    errno != EEXIST) /* includes are read once a set */
		pack->error = errno;
}
