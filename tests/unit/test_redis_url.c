/* test_redis_url.c - which URLs are taken; refusals say what to do and tell no secret. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/log.h"
#include "output/sinks.h"
#include "tap.h"

static char last_line[512];

static void keep_log(enum log_level level, const char *line)
{
	(void)level;
	snprintf(last_line, sizeof(last_line), "%s", line);
}

static void good(const char *text, const struct redis_url *want)
{
	struct redis_url got;
	char err[256] = "";

	memset(&got, 0xaa, sizeof(got));
	EQUAL_TEXT(redis_url_parse(text, &got, err, sizeof(err)) ? "" : err, "");
	EQUAL_TEXT(got.host, want->host);
	EQUAL_INT(got.port, want->port);
	EQUAL_INT(got.is_unix, want->is_unix);
	EQUAL_INT(got.db, want->db);
	EQUAL_TEXT(got.user, want->user);
	EQUAL_TEXT(got.password, want->password);
}

#define GOOD(text, ...) good(text, &(struct redis_url){ __VA_ARGS__ })

static void test_tcp(void)
{
	GOOD("redis://127.0.0.1", .host = "127.0.0.1", .port = 6379);
	GOOD("redis://redis.example:6390/3", .host = "redis.example", .port = 6390, .db = 3);
	GOOD("redis://a_b-c.example/", .host = "a_b-c.example", .port = 6379);
	GOOD("redis://:geheim@192.0.2.1", .host = "192.0.2.1", .port = 6379, .password = "geheim");
	GOOD("redis://nw:a:b@192.0.2.1:1/0", .host = "192.0.2.1", .port = 1, .user = "nw",
	     .password = "a:b");
	GOOD("redis://nw@192.0.2.1", .host = "192.0.2.1", .port = 6379, .user = "nw");
	GOOD("redis://n%40w:%2f%25%C3%A9@h.example:65535/15", .host = "h.example", .port = 65535,
	     .db = 15, .user = "n@w", .password = "/%\xc3\xa9");
	GOOD("redis://[2001:db8::1]", .host = "2001:db8::1", .port = 6379);
	GOOD("redis://u:p@[::1]:7000/2", .host = "::1", .port = 7000, .db = 2, .user = "u",
	     .password = "p");
}

static void test_unix(void)
{
	GOOD("unix:///run/redis/redis.sock", .host = "/run/redis/redis.sock", .is_unix = true);
	GOOD("unix:///r%20s?db=9", .host = "/r s", .is_unix = true, .db = 9);
	GOOD("unix://nw:s%3Fecret@/r.sock", .host = "/r.sock", .is_unix = true, .user = "nw",
	     .password = "s?ecret");
	GOOD("unix:///tmp/a@b.sock", .host = "/tmp/a@b.sock", .is_unix = true);
}

static void bad(const char *text, const char *expect)
{
	struct redis_url url = { .port = 77, .host = "untouched" };
	char err[256] = "", what[400];

	EQUAL_INT(redis_url_parse(text, &url, err, sizeof(err)), false);
	snprintf(what, sizeof(what), "%s: \"%s\" does not say \"%s\"", text, err, expect);
	CU_assertImplementation(strstr(err, expect) != NULL, __LINE__, what, __FILE__, "",
				CU_FALSE);
	CU_ASSERT(!strstr(err, "hunter2"));
	EQUAL_INT(url.port, 77);
	EQUAL_TEXT(url.host, "untouched");
}

static void test_refusals(void)
{
	char longest[400];

	bad("", "begins with redis:// or unix://");
	bad("127.0.0.1:6379", "begins with redis:// or unix://");
	bad("u:hunter2@127.0.0.1://x", "begins with redis:// or unix://");
	bad("rediss://u:hunter2@redis.example", "stunnel");
	bad("redis+sentinel://h:26379/mymaster", "master");
	bad("http://redis.example", "http:// is not known");
	bad("redis://", "host is missing");
	bad("redis://:6379", "host is missing");
	bad("redis://u:hunter2@", "host is missing");
	bad("redis://u:hunter2@:6379", "host is missing");
	bad("redis:///0", "host is missing");
	bad("redis://h:0", "port");
	bad("redis://h:65536", "port");
	bad("redis://h:", "port");
	bad("redis://h:+1", "port");
	bad("redis://h:6379x", "port");
	bad("redis://h/x", "database");
	bad("redis://h/-1", "database");
	bad("redis://h/0/1", "database");
	bad("redis://h/99999999999", "database");
	bad("redis://h?db=1", "'?'");
	bad("redis://u:hunter2?@h", "%3F");
	bad("redis://u:hunter2/@h", "%2F");
	bad("redis://u:hunter2@x@h", "%40");
	bad("redis://u:hunter2%2@h", "%25");
	bad("redis://u:hunter2%zz@h", "%25");
	bad("redis://u:hunter2%00@h", "zero byte");
	bad("redis://2001:db8::1", "brackets");
	bad("redis://[2001:db8::1", "']'");
	bad("redis://[192.0.2.1]", "IPv6");
	bad("redis://[]", "IPv6");
	bad("redis://[::1]x", ":port");
	bad("redis://h h", "letters");
	bad("redis://h\n", "letters");
	bad("unix://", "absolute");
	bad("unix://run/redis.sock", "absolute");
	bad("unix:///r.sock?x=1", "?db=N");
	bad("unix:///r.sock?db", "?db=N");
	bad("unix:///r.sock?db=", "database");
	bad("unix:///r.sock?db=a", "database");
	snprintf(longest, sizeof(longest), "unix:///%0108d", 1);
	bad(longest, "at most 107 bytes");
	snprintf(longest, sizeof(longest), "redis://%0256d", 1);
	bad(longest, "host name is longer");
	snprintf(longest, sizeof(longest), "redis://:%0256d@h", 1);
	bad(longest, "password is longer");
	snprintf(longest, sizeof(longest), "redis://%0128d:@h", 1);
	bad(longest, "user name is longer");
}

static void test_text(void)
{
	struct redis_url url = { .host = "192.0.2.1", .port = 6379, .password = "hunter2" };
	char buf[REDIS_URL_TEXT_MAX];

	EQUAL_TEXT(redis_url_text(&url, buf), "192.0.2.1:6379");
	EQUAL_INT(redis_url_parse("redis://[::1]:1", &url, buf, sizeof(buf)), true);
	EQUAL_TEXT(redis_url_text(&url, buf), "[::1]:1");
	EQUAL_INT(redis_url_parse("unix:///a%0ab", &url, buf, sizeof(buf)), true);
	EQUAL_TEXT(redis_url_text(&url, buf), "unix:/a\\x0ab");
}

static int from_file(const char *content, size_t len, mode_t mode, struct redis_url *url)
{
	char path[] = "/tmp/nw-password-XXXXXX";
	int fd = mkstemp(path), err;

	EQUAL_INT(write(fd, content, len), len);
	fchmod(fd, mode);
	close(fd);
	*last_line = '\0';
	log_set_sink(keep_log);
	err = redis_url_password_file(url, path);
	log_set_sink(NULL);
	unlink(path);
	CU_ASSERT(!strstr(last_line, "hunter2"));
	return err;
}

static void test_password_file(void)
{
	struct redis_url url = { .password = "old" };
	char longest[300];

	EQUAL_INT(from_file("hunter2\n", 8, 0600, &url), 0);
	EQUAL_TEXT(url.password, "hunter2");
	EQUAL_TEXT(last_line, "");
	EQUAL_INT(from_file("hunter2 b\r\nsecond line\n", 23, 0600, &url), 0);
	EQUAL_TEXT(url.password, "hunter2 b");
	EQUAL_INT(from_file("hunter2", 7, 0644, &url), 0);
	EQUAL_TEXT(url.password, "hunter2");
	CU_ASSERT(strstr(last_line, "chmod 600") != NULL);
	memset(longest, 'x', sizeof(longest));
	EQUAL_INT(from_file(longest, 255, 0600, &url), 0);
	EQUAL_INT(strlen(url.password), 255);
}

static void test_bad_password_file(void)
{
	struct redis_url url = { .password = "old" };
	char longest[300];

	EQUAL_INT(from_file("", 0, 0600, &url), -EINVAL);
	CU_ASSERT(strstr(last_line, "empty") != NULL);
	EQUAL_INT(from_file("\nhunter2\n", 9, 0600, &url), -EINVAL);
	EQUAL_INT(from_file("hunter2\0x\n", 10, 0600, &url), -EINVAL);
	CU_ASSERT(strstr(last_line, "zero byte") != NULL);
	memset(longest, 'x', sizeof(longest));
	EQUAL_INT(from_file(longest, 256, 0600, &url), -EINVAL);
	CU_ASSERT(strstr(last_line, "too long") != NULL);
	EQUAL_INT(from_file(longest, 300, 0600, &url), -EINVAL);
	log_set_sink(keep_log);
	EQUAL_INT(redis_url_password_file(&url, "/nonexistent/file"), -ENOENT);
	log_set_sink(NULL);
	CU_ASSERT(strstr(last_line, "/nonexistent/file") != NULL);
	EQUAL_TEXT(url.password, "old");
}

int main(void)
{
	CU_TestInfo tests[] = {
		{ "redis://", test_tcp },
		{ "unix://", test_unix },
		{ "refusals say what to do and tell no secret", test_refusals },
		{ "text for messages", test_text },
		{ "password file", test_password_file },
		{ "password file that cannot be used", test_bad_password_file },
		CU_TEST_INFO_NULL,
	};
	CU_SuiteInfo suites[] = {
		{ "redis_url", NULL, NULL, NULL, NULL, tests }, CU_SUITE_INFO_NULL
	};

	return tap_main(suites);
}
