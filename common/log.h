/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Log lines on standard error, one a call: "name: level: text".  Under systemd
 * the level is its <N> prefix.  Repeats of one call site are limited to ten a
 * minute and then counted.  Never a payload, a name or a mail address.
 */
#ifndef COMMON_LOG_H
#define COMMON_LOG_H

enum log_level {
	LOG_LEVEL_ERROR,
	LOG_LEVEL_WARN,
	LOG_LEVEL_INFO,
	LOG_LEVEL_DEBUG,
};

struct log_site {
	long window;
	unsigned count;
};

/* name is kept, not copied.  Default level is info. */
void log_init(const char *name);
void log_set_level(enum log_level level);
const char *log_name(void);
void log_at(struct log_site *site, enum log_level level, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

#define LOG_AT(level, ...)                                                         \
	do {                                                                       \
		static struct log_site log_site_;                                  \
		log_at(&log_site_, (level), __VA_ARGS__);                          \
	} while (0)
#define log_error(...) LOG_AT(LOG_LEVEL_ERROR, __VA_ARGS__)
#define log_warn(...)  LOG_AT(LOG_LEVEL_WARN, __VA_ARGS__)
#define log_info(...)  LOG_AT(LOG_LEVEL_INFO, __VA_ARGS__)
#define log_debug(...) LOG_AT(LOG_LEVEL_DEBUG, __VA_ARGS__)

#endif
