/* site_values.c - see site_values.h. */
#include "policy/site_values.h"

#include <stdlib.h>
#include <string.h>
#include "base/clock.h"
#include "base/err.h"

#define LABEL_MAX 63			/* RFC 1035 2.3.4 */
#define DAY_LAST 2500			/* the last civil year of base/tz.h */

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_alnum(char c)
{
	return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

char value_lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

bool value_is_id(const char *text)
{
	size_t len = 0;

	for (; text[len]; len++)
		if (!is_alnum(text[len]) && !strchr("._-", text[len]))
			return false;
	return len > 0 && len < SITE_ID_MAX;
}

bool value_is_rule(const char *text)
{
	const char *p = text + 3;
	size_t letters = 0;

	if (strncmp(text, "NW-", 3))
		return value_is_id(text);
	for (; p[letters] >= 'A' && p[letters] <= 'Z'; letters++)
		;
	p += letters;
	return letters >= 2 && p[0] == '-' && is_digit(p[1]) && is_digit(p[2]) && is_digit(p[3]) &&
	       !p[4];
}

bool value_is_label(const char *text, size_t cap)
{
	size_t len = 0;
	bool blank = true;

	for (; text[len]; len++) {
		if ((unsigned char)text[len] < 0x20 || text[len] == 0x7f)
			return false;
		blank = blank && text[len] == ' ';
	}
	return !blank && len < cap;
}

bool value_hhmm(const char *text, bool is_end, uint16_t *ret_min)
{
	int hours, minutes;

	if (strlen(text) != 5 || !is_digit(text[0]) || !is_digit(text[1]) || text[2] != ':' ||
	    !is_digit(text[3]) || !is_digit(text[4]))
		return false;
	hours = (text[0] - '0') * 10 + text[1] - '0';
	minutes = (text[3] - '0') * 10 + text[4] - '0';
	if (minutes > 59 || (hours > 23 && !(is_end && hours == 24 && minutes == 0)))
		return false;
	*ret_min = (uint16_t)(hours * 60 + minutes);
	return true;
}

/* 0 Monday .. 6 Sunday, or -1. */
static int day_named(const char *text)
{
	static const char names[][4] = { "mon", "tue", "wed", "thu", "fri", "sat", "sun" };

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (value_lower(text[0]) == names[i][0] && value_lower(text[1]) == names[i][1] &&
		    value_lower(text[2]) == names[i][2])
			return (int)i;
	return -1;
}

static bool take_day(const char **text, int *ret_day)
{
	if (strnlen(*text, 3) < 3)
		return false;
	*ret_day = day_named(*text);
	*text += 3;
	return *ret_day >= 0;
}

bool value_days(const char *text, uint8_t *ret_days)
{
	unsigned days = 0;

	for (;; text++) {
		int first, last;

		if (!take_day(&text, &first))
			return false;
		last = first;
		if (*text == '-' && (text++, !take_day(&text, &last)))
			return false;
		/* "fri-mon" goes over the end of the week. */
		for (int day = first; ; day = (day + 1) % 7) {
			days |= 1u << day;
			if (day == last)
				break;
		}
		if (*text != ',')
			break;
	}
	if (*text)
		return false;
	*ret_days = (uint8_t)days;
	return true;
}

bool value_date(const char *text, int32_t *ret_day)
{
	bool has_offset;
	uint64_t ns;

	if (strlen(text) != 10 || !clock_parse(text, &ns, &has_offset))
		return false;
	if (civil_from_seconds((int64_t)(ns / NS_PER_SEC)).year > DAY_LAST)
		return false;
	*ret_day = (int32_t)(ns / NS_PER_DAY);
	return true;
}

bool value_country(const char *text)
{
	return text[0] >= 'A' && text[0] <= 'Z' && text[1] >= 'A' && text[1] <= 'Z' && !text[2];
}

static bool take_port(const char *text, uint16_t *ret_port)
{
	unsigned value = 0;
	size_t len = strlen(text);

	if (len == 0 || len > 5)
		return false;
	for (; *text; text++) {
		if (!is_digit(*text))
			return false;
		value = value * 10 + (unsigned)(*text - '0');
	}
	*ret_port = (uint16_t)value;
	return value > 0 && value <= 65535;
}

bool value_service(const char *text, struct service *ret_service)
{
	static const struct { const char *name; uint8_t proto; bool has_port; } known[] = {
		{ "tcp", 6, true }, { "udp", 17, true }, { "sctp", 132, true },
		{ "icmp", 1, false }, { "icmpv6", 58, false },
	};
	struct service s = { 0 };
	const char *slash = strchr(text, '/');
	size_t len = slash ? (size_t)(slash - text) : strlen(text);

	for (size_t i = 0; i < ARRAY_SIZE(known); i++) {
		if (len != strlen(known[i].name) || strncmp(text, known[i].name, len))
			continue;
		if (known[i].has_port != (slash != NULL) ||
		    (slash && !take_port(slash + 1, &s.port)))
			return false;
		s.proto = known[i].proto;
		*ret_service = s;
		return true;
	}
	if (slash || !value_is_label(text, sizeof(s.name)))
		return false;
	for (size_t i = 0; i < len; i++)
		if ((unsigned char)text[i] > 0x7e)
			return false;
	memcpy(s.name, text, len);
	*ret_service = s;
	return true;
}

static int hex_digit(char c)
{
	c = value_lower(c);
	return is_digit(c) ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool value_mac(const char *text, uint8_t ret_mac[static 6])
{
	uint8_t mac[6];

	if (strlen(text) != 17)
		return false;
	for (size_t i = 0; i < sizeof(mac); i++) {
		int high = hex_digit(text[i * 3]), low = hex_digit(text[i * 3 + 1]);

		if (high < 0 || low < 0 ||
		    (i < 5 && text[i * 3 + 2] != ':' && text[i * 3 + 2] != '-'))
			return false;
		mac[i] = (uint8_t)(high << 4 | low);
	}
	memcpy(ret_mac, mac, sizeof(mac));
	return true;
}

bool value_hex(const char *text, uint8_t *ret_bytes, size_t cap, size_t *ret_len)
{
	size_t len = strlen(text);

	if (len % 2 || len / 2 > cap)
		return false;
	for (size_t i = 0; i < len; i++)
		if (hex_digit(text[i]) < 0)
			return false;
	for (size_t i = 0; i < len / 2; i++)
		ret_bytes[i] = (uint8_t)(hex_digit(text[2 * i]) << 4 | hex_digit(text[2 * i + 1]));
	*ret_len = len / 2;
	return true;
}

bool value_domain(const char *text, char ret_domain[static DOMAIN_TEXT_MAX])
{
	char domain[DOMAIN_TEXT_MAX];
	size_t len = strlen(text), label = 0, dots = 0, start = 0;

	if (len > 0 && text[len - 1] == '.')
		len--;
	if (len == 0 || len > 253)		/* RFC 1035 in text */
		return false;
	if (!strncmp(text, "*.", 2))
		start = 2;
	memcpy(domain, text, start);
	for (size_t i = start; i < len; i++) {
		if (text[i] == '.') {
			if (label == 0)
				return false;
			label = 0;
			dots++;
		} else if (!(is_alnum(text[i]) || text[i] == '-' || text[i] == '_') ||
			   ++label > LABEL_MAX) {
			return false;
		}
		domain[i] = value_lower(text[i]);
	}
	if (label == 0 || (start && dots == 0))
		return false;
	domain[len] = '\0';
	memcpy(ret_domain, domain, len + 1);
	return true;
}

bool value_cidr_meant(const char *text, struct cidr *ret_cidr)
{
	const char *slash = strchr(text, '/');
	char host[ADDR_TEXT_MAX];
	struct cidr c;
	uint16_t bits = 0;
	size_t len = slash ? (size_t)(slash - text) : 0;
	bool is_zero = slash && !strcmp(slash + 1, "0");

	if (!slash || len >= sizeof(host))
		return false;
	memcpy(host, text, len);
	host[len] = '\0';
	if (!addr_parse(host, &c.addr) || (!is_zero && !take_port(slash + 1, &bits)) ||
	    bits > (strchr(host, ':') ? 128 : 32))
		return false;
	c.bits = (uint8_t)(strchr(host, ':') ? bits : bits + 96);
	for (unsigned i = c.bits; i < 128; i++)
		c.addr.bytes[i / 8] &= (uint8_t)~(0x80 >> i % 8);
	*ret_cidr = c;
	return true;
}
