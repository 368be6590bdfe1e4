/* site_world.h - a site file with every key, read; for the tests of policy/. */
#ifndef NW_TESTS_SITE_WORLD_H
#define NW_TESTS_SITE_WORLD_H

#include <string.h>
#include "base/clock.h"
#include "base/log.h"
#include "base/tz.h"
#include "policy/site.h"
#include "tap.h"

static const char text[] =
	"{ \"assets\": ["		/* before the zones they name: the order is free */
	"   {\"id\": \"IMG-1\", \"role\": \"image_server\", \"vendor\": \"Vendor A\","
	" \"zone\": \"core\","
	"    \"ip\": [\"10.20.1.11\", \"2001:db8:1::11\"], \"mac\": [\"00:11:22:33:44:55\"]},"
	"   {\"id\": \"PLC-1\", \"role\": \"plc\", \"vendor\": \"Vendor B\","
	" \"ip\": [\"10.20.1.12\"]},"
	"   {\"id\": \"ODD-1\", \"zone\": \"odd\", \"ip\": [\"203.0.113.7\"]},"
	"   {\"id\": \"REV-1\", \"role\": \"review\", \"vendor\": \"Vendor A\","
	" \"ip\": [\"10.30.0.9\"]} ],"
	"  \"site\": {\"id\": \"RTM-MV\", \"timezone\": \"Europe/Amsterdam\","
	" \"networks\": [\"10.0.0.0/8\","
	"    \"2001:db8:1::/48\"], \"countries\": [\"NL\", \"BE\"],"
	" \"closed_hours\": [{\"days\": \"mon-fri\","
	"    \"from\": \"22:00\", \"to\": \"05:00\"}, {\"days\": \"sat,sun\", \"from\": \"00:00\","
	" \"to\": \"24:00\"}],"
	"    \"holidays\": [\"2026-12-26\", \"2026-12-25\"]},"
	"  \"zones\": ["
	"   {\"id\": \"core\", \"networks\": [\"10.20.1.0/24\", \"2001:db8:1::/64\"],"
	" \"vlans\": [120], \"closed\": true},"
	"   {\"id\": \"office\", \"networks\": [\"10.20.0.0/16\"], \"closed_hours\": []},"
	"   {\"id\": \"review\", \"networks\": [\"10.30.0.0/24\", \"10.31.0.0/31\"]},"
	" {\"id\": \"odd\"},"
	"   {\"id\": \"edge\", \"networks\": [\"10.20.255.0/24\"]} ],"
	"  \"expected\": ["
	"   {\"id\": \"archive\", \"from\": {\"role\": \"image_server\"},"
	" \"to\": {\"ip\": [\"10.40.0.5\"]},"
	"    \"services\": [\"tcp/443\", \"udp/443\"], \"window\": {\"days\": \"mon-sun\","
	" \"from\": \"01:00\","
	"    \"to\": \"03:00\"}, \"max_bytes_per_night\": \"10GB\", \"owner\": \"IT\","
	" \"ticket\": \"T-1\"},"
	"   {\"id\": \"late\", \"from\": {\"asset\": \"IMG-1\"},"
	" \"to\": {\"ip\": [\"10.40.0.0/24\"]},"
	"    \"window\": {\"days\": \"fri\", \"from\": \"23:30\", \"to\": \"00:15\"}},"
	"   {\"id\": \"ntp\", \"from\": {\"ip\": [\"10.0.0.0/8\"]},"
	" \"to\": {\"ip\": [\"10.50.0.1\", \"10.50.0.2\"]},"
	"    \"services\": [\"udp/123\", \"icmp\"], \"expires\": \"2027-01-31\"},"
	"   {\"id\": \"update\", \"from\": {\"vendor\": \"Vendor A\"},"
	" \"to\": {\"domain\": \"*.Update.example.\"},"
	"    \"services\": [\"TLS\"], \"max_bytes_per_night\": 1048576},"
	"   {\"id\": \"host\", \"from\": {\"zone\": \"core\"},"
	" \"to\": {\"domain\": \"host.example\"}},"
	"   {\"id\": \"review\", \"from\": {\"role\": \"image_server\"},"
	" \"to\": {\"role\": \"review\", \"vendor\": \"Vendor A\"}},"
	"   {\"id\": \"plc\", \"from\": {\"asset\": \"IMG-1\"}, \"to\": {\"asset\": \"PLC-1\"},"
	" \"services\": [\"tcp/502\"]},"
	"   {\"id\": \"zones\", \"from\": {\"zone\": \"office\"}, \"to\": {\"zone\": \"review\"}},"
	"   {\"id\": \"nowhere\", \"from\": {\"zone\": \"office\"}, \"to\": {\"country\": \"NL\"}},"
	"   {\"id\": \"second-archive\", \"from\": {\"role\": \"image_server\"},"
	" \"to\": {\"ip\": [\"10.40.0.5\"]},"
	"    \"services\": [\"tcp/443\"]} ],"
	"  \"work_orders\": \"orders.json\", \"geo\": {\"asn\": \"a.mmdb\","
	" \"country\": \"c.mmdb\"},"
	"  \"baseline\": \"enforce\", \"privacy\": {\"pseudonymise\": [\"external_ip\","
	" \"names\"], \"key_file\": \"k\"},"
	"  \"retention\": {\"nights\": \"400d\", \"incidents\": \"400d\", \"outbox\": \"7d\"},"
	"  \"rules\": {\"NW-EXF-003\": {\"enabled\": false}, "
	" \"NW-EXF-011\": {\"severity\": 2, \"parameters\": {\"bytes\": \"200MB\"}}},"
	"  \"suppress\": [{\"rule\": \"NW-EXF-003\", \"asset\": \"IMG-1\", \"reason\": \"test\","
	" \"owner\": \"x\","
	"    \"expires\": \"2027-01-01\"}] }";

static struct site *site;

static inline int load(void)
{
	log_set_level(LOG_LEVEL_ERR);
	if (site_parse("test", text, strlen(text), &site))
		return -1;
	return tz_use(site->timezone);
}

static inline int unload(void)
{
	site_free(site);
	return 0;
}

static inline struct addr addr(const char *s)
{
	struct addr a = { { 0 } };

	CU_ASSERT_TRUE_FATAL(addr_parse(s, &a));
	return a;
}

static inline uint64_t at(const char *civil)
{
	uint64_t ns = 0;
	bool has_offset;
	struct civil c;

	CU_ASSERT_TRUE_FATAL(clock_parse(civil, &ns, &has_offset));
	c = civil_from_seconds((int64_t)(ns / NS_PER_SEC));
	CU_ASSERT_TRUE_FATAL(tz_instant(&c, &ns));
	return ns;
}

#endif
