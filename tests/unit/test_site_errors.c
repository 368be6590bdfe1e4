/* test_site_errors.c - files that are refused, each with its messages: sites, with their own rules
 * and suppressions; rules of a pack; work orders.
 */
#include <stdio.h>
#include <string.h>
#include "base/err.h"
#include "expect_files.h"
#include "policy/orders.h"
#include "tap.h"

static int parse_site(const char *name, const char *text, size_t len)
{
	struct site *site = NULL;
	int err = site_parse("site.json", text, len, &site);

	(void)name;
	CU_ASSERT_PTR_NULL(site);
	site_free(site);
	return err;
}

/* NW-EXF-001@what.json stands for NW-EXF-001.json. */
static int parse_rule(const char *name, const char *text, size_t len)
{
	struct rules *rules = NULL;
	char file[64];
	int err;

	snprintf(file, sizeof(file), "%.*s.json", (int)strcspn(name, "@"), name);
	err = rules_parse(file, text, len, &rules);
	CU_ASSERT_PTR_NULL(rules);
	rules_free(rules);
	return err;
}

static int parse_orders(const char *name, const char *text, size_t len)
{
	static const char known[] =
		"{\"site\": {\"id\": \"T\", \"timezone\": \"UTC\", \"closed_hours\": []},"
		" \"assets\": [{\"id\": \"IMG-1\", \"vendor\": \"A\", \"ip\": [\"10.1.0.1\"]},"
		" {\"id\": \"IMG-2\", \"vendor\": \"B\", \"ip\": [\"10.1.0.2\"]}]}";
	struct orders *orders = NULL;
	struct site *site = NULL;
	int err;

	(void)name;
	CU_ASSERT_EQUAL_FATAL(site_parse("site.json", known, strlen(known), &site), 0);
	err = orders_parse("orders", text, len, site, &orders);
	CU_ASSERT_PTR_NULL(orders);
	orders_free(orders);
	site_free(site);
	return err;
}

int main(void)
{
	static const struct expect_folder folders[] = {
		{ "site errors", "site-errors", ".json", parse_site, 100 },
		{ "rule errors", "rule-errors", ".json", parse_rule, 30 },
		{ "order errors", "order-errors", ".txt", parse_orders, 12 },
	};

	return expect_files_main(folders, ARRAY_SIZE(folders));
}
