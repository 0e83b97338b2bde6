/* SPDX-License-Identifier: EUPL-1.2 */
/* Safe text, times and colours. */
#include "collector/ctl/term.h"

#include "common/clock.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define REPLACEMENT 0xfffdu

bool
term_wants_colour(void)
{
	const char *no = getenv("NO_COLOR"), *term = getenv("TERM");

	return isatty(STDOUT_FILENO) && (no == NULL || no[0] == '\0') &&
	    (term == NULL || strcmp(term, "dumb") != 0);
}

/* Bytes that a code point begun by b has; 0 for no beginning (RFC 3629). */
static size_t
code_length(unsigned char b)
{
	if (b < 0x80)
		return 1;
	if (b < 0xc2 || b > 0xf4)
		return 0;
	return b < 0xe0 ? 2 : b < 0xf0 ? 3 : 4;
}

/* One code point of the left bytes; 1 byte and REPLACEMENT when they hold none. */
static size_t
take_code(const unsigned char *s, size_t left, uint32_t *code)
{
	static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
	size_t n = code_length(s[0]), i;
	uint32_t c;

	*code = REPLACEMENT;
	if (n == 0 || n > left)
		return 1;
	c = n == 1 ? s[0] : s[0] & (0x7fu >> n);
	for (i = 1; i < n; i++) {
		if ((s[i] & 0xc0) != 0x80)
			return 1;
		c = c << 6 | (s[i] & 0x3fu);
	}
	if (c < least[n] || (c >= 0xd800 && c < 0xe000) || c > 0x10ffff)
		return 1;
	*code = c;
	return n;
}

/* C0, DEL, C1; marks and overrides of direction; separators; byte order mark; tags.
 */
static bool
is_control(uint32_t c)
{
	return c < 0x20 || (c >= 0x7f && c < 0xa0) || c == 0x61c ||
	    (c >= 0x200b && c <= 0x200f) || (c >= 0x2028 && c <= 0x202e) ||
	    (c >= 0x2060 && c <= 0x206f) || c == 0xfeff ||
	    (c >= 0xe0000 && c <= 0xe007f);
}

static size_t
count_codes(const unsigned char *s, size_t len)
{
	size_t n = 0, i;
	uint32_t code;

	for (i = 0; i < len; n++)
		i += take_code(s + i, len - i, &code);
	return n;
}

void
term_text(struct buf *out, const char *text, size_t width)
{
	const unsigned char *s = (const unsigned char *)(text == NULL ? "-" : text);
	size_t len = strlen((const char *)s), have = count_codes(s, len),
	       columns = 0, n, i;
	uint32_t code;

	for (i = 0; i < len && (width == 0 || columns < width); i += n, columns++) {
		n = take_code(s + i, len - i, &code);
		if (width > 0 && have > width && columns == width - 1)
			(void)buf_adds(out, "\xe2\x80\xa6");
		else if (code == REPLACEMENT || is_control(code))
			(void)buf_adds(out, "\xef\xbf\xbd");
		else
			(void)buf_add(out, s + i, n);
	}
	for (; columns < width; columns++)
		(void)buf_addc(out, ' ');
}

/* In valid JSON such characters stand inside strings only, where an escape is
 * equal. */
void
term_json(struct buf *out, const char *json, size_t len)
{
	const unsigned char *s = (const unsigned char *)json;
	uint32_t code;
	size_t i, n;

	for (i = 0; i < len; i += n) {
		n = take_code(s + i, len - i, &code);
		if (code == REPLACEMENT)
			(void)buf_adds(out, "\xef\xbf\xbd");
		else if (!is_control(code))
			(void)buf_add(out, s + i, n);
		else if (code > 0xffff)
			(void)buf_addf(out, "\\u%04x\\u%04x",
			    (unsigned)(0xd800 + ((code - 0x10000) >> 10)),
			    (unsigned)(0xdc00 + (code & 0x3ff)));
		else if (code >= 0x20)
			(void)buf_addf(out, "\\u%04x", (unsigned)code);
		else
			(void)buf_addc(out, ' ');
	}
}

void
term_style(struct buf *out, bool colour, enum term_style style)
{
	static const char *const codes[] = {
	    [TERM_PLAIN] = "\033[0m",
	    [TERM_HIGH] = "\033[1;31m",
	    [TERM_MEDIUM] = "\033[33m",
	    [TERM_LOW] = "\033[36m",
	    [TERM_DIM] = "\033[2m",
	    [TERM_BOLD] = "\033[1m",
	};

	if (colour)
		(void)buf_adds(out, codes[style]);
}

void
term_time(struct buf *out, const char *text)
{
	char when[64];
	struct tm tm;
	int64_t us;
	time_t t;

	if (text == NULL || clock_parse(text, &us) == -1) {
		(void)buf_adds(out, "-");
		return;
	}
	t = (time_t)(us / CLOCK_US);
	if (localtime_r(&t, &tm) != NULL &&
	    strftime(when, sizeof(when), "%Y-%m-%d %H:%M:%S %Z", &tm) > 0)
		(void)buf_adds(out, when);
}

void
term_age(struct buf *out, const char *text, int64_t now_us)
{
	static const struct {
		int64_t seconds;
		const char *unit;
	} units[] = {{86400, "d"}, {3600, "h"}, {60, "min"}, {1, "s"}};
	int64_t us, s;
	size_t i = 0;

	if (text == NULL || clock_parse(text, &us) == -1) {
		(void)buf_adds(out, "-");
		return;
	}
	s = now_us < us ? 0 : (now_us - us) / CLOCK_US;
	while (i < 3 && s < units[i].seconds)
		i++;
	(void)buf_addf(out, "%" PRId64 " %s", s / units[i].seconds, units[i].unit);
}
