/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Contents and their modifiers, isdataat, bsize, sticky buffers (guide,
 * "Payload Keywords"; engine.md 1.3).
 */
#include "agent/detect/buffers.h"
#include "agent/detect/parser.h"

#include "common/str.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define CONTENT_LEN_MAX RULE_TEXT_MAX
/* Suricata's bound of distance and within; depth and offset are 16 bits. */
#define CONTENT_REACH_MAX  (1024 * 1024)
#define CONTENT_WINDOW_MAX 65535

static int
hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = (char)tolower((unsigned char)c);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* "ab|43 44|\"" into bytes; -1 after a failure, else their number. */
static int
content_bytes(struct rule_parser *p, const char *s, uint8_t out[CONTENT_LEN_MAX])
{
	bool hex = false;
	int high = -1, n = 0;

	for (; *s != '\0'; s++) {
		int byte = (unsigned char)*s;

		if (*s == '|') {
			if (high != -1)
				return parser_fail(p, "hex digits come in pairs");
			hex = !hex;
			continue;
		}
		if (hex) {
			if (*s == ' ')
				continue;
			if ((byte = hex_digit(*s)) == -1)
				return parser_fail(p, "\"%c\" is no hex digit", *s);
			if (high == -1) {
				high = byte;
				continue;
			}
			byte |= high << 4;
			high = -1;
		} else if (*s == '\\') {
			byte = (unsigned char)*++s;
			if (byte == 0 || strchr("\"\\;:|", byte) == NULL)
				return parser_fail(p,
				    "after \\ only \" \\ ; : or | may stand; write "
				    "|5C| "
				    "for a backslash");
		}
		if (n == CONTENT_LEN_MAX)
			return parser_fail(
			    p, "longer than %d bytes; split it", CONTENT_LEN_MAX);
		out[n++] = (uint8_t)byte;
	}
	if (hex)
		return parser_fail(p, "a closing | is missing");
	return n == 0 ? parser_fail(p, "is empty") : n;
}

/* Of a buffer that has one case only, as Suricata does with what rules say. */
static void
fold(const struct rule_parser *p, uint8_t *bytes, size_t n)
{
	enum app_buffer_id b = p->list == -1
	    ? APP_BUFFER_NONE
	    : buffers_app(p->r->list[p->list].buffer);
	uint8_t flags = app_buffer_row(b)->flags;

	for (size_t i = 0; i < n; i++) {
		if (flags & APP_BUFFER_LOWER)
			bytes[i] = (uint8_t)tolower(bytes[i]);
		if (flags & APP_BUFFER_UPPER)
			bytes[i] = (uint8_t)toupper(bytes[i]);
	}
}

int
kw_content(struct rule_parser *p, char *value)
{
	uint8_t bytes[CONTENT_LEN_MAX];
	int n = content_bytes(p, value, bytes);
	struct op *op;

	p->moved = -1;
	if (n == -1 || (op = parser_add_op(p, OP_CONTENT)) == NULL)
		return -1;
	fold(p, bytes, (size_t)n);
	op->flags = p->negated ? OP_NEGATED : 0;
	if ((op->content.bytes = malloc((size_t)n)) == NULL)
		return parser_no_memory(p);
	memcpy(op->content.bytes, bytes, (size_t)n);
	op->content.len = (size_t)n;
	op->content.offset.var = op->content.depth.var = -1;
	op->content.distance.var = op->content.within.var = -1;
	return 0;
}

/* The content before a modifier; NULL after a failure. */
static struct op *
modified(struct rule_parser *p, unsigned forbidden, const char *why)
{
	struct op *op = parser_last(p, false);

	if (op == NULL) {
		parser_fail(p, "needs a content before it");
		return NULL;
	}
	if (op->flags & forbidden) {
		parser_fail(p, "%s", why);
		return NULL;
	}
	return op;
}

int
kw_nocase(struct rule_parser *p, char *value)
{
	struct op *op = modified(p, OP_NOCASE, "stands twice for one content");

	(void)value;
	if (op == NULL)
		return -1;
	op->flags |= OP_NOCASE;
	for (size_t i = 0; i < op->content.len; i++)
		op->content.bytes[i] = (uint8_t)tolower(op->content.bytes[i]);
	return 0;
}

int
kw_rawbytes(struct rule_parser *p, char *value)
{
	struct op *op = modified(p, OP_RAWBYTES, "stands twice for one content");

	(void)value;
	if (op == NULL)
		return -1;
	op->flags |= OP_RAWBYTES;
	return 0;
}

int
kw_offset(struct rule_parser *p, char *value)
{
	struct op *op = modified(p,
	    OP_OFFSET | OP_STARTSWITH | OP_DISTANCE | OP_WITHIN | OP_FAST_ONLY,
	    "cannot be joined with another offset, startswith, distance, within or "
	    "fast_pattern:only");

	if (op == NULL)
		return -1;
	op->flags |= OP_OFFSET;
	return parser_operand(p, value, 0, CONTENT_WINDOW_MAX, &op->content.offset);
}

int
kw_depth(struct rule_parser *p, char *value)
{
	struct op *op = modified(p,
	    OP_DEPTH | OP_STARTSWITH | OP_DISTANCE | OP_WITHIN | OP_FAST_ONLY,
	    "cannot be joined with another depth, startswith, distance, within or "
	    "fast_pattern:only");

	if (op == NULL)
		return -1;
	op->flags |= OP_DEPTH;
	if (parser_operand(p, value, 0, CONTENT_WINDOW_MAX, &op->content.depth) ==
	    -1)
		return -1;
	if (op->content.depth.var == -1 &&
	    op->content.depth.value < (int64_t)op->content.len)
		return parser_fail(p, "%lld is less than the content's %zu bytes",
		    (long long)op->content.depth.value, op->content.len);
	return 0;
}

static int
relative(struct rule_parser *p, struct op *op, unsigned flag)
{
	const struct op *first = p->r->list[parser_at_hand(p)].op;
	struct op *before = op;

	op->flags |= flag | OP_RELATIVE;
	while (before > first) {
		before--;
		if (before->kind == OP_CONTENT || before->kind == OP_PCRE) {
			if (before->flags & OP_FAST_ONLY)
				return parser_fail(p,
				    "cannot follow a content with "
				    "fast_pattern:only");
			before->flags |= OP_RELATIVE_NEXT;
			break;
		}
	}
	return 0;
}

int
kw_distance(struct rule_parser *p, char *value)
{
	struct op *op = modified(p,
	    OP_DISTANCE | OP_STARTSWITH | OP_OFFSET | OP_DEPTH | OP_FAST_ONLY,
	    "cannot be joined with another distance, startswith, offset, depth or "
	    "fast_pattern:only");

	if (op == NULL ||
	    parser_operand(p, value, -CONTENT_REACH_MAX, CONTENT_REACH_MAX,
		&op->content.distance) == -1)
		return -1;
	return relative(p, op, OP_DISTANCE);
}

int
kw_within(struct rule_parser *p, char *value)
{
	struct op *op = modified(p,
	    OP_WITHIN | OP_STARTSWITH | OP_OFFSET | OP_DEPTH | OP_FAST_ONLY,
	    "cannot be joined with another within, startswith, offset, depth or "
	    "fast_pattern:only");

	if (op == NULL ||
	    parser_operand(p, value, -CONTENT_REACH_MAX, CONTENT_REACH_MAX,
		&op->content.within) == -1)
		return -1;
	if (op->content.within.var == -1 &&
	    op->content.within.value < (int64_t)op->content.len)
		return parser_fail(p, "%lld is less than the content's %zu bytes",
		    (long long)op->content.within.value, op->content.len);
	return relative(p, op, OP_WITHIN);
}

int
kw_startswith(struct rule_parser *p, char *value)
{
	struct op *op = modified(p,
	    OP_STARTSWITH | OP_OFFSET | OP_DEPTH | OP_DISTANCE | OP_WITHIN,
	    "cannot be joined with offset, depth, distance, within or another "
	    "startswith");

	(void)value;
	if (op == NULL)
		return -1;
	op->flags |= OP_STARTSWITH | OP_DEPTH;
	op->content.depth.value = (int64_t)op->content.len;
	return 0;
}

int
kw_endswith(struct rule_parser *p, char *value)
{
	struct op *op = modified(p, OP_ENDSWITH, "stands twice for one content");

	(void)value;
	if (op == NULL)
		return -1;
	op->flags |= OP_ENDSWITH;
	return 0;
}

static int
fast_chop(struct rule_parser *p, struct op *op, char *value)
{
	int64_t offset, len;
	char *rest = value, *first = parser_item(&rest, ',');

	if (rest == NULL)
		return parser_fail(
		    p, "\"%s\" is not \"only\" or \"offset,length\"", value);
	if (parser_int(p, first, 0, CONTENT_LEN_MAX, &offset) == -1 ||
	    parser_int(p, str_trim(rest), 1, CONTENT_LEN_MAX, &len) == -1)
		return -1;
	if ((size_t)(offset + len) > op->content.len)
		return parser_fail(p,
		    "%lld,%lld goes beyond the content's %zu bytes",
		    (long long)offset, (long long)len, op->content.len);
	op->content.fast_offset = (size_t)offset;
	op->content.fast_len = (size_t)len;
	op->flags |= OP_FAST | OP_FAST_CHOP;
	return 0;
}

/* No matcher looks into base64_data: Suricata takes the last content elsewhere. */
static struct op *
outside_base64(struct rule_parser *p, struct op *op)
{
	int last = parser_at_hand(p);

	if (op == NULL || p->r->list[last].buffer != BUFFER_BASE64)
		return op;
	for (size_t i = p->r->lists_n; i-- > 0;) {
		struct rule_list *l = &p->r->list[i];

		for (size_t k = l->n; l->buffer != BUFFER_BASE64 && k-- > 0;)
			if (l->op[k].kind == OP_CONTENT)
				return &l->op[k];
	}
	parser_fail(p, "needs a content before it that is not in base64_data");
	return NULL;
}

int
kw_fast_pattern(struct rule_parser *p, char *value)
{
	struct op *op = outside_base64(p, modified(p, 0, ""));
	unsigned bound = OP_OFFSET | OP_DEPTH | OP_DISTANCE | OP_WITHIN;

	if (op == NULL)
		return -1;
	if ((op->flags & OP_NEGATED) && (op->flags & bound))
		return parser_fail(p,
		    "a negated content with offset, depth, distance or within "
		    "cannot be "
		    "the fast pattern");
	for (size_t i = 0; i < p->r->lists_n; i++)
		for (size_t k = 0; k < p->r->list[i].n; k++)
			if (p->r->list[i].op[k].flags & OP_FAST)
				return parser_fail(p, "may stand once in a rule");
	if (value == NULL || value[0] == '\0') {
		op->flags |= OP_FAST;
		return 0;
	}
	if (strcmp(value, "only") != 0)
		return fast_chop(p, op, value);
	if ((op->flags & (bound | OP_NEGATED | OP_RELATIVE_NEXT)) != 0)
		return parser_fail(p,
		    "only: not for a content that is negated or has offset, depth, "
		    "distance or within, or one relative to it");
	op->flags |= OP_FAST | OP_FAST_ONLY;
	return 0;
}

int
kw_isdataat(struct rule_parser *p, char *value)
{
	char *rest = value, *n = parser_item(&rest, ','), *word;
	bool negated = n[0] == '!';
	unsigned flags = negated ? OP_NEGATED : 0;
	struct operand o;
	struct op *op;

	while ((word = parser_item(&rest, ',')) != NULL) {
		if (strcmp(word, "relative") == 0)
			flags |= OP_RELATIVE;
		else if (strcmp(word, "rawbytes") != 0)
			return parser_fail(p,
			    "\"%.40s\" is not \"relative\" or \"rawbytes\"", word);
	}
	if (parser_operand(p, str_trim(n + negated), 0, UINT16_MAX, &o) == -1)
		return -1;
	if (flags & OP_RELATIVE)
		parser_set_relative(p);
	if ((op = parser_add_relative(
		 p, OP_ISDATAAT, (flags & OP_RELATIVE) != 0)) == NULL)
		return -1;
	op->flags = flags;
	op->isdataat = o;
	return 0;
}

int
kw_bsize(struct rule_parser *p, char *value)
{
	struct num_test t;
	struct op *op;

	if (p->list == -1 || p->r->list[p->list].buffer == BUFFER_PAYLOAD)
		return parser_fail(
		    p, "needs a sticky buffer before it; use dsize for payload");
	if (parser_num(p, value, UINT64_MAX, &t) == -1)
		return -1;
	if ((op = parser_add_op(p, OP_BSIZE)) == NULL)
		return -1;
	op->size = t;
	return 0;
}

/* All sticky buffers of packets: the keyword's name is the row's. */
int
kw_buffer(struct rule_parser *p, char *value)
{
	enum buffer b = BUFFER_PAYLOAD + 1;
	const struct buffer_row *row;
	struct rule_list *l;

	(void)value;
	while (b < BUFFERS && strcasecmp(buffers_row(b)->name, p->keyword) != 0)
		b++;
	if (b == BUFFERS)
		return parser_fail(p, "is no buffer of a packet");
	row = buffers_row(b);
	p->r->flags |= RULE_NOT_IP_ONLY;
	/* Addresses are those of the end of a flow as well. */
	if (b != BUFFER_IP_SRC && b != BUFFER_IP_DST)
		p->r->flags |= RULE_NEEDS_PACKET;
	if (row->family != 0)
		p->r->flags |= row->family == 4 ? RULE_IPV4 : RULE_IPV6;
	for (size_t i = 0; i < p->r->lists_n; i++)
		if (p->r->list[i].buffer == (int)b && p->r->list[i].chain == NULL) {
			p->list = (int)i;
			return 0;
		}
	l = realloc(p->r->list, (p->r->lists_n + 1) * sizeof(*l));
	if (l == NULL)
		return parser_no_memory(p);
	p->r->list = l;
	p->list = (int)p->r->lists_n++;
	l[p->list] = (struct rule_list){.buffer = (int)b};
	return 0;
}

int
kw_pkt_data(struct rule_parser *p, char *value)
{
	(void)value;
	p->list = -1;
	for (size_t i = 0; i < p->r->lists_n; i++)
		if (p->r->list[i].buffer == BUFFER_PAYLOAD)
			p->list = (int)i;
	return 0;
}

int
kw_replace(struct rule_parser *p, char *value)
{
	struct op *op = modified(p, OP_NEGATED, "cannot change a negated content");

	if (op == NULL)
		return -1;
	if (strlen(value) != op->content.len && strchr(value, '|') == NULL)
		return parser_fail(p, "must be as long as its content");
	return 0;
}
