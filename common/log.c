/* SPDX-License-Identifier: EUPL-1.2 */
#include "common/log.h"
#include "common/clock.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define WINDOW_US      (60 * (int64_t)CLOCK_US)
#define WINDOW_LINES   10
#define LINE_MAX_BYTES 1024

static const char *program = "stadswacht";
static enum log_level threshold = LOG_LEVEL_INFO;
static int under_systemd = -1;

static const struct {
	const char *name, *prefix;
} LEVELS[] = {
    [LOG_LEVEL_ERROR] = {"error", "<3>"},
    [LOG_LEVEL_WARN] = {"warning", "<4>"},
    [LOG_LEVEL_INFO] = {"info", "<6>"},
    [LOG_LEVEL_DEBUG] = {"debug", "<7>"},
};

void
log_init(const char *name)
{
	program = name;
	under_systemd = getenv("JOURNAL_STREAM") != NULL;
}

void
log_set_level(enum log_level level)
{
	threshold = level;
}

const char *
log_name(void)
{
	return program;
}

/* One write a line, so that lines of several processes do not mix. */
static void
put_line(enum log_level level, const char *text)
{
	char line[LINE_MAX_BYTES + 64];
	int n = snprintf(line, sizeof(line), "%s%s: %s: %s\n",
	    under_systemd > 0 ? LEVELS[level].prefix : "", program,
	    LEVELS[level].name, text);

	if (n > (int)sizeof(line) - 1) {
		n = (int)sizeof(line) - 1;
		line[n - 1] = '\n';
	}
	if (n > 0 && write(STDERR_FILENO, line, (size_t)n) == -1)
		return; /* nobody listens: nothing is left to tell it to */
}

/* Control characters, which could forge lines or drive a terminal, become '?'. */
static void
tame(char *s)
{
	for (; *s != '\0'; s++)
		if ((unsigned char)*s < 0x20 || *s == 0x7f)
			*s = '?';
}

/* May this site speak?  Tells how many lines it kept back when a window ends. */
static bool
admit(struct log_site *site, enum log_level level)
{
	long window = (long)(clock_mono_us() / WINDOW_US);
	char text[80];

	if (site->window != window) {
		if (site->count > WINDOW_LINES) {
			snprintf(text, sizeof(text), "%u more lines like the next",
			    site->count - WINDOW_LINES);
			put_line(level, text);
		}
		site->window = window;
		site->count = 0;
	}
	return site->count++ < WINDOW_LINES;
}

void
log_at(struct log_site *site, enum log_level level, const char *fmt, ...)
{
	char text[LINE_MAX_BYTES];
	va_list ap;

	if (level > threshold || !admit(site, level))
		return;
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	tame(text);
	put_line(level, text);
}
