/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Contents, expressions and numbers of one list against one buffer (engine.md
 * 1.3).  Operations run left to right; when one fails, the nearest earlier match
 * that it depends on is tried at its next place, from an explicit stack.
 */
#include "agent/detect/base64.h"
#include "agent/detect/dataset.h"
#include "agent/detect/literal.h"
#include "agent/detect/match.h"
#include "agent/detect/parser.h"
#include "agent/detect/regex.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Nothing of a search to go on with. */
#define FROM_START SIZE_MAX
#define DIGITS_MAX 24

enum outcome {
	HOLDS,
	HOLDS_CHOICE, /* and may hold again from run.resume */
	FAILS,
	FAILS_FOR_GOOD, /* no earlier choice can change it */
	ENDS,		/* all of the list holds, whatever follows */
};

struct run {
	struct content_scratch *s;
	struct span bytes;
	size_t cursor; /* end of the last match */
	size_t resume; /* where to search on, or FROM_START */
};

static int64_t
value_of(const struct run *r, const struct operand *o)
{
	return o->var == -1 ? o->value : (int64_t)r->s->var[o->var];
}

/* --- content --------------------------------------------------------------- */

static struct literal
literal_of(const struct op *op)
{
	const struct op_content *c = &op->content;

	return (struct literal){
	    c->bytes, c->len, (op->flags & OP_NOCASE) != 0, c->rare[0], c->rare[1]};
}

/* The window to search, [*from, *to); from > to is an empty one. */
static void
window(const struct run *r, const struct op *op, int64_t *from, int64_t *to)
{
	const struct op_content *c = &op->content;
	int64_t base = (int64_t)r->s->base;
	int64_t len = (int64_t)r->bytes.len, offset = value_of(r, &c->offset),
		depth = value_of(r, &c->depth);

	/* Absolute places count from the buffer's beginning. */
	*from = offset > base ? offset - base : 0;
	*to = len;
	if (op->flags & (OP_DISTANCE | OP_WITHIN)) {
		int64_t start = (int64_t)r->cursor +
		    (op->flags & OP_DISTANCE ? value_of(r, &c->distance) : 0);

		if ((op->flags & OP_WITHIN) &&
		    start + value_of(r, &c->within) < *to)
			*to = start + value_of(r, &c->within);
		*from = start < 0 ? 0 : start;
	} else if (op->flags & OP_DEPTH) {
		int64_t end;

		if (__builtin_add_overflow(offset, depth, &end) || end - base > len)
			end = len + base;
		*to = end - base;
	}
	if (*from < 0) /* a variable beyond 63 bits */
		*from = len + 1;
}

static enum outcome
run_content(struct run *r, const struct op *op)
{
	bool negated = (op->flags & OP_NEGATED) != 0;
	bool free = (op->flags & (OP_DISTANCE | OP_WITHIN)) == 0;
	const struct literal literal = literal_of(op);
	const uint8_t *at = NULL;
	int64_t from, to;
	size_t start, len = op->content.len;

	window(r, op, &from, &to);
	if (from > to || to <= 0)
		return negated ? HOLDS : free ? FAILS_FOR_GOOD : FAILS;
	start = (size_t)from;
	if (r->resume != FROM_START && r->resume > start)
		start = r->resume;
	while (start <= (size_t)to &&
	    (at = literal_find(&literal, r->bytes.p + start, (size_t)to - start)) !=
		NULL) {
		size_t end = (size_t)(at - r->bytes.p) + len;

		if (!(op->flags & OP_ENDSWITH) || end == r->bytes.len)
			break;
		start = end - len + 1;
		at = NULL;
	}
	if (negated)
		return at == NULL ? HOLDS : free ? FAILS_FOR_GOOD : FAILS;
	if (at == NULL)
		return free ? FAILS_FOR_GOOD : FAILS;
	r->cursor = (size_t)(at - r->bytes.p) + len;
	r->resume = r->cursor - len + 1;
	return op->flags & OP_RELATIVE_NEXT ? HOLDS_CHOICE : HOLDS;
}

/* --- pcre, sizes ----------------------------------------------------------- */

static enum outcome
run_pcre(struct run *r, const struct op *op)
{
	size_t base = op->flags & OP_RELATIVE ? r->cursor : 0, from, to;
	struct span part = {r->bytes.p, r->bytes.len - base};
	int rc;

	if (base > 0)
		part.p += base;
	rc = regex_search(r->s->pcre, op->pcre, part,
	    r->resume == FROM_START ? 0 : r->resume, &from, &to);
	if (rc == -1)
		r->s->stats->pcre_limits++;
	if (op->flags & OP_NEGATED)
		return rc == 1 ? FAILS : HOLDS;
	if (rc != 1)
		return FAILS;
	r->cursor = base + to;
	r->resume = from + 1;
	return op->flags & OP_RELATIVE_NEXT ? HOLDS_CHOICE : HOLDS;
}

static enum outcome
run_isdataat(const struct run *r, const struct op *op)
{
	uint64_t n = (uint64_t)value_of(r, &op->isdataat), len = r->bytes.len;
	bool holds = n < len;

	if (op->flags & OP_RELATIVE)
		holds = n <= len - r->cursor;
	return holds != ((op->flags & OP_NEGATED) != 0) ? HOLDS : FAILS;
}

/* While a buffer grows, only a lower bound can be known to hold. */
static enum outcome
run_bsize(const struct run *r, const struct op *op)
{
	bool lower = op->size.op == NUM_GT || op->size.op == NUM_GE;

	if (r->s->growing && !lower)
		return FAILS_FOR_GOOD;
	return parser_num_holds(&op->size, r->s->base + r->bytes.len)
	    ? HOLDS
	    : FAILS_FOR_GOOD;
}

/* --- numbers --------------------------------------------------------------- */

/* "0" bytes of a string in byte_test: up to what is no digit. */
static bool
all_digits(const struct op *op)
{
	return op->kind == OP_BYTE_TEST && (op->flags & OP_STRING) &&
	    op->bytes.nbytes.var == -1 && op->bytes.nbytes.value == 0;
}

static enum outcome
run_number_set(const struct run *r, const struct op *op)
{
	for (size_t i = 0; i < op->set.n; i++)
		if (r->s->number >= op->set.range[i].first &&
		    r->s->number <= op->set.range[i].last)
			return HOLDS;
	return FAILS_FOR_GOOD;
}

/* Where the number stands, and that all its bytes are there. */
static bool
locate(const struct run *r, const struct op *op, size_t n, size_t *at)
{
	int64_t from = value_of(r, &op->bytes.offset);

	if (op->flags & OP_RELATIVE &&
	    __builtin_add_overflow(from, (int64_t)r->cursor, &from))
		return false;
	if (from < 0 || (uint64_t)from > r->bytes.len ||
	    n > r->bytes.len - (size_t)from)
		return false;
	*at = (size_t)from;
	return true;
}

static bool
read_string(const struct op *op, const uint8_t *p, size_t n, uint64_t *v)
{
	char digits[DIGITS_MAX + 1], *end;

	if (n > DIGITS_MAX)
		return false;
	memcpy(digits, p, n);
	digits[n] = '\0';
	errno = 0;
	*v = strtoull(digits, &end, op->bytes.base);
	return end != digits && errno == 0;
}

/* The number at offset; at is behind it afterwards. */
static bool
read_number(const struct run *r, const struct op *op, uint64_t *v, size_t *at)
{
	uint64_t count = (uint64_t)value_of(r, &op->bytes.nbytes);
	struct cursor c;
	bool little;

	*v = 0;
	if (count > (op->flags & OP_STRING ? DIGITS_MAX : 8u) ||
	    !locate(r, op, (size_t)count, at))
		return false;
	if (all_digits(op)) {
		count = r->bytes.len - *at;
		count = count < DIGITS_MAX ? count : DIGITS_MAX;
	}
	c = cur_of(r->bytes.p == NULL ? NULL : r->bytes.p + *at, (size_t)count);
	*at += (size_t)count;
	if (op->flags & OP_STRING)
		return read_string(op, c.pos, c.left, v);
	little = op->flags & OP_DCE ? r->s->little : (op->flags & OP_LITTLE) != 0;
	for (unsigned i = 0; c.left > 0; i++)
		*v = little ? *v | (uint64_t)cur_u8(&c) << (8 * i)
			    : *v << 8 | cur_u8(&c);
	return true;
}

static uint64_t
masked(const struct op *op, uint64_t v)
{
	return op->flags & OP_BITMASK
	    ? (v & op->bytes.bitmask) >> op->bytes.bitmask_shift
	    : v;
}

static enum outcome
run_byte_test(const struct run *r, const struct op *op)
{
	uint64_t v, want = (uint64_t)value_of(r, &op->bytes.value);
	bool holds = false;
	size_t at;

	if ((value_of(r, &op->bytes.nbytes) == 0 && !all_digits(op)) ||
	    !read_number(r, op, &v, &at))
		return FAILS;
	v = masked(op, v);
	switch (op->bytes.op) {
	case BYTE_LT:
		holds = v < want;
		break;
	case BYTE_GT:
		holds = v > want;
		break;
	case BYTE_LE:
		holds = v <= want;
		break;
	case BYTE_GE:
		holds = v >= want;
		break;
	case BYTE_EQ:
		holds = v == want;
		break;
	case BYTE_AND:
		holds = (v & want) != 0;
		break;
	default:
		holds = (v ^ want) != 0;
		break;
	}
	return holds != ((op->flags & OP_NEGATED) != 0) ? HOLDS : FAILS;
}

static uint64_t
aligned(uint64_t v, unsigned to)
{
	return to != 0 && v % to != 0 ? v + (to - v % to) : v;
}

static enum outcome
run_byte_jump(struct run *r, const struct op *op)
{
	uint64_t v;
	int64_t to;
	size_t at;

	if (!read_number(r, op, &v, &at))
		return FAILS;
	v = masked(op, v);
	if (__builtin_mul_overflow(v, (uint64_t)op->bytes.multiplier, &v) ||
	    v > (uint64_t)INT64_MAX - 8)
		return FAILS;
	v = aligned(v, op->bytes.align);
	to = op->flags & OP_FROM_BEGINNING ? 0
	    : op->flags & OP_FROM_END	   ? (int64_t)r->bytes.len
					   : (int64_t)at;
	if (__builtin_add_overflow(to, (int64_t)v, &to) ||
	    __builtin_add_overflow(to, (int64_t)op->bytes.post_offset, &to) ||
	    to < 0 || (uint64_t)to >= r->bytes.len)
		return FAILS;
	r->cursor = (size_t)to;
	return HOLDS;
}

static enum outcome
run_byte_extract(struct run *r, const struct op *op)
{
	uint64_t v;
	size_t at;

	if (!read_number(r, op, &v, &at))
		return FAILS;
	v = masked(op, v) * op->bytes.multiplier;
	r->s->var[op->bytes.result] = aligned(v, op->bytes.align);
	r->cursor = at;
	return HOLDS;
}

static bool
calculate(enum byte_op op, uint64_t a, uint64_t b, uint64_t *out)
{
	switch (op) {
	case BYTE_ADD:
		return !__builtin_add_overflow(a, b, out);
	case BYTE_SUB:
		return !__builtin_sub_overflow(a, b, out);
	case BYTE_MUL:
		return !__builtin_mul_overflow(a, b, out);
	case BYTE_DIV:
		*out = b == 0 ? 0 : a / b;
		return b != 0;
	case BYTE_LSHIFT:
		*out = b < 64 ? a << b : 0;
		return true;
	default:
		*out = b < 64 ? a >> b : 0;
		return true;
	}
}

static enum outcome
run_byte_math(struct run *r, const struct op *op)
{
	uint64_t v;
	size_t at;

	if (value_of(r, &op->bytes.nbytes) == 0 || !read_number(r, op, &v, &at) ||
	    !calculate(op->bytes.op, masked(op, v),
		(uint64_t)value_of(r, &op->bytes.value), &v))
		return FAILS;
	r->s->var[op->bytes.result] = v;
	r->cursor = at;
	return HOLDS;
}

/* --- data sets ------------------------------------------------------------- */

static enum outcome
run_dataset(const struct run *r, const struct op_dataset *op)
{
	bool holds = false;
	uint16_t rep;

	if (r->bytes.len == 0)
		return FAILS_FOR_GOOD;
	switch (op->command) {
	case DATASET_ISSET:
		holds = dataset_has(op->set, r->bytes, NULL);
		break;
	case DATASET_ISNOTSET:
		holds = !dataset_has(op->set, r->bytes, NULL);
		break;
	case DATASET_SET:
		holds = dataset_add(op->set, r->bytes);
		break;
	case DATASET_UNSET:
		holds = dataset_remove(op->set, r->bytes);
		break;
	case DATASET_REP:
		holds = dataset_has(op->set, r->bytes, &rep) &&
		    parser_num_holds(&op->rep, rep);
		break;
	}
	return holds ? HOLDS : FAILS_FOR_GOOD;
}

/* --- base64 ---------------------------------------------------------------- */

static bool run_list(struct content_scratch *s, const struct rule_list *l,
    struct span bytes, struct content_choice *choice);

/* Never goes deeper than one: nothing is decoded in base64_data. */
static enum outcome
run_base64(const struct run *r, const struct op *op)
{
	struct content_scratch *s = r->s;
	struct span in = r->bytes, out = {s->base64, 0};
	size_t skip = op->base64.offset + (op->flags & OP_RELATIVE ? r->cursor : 0);
	size_t most = op->base64.bytes == 0 ? BASE64_BYTES_MAX : op->base64.bytes;
	uint64_t base = s->base;
	bool growing = s->growing, holds;

	if (op->base64.inner == NULL || skip >= in.len)
		return FAILS;
	in.p += skip;
	in.len = in.len - skip < most ? in.len - skip : most;
	if ((out.len = base64_decode(in, s->base64)) == 0)
		return FAILS;
	s->base = 0;
	s->growing = false;
	holds = run_list(s, op->base64.inner, out, s->choice + s->choices);
	s->base = base;
	s->growing = growing;
	return holds ? ENDS : FAILS;
}

static enum outcome
run_asn1(const struct run *r, const struct op_asn1 *a)
{
	int64_t at = a->offset + (a->relative ? (int64_t)r->cursor : 0);

	if (at < 0 || (uint64_t)at >= r->bytes.len)
		return FAILS;
	return asn1_find(&a->test,
		   (struct span){r->bytes.p + at, r->bytes.len - (size_t)at})
	    ? HOLDS
	    : FAILS;
}

/* --- the loop -------------------------------------------------------------- */

static enum outcome
run_op(struct run *r, const struct op *op)
{
	switch (op->kind) {
	case OP_CONTENT:
		return run_content(r, op);
	case OP_PCRE:
		return run_pcre(r, op);
	case OP_ISDATAAT:
		return run_isdataat(r, op);
	case OP_BSIZE:
		return run_bsize(r, op);
	case OP_NUMBER:
		/* Of what is not whole, only that it is at least so big. */
		if (r->s->growing && op->size.op != NUM_GT && op->size.op != NUM_GE)
			return FAILS_FOR_GOOD;
		return parser_num_holds(&op->size, r->s->number) ? HOLDS
								 : FAILS_FOR_GOOD;
	case OP_DATASET:
		return run_dataset(r, &op->dataset);
	case OP_BASE64:
		return run_base64(r, op);
	case OP_ASN1:
		return run_asn1(r, &op->asn1);
	case OP_NUMBER_SET:
		return run_number_set(r, op);
	case OP_BYTE_TEST:
		return run_byte_test(r, op);
	case OP_BYTE_JUMP:
		return run_byte_jump(r, op);
	case OP_BYTE_EXTRACT:
		return run_byte_extract(r, op);
	case OP_BYTE_MATH:
		return run_byte_math(r, op);
	}
	return FAILS_FOR_GOOD;
}

/* Is a content missing at the only place that it may have? */
static bool
is_misplaced(const struct rule_list *l, struct span bytes)
{
	for (size_t i = 0; i < l->n; i++) {
		const struct op *op = &l->op[i];
		struct literal literal;
		size_t at;

		if (!(op->flags & OP_PLACED))
			continue;
		literal = literal_of(op);
		at = (size_t)op->content.offset.value;
		if (at > bytes.len || bytes.len - at < literal.len ||
		    !literal_is_at(&literal, bytes.p + at))
			return true;
	}
	return false;
}

static bool
run_list(struct content_scratch *s, const struct rule_list *l, struct span bytes,
    struct content_choice *choice)
{
	struct run r = {s, bytes, 0, FROM_START};
	size_t depth = 0, i = 0;

	if (l->placed && s->base == 0 && is_misplaced(l, bytes))
		return false;
	while (i < l->n) {
		size_t before = r.cursor;
		enum outcome o;

		if (++s->steps > DETECT_RECURSION_MAX) {
			s->stats->recursion_limits++;
			return false;
		}
		o = run_op(&r, &l->op[i]);
		if (o == FAILS_FOR_GOOD || (o == FAILS && depth == 0))
			return false;
		if (o == ENDS)
			return true;
		if (o == FAILS) {
			const struct content_choice *c = &choice[--depth];

			i = c->op;
			r.cursor = c->cursor;
			r.resume = c->resume;
			continue;
		}
		if (o == HOLDS_CHOICE)
			choice[depth++] =
			    (struct content_choice){i, before, r.resume};
		r.resume = FROM_START;
		i++;
	}
	return true;
}

bool
content_inspect(
    struct content_scratch *s, const struct rule_list *l, struct span bytes)
{
	return run_list(s, l, bytes, s->choice);
}
