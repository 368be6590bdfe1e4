/* progress.c - see progress.h.
 *
 * The line is overwritten in place: carriage return, text, blanks over what is left of the
 * longer line before it.  No escape sequences, so a dumb terminal does as well.  Rates are
 * averages with a memory of a few seconds, so that the time left does not jump.
 *
 * `lock` guards what is on the screen, which log lines of other threads wipe.  After a wipe
 * nothing is drawn until the next interval, so the log line that caused it gets a clean line.
 */
#include "output/progress.h"

#include <errno.h>
#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include "base/clock.h"
#include "base/err.h"
#include "base/log.h"
#include "base/text.h"
#include "base/tz.h"

#define DRAW_NS (NS_PER_SEC / 5)
#define PLAIN_NS (5 * NS_PER_SEC)
#define MEMORY_S 3.0			/* of the averages */
#define LINE_BYTES 256
#define WIDTH_DEFAULT 80

struct progress {
	int fd;
	bool is_terminal;
	uint64_t last_ns;		/* of the monotonic clock: the last line, or its wiping */
	uint64_t sample_ns;		/* when `last` was taken: what rates are measured from */
	struct progress_at last;
	double packets_per_s, bytes_per_s;
	bool has_rates;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct progress *shown;		/* the one there is, for wipe_before_log() */
static size_t on_screen;		/* characters of the line that stands there now */

bool progress_mode_parse(const char *text, enum progress_mode *ret_mode)
{
	static const char *const names[] = {
		[PROGRESS_AUTO] = "auto", [PROGRESS_NEVER] = "never", [PROGRESS_ALWAYS] = "always",
	};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (!strcmp(text, names[i])) {
			*ret_mode = (enum progress_mode)i;
			return true;
		}
	return false;
}

/* --- the text ------------------------------------------------------------- */

static void append(char *buf, size_t cap, const char *text)
{
	size_t len = strlen(buf);

	text_copy(buf + len, cap - len, text);
}

static void append_left(char *buf, size_t cap, double seconds)
{
	char text[48];

	if (seconds < 60)
		text_format(text, sizeof(text), ", %.0f s left", seconds);
	else if (seconds < 3600)
		text_format(text, sizeof(text), ", %.0f min left", ceil(seconds / 60));
	else if (seconds < 100 * 3600.0)
		text_format(text, sizeof(text), ", %.1f h left", seconds / 3600);
	else
		return;		/* too far off to mean anything */
	append(buf, cap, text);
}

static void append_packets(char *buf, size_t cap, double packets_per_s)
{
	char text[48];

	if (packets_per_s >= 1e6)
		text_format(text, sizeof(text), ", %.2f M packets/s", packets_per_s / 1e6);
	else if (packets_per_s >= 1e4)
		text_format(text, sizeof(text), ", %.0f k packets/s", packets_per_s / 1e3);
	else
		text_format(text, sizeof(text), ", %.0f packets/s", packets_per_s);
	append(buf, cap, text);
}

const char *progress_format(const struct progress_at *at, double packets_per_s, double bytes_per_s,
			    char *buf, size_t cap)
{
	char done[CLOCK_TEXT_MAX], total[CLOCK_TEXT_MAX], text[64];

	text_copy(buf, cap, size_format(at->bytes_done, done));
	if (at->bytes_total) {
		/* A file may grow while it is read. */
		uint64_t of = at->bytes_done > at->bytes_total ? at->bytes_done : at->bytes_total;

		text_format(text, sizeof(text), " of %s (%u %%)", size_format(of, total),
			    (unsigned)(100.0 * (double)at->bytes_done / (double)of));
		append(buf, cap, text);
	}
	append_packets(buf, cap, packets_per_s);
	if (at->reached_ns) {
		struct civil c = tz_civil(at->reached_ns);

		text_format(text, sizeof(text), ", capture time %04d-%02d-%02d %02d:%02d", c.year,
			    c.month, c.day, c.hour, c.minute);
		append(buf, cap, text);
	}
	if (bytes_per_s > 0 && at->bytes_total > at->bytes_done)
		append_left(buf, cap, (double)(at->bytes_total - at->bytes_done) / bytes_per_s);
	return buf;
}

/* --- the screen ----------------------------------------------------------- */

/* A terminal that does not take the bytes is no reason to stop or to complain. */
static void put(int fd, const char *bytes, size_t len)
{
	while (len) {
		ssize_t n = write(fd, bytes, len);

		if (n <= 0)
			return;
		bytes += n;
		len -= (size_t)n;
	}
}

static size_t terminal_width(int fd)
{
	struct winsize size;

	if (ioctl(fd, TIOCGWINSZ, &size) || size.ws_col < 2)
		return WIDTH_DEFAULT;
	return size.ws_col;
}

/* With lock held. */
static void wipe(const struct progress *p)
{
	char line[LINE_BYTES + 2];

	if (!on_screen)
		return;
	line[0] = '\r';
	memset(line + 1, ' ', on_screen);
	line[on_screen + 1] = '\r';
	put(p->fd, line, on_screen + 2);
	on_screen = 0;
}

static void wipe_before_log(void)
{
	pthread_mutex_lock(&lock);
	if (shown && on_screen) {
		wipe(shown);
		shown->last_ns = clock_monotonic_ns();
	}
	pthread_mutex_unlock(&lock);
}

static void draw(struct progress *p, const char *text)
{
	char line[LINE_BYTES + 2];
	size_t len = strlen(text), width = terminal_width(p->fd) - 1, out = 0;

	len = len < width ? len : width;	/* a line that wraps could not be taken back */
	len = len < LINE_BYTES ? len : LINE_BYTES;
	line[out++] = '\r';
	memcpy(line + out, text, len);
	out += len;
	while (out < on_screen + 1)
		line[out++] = ' ';
	put(p->fd, line, out);
	on_screen = len;
}

static void draw_plain(const struct progress *p, const char *text)
{
	char line[LINE_BYTES + 1];
	size_t len = strlen(text);

	memcpy(line, text, len);
	line[len] = '\n';
	put(p->fd, line, len + 1);
}

/* --- the face ------------------------------------------------------------- */

int progress_start(enum progress_mode mode, int fd, struct progress **ret_progress)
{
	bool is_terminal = isatty(fd);
	struct progress *p;

	*ret_progress = NULL;
	if (mode == PROGRESS_NEVER || (mode == PROGRESS_AUTO && !is_terminal))
		return 0;
	p = calloc(1, sizeof(*p));
	if (!p)
		return -ENOMEM;
	p->fd = fd;
	p->is_terminal = is_terminal;
	p->last_ns = p->sample_ns = clock_monotonic_ns();
	pthread_mutex_lock(&lock);
	shown = p;
	on_screen = 0;
	pthread_mutex_unlock(&lock);
	log_set_before(wipe_before_log);
	*ret_progress = p;
	return 0;
}

static double rate(uint64_t now, uint64_t before, double seconds)
{
	return now > before ? (double)(now - before) / seconds : 0;
}

static void update_rates(struct progress *p, const struct progress_at *at, double seconds)
{
	double packets = rate(at->packets, p->last.packets, seconds);
	double bytes = rate(at->bytes_done, p->last.bytes_done, seconds);
	double weight = p->has_rates ? 1 - exp(-seconds / MEMORY_S) : 1;

	p->packets_per_s += weight * (packets - p->packets_per_s);
	p->bytes_per_s += weight * (bytes - p->bytes_per_s);
	p->has_rates = true;
	p->last = *at;
}

void progress_update(struct progress *p, const struct progress_at *at)
{
	uint64_t now;
	char text[LINE_BYTES];

	if (!p)
		return;
	now = clock_monotonic_ns();
	pthread_mutex_lock(&lock);
	if (now >= p->last_ns + (p->is_terminal ? DRAW_NS : PLAIN_NS)) {
		update_rates(p, at, (double)(now - p->sample_ns) / 1e9);
		p->sample_ns = now;
		progress_format(at, p->packets_per_s, p->bytes_per_s, text, sizeof(text));
		if (p->is_terminal)
			draw(p, text);
		else
			draw_plain(p, text);
		p->last_ns = now;
	}
	pthread_mutex_unlock(&lock);
}

void progress_stop(struct progress *p)
{
	if (!p)
		return;
	log_set_before(NULL);
	pthread_mutex_lock(&lock);
	wipe(p);
	shown = NULL;
	pthread_mutex_unlock(&lock);
	free(p);
}
