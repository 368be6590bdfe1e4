/* fuzz_dealing.c - rows of a state into the table of dealings: a key and a value, each behind two
 * bytes of length.  Checked: what is taken is packed to bytes that are taken again, and those to
 * the same.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include "base/bytes.h"
#include "parts.h"
#include "profile/dealing.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define ENSURE(what) do { if (!(what)) abort(); } while (0)

static const char site_text[] =
	"{\"site\": {\"id\": \"T\", \"timezone\": \"UTC\", \"closed_hours\": []},"
	" \"assets\": [{\"id\": \"A\", \"ip\": [\"10.1.0.1\"]}]}";

static const struct dealing *take(struct dealings *d, const struct subjects *s,
				  const void *key, size_t key_len, const void *value,
				  size_t value_len)
{
	struct unpacker k = unpack_over(key, key_len), v = unpack_over(value, value_len);
	struct keyed **list;
	size_t n;

	if (!dealing_unpack(d, s, &k, &v))
		return NULL;
	list = dealings_sorted(d, &n);
	ENSURE(n == 1);
	return (struct dealing *)list[0];
}

static void check_again(const struct dealing *one, const struct subjects *s)
{
	struct packer key = { 0 }, value = { 0 }, again = { 0 };
	struct dealings *d;
	const struct dealing *read;

	keyed_pack_key(&one->keyed, &key);
	dealing_pack(one, &value);
	ENSURE(one->n_services <= DEALING_SERVICES && one->told_minutes <= one->minutes);
	ENSURE(!dealings_new(&d));
	read = take(d, s, key.bytes, key.len, value.bytes, value.len);
	ENSURE(read);
	dealing_pack(read, &again);
	ENSURE(again.len == value.len && !memcmp(again.bytes, value.bytes, value.len));
	dealings_free(d);
	pack_free(&key);
	pack_free(&value);
	pack_free(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct site *site;
	struct cursor c = cursor_over(data, size);
	size_t key_len, value_len;
	uint8_t *key, *value;
	struct subjects *subjects;
	struct dealings *d;
	const struct dealing *one;

	if (!site)
		ENSURE(!site_parse("t", site_text, strlen(site_text), &site));
	ENSURE(!subjects_new(site, &subjects) && !dealings_new(&d));
	key = take_part(&c, &key_len);
	value = take_part(&c, &value_len);
	one = take(d, subjects, key, key_len, value, value_len);
	if (one)
		check_again(one, subjects);
	free(key);
	free(value);
	dealings_free(d);
	subjects_free(subjects);
	return 0;
}
