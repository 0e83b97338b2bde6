/* SPDX-License-Identifier: EUPL-1.2 */
#include "collector/report/texts.h"

#include <string.h>

#define TEXTS_ROW(id, nl, en) [TEXT_##id] = {nl, en},
static const char *const texts[TEXTS_COUNT][TEXTS_LANGS] = {TEXTS(TEXTS_ROW)};
#undef TEXTS_ROW

static const char *const langs[TEXTS_LANGS] = {"nl", "en"};

const char *
texts_get(enum texts_lang lang, enum texts_id id)
{
	return texts[id][lang];
}

void
texts_fill(struct buf *out, enum texts_lang lang, enum texts_id id,
    const char *const *arg, size_t n)
{
	for (const char *s = texts_get(lang, id); *s != '\0'; s++) {
		if (s[0] == '%' && s[1] >= '1' && (size_t)(s[1] - '1') < n)
			buf_adds(out, arg[*++s - '1']);
		else
			buf_addc(out, *s);
	}
}

int
texts_lang_parse(const char *name)
{
	for (int i = 0; i < TEXTS_LANGS; i++) {
		if (strcmp(langs[i], name) == 0)
			return i;
	}
	return -1;
}

const char *
texts_lang_name(enum texts_lang lang)
{
	return langs[lang];
}
