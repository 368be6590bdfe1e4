/* test_resolved.c - the memory of DNS answers: who asked, for how long, who goes first, and that
 * nothing of it depends on the table's layout. */
#include "tap.h"
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include "base/digest.h"
#include "profile/resolved.h"

#define START (20470 * NS_PER_DAY)
#define SEED 20260117u

static struct addr host(unsigned n)
{
	return addr_from_ipv4((const uint8_t[]){ 198, 51, (uint8_t)(n >> 8), (uint8_t)n });
}

static struct addr asker(unsigned n)
{
	return addr_from_ipv4((const uint8_t[]){ 10, 20, 1, (uint8_t)n });
}

static void note(struct resolved *r, unsigned client, unsigned address, const char *name,
		 uint64_t at_ns)
{
	struct addr c = asker(client), a = host(address);

	resolved_note(r, &c, &a, name, START + at_ns);
}

static const char *find(const struct resolved *r, unsigned client, unsigned address,
			uint64_t at_ns)
{
	struct addr c = asker(client), a = host(address);
	const char *name = resolved_find(r, &c, &a, START + at_ns, NULL);

	return name ? name : "-";
}

static struct resolved *fresh(size_t max)
{
	struct resolved *r = NULL;

	CU_ASSERT_EQUAL_FATAL(resolved_new(max, &r), 0);
	return r;
}

static void test_askers(void)
{
	struct resolved *r = fresh(0);
	struct addr c = asker(2), a = host(1);
	bool was_asked = true;

	EQUAL_TEXT(find(r, 1, 1, 0), "-");
	note(r, 1, 1, "a.example", 0);
	note(r, 2, 1, "b.example", 1);
	EQUAL_TEXT(find(r, 1, 1, 2), "a.example");
	EQUAL_TEXT(find(r, 2, 1, 2), "b.example");
	EQUAL_TEXT(find(r, 3, 1, 2), "b.example");	/* told last, to whomever */
	EQUAL_TEXT(find(r, 1, 2, 2), "-");
	note(r, 1, 1, "c.example", 3);
	EQUAL_TEXT(find(r, 1, 1, 4), "c.example");
	EQUAL_TEXT(find(r, 3, 1, 4), "c.example");
	EQUAL_TEXT(resolved_find(r, &c, &a, START + 4, &was_asked), "b.example");
	CU_ASSERT(was_asked);
	c = asker(3);
	EQUAL_TEXT(resolved_find(r, &c, &a, START + 4, &was_asked), "c.example");
	CU_ASSERT_FALSE(was_asked);
	EQUAL_INT(resolved_counters(r)->live, 3);
	resolved_free(r);
}

static void test_day(void)
{
	struct resolved *r = fresh(0);

	note(r, 1, 1, "a.example", 0);
	EQUAL_TEXT(find(r, 1, 1, NS_PER_DAY), "a.example");
	EQUAL_TEXT(find(r, 1, 1, NS_PER_DAY + 1), "-");
	note(r, 1, 1, "a.example", NS_PER_HOUR);	/* told again: it counts from there */
	EQUAL_TEXT(find(r, 1, 1, NS_PER_DAY + NS_PER_HOUR), "a.example");
	note(r, 2, 1, "b.example", 2 * NS_PER_HOUR);
	note(r, 1, 2, "z.example", NS_PER_DAY + NS_PER_HOUR + 1);	/* the first one goes */
	EQUAL_INT(resolved_counters(r)->expired, 1);
	EQUAL_TEXT(find(r, 1, 1, NS_PER_DAY + NS_PER_HOUR + 1), "b.example");
	note(r, 1, 3, "late.example", 5);		/* back in time: as of now */
	EQUAL_TEXT(find(r, 1, 3, 2 * NS_PER_DAY), "late.example");
	resolved_free(r);
}

static void test_full(void)
{
	struct resolved *r = fresh(6);	/* three notes */
	char longest[300];

	note(r, 1, 1, "1.example", 1);
	note(r, 1, 2, "2.example", 2);
	note(r, 1, 3, "3.example", 3);
	note(r, 1, 1, "1.example", 4);
	note(r, 1, 4, "4.example", 5);		/* 2 was told longest ago */
	EQUAL_INT(resolved_counters(r)->live, 6);
	EQUAL_INT(resolved_counters(r)->evicted, 2);
	EQUAL_TEXT(find(r, 1, 2, 6), "-");
	EQUAL_TEXT(find(r, 1, 1, 6), "1.example");
	EQUAL_TEXT(find(r, 1, 3, 6), "3.example");
	EQUAL_TEXT(find(r, 1, 4, 6), "4.example");
	memset(longest, 'x', sizeof(longest));
	longest[256] = '\0';
	note(r, 1, 5, longest, 7);
	note(r, 1, 5, "", 7);
	EQUAL_TEXT(find(r, 1, 5, 8), "-");
	longest[255] = '\0';
	note(r, 1, 5, longest, 7);
	EQUAL_TEXT(find(r, 1, 5, 8), longest);
	resolved_free(r);
	EQUAL_INT(resolved_new(1, &r), -22);
}

/* Twenty times more pairs than places, for days; what was found goes into the digest. */
static void play(struct resolved *r, unsigned rounds, struct digest *d)
{
	char name[32];

	srand(SEED);
	for (unsigned i = 0; i < rounds; i++) {
		unsigned client = (unsigned)rand() % 5, address = (unsigned)rand() % 700;
		uint64_t at = i * (NS_PER_MIN / 4);

		snprintf(name, sizeof(name), "n%u.example", (unsigned)rand() % 300);
		note(r, client, address, name, at);
		address = (unsigned)rand() % 700;
		digest_update(d, find(r, client, address, at),
			      strlen(find(r, client, address, at)));
	}
	digest_update(d, resolved_counters(r), sizeof(struct resolved_counters));
}

/* In a process of its own, so with a hash secret of its own. */
static void played_by_child(char hex[static DIGEST_HEX_MAX])
{
	int fds[2];
	pid_t pid;

	memset(hex, 0, DIGEST_HEX_MAX);
	CU_ASSERT_EQUAL_FATAL(pipe(fds), 0);
	fflush(stdout);
	pid = fork();
	if (pid == 0) {
		struct resolved *r = NULL;
		struct digest *d = digest_new();
		bool ok = d && !resolved_new(500, &r);

		if (ok) {
			play(r, 20000, d);
			digest_final_free(d, hex);
			ok = write(fds[1], hex, DIGEST_HEX_MAX) == DIGEST_HEX_MAX;
		}
		resolved_free(r);
		_exit(!ok);
	}
	close(fds[1]);
	CU_ASSERT_EQUAL(read(fds[0], hex, DIGEST_HEX_MAX), DIGEST_HEX_MAX);
	close(fds[0]);
	waitpid(pid, NULL, 0);
}

static void test_layout(void)
{
	char one[DIGEST_HEX_MAX], other[DIGEST_HEX_MAX];

	printf("# seed %u\n", SEED);
	played_by_child(one);
	played_by_child(other);
	EQUAL_INT(strlen(one), 64);
	EQUAL_TEXT(one, other);
}

static void test_pack(void)
{
	struct resolved *r = fresh(500), *again = fresh(500);
	struct digest *d = digest_new();
	char hex[DIGEST_HEX_MAX];
	struct packer one = { 0 }, other = { 0 };
	struct unpacker u;

	play(r, 3000, d);
	digest_final_free(d, hex);
	resolved_pack(r, &one);
	u = unpack_over(one.bytes, one.len);
	CU_ASSERT(resolved_unpack(again, &u) && unpack_ok(&u));
	resolved_pack(again, &other);
	EQUAL_INT(one.len, other.len);
	CU_ASSERT(one.len == other.len && !memcmp(one.bytes, other.bytes, one.len));
	for (unsigned a = 0; a < 700; a++)
		EQUAL_TEXT(find(again, a % 5, a, 750 * NS_PER_MIN),
			   find(r, a % 5, a, 750 * NS_PER_MIN));
	resolved_free(again);
	for (size_t n = 0; n < one.len; n += n < 200 ? 1 : 997) {
		again = fresh(500);
		u = unpack_over(one.bytes, n);
		CU_ASSERT_FALSE(resolved_unpack(again, &u));
		EQUAL_INT(resolved_counters(again)->live, 0);
		resolved_free(again);
	}
	resolved_free(r);
	pack_free(&one);
	pack_free(&other);
}

int main(void)
{
	CU_TestInfo tests[] = {
		/* first: children must fork before this process has a hash secret */
		{ "layout does not matter", test_layout }, { "askers", test_askers },
		{ "a day", test_day }, { "full", test_full }, { "packed", test_pack },
		CU_TEST_INFO_NULL,
	};
	CU_SuiteInfo suites[] = {
		{ "resolved", NULL, NULL, NULL, NULL, tests }, CU_SUITE_INFO_NULL
	};

	return tap_main(suites);
}
