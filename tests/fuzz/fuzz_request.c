/* fuzz_request.c - any bytes as a request, as a row of the baseline, as a line of the log: what is
 * taken is bounded and clean, what is refused has a reason. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include "app/requests.h"
#include "base/err.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void as_request(const uint8_t *data, size_t size)
{
	struct request r;
	const char *why;
	int err = request_parse((const char *)data, size, &r, &why);

	if (err == ERR_FORMAT && !*why)
		abort();
	if (!err && (!r.n_ids || r.n_ids > REQUEST_IDS_MAX || !r.wall_ns ||
		     !request_text_is_clean(r.by, sizeof(r.by)) ||
		     !request_text_is_clean(r.reason, sizeof(r.reason))))
		abort();
	for (size_t i = 0; !err && i < r.n_ids; i++)
		if (!request_id_is_clean(r.ids[i]))
			abort();
	request_free(&r);
}

static void as_row(const uint8_t *data, size_t size)
{
	static struct baseline_list *b;
	size_t key_len = size ? data[0] % 96 : 0;
	struct unpacker key, value;
	size_t n;

	if (!b && baseline_new(&b))
		return;
	if (key_len + 1 > size)
		return;
	key = unpack_over(data + 1, key_len);
	value = unpack_over(data + 1 + key_len, size - 1 - key_len);
	if (baseline_unpack(b, &key, &value)) {
		struct destination *d = baseline_all(b, &n)[0];
		char id[BASELINE_ID_MAX];

		if (baseline_find_id(b, baseline_id(d, id)) != d)
			abort();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct unpacker u = unpack_over(data, size);
	struct act a;

	as_request(data, size);
	as_row(data, size);
	if (act_unpack(&u, &a) && strlen(a.by) >= sizeof(a.by))
		abort();
	return 0;
}
