/* SPDX-License-Identifier: EUPL-1.2 */
/* The frame keyword: "http1.request", or "request" where the rule has one protocol. */
#include "agent/detect/buffers.h"
#include "agent/detect/parser.h"

#include <string.h>
#include <strings.h>

static const char STREAM[] = "stream";

/* The frame of that name, and the protocols that have it. */
static enum app_buffer_id
find(const char *name, uint64_t *apps)
{
	for (enum app_buffer_id b = APP_FRAMES; b < APP_BUFFER_IDS; b++) {
		const char *word = app_buffer_row(b)->name;

		if (strcasecmp(word, name) != 0)
			continue;
		*apps = 0;
		for (int id = 0; id < APP_IDS; id++)
			if (app_buffer_progress((enum app_id)id, b, APP_TS) != -1 ||
			    app_buffer_progress((enum app_id)id, b, APP_TC) != -1)
				*apps |= APP_BIT(id);
		return *apps == 0 ? APP_BUFFER_NONE : b;
	}
	return APP_BUFFER_NONE;
}

/* "protocol.type"; a word of a rule that stands for two is none of a frame. */
static enum app_buffer_id
find_full(char *value, uint64_t *apps)
{
	char *dot = strchr(value, '.');
	unsigned over;
	uint64_t word;
	bool known;

	if (dot == NULL)
		return APP_BUFFER_NONE;
	if (strcasecmp(dot + 1, STREAM) != 0)
		return find(value, apps);
	*dot = '\0';
	word = app_word(value, &known, &over);
	*dot = '.';
	if (find(STREAM, apps) == APP_BUFFER_NONE || (*apps &= word) == 0)
		return APP_BUFFER_NONE;
	return APP_FRAME_STREAM;
}

/* The type alone, of the one protocol of the rule. */
static enum app_buffer_id
find_type(const struct rule_parser *p, const char *value, uint64_t *apps)
{
	if (p->r->apps == 0 || (p->r->apps & (p->r->apps - 1)) != 0)
		return APP_BUFFER_NONE;
	for (enum app_buffer_id b = APP_FRAMES; b < APP_BUFFER_IDS; b++) {
		const char *name = app_buffer_row(b)->name;
		const char *dot = strchr(name, '.');

		if (strcasecmp(dot == NULL ? name : dot + 1, value) == 0 &&
		    find(name, apps) == b && (*apps & p->r->apps) != 0)
			return b;
	}
	return APP_BUFFER_NONE;
}

int
kw_frame(struct rule_parser *p, char *value)
{
	enum app_buffer_id b;
	uint64_t apps = 0;

	b = find_full(value, &apps);
	if (b == APP_BUFFER_NONE)
		b = find_type(p, value, &apps);
	if (b == APP_BUFFER_NONE)
		return parser_fail(
		    p, "no frame \"%.40s\" of the rule's protocol here", value);
	if (p->r->apps != 0 && (apps & p->r->apps) == 0)
		return parser_fail(
		    p, "\"%.40s\" is of another protocol than the rule", value);
	p->r->apps = p->r->apps == 0 ? apps : p->r->apps & apps;
	p->list = kw_app_list_of(p, b);
	return p->list == -1 ? -1 : 0;
}
