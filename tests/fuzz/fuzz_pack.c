/* fuzz_pack.c - any bytes as packed ones: nothing is read beyond them, texts are whole, what a
 * record's flat fields are read from is what they are packed to again. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include "store/record_pack.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The first bytes say what is read from the rest. */
static void read_anything(const uint8_t *data, size_t size)
{
	size_t n = size < 16 ? size : 16;
	struct unpacker u = unpack_over(data + n, size - n);
	char buf[32], *text;

	for (size_t i = 0; i < n; i++) {
		bool was_bad = u.is_bad;
		uint64_t v = 0;

		switch (data[i] % 8) {
		case 0: v = unpack_u8(&u); break;
		case 1: v = unpack_u16(&u); break;
		case 2: v = unpack_u32(&u); break;
		case 3: v = unpack_u64(&u); break;
		case 4: unpack_double(&u); break;
		case 5: unpack_bytes(&u, buf, data[i] % sizeof(buf)); break;
		case 6:
			unpack_text(&u, buf, sizeof(buf));
			if (strlen(buf) >= sizeof(buf))
				abort();
			break;
		default:
			text = unpack_text_new(&u, 1000);
			if (text && strlen(text) > 1000)
				abort();
			free(text);
		}
		if (was_bad && (v || !u.is_bad || u.left))
			abort();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct record_flat flat;
	struct packer p = { 0 };

	read_anything(data, size);
	if (record_unpack_flat(data, size, &flat)) {
		record_pack_flat(&p, &flat);
		if (p.len != size || memcmp(p.bytes, data, size))
			abort();
		pack_free(&p);
	}
	return 0;
}
