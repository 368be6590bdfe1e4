/* fuzz_names.c - any bytes as the beginning of a flow or a DNS message.
 *
 * The first byte says what the rest is: a ClientHello, a request, a DNS message, or (with a second
 * byte: where to cut) a beginning in two segments, the second of which also comes a second time.
 * Checked: what is found is bounded and ended, the same bytes give the same result, a prefix never
 * finds another name than the whole, and a beginning in two segments gives what it gives in one.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include "dpi/names.h"
#include "dpi/tls.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define ENSURE(what) do { if (!(what)) abort(); } while (0)

typedef enum name_find find_fn(const uint8_t *bytes, size_t len, struct names_found *ret);

static void check_text(const char *text, size_t cap)
{
	ENSURE(strnlen(text, cap) < cap);
	for (; *text; text++)
		ENSURE(*text < 'A' || *text > 'Z');
}

static void check_found(find_fn *find, const uint8_t *bytes, size_t len)
{
	struct names_found one, other;
	enum name_find result = find(bytes, len, &one);

	check_text(one.name, sizeof(one.name));
	ENSURE(strnlen(one.alpn, sizeof(one.alpn)) < sizeof(one.alpn));
	ENSURE(find(bytes, len, &other) == result);
	ENSURE(!memcmp(&one, &other, sizeof(one)));
	ENSURE(result != NAME_FOUND || one.light || one.tls_version || one.name[0] || one.alpn[0]);
	ENSURE(strnlen(one.method, sizeof(one.method)) < sizeof(one.method));
	ENSURE(!one.ja3[0] == !one.ja4[0]);
	ENSURE(names_http_body(bytes, len) <= len);
	memset(&other, 0, sizeof(other));
	if (tls_read_server(bytes, len, &other))
		ENSURE(strnlen(other.alpn_chosen, DPI_ALPN_MAX) < DPI_ALPN_MAX);
	if (!len || result != NAME_FOUND)
		return;
	result = find(bytes, len / 2, &other);
	ENSURE(!other.name[0] || !strcmp(one.name, other.name));
}

static void check_dns(const uint8_t *bytes, size_t len)
{
	struct dpi_answers one, other;
	bool ok = names_dns(bytes, len, true, &one);

	check_text(one.name, sizeof(one.name));
	ENSURE(one.n <= DPI_ANSWERS_MAX);
	ENSURE(ok || (!one.n && !one.name[0]));
	ENSURE(names_dns(bytes, len, true, &other) == ok);
	ENSURE(one.n == other.n && !strcmp(one.name, other.name));
	if (ok && names_dns(bytes, len / 2, true, &other))
		ENSURE(other.n <= one.n && !strcmp(one.name, other.name));
}

static struct packet segment(const uint8_t *bytes, size_t from, size_t to)
{
	return (struct packet){
		.src = { { [15] = 1 } }, .dst = { { [15] = 2 } }, .sport = 50000, .dport = 443,
		.proto = IP_TCP, .ip_version = 6, .seq = 0xffffff00u + (uint32_t)from,
		.bytes = bytes + from, .caplen = (uint32_t)(to - from),
		.wirelen = (uint32_t)(to - from), .payload_len = (uint32_t)(to - from),
	};
}

static void check_segments(const uint8_t *bytes, size_t len, size_t cut)
{
	struct packet whole = segment(bytes, 0, len), first, second;
	struct names one = { 0 }, two = { 0 };
	struct names_pool pool = { 0 };

	if (len > NAMES_HEAD_MAX)
		return;
	cut = len ? cut % len : 0;
	first = segment(bytes, 0, cut);
	second = segment(bytes, cut, len);
	names_look(&pool, &one, &whole, false);
	names_look(&pool, &two, &first, false);
	if (names_wants_more(&two)) {
		names_look(&pool, &two, &first, false);
		names_look(&pool, &two, &second, false);
		ENSURE(!two.found == !one.found);
		ENSURE(!one.found || !memcmp(one.found, two.found, sizeof(*one.found)));
	}
	names_clear(&pool, &one);
	names_clear(&pool, &two);
	ENSURE(pool.heads == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size < 2)
		return 0;
	switch (data[0] & 3) {
	case 0:
		check_found(names_tls, data + 1, size - 1);
		break;
	case 1:
		check_found(names_http, data + 1, size - 1);
		break;
	case 2:
		check_dns(data + 1, size - 1);
		break;
	default:
		check_segments(data + 2, size - 2, data[1]);
		break;
	}
	return 0;
}
