/* SPDX-License-Identifier: EUPL-1.2 */
/* Alerts, incidents and agent states as lines. */
#include "collector/ctl/show.h"

#include "collector/ctl/term.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define RECORD_KEY ",\"record\":"

static const char *const severities[] = {"-", "high", "medium", "low", "info"};

const char *
show_severity(const struct json_doc *record, const char *path)
{
	const char *text = json_str(record, path);
	int64_t n = json_int(record, path, 0);

	if (text != NULL)
		return text;
	return severities[n < 1 ? 0 : n > 4 ? 4 : n];
}

static enum term_style
style_of(const char *severity)
{
	static const struct {
		const char *name;
		enum term_style style;
	} styles[] = {{"critical", TERM_HIGH}, {"high", TERM_HIGH},
	    {"medium", TERM_MEDIUM}, {"low", TERM_LOW}};
	size_t i;

	for (i = 0; i < sizeof(styles) / sizeof(*styles); i++)
		if (strcmp(styles[i].name, severity) == 0)
			return styles[i].style;
	return TERM_DIM;
}

static void
add_styled(struct buf *out, bool colour, enum term_style style, const char *text,
    size_t width)
{
	term_style(out, colour, style);
	term_text(out, text, width);
	term_style(out, colour, TERM_PLAIN);
}

/* "10.0.0.1:4444 -> 10.0.0.2:22", or the file it is about. */
static void
add_place(struct buf *out, const struct json_doc *d)
{
	const char *src = json_str(d, "record.src_ip"),
		   *dest = json_str(d, "record.dest_ip");
	int64_t sport = json_int(d, "record.src_port", 0);
	int64_t dport = json_int(d, "record.dest_port", 0);

	if (src == NULL && dest == NULL) {
		term_text(out, json_str(d, "record.fileinfo.filename"), 0);
		return;
	}
	term_text(out, src, 0);
	if (sport > 0)
		(void)buf_addf(out, ":%" PRId64, sport);
	(void)buf_adds(out, " -> ");
	term_text(out, dest, 0);
	if (dport > 0)
		(void)buf_addf(out, ":%" PRId64, dport);
}

static void
show_alert(struct buf *out, const struct json_doc *d, bool colour)
{
	const char *severity = show_severity(d, "record.alert.severity");

	add_styled(out, colour, style_of(severity), severity, 7);
	term_text(out, json_str(d, "tenant"), 12);
	(void)buf_addc(out, ' ');
	term_text(out, json_str(d, "agent"), 14);
	(void)buf_addc(out, ' ');
	term_text(out, json_str(d, "engine"), 9);
	(void)buf_addc(out, ' ');
	add_styled(
	    out, colour, TERM_BOLD, json_str(d, "record.alert.signature"), 0);
	(void)buf_adds(out, "  ");
	add_place(out, d);
	(void)buf_addf(out, "  [%" PRId64 ":%" PRId64 "]",
	    json_int(d, "record.alert.gid", 0),
	    json_int(d, "record.alert.signature_id", 0));
}

static void
show_incident(struct buf *out, const struct json_doc *d, bool colour)
{
	const char *severity = show_severity(d, "record.incident.severity");

	add_styled(out, colour, style_of(severity), severity, 8);
	(void)buf_addc(out, ' ');
	term_text(out, json_str(d, "tenant"), 12);
	(void)buf_adds(out, " incident ");
	term_text(out, json_str(d, "record.incident.id"), 0);
	(void)buf_adds(out, "  ");
	add_styled(out, colour, TERM_BOLD, json_str(d, "record.incident.title"), 0);
	(void)buf_adds(out, "  ");
	term_text(out, json_str(d, "record.incident.status"), 0);
}

static void
show_agent(struct buf *out, const struct json_doc *d, bool colour)
{
	(void)colour;
	(void)buf_adds(out, "agent   ");
	term_text(out, json_str(d, "tenant"), 12);
	(void)buf_addc(out, ' ');
	term_text(out, json_str(d, "record.agent_state.agent"), 14);
	(void)buf_addc(out, ' ');
	term_text(out, json_str(d, "record.agent_state.state"), 0);
}

void
show_row(struct buf *out, const char *kind, const struct json_doc *row, bool colour)
{
	static const struct {
		const char *kind;
		void (*show)(
		    struct buf *out, const struct json_doc *d, bool colour);
	} shows[] = {{"alert", show_alert}, {"incident", show_incident},
	    {"agent", show_agent}};
	size_t i;

	term_style(out, colour, TERM_DIM);
	term_time(out, json_str(row, "record.timestamp"));
	term_style(out, colour, TERM_PLAIN);
	(void)buf_addc(out, ' ');
	if (json_bool(row, "damaged", false))
		(void)buf_addf(out, "row %" PRId64 " is no valid record",
		    json_int(row, "id", 0));
	else
		for (i = 0; i < sizeof(shows) / sizeof(*shows); i++)
			if (strcmp(shows[i].kind, kind) == 0)
				shows[i].show(out, row, colour);
	(void)buf_addc(out, '\n');
}

/* The record is the row's last member, and no text before it holds a bare quote. */
void
show_raw(struct buf *out, const char *row, size_t len)
{
	const char *key = memmem(row, len, RECORD_KEY, strlen(RECORD_KEY));
	const char *p = key == NULL ? row : key + strlen(RECORD_KEY);

	if (key != NULL && *p == '{')
		term_json(out, p, (size_t)(row + len - 1 - p));
	else
		term_json(out, row, len);
	(void)buf_addc(out, '\n');
}

/* Past the object or array at text[i]; json_read() has proved that it is whole. */
static size_t
skip_value(const char *text, size_t len, size_t i)
{
	size_t depth = 0;
	bool in_string = false;

	for (; i < len; i++) {
		if (in_string) {
			if (text[i] == '\\')
				i++;
			else if (text[i] == '"')
				in_string = false;
		} else if (text[i] == '"') {
			in_string = true;
		} else if (text[i] == '{' || text[i] == '[') {
			depth++;
		} else if ((text[i] == '}' || text[i] == ']') && --depth == 0) {
			return i + 1;
		}
	}
	return len;
}

bool
show_next(const char *text, size_t text_len, const char *name, size_t *pos,
    const char **p, size_t *len)
{
	char key[64];
	const char *at;
	size_t end;

	if (*pos == 0) {
		(void)snprintf(key, sizeof(key), "\"%s\":[", name);
		if ((at = memmem(text, text_len, key, strlen(key))) == NULL)
			return false;
		*pos = (size_t)(at - text) + strlen(key);
	} else if (*pos < text_len && text[*pos] == ',') {
		(*pos)++;
	}
	if (*pos >= text_len || text[*pos] != '{')
		return false;
	end = skip_value(text, text_len, *pos);
	*p = text + *pos;
	*len = end - *pos;
	*pos = end;
	return true;
}
