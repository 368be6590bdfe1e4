/* log.c - see log.h.  No allocation; a line longer than the buffer is cut. */
#include "base/log.h"

#include <errno.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "base/err.h"

#define LINE_MAX_BYTES 2048

static const char *const level_names[] = {
	[LOG_LEVEL_ERR] = "err", [LOG_LEVEL_WARN] = "warn", [LOG_LEVEL_NOTICE] = "notice",
	[LOG_LEVEL_INFO] = "info", [LOG_LEVEL_DEBUG] = "debug",
};
static const int syslog_levels[] = { 3, 4, 5, 6, 7 };	/* sd-daemon(3) */

static _Atomic int current_level = LOG_LEVEL_NOTICE;
static void (*_Atomic before_line)(void);
static void (*_Atomic line_sink)(enum log_level, const char *);

void log_set_level(enum log_level level)
{
	atomic_store_explicit(&current_level, (int)level, memory_order_relaxed);
}

bool log_level_parse(const char *text, enum log_level *ret_level)
{
	for (size_t i = 0; i < ARRAY_SIZE(level_names); i++)
		if (!strcmp(text, level_names[i])) {
			*ret_level = (enum log_level)i;
			return true;
		}
	return false;
}

void log_set_before(void (*before)(void))
{
	atomic_store(&before_line, before);
}

void log_set_sink(void (*sink)(enum log_level, const char *))
{
	atomic_store(&line_sink, sink);
}

static _Thread_local char *captured;
static _Thread_local size_t captured_max;

static _Thread_local bool is_muted;

void log_mute(bool is_mute)
{
	is_muted = is_mute;
}

void log_capture(char *buf, size_t cap)
{
	captured = buf;
	captured_max = cap;
	if (buf && cap)
		buf[0] = '\0';
}

static size_t clip(int written, size_t cap)
{
	if (written < 0)
		return 0;
	return (size_t)written < cap ? (size_t)written : cap - 1;
}

static void log_line(enum log_level level, const char *topic, const char *fmt, va_list ap)
{
	void (*sink)(enum log_level, const char *) = atomic_load(&line_sink);
	void (*before)(void) = atomic_load(&before_line);
	char line[LINE_MAX_BYTES];
	size_t len = 0, prefix;
	int saved = errno;

	if (is_muted || (int)level > atomic_load_explicit(&current_level, memory_order_relaxed))
		return;
	if (getenv("JOURNAL_STREAM"))
		len = clip(snprintf(line, sizeof(line), "<%d>", syslog_levels[level]),
			   sizeof(line));
	else
		len = clip(snprintf(line, sizeof(line), "nachtwacht: "), sizeof(line));
	prefix = len;
	len += clip(snprintf(line + len, sizeof(line) - len, "%s%s: ",
			     level == LOG_LEVEL_WARN  ? "warning: "
			     : level == LOG_LEVEL_ERR ? "error: "
						      : "",
			     topic),
		    sizeof(line) - len);
	len += clip(vsnprintf(line + len, sizeof(line) - len - 1, fmt, ap), sizeof(line) - len - 1);
	if (captured && !captured[0] && level == LOG_LEVEL_ERR)
		snprintf(captured, captured_max, "%.*s", (int)(len - prefix - strlen("error: ")),
			 line + prefix + strlen("error: "));
	if (sink) {
		sink(level, line + prefix);
	} else {
		line[len++] = '\n';
		if (before)
			before();
		/* A broken standard error leaves nobody to tell. */
		if (write(STDERR_FILENO, line, len) < 0)
			errno = saved;
	}
	errno = saved;
}

#define DEFINE_LOG(name, level) \
	void name(const char *topic, const char *fmt, ...) \
	{ \
		va_list ap; \
		va_start(ap, fmt); \
		log_line(level, topic, fmt, ap); \
		va_end(ap); \
	}

DEFINE_LOG(log_err, LOG_LEVEL_ERR)
DEFINE_LOG(log_warn, LOG_LEVEL_WARN)
DEFINE_LOG(log_notice, LOG_LEVEL_NOTICE)
DEFINE_LOG(log_info, LOG_LEVEL_INFO)
DEFINE_LOG(log_debug, LOG_LEVEL_DEBUG)
