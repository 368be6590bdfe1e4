/* test_oui.c - whose hardware a MAC address is, from a table that may hold anything. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "app/oui.h"
#include "tap.h"

static const char table[] =
	"Registry,Assignment,Organization Name,Organization Address\r\n"
	"MA-L,3C7F0A,\"Example Cameras, Inc\",Somewhere 1\r\n"
	"MA-L,001122,Plain Works,\"Somewhere, 2\"\r\n"
	"MA-L,00AABB,\"\x1b[31mRed\nMA-L,00AABC,after a cut line,x\n"
	"MA-L,00CCDD,IEEE Registration Authority,x\n"
	"MA-M,1054D21,Other Registry,x\n"
	"MA-L,XYZXYZ,No Number,x\nMA-L,00\nMA-L,\nMA-L,-00123,Sign,x\nMA-L,0011\0" "22,zero,x\n";

static struct oui *load(void)
{
	char path[] = "/tmp/test_oui_XXXXXX";
	int fd = mkstemp(path);
	struct oui *o = NULL;

	if (fd >= 0 && write(fd, table, sizeof(table) - 1) == (ssize_t)sizeof(table) - 1)
		o = oui_load(path);
	close(fd);
	unlink(path);
	return o;
}

static const char *vendor(const struct oui *o, uint8_t a, uint8_t b, uint8_t c)
{
	static uint8_t mac[6];

	memcpy(mac, (uint8_t[]){ a, b, c, 1, 2, 3 }, 6);
	return oui_vendor(o, mac);
}

static void test_found(void)
{
	struct oui *o = load();

	CU_ASSERT_PTR_NOT_NULL_FATAL(o);
	EQUAL_TEXT(vendor(o, 0x3c, 0x7f, 0x0a), "Example Cameras, Inc");
	EQUAL_TEXT(vendor(o, 0x00, 0x11, 0x22), "Plain Works");
	EQUAL_TEXT(vendor(o, 0x00, 0xaa, 0xbc), "after a cut line");
	oui_free(o);
}

static void test_not_found(void)
{
	struct oui *o = load();

	CU_ASSERT_PTR_NOT_NULL_FATAL(o);
	EQUAL_TEXT(vendor(o, 0x00, 0xcc, 0xdd), "");	/* split further */
	EQUAL_TEXT(vendor(o, 0x3e, 0x7f, 0x0a), "");	/* locally made up */
	EQUAL_TEXT(vendor(o, 0x3d, 0x7f, 0x0a), "");	/* a group */
	EQUAL_TEXT(vendor(o, 0, 0, 0), "");
	EQUAL_TEXT(vendor(o, 0x10, 0x54, 0xd2), "");	/* another registry */
	EQUAL_TEXT(vendor(NULL, 0x3c, 0x7f, 0x0a), "");
	oui_free(o);
}

static void test_hostile(void)
{
	struct oui *o = load();

	CU_ASSERT_PTR_NOT_NULL_FATAL(o);
	EQUAL_TEXT(vendor(o, 0x00, 0xaa, 0xbb), "\\x1b[31mRed");
	CU_ASSERT_PTR_NULL(oui_load("/nonexistent/oui.csv"));
	oui_free(o);
}

int main(void)
{
	CU_TestInfo tests[] = {
		{ "vendors by prefix", test_found },
		{ "no vendor", test_not_found },
		{ "hostile lines", test_hostile },
		CU_TEST_INFO_NULL,
	};
	CU_SuiteInfo suites[] = { { .pName = "oui", .pTests = tests }, CU_SUITE_INFO_NULL };

	return tap_main(suites);
}
