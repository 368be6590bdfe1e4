/* fuzz_pack.c - any bytes as packed ones: nothing is read beyond them, texts are whole, what a
 * record's flat fields are read from is what they are packed to again. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include "profile/job.h"
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

static void pack_job(const struct job *j, struct packer *p)
{
	static const struct expected entry = { .id = "e" };
	struct job copy = *j;

	copy.entry = &entry;
	job_pack(&copy, p);
}

/* What is read of an expected job can be used, and comes back the same once it was packed. */
static void read_job(const uint8_t *data, size_t size)
{
	struct unpacker u = unpack_over(data, size);
	struct packer once = { 0 }, twice = { 0 };
	struct channel_key key = { 0 };
	struct job j;

	job_unpack(&u, 7, &j);
	if (!u.is_bad) {
		pack_job(&j, &once);
		u = unpack_over(once.bytes + 5, once.len - 5);	/* behind the id */
		job_unpack(&u, 7, &j);
		pack_job(&j, &twice);
		if (!unpack_ok(&u) || once.len != twice.len ||
		    memcmp(once.bytes, twice.bytes, once.len))
			abort();
	}
	job_vote(&j, &key, job_usual(&j));
	pack_free(&once);
	pack_free(&twice);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct record_flat flat;
	struct packer p = { 0 };

	read_anything(data, size);
	if (record_unpack_flat(data, size, &flat)) {
		bool is_old = data[0] == 1;	/* without its last byte */

		record_pack_flat(&p, &flat);
		if (p.len != size + is_old || memcmp(p.bytes + 1, data + 1, size - 1))
			abort();
		pack_free(&p);
	}
	read_job(data, size);
	return 0;
}
