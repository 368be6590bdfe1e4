/* fuzz_coverage.c - any bytes as the coverage of a state.  The first says which part.
 *
 * Checked: what is accepted is what would be packed again; whatever it was, looking at it adds up.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include "profile/coverage.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define ENSURE(what) do { if (!(what)) abort(); } while (0)

static void look_at(struct coverage *c)
{
	struct coverage_stretch all[16];
	struct coverage_look look;
	size_t n = coverage_list(c, 0, UINT64_MAX, all, 16);

	for (size_t i = 0; i < n && i < 16; i++) {
		uint64_t length = all[i].to_ns - all[i].from_ns;

		ENSURE(all[i].from_ns < all[i].to_ns && all[i].reason < COVERAGE_REASONS);
		coverage_look(c, all[i].from_ns, all[i].to_ns, &look);
		ENSURE((all[i].reason == COVERAGE_ONE_SIDED ? look.one_sided_ns : look.blind_ns) ==
		       length);
	}
	coverage_look(c, 0, UINT64_MAX, &look);
	ENSURE(look.loss >= 0 && look.loss <= 1);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	enum coverage_part part = size ? (enum coverage_part)(data[0] % COVERAGE_PARTS) : 0;
	struct packer p = { 0 };
	struct coverage *c;
	bool is_good;

	if (!size)
		return 0;
	ENSURE(coverage_new(&c) == 0);
	is_good = coverage_unpack(c, part, data + 1, size - 1);
	if (is_good && coverage_pack(c, part, &p) && part == COVERAGE_STRETCHES)
		ENSURE(p.len == size - 1 && !memcmp(p.bytes, data + 1, p.len));
	look_at(c);
	coverage_count(c, 1, 1, 0);
	coverage_count_bytes(c, 1, 1, UINT64_MAX);
	coverage_blind(c, 0, UINT64_MAX, COVERAGE_DROPS);
	look_at(c);
	pack_free(&p);
	coverage_free(c);
	return 0;
}
