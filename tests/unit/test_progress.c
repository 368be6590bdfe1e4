/* test_progress.c - the text, and on a pseudo-terminal what is drawn and wiped. */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include "base/clock.h"
#include "base/log.h"
#include "output/progress.h"
#include "tap.h"

#define GB 1000000000ULL
#define T0 (1768626600 * NS_PER_SEC)	/* 2026-01-17 05:10 UTC */

static const char *text_of(uint64_t done, uint64_t total, uint64_t reached, double bytes_per_s)
{
	static char buf[256];
	struct progress_at at = { .bytes_done = done, .bytes_total = total, .reached_ns = reached };

	return progress_format(&at, 812345, bytes_per_s, buf, sizeof(buf));
}

static void test_text(void)
{
	EQUAL_TEXT(text_of(12 * GB, 48 * GB, T0, 0.2 * GB),
		   "12 GB of 48 GB (25 %), 812 k packets/s, capture time 2026-01-17 05:10, "
		   "3 min left");
	EQUAL_TEXT(text_of(0, 48 * GB, 0, 0), "0 B of 48 GB (0 %), 812 k packets/s");
	EQUAL_TEXT(text_of(47 * GB, 48 * GB, 0, 0.05 * GB),
		   "47 GB of 48 GB (97 %), 812 k packets/s, 20 s left");
	EQUAL_TEXT(text_of(0, 48 * GB, 0, 4e6), "0 B of 48 GB (0 %), 812 k packets/s, 3.3 h left");
	EQUAL_TEXT(text_of(0, 48 * GB, 0, 1), "0 B of 48 GB (0 %), 812 k packets/s");
	EQUAL_TEXT(text_of(12 * GB, 0, 0, 1), "12 GB, 812 k packets/s");
	/* A file that grew while it was read. */
	EQUAL_TEXT(text_of(50 * GB, 48 * GB, 0, 1), "50 GB of 50 GB (100 %), 812 k packets/s");
}

static void test_short_buffer(void)
{
	struct progress_at at = { .bytes_done = 12 * GB, .bytes_total = 48 * GB, .reached_ns = T0 };
	char buf[20];

	EQUAL_TEXT(progress_format(&at, 1, 1, buf, sizeof(buf)), "12 GB of 48 GB (25 ");
}

static void test_modes(void)
{
	enum progress_mode mode = PROGRESS_NEVER;

	EQUAL_INT(progress_mode_parse("auto", &mode), true);
	EQUAL_INT(mode, PROGRESS_AUTO);
	EQUAL_INT(progress_mode_parse("always", &mode), true);
	EQUAL_INT(mode, PROGRESS_ALWAYS);
	EQUAL_INT(progress_mode_parse("never", &mode), true);
	EQUAL_INT(mode, PROGRESS_NEVER);
	EQUAL_INT(progress_mode_parse("sometimes", &mode), false);
	EQUAL_INT(mode, PROGRESS_NEVER);
}

static void test_no_terminal(void)
{
	struct progress *p = (void *)1;
	struct progress_at at = { .packets = 1 };
	int fds[2];

	EQUAL_INT(pipe2(fds, O_CLOEXEC), 0);
	EQUAL_INT(progress_start(PROGRESS_AUTO, fds[1], &p), 0);
	CU_ASSERT_PTR_NULL(p);
	progress_update(p, &at);	/* nothing to show: nothing happens */
	progress_stop(p);
	EQUAL_INT(progress_start(PROGRESS_NEVER, fds[1], &p), 0);
	CU_ASSERT_PTR_NULL(p);
	EQUAL_INT(progress_start(PROGRESS_ALWAYS, fds[1], &p), 0);
	CU_ASSERT_PTR_NOT_NULL(p);
	progress_stop(p);
	close(fds[0]);
	close(fds[1]);
}

/* --- a terminal ----------------------------------------------------------------------------- */

/* -1: this machine has none (no /dev/ptmx in a container, no /dev/pts), and the test is skipped. */
static int open_terminal(unsigned short columns, int *ret_slave)
{
	struct winsize size = { .ws_row = 24, .ws_col = columns };
	int master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK);

	if (master >= 0 && !grantpt(master) && !unlockpt(master)) {
		*ret_slave = open(ptsname(master), O_RDWR | O_NOCTTY | O_CLOEXEC);
		if (*ret_slave >= 0 && !ioctl(*ret_slave, TIOCSWINSZ, &size))
			return master;
	}
	if (master >= 0)
		close(master);
	tap_skip("no pseudo-terminal can be opened");
	return -1;
}

static const char *read_screen(int master)
{
	static char buf[8192];
	size_t used = 0;
	ssize_t n;

	while ((n = read(master, buf + used, sizeof(buf) - 1 - used)) > 0)
		used += (size_t)n;
	buf[used] = '\0';
	return buf;
}

static void test_drawing(void)
{
	struct progress_at at = { .bytes_done = 12 * GB, .bytes_total = 48 * GB, .packets = 1 };
	struct progress *p = NULL;
	int slave = -1, master = open_terminal(30, &slave);
	const char *screen;

	if (master < 0)
		return;
	EQUAL_INT(progress_start(PROGRESS_AUTO, slave, &p), 0);
	CU_ASSERT_PTR_NOT_NULL_FATAL(p);
	progress_update(p, &at);		/* too soon */
	EQUAL_TEXT(read_screen(master), "");
	usleep(210000);
	progress_update(p, &at);
	screen = read_screen(master);
	EQUAL_INT(strncmp(screen, "\r12 GB of 48 GB (25 %), ", 24), 0);
	EQUAL_INT(strlen(screen), 30);		/* the return and 29 columns: never wraps */
	for (int i = 0; i < 1000; i++)
		progress_update(p, &at);
	EQUAL_TEXT(read_screen(master), "");	/* at most 5 a second */
	progress_stop(p);
	EQUAL_TEXT(read_screen(master), "\r                             \r");
	close(slave);
	close(master);
}

/* Lines of the log go to standard error; here it is the same terminal. */
static void test_log_line_wipes(void)
{
	struct progress_at at = { .bytes_done = 12 * GB };
	struct progress *p = NULL;
	int slave = -1, master = open_terminal(80, &slave), saved;

	if (master < 0)
		return;
	saved = dup(STDERR_FILENO);
	unsetenv("JOURNAL_STREAM");
	EQUAL_INT(progress_start(PROGRESS_AUTO, slave, &p), 0);
	usleep(210000);
	progress_update(p, &at);
	EQUAL_TEXT(read_screen(master), "\r12 GB, 0 packets/s");
	dup2(slave, STDERR_FILENO);
	log_notice("test", "hello");
	dup2(saved, STDERR_FILENO);
	close(saved);
	EQUAL_TEXT(read_screen(master), "\r                  \rnachtwacht: test: hello\r\n");
	progress_update(p, &at);		/* not drawn over the line that was just written */
	EQUAL_TEXT(read_screen(master), "");
	progress_stop(p);
	EQUAL_TEXT(read_screen(master), "");
	log_debug("test", "after the end nothing is wiped");
	close(slave);
	close(master);
}

int main(void)
{
	CU_TestInfo tests[] = {
		{ "the text", test_text },
		{ "the text in a short buffer", test_short_buffer },
		{ "modes", test_modes },
		{ "no terminal, no line", test_no_terminal },
		{ "drawn seldom, cut to the width, wiped at the end", test_drawing },
		{ "a log line wipes it", test_log_line_wipes },
		CU_TEST_INFO_NULL,
	};
	CU_SuiteInfo suites[] = {
		{ "progress", NULL, NULL, NULL, NULL, tests }, CU_SUITE_INFO_NULL
	};

	return tap_main(suites);
}
