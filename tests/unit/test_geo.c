/* test_geo.c - MaxMind-format files: look-ups, damage, and a site that uses them.
 *
 * The files are written by tests/mkmmdb.py.
 */
#include "tap.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/err.h"
#include "base/log.h"
#include "base/tz.h"
#include "policy/geo.h"
#include "policy/site.h"
#include "policy/site_explain.h"

#define SEED 20260117u
#define PATH_LEN 256

static char directory[] = "/tmp/nachtwacht-geo-XXXXXX";

static const char *file(const char *name)
{
	static char path[4][PATH_LEN];
	static unsigned next;
	char *buf = path[next++ % 4];

	snprintf(buf, PATH_LEN, "%s/%s", directory, name);
	return buf;
}

static bool make(const char *options, const char *name, const char *entries)
{
	const char *source = getenv("NW_SRCDIR");
	char command[2048];

	snprintf(command, sizeof(command), "python3 -B '%s/tests/mkmmdb.py' %s '%s' %s",
		 source ? source : ".", options, file(name), entries);
	return system(command) == 0;
}

#define NETWORKS \
	"'198.51.100.0/24=64500 Example Net' '198.51.100.128/25=64501 Other Net' " \
	"'203.0.113.0/24={\"autonomous_system_number\": 4294967295}' " \
	"'2001:db8:1::/48=64502 Six'"

static bool make_files(void)
{
	return make("", "asn.mmdb", NETWORKS) &&
	       make("", "country.mmdb", "198.51.100.0/24=NL 2001:db8::/32=BE "
		    "'203.0.113.0/25={\"registered_country\": {\"iso_code\": \"DE\"}}' "
		    "'203.0.113.128/25={\"country\": {\"iso_code\": \"nl\"}}' "
		    "'192.0.2.0/24={\"country\": \"NL\"}'");
}

static struct geo *open_both(void)
{
	struct geo_problem problem = { .text = "" };
	struct geo *g = NULL;

	EQUAL_INT(geo_open(file("asn.mmdb"), file("country.mmdb"), &g, &problem), 0);
	EQUAL_TEXT(problem.text, "");
	CU_ASSERT_PTR_NOT_NULL_FATAL(g);
	return g;
}

/* "64500 Example Net NL" */
static const char *place(const struct geo *g, const char *text)
{
	static char buf[GEO_ORGANISATION_MAX + 32];
	struct geo_place p;
	struct addr a;

	CU_ASSERT_FATAL(addr_parse(text, &a));
	if (!geo_lookup(g, &a, &p))
		return "-";
	snprintf(buf, sizeof(buf), "%u %s %s", p.asn, p.organisation, p.country);
	return buf;
}

static void test_lookup(void)
{
	struct geo *g = open_both();

	EQUAL_TEXT(place(g, "198.51.100.7"), "64500 Example Net NL");
	EQUAL_TEXT(place(g, "198.51.100.200"), "64501 Other Net NL");
	EQUAL_TEXT(place(g, "2001:db8:1::7"), "64502 Six BE");
	EQUAL_TEXT(place(g, "2001:db8:2::7"), "0  BE");
	EQUAL_TEXT(place(g, "203.0.113.7"), "4294967295  DE");
	EQUAL_TEXT(place(g, "203.0.113.200"), "4294967295  ");	/* "nl" is no code */
	EQUAL_TEXT(place(g, "192.0.2.1"), "-");
	EQUAL_TEXT(place(g, "10.0.0.1"), "-");
	EQUAL_TEXT(place(g, "::1"), "-");
	EQUAL_TEXT(place(NULL, "198.51.100.7"), "-");
	EQUAL_INT(strlen(geo_sha256(g, GEO_ASN)), 64);
	EQUAL_TEXT(geo_sha256(NULL, GEO_ASN), "");
	geo_close(g);
	geo_close(NULL);
}

/* Every record size, and a file of IPv4 only; one kind without the other. */
static void test_forms(void)
{
	static const char *const forms[] = { "--record 24", "--record 28", "--record 32",
					     "--record 24 --ip 4" };
	struct geo_problem problem;

	for (size_t i = 0; i < ARRAY_SIZE(forms); i++) {
		struct geo *g = NULL;

		CU_ASSERT_FATAL(make(forms[i], "form.mmdb", "'198.51.100.0/24=64500 Example Net'"));
		EQUAL_INT(geo_open(file("form.mmdb"), NULL, &g, &problem), 0);
		EQUAL_TEXT(place(g, "198.51.100.7"), "64500 Example Net ");
		EQUAL_TEXT(place(g, "2001:db8::1"), "-");
		geo_close(g);
	}
}

static void expect_problem(const char *asn, const char *country, int err, enum geo_kind kind,
			   const char *text)
{
	struct geo_problem problem = { .kind = GEO_KINDS, .text = "" };
	char wanted[600];
	struct geo *g = NULL;

	snprintf(wanted, sizeof(wanted), text, kind == GEO_ASN ? asn : country);
	EQUAL_INT(geo_open(asn, country, &g, &problem), err);
	EQUAL_INT(problem.kind, kind);
	EQUAL_TEXT(problem.text, wanted);
	CU_ASSERT_PTR_NULL(g);
}

static void test_problems(void)
{
	expect_problem(file("none.mmdb"), NULL, -ENOENT, GEO_ASN,
		       "\"%s\" cannot be read: No such file or directory");
	expect_problem(file("asn.mmdb"), directory, -EISDIR, GEO_COUNTRY,
		       "\"%s\" cannot be read: Is a directory");
	expect_problem("/dev/null", NULL, ERR_FORMAT, GEO_ASN, "\"%s\" is empty");
	expect_problem("/proc/self/exe", NULL, ERR_FORMAT, GEO_ASN,
		       "\"%s\" is not a MaxMind-format database, or is damaged");
	expect_problem(file("country.mmdb"), NULL, ERR_FORMAT, GEO_ASN,
		       "\"%s\" is a database of countries, not of AS numbers");
	expect_problem(file("asn.mmdb"), file("asn.mmdb"), ERR_FORMAT, GEO_COUNTRY,
		       "\"%s\" is a database of AS numbers, not of countries");
}

/* --- damage --------------------------------------------------------------------------- */

static size_t load(const char *path, uint8_t *bytes, size_t cap)
{
	FILE *in = fopen(path, "rb");
	size_t n = in ? fread(bytes, 1, cap, in) : 0;

	if (in)
		fclose(in);
	return n;
}

static void save(const char *path, const uint8_t *bytes, size_t len)
{
	FILE *out = fopen(path, "wb");

	CU_ASSERT_PTR_NOT_NULL_FATAL(out);
	EQUAL_INT(fwrite(bytes, 1, len, out), len);
	fclose(out);
}

/* Opens and asks; whatever comes is bounded. */
static bool survives(const char *path)
{
	static const char *const asked[] = { "198.51.100.7", "203.0.113.200", "2001:db8:1::7",
					     "0.0.0.0", "ffff::" };
	struct geo_problem problem;
	struct geo *g = NULL;
	struct geo_place p;
	struct addr a;

	if (geo_open(path, NULL, &g, &problem))
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(asked); i++) {
		CU_ASSERT_FATAL(addr_parse(asked[i], &a));
		geo_lookup(g, &a, &p);
		CU_ASSERT(strlen(p.organisation) < GEO_ORGANISATION_MAX);
		CU_ASSERT(strlen(p.country) == 0 || strlen(p.country) == 2);
	}
	geo_close(g);
	return true;
}

static void test_damage(void)
{
	uint8_t whole[8192], bytes[8192];
	size_t len = load(file("asn.mmdb"), whole, sizeof(whole));
	size_t metadata = 0;
	unsigned opened = 0;

	CU_ASSERT_FATAL(len > 1000 && len < sizeof(whole));
	/* Behind its marker nothing is changed: the library leaks memory where it refuses that. */
	while (memcmp(whole + metadata, "\xab\xcd\xefMaxMind.com", 14))
		metadata++;
	for (size_t n = 0; n < metadata; n += 7) {	/* cut */
		save(file("cut.mmdb"), whole, n);
		survives(file("cut.mmdb"));
	}
	srand(SEED);
	printf("# seed %u\n", SEED);
	for (int round = 0; round < 2000; round++) {
		memcpy(bytes, whole, len);
		for (int i = rand() % 8; i >= 0; i--)
			bytes[(size_t)rand() % metadata] = (uint8_t)rand();
		save(file("bad.mmdb"), bytes, len);
		opened += survives(file("bad.mmdb"));
	}
	EQUAL_INT(opened, 2000);
}

/* Maps in maps, deeper than the stack is long; and a block of erased flash. */
static void test_deep(void)
{
	static uint8_t bytes[4 << 20];
	struct geo_problem problem;
	struct geo *g = NULL;
	size_t len, data;

	CU_ASSERT_FATAL(make("--deep 3", "deep.mmdb", NETWORKS));
	EQUAL_INT(geo_open(file("deep.mmdb"), NULL, &g, &problem), 0);
	EQUAL_TEXT(place(g, "198.51.100.7"), "64500 Example Net ");
	geo_close(g);
	CU_ASSERT_FATAL(make("--deep 1000000", "deep.mmdb", "198.51.100.0/24=64500"));
	EQUAL_INT(geo_open(file("deep.mmdb"), NULL, &g, &problem), 0);
	EQUAL_TEXT(place(g, "198.51.100.7"), "-");
	geo_close(g);
	len = load(file("deep.mmdb"), bytes, sizeof(bytes));
	CU_ASSERT_FATAL(len > 1000000 && len < sizeof(bytes));
	for (data = 0; memcmp(bytes + data, "Ddeep", 5); data++)
		;
	memset(bytes + data - 1, 0xff, len - 400 - data);
	save(file("erased.mmdb"), bytes, len);
	EQUAL_INT(geo_open(file("erased.mmdb"), NULL, &g, &problem), 0);
	EQUAL_TEXT(place(g, "198.51.100.7"), "-");
	geo_close(g);
}

/* A file that changes under us changes nothing. */
static void test_replaced(void)
{
	struct geo_problem problem;
	struct geo *g = NULL;

	CU_ASSERT_FATAL(make("", "short.mmdb", NETWORKS));
	EQUAL_INT(geo_open(file("short.mmdb"), NULL, &g, &problem), 0);
	EQUAL_INT(truncate(file("short.mmdb"), 0), 0);
	EQUAL_TEXT(place(g, "198.51.100.7"), "64500 Example Net ");
	geo_close(g);
}

static void test_texts(void)
{
	struct geo_problem problem;
	struct geo *g = NULL;
	char entry[512], name[300];
	struct geo_place p;
	struct addr a;

	memset(name, 'n', sizeof(name));
	name[299] = '\0';
	snprintf(entry, sizeof(entry), "\"$(printf '198.51.100.0/24=64500 a\\377\\033b')\" "
		 "'203.0.113.0/24=64501 %s'", name);
	CU_ASSERT_FATAL(make("", "texts.mmdb", entry));
	EQUAL_INT(geo_open(file("texts.mmdb"), NULL, &g, &problem), 0);
	EQUAL_TEXT(place(g, "198.51.100.7"), "64500 a\xef\xbf\xbd\\x1bb ");
	CU_ASSERT_FATAL(addr_parse("203.0.113.1", &a));
	CU_ASSERT(geo_lookup(g, &a, &p));
	EQUAL_INT(strlen(p.organisation), GEO_ORGANISATION_MAX - 1);
	geo_close(g);
}

/* --- the site ------------------------------------------------------------------------- */

#define SITE_HEAD "{\"site\": {\"id\": \"T\", \"timezone\": \"UTC\", \"closed_hours\": []},"
#define ENTRY(id, to) "{\"id\": \"" id "\", \"from\": {\"ip\": [\"10.0.0.0/8\"]}, \"to\": " to "}"

static char said[4096];

static void keep_line(enum log_level level, const char *line)
{
	size_t len = strlen(said);

	(void)level;
	snprintf(said + len, sizeof(said) - len, "%s\n", line);
}

static int load_site(const char *text, struct site **ret_site)
{
	int err;

	save(file("site.json"), (const uint8_t *)text, strlen(text));
	said[0] = '\0';
	log_set_sink(keep_line);
	err = site_load(file("site.json"), ret_site);
	log_set_sink(NULL);
	return err;
}

static const char *expected(const struct site *s, const char *from, const char *to,
			    const char *name)
{
	struct addr a = { { 0 } }, b = { { 0 } };
	struct expected_query q = { .from = &a, .to = &b, .proto = 6, .server_port = 443,
				    .service = "TLS", .name = name,
				    .at_ns = 20470 * 86400000000000ULL };
	const struct expected *e;

	CU_ASSERT_FATAL(addr_parse(from, &a) && addr_parse(to, &b));
	e = site_expected(s, &q);
	return e ? e->id : "none";
}

static void test_site(void)
{
	struct site *s = NULL;

	EQUAL_INT(load_site(SITE_HEAD "\"geo\": {\"asn\": \"asn.mmdb\","
		"\"country\": \"country.mmdb\"},"
		"\"expected\": ["
		ENTRY("both", "{\"asn\": 64501, \"country\": \"NL\","
		      "\"domain\": \"*.a.example\"}") ","
		ENTRY("asn", "{\"asn\": 64501}") ","
		ENTRY("country", "{\"country\": \"BE\"}") ","
		ENTRY("never", "{\"asn\": 64502, \"country\": \"NL\"}") ","
		"{\"id\": \"in\", \"from\": {\"asn\": 64500}, \"to\": {\"ip\": [\"10.0.0.9\"]}}"
		"]}", &s), 0);
	CU_ASSERT_PTR_NOT_NULL_FATAL(s);
	EQUAL_TEXT(said, "");
	EQUAL_INT(tz_use(s->timezone), 0);
	EQUAL_TEXT(expected(s, "10.0.0.1", "198.51.100.200", ""), "asn");
	EQUAL_TEXT(expected(s, "10.0.0.1", "198.51.100.200", "x.a.example"), "both");
	EQUAL_TEXT(expected(s, "10.0.0.1", "198.51.100.7", "x.a.example"), "none");
	EQUAL_TEXT(expected(s, "10.0.0.1", "2001:db8:2::1", ""), "country");
	EQUAL_TEXT(expected(s, "10.0.0.1", "2001:db8:1::1", ""), "country");
	EQUAL_TEXT(expected(s, "192.168.0.1", "198.51.100.200", ""), "none");
	EQUAL_TEXT(expected(s, "198.51.100.7", "10.0.0.9", ""), "in");
	EQUAL_TEXT(expected(s, "203.0.113.7", "10.0.0.9", ""), "none");
	site_free(s);
}

static void test_site_problems(void)
{
	static const char from_memory[] = SITE_HEAD
		"\"geo\": {\"asn\": \"no.mmdb\"}, \"expected\": [" ENTRY("asn",
									 "{\"asn\": 64501}") "]}";
	struct site *s = NULL;
	char wanted[600];

	EQUAL_INT(load_site(SITE_HEAD "\n \"geo\": {\"country\": \"no.mmdb\"}}", &s), ERR_FORMAT);
	snprintf(wanted, sizeof(wanted),
		 "error: site: %s:2:21: geo.country: \"%s\" cannot be read: No such "
		 "file or directory; give the path of a MaxMind-format file, from the site file's "
		 "directory on, or leave the key out\n",
		 file("site.json"), file("no.mmdb"));
	EQUAL_TEXT(said, wanted);
	CU_ASSERT_PTR_NULL(s);
	/* From memory the files are not opened, and entries that need them cover nothing. */
	EQUAL_INT(site_parse("x", from_memory, strlen(from_memory), &s), 0);
	CU_ASSERT_PTR_NOT_NULL_FATAL(s);
	EQUAL_TEXT(s->geo_paths[GEO_ASN], "no.mmdb");
	EQUAL_TEXT(expected(s, "10.0.0.1", "198.51.100.200", ""), "none");
	site_free(s);
}

static void test_site_without(void)
{
	static const char text[] =
		SITE_HEAD "\"expected\": [" ENTRY("asn", "{\"asn\": 64501}") "]}";
	struct site *s = NULL;
	char *out = NULL;
	size_t size = 0;
	FILE *f;

	EQUAL_INT(load_site(text, &s), 0);
	CU_ASSERT_PTR_NOT_NULL_FATAL(s);
	CU_ASSERT_PTR_NOT_NULL(strstr(said, "name \"asn\" hold for nothing without"));
	EQUAL_TEXT(expected(s, "10.0.0.1", "198.51.100.200", ""), "none");
	f = open_memstream(&out, &size);
	CU_ASSERT_PTR_NOT_NULL_FATAL(f);
	site_explain(s, f);
	fclose(f);
	CU_ASSERT_PTR_NOT_NULL(strstr(out, "    off: one of its conditions cannot be looked up\n"));
	free(out);
	site_free(s);
}

static int begin(void)
{
	return mkdtemp(directory) && make_files() ? 0 : -1;
}

static int finish(void)
{
	char command[PATH_LEN];

	snprintf(command, sizeof(command), "rm -r '%s'", directory);
	return system(command);
}

int main(void)
{
	CU_TestInfo tests[] = {
		{ "look-ups", test_lookup }, { "forms of files", test_forms },
		{ "problems", test_problems }, { "damage", test_damage },
		{ "deep records", test_deep }, { "replaced while open", test_replaced },
		{ "texts", test_texts }, { "site", test_site },
		{ "site: problems", test_site_problems },
		{ "site: no file", test_site_without }, CU_TEST_INFO_NULL,
	};
	CU_SuiteInfo suites[] = { { "geo", begin, finish, NULL, NULL, tests },
				  CU_SUITE_INFO_NULL };

	if (system("python3 -c 0")) {
		puts("1..0 # SKIP no python3 to write databases with");
		return 0;
	}
	return tap_main(suites);
}
