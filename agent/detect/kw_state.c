/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Keywords that remember: flowbits, flowint, xbits, hostbits, thresholds, tag
 * (guide, "Flow Keywords", "Xbits", "Thresholding Keywords").
 */
#include "agent/detect/match.h"
#include "agent/detect/parser.h"
#include "agent/detect/ruleset.h"
#include "agent/detect/state.h"

#include "common/str.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define XBITS_EXPIRE_DEFAULT	30
#define HOSTBITS_EXPIRE_DEFAULT 300
#define TAG_COUNT_DEFAULT	256

static const struct parser_word BITS_WORDS[] = {
    {"set", BITS_SET},
    {"isset", BITS_ISSET},
    {"isnotset", BITS_ISNOTSET},
    {"unset", BITS_UNSET},
    {"toggle", BITS_TOGGLE},
    {NULL, 0},
};

/* While they are read: the ids are still to find an owner. */
struct bits_value {
	struct bits bits;
	uint16_t *ids;
};

static bool
bits_read(enum bits_command c)
{
	return c == BITS_ISSET || c == BITS_ISNOTSET;
}

/* Sort keys of engine.md 1.2 point 8: set, set and read, read, none. */
static void
note_role(struct rule_parser *p, int kind, bool reads)
{
	uint8_t *role = &p->r->roles[kind];
	uint8_t now = reads ? 2 : 0;

	if (*role == 3)
		*role = now;
	else if (*role != now)
		*role = 1;
}

/* "a|b" into ids. */
static int
read_ids(struct rule_parser *p, enum ruleset_names kind, char *names,
    struct bits_value *v)
{
	struct bits *b = &v->bits;
	char *rest = names, *name;

	while ((name = parser_item(&rest, '|')) != NULL) {
		int id;
		uint16_t *ids;

		if (*name == '\0' || strpbrk(name, " \t") != NULL)
			return parser_fail(
			    p, "a name is missing, or has a space in it");
		if ((id = ruleset_name_id(p->rs, kind, name)) == -1)
			return parser_fail(
			    p, "more than %d names", RULESET_NAMES_MAX);
		if ((ids = realloc(v->ids, (b->n + 1) * sizeof(*ids))) == NULL)
			return parser_no_memory(p);
		v->ids = ids;
		b->id = ids;
		ids[b->n++] = (uint16_t)id;
	}
	if (b->n > 1 && !bits_read(b->command))
		return parser_fail(p, "a|b is for isset and isnotset only");
	return b->n == 0 ? parser_fail(p, "the name is missing") : 0;
}

/* Put the bits where they belong: reads are tests, the rest happens on a match. */
static int
add_bits(struct rule_parser *p, struct bits_value *v, test_fn *read, test_fn *write)
{
	struct test *t = bits_read(v->bits.command) ? parser_add_test(p, read)
						    : parser_add_post(p, write);

	if (t == NULL) {
		free(v->ids);
		return -1;
	}
	t->bits = v->bits;
	t->ids = v->ids;
	return 0;
}

/* --- flowbits -------------------------------------------------------------- */

static bool
test_flowbits(const struct test *t, struct match_context *m)
{
	bool any = false;

	for (size_t i = 0; i < t->bits.n && !any; i++) {
		bool on =
		    m->p->flow != NULL && state_flowbit(m->p->flow, t->bits.id[i]);

		any = on == (t->bits.command == BITS_ISSET);
	}
	return any && m->p->flow != NULL;
}

static bool
post_flowbits(const struct test *t, struct match_context *m)
{
	struct flow *f = m->p->flow;
	uint16_t id = t->bits.id[0];
	bool on = t->bits.command == BITS_SET;

	if (f == NULL)
		return true;
	if (t->bits.command == BITS_TOGGLE)
		on = !state_flowbit(f, id);
	state_flowbit_put(m->d->state, f, id, on);
	return true;
}

int
kw_flowbits(struct rule_parser *p, char *value)
{
	char *rest = value, *word = parser_item(&rest, ',');
	struct bits_value v = {.bits = {BITS_SET, TRACK_SRC, 0, NULL, 0}};
	int command;

	if (strcmp(word, "noalert") == 0) {
		if (rest != NULL)
			return parser_fail(p, "noalert takes no name");
		p->r->flags |= RULE_NOALERT;
		return 0;
	}
	if ((command = parser_word(BITS_WORDS, word)) == -1)
		return parser_fail(p, "unknown command \"%.30s\"", word);
	v.bits.command = (enum bits_command)command;
	if (rest == NULL)
		return parser_fail(p, "%s needs a name", word);
	if (read_ids(p, RULESET_FLOWBITS, str_trim(rest), &v) == -1) {
		free(v.ids);
		return -1;
	}
	if (v.bits.command != BITS_SET)
		p->r->flags |= RULE_NOT_IP_ONLY;
	note_role(p, 0, bits_read(v.bits.command));
	return add_bits(p, &v, test_flowbits, post_flowbits);
}

int
kw_noalert(struct rule_parser *p, char *value)
{
	(void)value;
	p->r->flags |= RULE_NOALERT;
	return 0;
}

/* Takes a noalert before it back. */
int
kw_alert(struct rule_parser *p, char *value)
{
	(void)value;
	p->r->flags &= ~(uint32_t)RULE_NOALERT;
	return 0;
}

/* --- flowint --------------------------------------------------------------- */

static const struct parser_word FLOWINT_WORDS[] = {
    {"=", FLOWINT_SET},
    {"+", FLOWINT_ADD},
    {"-", FLOWINT_SUB},
    {"==", FLOWINT_EQ},
    {"!=", FLOWINT_NE},
    {"<", FLOWINT_LT},
    {"<=", FLOWINT_LE},
    {">", FLOWINT_GT},
    {">=", FLOWINT_GE},
    {"isset", FLOWINT_ISSET},
    {"notset", FLOWINT_NOTSET},
    {"isnotset", FLOWINT_NOTSET},
    {NULL, 0},
};

static bool
flowint_operand(const struct flowint *f, const struct flow *flow, uint32_t *v)
{
	*v = f->value;
	return f->other == -1 || state_flowint(flow, (uint16_t)f->other, v);
}

static bool
test_flowint(const struct test *t, struct match_context *m)
{
	const struct flowint *f = &t->flowint;
	uint32_t v, w;
	bool set;

	if (m->p->flow == NULL)
		return false;
	set = state_flowint(m->p->flow, f->id, &v);
	if (f->command == FLOWINT_ISSET || f->command == FLOWINT_NOTSET)
		return set == (f->command == FLOWINT_ISSET);
	if (!set || !flowint_operand(f, m->p->flow, &w))
		return false;
	switch (f->command) {
	case FLOWINT_EQ:
		return v == w;
	case FLOWINT_NE:
		return v != w;
	case FLOWINT_LT:
		return v < w;
	case FLOWINT_LE:
		return v <= w;
	case FLOWINT_GT:
		return v > w;
	default:
		return v >= w;
	}
}

static bool
post_flowint(const struct test *t, struct match_context *m)
{
	const struct flowint *f = &t->flowint;
	uint32_t v = 0, w;

	if (m->p->flow == NULL || !flowint_operand(f, m->p->flow, &w))
		return true;
	/* Adding to one that was never set begins at zero. */
	(void)state_flowint(m->p->flow, f->id, &v);
	if (f->command == FLOWINT_SET)
		v = w;
	else
		v = f->command == FLOWINT_ADD ? v + w : v - w;
	state_flowint_put(m->d->state, m->p->flow, f->id, v);
	return true;
}

int
kw_flowint(struct rule_parser *p, char *value)
{
	char *rest = value, *name = parser_item(&rest, ','),
	     *word = parser_item(&rest, ',');
	struct flowint f = {.other = -1};
	bool write, bare;
	struct test *t;
	uint64_t v;
	int command, id;

	if (word == NULL || *name == '\0')
		return parser_fail(p, "is \"name, operator[, value]\"");
	if ((command = parser_word(FLOWINT_WORDS, word)) == -1)
		return parser_fail(p, "unknown operator \"%.20s\"", word);
	f.command = (enum flowint_command)command;
	bare = command == FLOWINT_ISSET || command == FLOWINT_NOTSET;
	if (bare != (rest == NULL))
		return parser_fail(
		    p, bare ? "%s takes no value" : "%s needs a value", word);
	if ((id = ruleset_name_id(p->rs, RULESET_FLOWINTS, name)) == -1)
		return parser_fail(p, "more than %d names", RULESET_NAMES_MAX);
	f.id = (uint16_t)id;
	if (!bare && str_u64(str_trim(rest), UINT32_MAX, &v) == 0)
		f.value = (uint32_t)v;
	else if (!bare &&
	    (f.other = ruleset_name_id(p->rs, RULESET_FLOWINTS, str_trim(rest))) ==
		-1)
		return parser_fail(p, "more than %d names", RULESET_NAMES_MAX);
	write = command == FLOWINT_SET || command == FLOWINT_ADD ||
	    command == FLOWINT_SUB;
	p->r->flags |= RULE_NOT_IP_ONLY;
	note_role(p, 1, !write);
	t = write ? parser_add_post(p, post_flowint)
		  : parser_add_test(p, test_flowint);
	if (t == NULL)
		return -1;
	t->flowint = f;
	return 0;
}

/* --- xbits and hostbits ---------------------------------------------------- */

static void
track_addrs(enum bits_track track, const struct packet *p, const struct addr **a,
    const struct addr **b)
{
	*a = track == TRACK_DST ? &p->dst : &p->src;
	*b = track == TRACK_PAIR ? &p->dst : NULL;
}

static bool
host_bits_hold(const struct test *t, struct match_context *m, enum state_kind kind)
{
	const struct addr *a, *b;
	bool on = false;

	if (m->p->src.family == 0)
		return false;
	track_addrs(t->bits.track, m->p, &a, &b);
	for (size_t i = 0; i < t->bits.n && !on; i++)
		on = state_host_bit(m->d->state, kind, t->bits.id[i], a, b,
			 m->p->time_us) == (t->bits.command == BITS_ISSET);
	return on;
}

static bool
host_bits_change(
    const struct test *t, struct match_context *m, enum state_kind kind)
{
	const struct addr *a, *b;
	uint16_t id = t->bits.id[0];
	int64_t until = m->p->time_us + (int64_t)t->bits.expire_s * 1000000;
	bool on = t->bits.command == BITS_SET;

	if (m->p->src.family == 0)
		return true;
	track_addrs(t->bits.track, m->p, &a, &b);
	if (t->bits.command == BITS_TOGGLE)
		on = !state_host_bit(m->d->state, kind, id, a, b, m->p->time_us);
	if (on)
		state_host_bit_put(m->d->state, kind, id, a, b, until);
	else
		state_host_bit_drop(m->d->state, kind, id, a, b);
	return true;
}

static bool
test_xbits(const struct test *t, struct match_context *m)
{
	return host_bits_hold(t, m, STATE_XBIT);
}

static bool
post_xbits(const struct test *t, struct match_context *m)
{
	return host_bits_change(t, m, STATE_XBIT);
}

static bool
test_hostbits(const struct test *t, struct match_context *m)
{
	return host_bits_hold(t, m, STATE_HOSTBIT);
}

static bool
post_hostbits(const struct test *t, struct match_context *m)
{
	return host_bits_change(t, m, STATE_HOSTBIT);
}

static const struct parser_word XBITS_TRACKS[] = {
    {"ip_src", TRACK_SRC},
    {"ip_dst", TRACK_DST},
    {"ip_pair", TRACK_PAIR},
    {NULL, 0},
};

/* "track ip_src" and "expire 60", in any order. */
static int
xbits_words(struct rule_parser *p, char *rest, struct bits *b)
{
	bool tracked = false;
	char *item;

	while ((item = parser_item(&rest, ',')) != NULL) {
		size_t n = strcspn(item, " \t");
		char *argument =
		    item[n] == '\0' ? item + n : str_trim(item + n + 1);
		int64_t seconds;
		int track;

		item[n] = '\0';
		if (strcmp(item, "track") == 0) {
			if ((track = parser_word(XBITS_TRACKS, argument)) == -1)
				return parser_fail(
				    p, "track is by ip_src, ip_dst or ip_pair");
			b->track = (enum bits_track)track;
			tracked = true;
		} else if (strcmp(item, "expire") == 0) {
			if (parser_int(p, argument, 1, UINT32_MAX, &seconds) == -1)
				return -1;
			b->expire_s = (uint32_t)seconds;
		} else {
			return parser_fail(p, "unknown word \"%.30s\"", item);
		}
	}
	return tracked
	    ? 0
	    : parser_fail(p, "\"track ip_src|ip_dst|ip_pair\" is missing");
}

static int
host_bits_head(struct rule_parser *p, enum ruleset_names kind, char **rest,
    struct bits_value *v)
{
	char *word = parser_item(rest, ','), *names = parser_item(rest, ',');
	int command;

	if (strcmp(word, "noalert") == 0 && names == NULL) {
		p->r->flags |= RULE_NOALERT;
		return 1;
	}
	if ((command = parser_word(BITS_WORDS, word)) == -1)
		return parser_fail(p, "unknown command \"%.30s\"", word);
	v->bits.command = (enum bits_command)command;
	if (names == NULL)
		return parser_fail(p, "%s needs a name", word);
	return read_ids(p, kind, names, v);
}

int
kw_xbits(struct rule_parser *p, char *value)
{
	struct bits_value v = {
	    .bits = {BITS_SET, TRACK_SRC, XBITS_EXPIRE_DEFAULT, NULL, 0}};
	int rc = host_bits_head(p, RULESET_XBITS, &value, &v);

	if (rc == 0 && xbits_words(p, value, &v.bits) == 0) {
		note_role(p, 3, bits_read(v.bits.command));
		return add_bits(p, &v, test_xbits, post_xbits);
	}
	free(v.ids);
	return rc == 1 ? 0 : -1;
}

int
kw_hostbits(struct rule_parser *p, char *value)
{
	static const struct parser_word SIDES[] = {{"src", TRACK_SRC},
	    {"dst", TRACK_DST}, {"both", TRACK_PAIR}, {NULL, 0}};
	struct bits_value v = {
	    .bits = {BITS_SET, TRACK_SRC, HOSTBITS_EXPIRE_DEFAULT, NULL, 0}};
	int rc = host_bits_head(p, RULESET_HOSTBITS, &value, &v), side = TRACK_SRC;
	char *word;

	if (rc == 0 && (word = parser_item(&value, ',')) != NULL &&
	    (side = parser_word(SIDES, word)) == -1)
		rc = parser_fail(p, "\"%.20s\" is not src, dst or both", word);
	if (rc != 0) {
		free(v.ids);
		return rc == 1 ? 0 : -1;
	}
	v.bits.track = (enum bits_track)side;
	note_role(p, 2, bits_read(v.bits.command));
	return add_bits(p, &v, test_hostbits, post_hostbits);
}

/* --- thresholds and tags --------------------------------------------------- */

/* Every first one of a period alerts. */
static bool
lets_all(const struct threshold *t)
{
	return t->kind == THRESHOLD_THRESHOLD && t->count == 1;
}

int
kw_threshold(struct rule_parser *p, char *value)
{
	struct threshold before = p->r->threshold;

	if (p->r->detection.kind != THRESHOLD_NONE)
		return parser_fail(p, "cannot be joined with detection_filter");
	if (ruleset_threshold(
		value, true, &p->r->threshold, p->error, sizeof(p->error)) == -1)
		return -1;
	if (before.kind == THRESHOLD_NONE || lets_all(&before))
		return 0;
	if (!lets_all(&p->r->threshold))
		return parser_fail(
		    p, "two in one rule must not both hold alerts back");
	p->r->threshold = before;
	return 0;
}

int
kw_detection_filter(struct rule_parser *p, char *value)
{
	if (p->r->detection.kind != THRESHOLD_NONE)
		return parser_fail(p, "may stand once in a rule");
	if (p->r->threshold.kind != THRESHOLD_NONE)
		return parser_fail(p, "cannot be joined with threshold");
	if (ruleset_threshold(
		value, false, &p->r->detection, p->error, sizeof(p->error)) == -1)
		return -1;
	p->r->detection.kind = THRESHOLD_DETECTION;
	return 0;
}

int
kw_tag(struct rule_parser *p, char *value)
{
	static const struct parser_word METRICS[] = {{"packets", TAG_PACKETS},
	    {"seconds", TAG_SECONDS}, {"bytes", TAG_BYTES}, {NULL, 0}};
	char *rest = value, *type = parser_item(&rest, ','),
	     *count = parser_item(&rest, ','), *metric = parser_item(&rest, ','),
	     *side = parser_item(&rest, ',');
	struct tag t = {.count = TAG_COUNT_DEFAULT}, *tags;
	int64_t n;
	int m;

	t.session = strcmp(type, "session") == 0;
	if (!t.session && strcmp(type, "host") != 0)
		return parser_fail(p, "\"%.20s\" is not session or host", type);
	if (count != NULL) {
		if (metric == NULL || (m = parser_word(METRICS, metric)) == -1)
			return parser_fail(p,
			    "the count needs packets, seconds or bytes behind it");
		if (parser_int(p, count, 0, UINT32_MAX, &n) == -1)
			return -1;
		t.count = (uint32_t)n;
		t.metric = (unsigned)m;
	}
	if (!t.session &&
	    (side == NULL ||
		(strcmp(side, "src") != 0 && strcmp(side, "dst") != 0)))
		return parser_fail(p, "host needs src or dst at its end");
	t.dst = side != NULL && strcmp(side, "dst") == 0;
	if ((tags = realloc(p->r->tag, (p->r->tags_n + 1) * sizeof(*tags))) == NULL)
		return parser_no_memory(p);
	p->r->tag = tags;
	tags[p->r->tags_n++] = t;
	return 0;
}
