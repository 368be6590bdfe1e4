/* files_store.c - see files_store.h. */
#include "app/files_store.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "base/pack.h"

static const char key[] = "file_types";

int files_store_save(struct state *s, const struct file_types *files)
{
	struct packer value = { 0 };
	int err;

	pack_u8(&value, files ? (uint8_t)files->n : 0);
	for (size_t i = 0; files && i < files->n; i++)
		pack_text(&value, files->list[i].name);
	err = value.has_failed ? -ENOMEM :
	      state_put(s, STATE_META, key, strlen(key), value.bytes, value.len);
	pack_free(&value);
	return err;
}

void files_store_load(struct state *s, struct file_types *ret)
{
	void *kept = NULL;
	size_t len = 0, n;
	struct unpacker u;

	ret->n = 0;
	if (state_get(s, STATE_META, key, strlen(key), &kept, &len) != 0)
		return;
	u = unpack_over(kept, len);
	n = unpack_u8(&u);
	for (size_t i = 0; i < n && i < FILE_OWN_MAX; i++)
		unpack_text(&u, ret->list[i].name, sizeof(ret->list[i].name));
	if (n <= FILE_OWN_MAX && unpack_ok(&u))
		ret->n = n;
	free(kept);
}
