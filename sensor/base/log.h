/* log.h - what the program says to its operator, on standard error.
 *
 * One line per call: "nachtwacht: topic: text" on a terminal, "<n>..." (sd-daemon levels) under
 * systemd (JOURNAL_STREAM set).  errno is preserved.  Any thread; a line is one write(2).
 * Bytes from the wire or a file go through text_escape() (text.h) first.
 */
#ifndef NW_BASE_LOG_H
#define NW_BASE_LOG_H

#include <stdbool.h>
#include <stddef.h>

enum log_level { LOG_LEVEL_ERR, LOG_LEVEL_WARN, LOG_LEVEL_NOTICE, LOG_LEVEL_INFO, LOG_LEVEL_DEBUG };

void log_set_level(enum log_level level);		/* default LOG_LEVEL_NOTICE */
bool log_level_parse(const char *text, enum log_level *ret_level); /* "err" "warn" "notice" ... */
/* Called before each line so that a progress line can be wiped; NULL: none. */
void log_set_before(void (*before)(void));
/* Lines go to sink (without prefix and newline) instead of standard error; NULL: back.  For tests.
 */
void log_set_sink(void (*sink)(enum log_level level, const char *line));
/* The first error that this thread says from now on is also put there, without "error: "; buf is
 * emptied.  NULL: no more. */
void log_capture(char *buf, size_t cap);

/* What this thread says from now on is neither said nor captured. */
void log_mute(bool is_mute);

void log_err(const char *topic, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void log_warn(const char *topic, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void log_notice(const char *topic, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void log_info(const char *topic, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void log_debug(const char *topic, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#endif
