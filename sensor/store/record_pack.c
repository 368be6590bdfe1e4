/* record_pack.c - see record_pack.h.
 *
 * Version 1: every text in the order below, then every number.  2: and whether it is suppressed.
 * One list of texts serves both ways, so that they cannot come apart.
 */
#include "store/record_pack.h"

#include "base/err.h"

#define FLAT_VERSION 2

struct flat_text {
	size_t offset, size;
};

#define TEXT(name) { offsetof(struct record_flat, name), sizeof(((struct record_flat *)0)->name) }

static const struct flat_text texts[] = {
	TEXT(id), TEXT(incident), TEXT(case_id), TEXT(action), TEXT(site), TEXT(sensor), TEXT(rule),
	TEXT(level), TEXT(asset), TEXT(role), TEXT(src), TEXT(dst), TEXT(proto), TEXT(app),
	TEXT(work_order),
};

void record_pack_flat(struct packer *p, const struct record_flat *flat)
{
	pack_u8(p, FLAT_VERSION);
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
		pack_text(p, (const char *)flat + texts[i].offset);
	pack_u64(p, flat->ts_ms);
	pack_u32(p, flat->severity);
	pack_u32(p, flat->risk);
	pack_u32(p, flat->dport);
	pack_u64(p, flat->bytes_up);
	pack_u32(p, flat->nights);
	pack_u8(p, flat->is_suppressed);
}

bool record_unpack_flat(const void *bytes, size_t len, struct record_flat *ret_flat)
{
	struct unpacker u = unpack_over(bytes, len);
	struct record_flat flat = { 0 };
	uint8_t version = unpack_u8(&u), suppressed;
	bool is_text = true;

	if (version < 1 || version > FLAT_VERSION)
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
		is_text &= unpack_text(&u, (char *)&flat + texts[i].offset, texts[i].size);
	flat.ts_ms = unpack_u64(&u);
	flat.severity = unpack_u32(&u);
	flat.risk = unpack_u32(&u);
	flat.dport = unpack_u32(&u);
	flat.bytes_up = unpack_u64(&u);
	flat.nights = unpack_u32(&u);
	suppressed = version > 1 ? unpack_u8(&u) : 0;
	flat.is_suppressed = suppressed;
	if (suppressed > 1 || !is_text || !unpack_ok(&u))
		return false;
	*ret_flat = flat;
	return true;
}
