/* test_redis_conn.c - against a scripted server: what each answer means, deadlines, stopping.
 *
 * The server is a thread that accepts one connection on a unix socket, reads what comes and writes
 * what the test tells it to.  Real servers are in tests/live/redis.test.
 */
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include "base/clock.h"
#include "output/redis_conn.h"
#include "tap.h"

static char dir[] = "/tmp/nw-conn-XXXXXX";

struct server {
	const char *answers[8];		/* one for each read; NULL: close the connection */
	char got[4096];			/* all that was read */
	int fd;
	pthread_t thread;
};

static void *serve(void *arg)
{
	struct server *s = arg;
	int fd = accept(s->fd, NULL, NULL);
	size_t used = 0;

	for (int i = 0; fd >= 0; i++) {
		ssize_t n = read(fd, s->got + used, sizeof(s->got) - 1 - used);

		if (n <= 0 || !s->answers[i])
			break;
		used += (size_t)n;
		if (write(fd, s->answers[i], strlen(s->answers[i])) < 0)
			break;
	}
	if (fd >= 0)
		close(fd);
	return NULL;
}

static struct redis_url start(struct server *s)
{
	struct redis_url url = { .is_unix = true };
	struct sockaddr_un to = { .sun_family = AF_UNIX };

	snprintf(url.host, sizeof(url.host), "%s/sock", dir);
	snprintf(to.sun_path, sizeof(to.sun_path), "%s/sock", dir);
	unlink(to.sun_path);
	s->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	EQUAL_INT(bind(s->fd, (struct sockaddr *)&to, sizeof(to)), 0);
	EQUAL_INT(listen(s->fd, 1), 0);
	pthread_create(&s->thread, NULL, serve, s);
	return url;
}

static void finish(struct server *s)
{
	pthread_join(s->thread, NULL);
	close(s->fd);
}

static int set_up(void)
{
	signal(SIGPIPE, SIG_IGN);
	return !mkdtemp(dir);
}

static int tear_down(void)
{
	char path[64];

	snprintf(path, sizeof(path), "%s/sock", dir);
	unlink(path);
	return rmdir(dir);
}

static void test_classes(void)
{
	static const struct {
		const char *error;
		enum redis_class class;
	} cases[] = {
		{ "OOM command not allowed when used memory > 'maxmemory'.", REDIS_LATER },
		{ "LOADING Redis is loading the dataset in memory", REDIS_LATER },
		{ "BUSY Redis is busy running a script.", REDIS_LATER },
		{ "MISCONF Redis is configured to save RDB snapshots", REDIS_LATER },
		{ "CLUSTERDOWN The cluster is down", REDIS_LATER },
		{ "TRYAGAIN Multiple keys request during rehashing of slot", REDIS_LATER },
		{ "NOREPLICAS Not enough good replicas to write.", REDIS_LATER },
		{ "ERR max number of clients reached", REDIS_LATER },
		{ "READONLY You can't write against a read only replica.", REDIS_ELSEWHERE },
		{ "MASTERDOWN Link with MASTER is down", REDIS_ELSEWHERE },
		{ "MOVED 3999 192.0.2.1:6381", REDIS_REFUSED },
		{ "NOAUTH Authentication required.", REDIS_REFUSED },
		{ "WRONGPASS invalid username-password pair or user is disabled.", REDIS_REFUSED },
		{ "NOPERM this user has no permissions to run the 'xadd' command", REDIS_REFUSED },
		{ "WRONGTYPE Operation against a key holding the wrong kind", REDIS_REFUSED },
		{ "DENIED Redis is running in protected mode", REDIS_REFUSED },
		{ "ERR unknown command 'XADD', with args beginning with: ", REDIS_REFUSED },
		{ "ERR The stream has exhausted the last possible ID", REDIS_DEAD },
		{ "BUSYGROUP Consumer Group name already exists", REDIS_DEAD },
		{ "OOMPH", REDIS_DEAD },
		{ "", REDIS_DEAD },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		EQUAL_INT(redis_classify(cases[i].error, strlen(cases[i].error)), cases[i].class);
}

static void test_greeting(void)
{
	struct server s = { .answers = { "+OK\r\n", "+OK\r\n", "+PONG\r\n" } };
	struct redis_url url = start(&s);
	struct redis_conn *c = NULL;
	struct redis_fault fault;

	snprintf(url.user, sizeof(url.user), "nw");
	snprintf(url.password, sizeof(url.password), "hunter2");
	url.db = 3;
	EQUAL_INT(redis_conn_open(&url, -1, &c, &fault), REDIS_DONE);
	redis_conn_close(c);
	finish(&s);
	EQUAL_TEXT(s.got, "*3\r\n$4\r\nAUTH\r\n$2\r\nnw\r\n$7\r\nhunter2\r\n"
		   "*2\r\n$6\r\nSELECT\r\n$1\r\n3\r\n*1\r\n$4\r\nPING\r\n");
}

/* Some servers repeat what they were sent: the password must not come out in a message. */
static void test_no_secret(void)
{
	struct server s = { .answers = { "-ERR unknown command 'AUTH', with args beginning with: "
					 "'hunter2'\r\n" } };
	struct redis_url url = start(&s);
	struct redis_conn *c = NULL;
	struct redis_fault fault;

	snprintf(url.password, sizeof(url.password), "hunter2");
	EQUAL_INT(redis_conn_open(&url, -1, &c, &fault), REDIS_REFUSED);
	CU_ASSERT_PTR_NULL(c);
	CU_ASSERT(!strstr(fault.text, "hunter2"));
	finish(&s);
}

/* The text of an answer is shown on the operator's terminal. */
static void test_hostile_text(void)
{
	struct server s = { .answers = { "-ERR \x1b[2J\xff bad\r\n" } };
	struct redis_url url = start(&s);
	struct redis_conn *c = NULL;
	struct redis_fault fault;

	EQUAL_INT(redis_conn_open(&url, -1, &c, &fault), REDIS_REFUSED);
	EQUAL_TEXT(fault.text, "ERR \\x1b[2J\\xff bad");
	finish(&s);
}

static void open_against(const char *answer, enum redis_class class, const char *text)
{
	struct server s = { .answers = { answer } };
	struct redis_url url = start(&s);
	struct redis_conn *c = NULL;
	struct redis_fault fault = { .text = "" };

	EQUAL_INT(redis_conn_open(&url, -1, &c, &fault), class);
	EQUAL_TEXT(fault.text, text);
	redis_conn_close(c);
	finish(&s);
}

static void test_odd_servers(void)
{
	open_against(NULL, REDIS_LOST, "Server closed the connection");
	open_against("HTTP/1.1 400 Bad Request\r\n\r\n", REDIS_LOST,
		     "Protocol error, got \"H\" as reply type byte");
	open_against("-LOADING Redis is loading the dataset in memory\r\n", REDIS_LATER,
		     "LOADING Redis is loading the dataset in memory");
	open_against("-ERR max number of clients reached\r\n", REDIS_LATER,
		     "ERR max number of clients reached");
	open_against("-NOAUTH Authentication required.\r\n", REDIS_REFUSED,
		     "NOAUTH Authentication required. (give user and password, as in "
		     "--redis-password-file)");
	open_against("-NONSENSE\r\n", REDIS_REFUSED, "NONSENSE");
}

static void test_nobody_there(void)
{
	struct redis_url url = { .is_unix = true, .host = "/nonexistent/redis.sock" };
	struct redis_conn *c = NULL;
	struct redis_fault fault;

	EQUAL_INT(redis_conn_open(&url, -1, &c, &fault), REDIS_LOST);
	EQUAL_TEXT(fault.text, "No such file or directory");
	url = (struct redis_url){ .host = "127.0.0.1", .port = 1 };
	EQUAL_INT(redis_conn_open(&url, -1, &c, &fault), REDIS_LOST);
	EQUAL_TEXT(fault.text, "Connection refused");
}

static void *ring_later(void *arg)
{
	usleep(50000);
	eventfd_write(*(int *)arg, 1);
	return NULL;
}

/* A server that accepts and says nothing: the stop is noticed at once, not after the time-out. */
static void test_stop(void)
{
	struct server s = { .answers = { "", "", "" } };
	struct redis_url url = start(&s);
	int stop_fd = eventfd(0, EFD_CLOEXEC);
	uint64_t since = clock_monotonic_ns();
	struct redis_conn *c = NULL;
	struct redis_fault fault;
	pthread_t bell;

	pthread_create(&bell, NULL, ring_later, &stop_fd);
	EQUAL_INT(redis_conn_open(&url, stop_fd, &c, &fault), REDIS_LOST);
	CU_ASSERT(clock_monotonic_ns() - since < 3 * NS_PER_SEC);
	pthread_join(bell, NULL);
	finish(&s);
	close(stop_fd);
}

static void test_policy(void)
{
	struct server s = { .answers = { "+PONG\r\n",
		"$55\r\n# Memory\r\nused_memory:1\r\nmaxmemory_policy:allkeys-lru\r\n\r\n",
		"$10\r\n# Memory\r\n\r\n", "-NOPERM no\r\n" } };
	struct redis_url url = start(&s);
	struct redis_conn *c = NULL;
	struct redis_fault fault;
	char policy[32];

	EQUAL_INT(redis_conn_open(&url, -1, &c, &fault), REDIS_DONE);
	EQUAL_INT(redis_conn_policy(c, policy, sizeof(policy), &fault), REDIS_DONE);
	EQUAL_TEXT(policy, "allkeys-lru");
	EQUAL_INT(redis_conn_policy(c, policy, sizeof(policy), &fault), REDIS_DONE);
	EQUAL_TEXT(policy, "");
	EQUAL_INT(redis_conn_policy(c, policy, sizeof(policy), &fault), REDIS_REFUSED);
	EQUAL_TEXT(policy, "");
	redis_conn_close(c);
	finish(&s);
}

int main(void)
{
	CU_TestInfo tests[] = {
		{ "classes of errors", test_classes },
		{ "AUTH, SELECT, PING", test_greeting },
		{ "a password never comes back in a message", test_no_secret },
		{ "a hostile answer is escaped", test_hostile_text },
		{ "servers that are odd", test_odd_servers },
		{ "nobody there", test_nobody_there },
		{ "told to stop while waiting", test_stop },
		{ "maxmemory-policy", test_policy },
		CU_TEST_INFO_NULL,
	};
	CU_SuiteInfo suites[] = {
		{ "redis_conn", set_up, tear_down, NULL, NULL, tests }, CU_SUITE_INFO_NULL
	};

	return tap_main(suites);
}
