/* fuzz_light.c - any bytes as payloads of the protocols of light.h.
 *
 * The first byte says which protocol, the second whether it is at its port, UDP, and how much of it
 * a capture had cut.  Checked: the same bytes give the same result, classes are known ones, banners
 * are ended and printable, and two payloads through light_look() never give what none of them
 * gives.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include "dpi/filetype.h"
#include "dpi/light.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define ENSURE(what) do { if (!(what)) abort(); } while (0)

static void check_banner(const char *banner)
{
	size_t n = strnlen(banner, DPI_BANNER_MAX);

	ENSURE(n < DPI_BANNER_MAX);
	for (size_t i = 0; i < n; i++)
		ENSURE((uint8_t)banner[i] >= ' ' && banner[i] != 0x7f);
}

static void check_piece(const struct light_kind *k, const struct light_piece *p)
{
	struct light_found one = { .banner = "" }, two = { .banner = "" };
	enum light_sure sure;

	if (k->acts) {
		ENSURE(k->acts(p) < DPI_ACT_END);
		ENSURE(k->acts(p) == k->acts(p));
	}
	if (!k->recognise)
		return;
	sure = k->recognise(p, &one);
	ENSURE(k->recognise(p, &two) == sure);
	ENSURE(one.token == two.token && !strcmp(one.banner, two.banner));
	check_banner(one.banner);
}

static void look(struct light *l, const uint8_t *bytes, size_t len, uint8_t how, bool is_forward,
		 char *banner)
{
	struct packet p = {
		.src = { { [15] = is_forward ? 1 : 2 } }, .dst = { { [15] = is_forward ? 2 : 1 } },
		.sport = is_forward ? 50000 : 502, .dport = is_forward ? 502 : 50000,
		.proto = how & 2 ? IP_UDP : IP_TCP, .ip_version = 6, .bytes = bytes,
		.caplen = (uint32_t)len, .wirelen = (uint32_t)len + (how >> 4),
		.payload_len = (uint32_t)len + (how >> 4),
	};
	unsigned before = l->acts[!is_forward];

	light_look(l, &p, is_forward, banner);
	check_banner(banner);
	ENSURE(l->is < DPI_LIGHTS && (l->acts[!is_forward] & before) == before);
	if (l->is)
		ENSURE((dpi_acts((enum dpi_light)l->is, &p) & ~l->acts[!is_forward]) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char banner[2][DPI_BANNER_MAX] = { "", "" };
	struct light l = { 0 };
	struct light_piece p;

	if (size < 3)
		return 0;
	p = (struct light_piece){
		.bytes = data + 2, .len = size - 2, .sent = size - 2 + (data[1] >> 4),
		.is_udp = data[1] & 2, .at_port = data[1] & 1,
	};
	check_piece(light_kind((enum dpi_light)(data[0] % DPI_LIGHTS)), &p);
	ENSURE(file_type_of(p.bytes, p.len, NULL) < FILE_TYPES);
	look(&l, p.bytes, p.len / 2, data[1], true, banner[0]);
	look(&l, p.bytes + p.len / 2, p.len - p.len / 2, data[1], false, banner[1]);
	look(&l, p.bytes, p.len, data[1], true, banner[0]);
	return 0;
}
