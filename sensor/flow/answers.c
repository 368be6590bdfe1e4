/* answers.c - see answers.h. */
#include "flow/answers.h"
#include <stdlib.h>
#include <string.h>

static struct dns_answer *new_answer(const struct addr *addr, const char *name)
{
	size_t size = strlen(name) + 1;
	struct dns_answer *a = malloc(sizeof(*a) + size);

	if (!a)
		return NULL;
	a->next = NULL;
	a->addr = *addr;
	memcpy(a->name, name, size);
	return a;
}

/* The link at which the list ends; NULL: the pair is in it. */
static struct dns_answer **find_end(struct dns_answer **list, const struct addr *addr,
				    const char *name, unsigned *ret_n)
{
	for (*ret_n = 0; *list; list = &(*list)->next, (*ret_n)++)
		if (addr_equal(&(*list)->addr, addr) && !strcmp((*list)->name, name))
			return NULL;
	return list;
}

unsigned answers_add(struct dns_answer **list, struct dpi_answers *found)
{
	unsigned added = 0, n;

	for (unsigned i = 0; i < found->n; i++) {
		struct dns_answer **end = find_end(list, &found->addrs[i], found->name, &n);

		if (!end)
			continue;
		if (n < SLICE_ANSWERS_MAX)
			*end = new_answer(&found->addrs[i], found->name);
		if (*end)
			added++;
		else
			found->beyond++;
	}
	return added;
}

void answers_free(struct dns_answer **list)
{
	while (*list) {
		struct dns_answer *a = *list;

		*list = a->next;
		free(a);
	}
}

void answers_pack(struct packer *p, const struct dns_answer *list)
{
	unsigned n = 0;

	for (const struct dns_answer *a = list; a; a = a->next)
		n++;
	pack_u8(p, (uint8_t)n);
	for (; list; list = list->next) {
		pack_bytes(p, list->addr.bytes, sizeof(list->addr.bytes));
		pack_text(p, list->name);
	}
}

bool answers_unpack(struct unpacker *u, struct dns_answer **ret_list)
{
	unsigned n = unpack_u8(u);
	struct dns_answer **end = ret_list;
	char name[DPI_NAME_MAX];
	struct addr addr;

	*ret_list = NULL;
	u->is_bad |= n > SLICE_ANSWERS_MAX;
	for (unsigned i = 0; i < n && !u->is_bad; i++) {
		unpack_bytes(u, addr.bytes, sizeof(addr.bytes));
		u->is_bad |= !unpack_text(u, name, sizeof(name));
		*end = u->is_bad ? NULL : new_answer(&addr, name);
		if (!*end)
			u->is_bad = true;
		else
			end = &(*end)->next;
	}
	if (u->is_bad)
		answers_free(ret_list);
	return !u->is_bad;
}
