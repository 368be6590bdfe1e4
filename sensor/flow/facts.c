/* facts.c - see facts.h. */
#include "flow/facts.h"
#include <stdlib.h>
#include <string.h>
#include "dpi/filetype.h"

struct texts {
	char bytes[FACTS_TEXT_MAX];
	size_t len;
};

static void add_text(struct texts *t, const char *text, size_t cap)
{
	size_t n = strnlen(text, cap - 1);

	if (n > sizeof(t->bytes) - t->len - FACT_TEXTS)
		n = 0;			/* cannot be: the bounds of dpi.h add up to less */
	memcpy(t->bytes + t->len, text, n);
	t->bytes[t->len + n] = '\0';
	t->len += n + 1;
}

static bool has_any(const struct dpi_verdict *v, const struct texts *t)
{
	return t->len > FACT_TEXTS || v->awaits_reply || v->tls_version || v->file[0] ||
	       v->file[1] || v->acts[0] ||
	       v->acts[1] || dpi_is_followed(v->light);
}

struct flow_facts *facts_of_verdict(const struct dpi_verdict *v, bool *ret_missed)
{
	struct texts t = { .len = 0 };
	struct flow_facts *f;

	add_text(&t, v->alpn, sizeof(v->alpn));
	add_text(&t, v->alpn_chosen, sizeof(v->alpn_chosen));
	add_text(&t, v->ja3, sizeof(v->ja3));
	add_text(&t, v->ja4, sizeof(v->ja4));
	add_text(&t, v->method, sizeof(v->method));
	add_text(&t, v->banner[0], sizeof(v->banner[0]));
	add_text(&t, v->banner[1], sizeof(v->banner[1]));
	*ret_missed = false;
	if (!has_any(v, &t))
		return NULL;
	f = calloc(1, sizeof(*f) + t.len);
	*ret_missed = !f;
	if (!f)
		return NULL;
	f->light = (uint8_t)v->light;
	f->awaits_reply = v->awaits_reply;
	memcpy(f->file, v->file, sizeof(f->file));
	memcpy(f->minute_acts, v->acts, sizeof(f->minute_acts));
	f->tls_version = v->tls_version;
	f->text_len = (uint16_t)t.len;
	memcpy(f->text, t.bytes, t.len);
	return f;
}

const char *facts_text(const struct flow_facts *f, enum fact_text which)
{
	const char *at = f ? f->text : "";

	for (int i = 0; f && i < (int)which; i++)
		at += strlen(at) + 1;
	return at;
}

/* ALPN is the first of the texts and the chosen one the second. */
static void put_alpn_chosen(struct flow_facts **f, const char *alpn)
{
	size_t n = strlen(alpn);
	struct flow_facts *more = realloc(*f, sizeof(**f) + (*f)->text_len + n);
	char *at;

	if (!more)
		return;			/* it stays as it was */
	at = more->text + strlen(more->text) + 1;
	memmove(at + n, at, more->text_len - (size_t)(at - more->text));
	memcpy(at, alpn, n);
	more->text_len = (uint16_t)(more->text_len + n);
	*f = more;
}

void facts_add_reply(struct flow_facts **f, const struct dpi_reply *reply, unsigned side)
{
	(*f)->awaits_reply = false;
	if (!reply->is_reply)
		return;
	if (reply->tls_version)
		(*f)->tls_version = reply->tls_version;
	if (reply->alpn_chosen[0] && !*facts_text(*f, FACT_ALPN_CHOSEN))
		put_alpn_chosen(f, reply->alpn_chosen);
	if (reply->file && !(*f)->file[side])
		(*f)->file[side] = reply->file;
}

static void turn_pair(uint8_t pair[2])
{
	uint8_t first = pair[0];

	pair[0] = pair[1];
	pair[1] = first;
}

struct flow_facts *facts_copy(const struct flow_facts *f, bool turn)
{
	struct flow_facts *copy = f ? malloc(sizeof(*f) + f->text_len) : NULL;
	const char *first, *second;

	if (!copy)
		return NULL;
	memcpy(copy, f, sizeof(*f) + f->text_len);
	if (!turn)
		return copy;
	turn_pair(copy->file);
	turn_pair(copy->minute_acts);
	turn_pair(copy->acts);
	first = facts_text(f, FACT_BANNER_0);
	second = facts_text(f, FACT_BANNER_1);
	memcpy(copy->text + (first - f->text), second, strlen(second) + 1);
	memcpy(copy->text + (first - f->text) + strlen(second) + 1, first, strlen(first) + 1);
	return copy;
}

void facts_move_files(struct flow_facts *f, const struct file_types *then,
		      const struct file_types *now)
{
	for (int i = 0; f && i < 2; i++)
		f->file[i] = (uint8_t)file_type_moved(f->file[i], then, now);
}

void facts_pack(const struct flow_facts *f, struct packer *p)
{
	pack_u16(p, f ? f->text_len : 0);	/* never 0 where there are facts */
	if (!f)
		return;
	pack_bytes(p, f->text, f->text_len);
	pack_u8(p, f->light);
	pack_u8(p, f->awaits_reply);
	pack_bytes(p, f->file, sizeof(f->file));
	pack_bytes(p, f->minute_acts, sizeof(f->minute_acts));
	pack_bytes(p, f->acts, sizeof(f->acts));
	pack_u16(p, f->tls_version);
}

static bool is_sound(const struct flow_facts *f)
{
	unsigned ends = 0;

	for (size_t i = 0; i < f->text_len; i++)
		ends += !f->text[i];
	return ends == FACT_TEXTS && !f->text[f->text_len - 1] && f->light < DPI_LIGHTS &&
	       f->acts[0] < DPI_ACT_END && f->acts[1] < DPI_ACT_END &&
	       f->minute_acts[0] < DPI_ACT_END && f->minute_acts[1] < DPI_ACT_END;
}

bool facts_unpack(struct unpacker *u, struct flow_facts **ret)
{
	uint16_t len = unpack_u16(u);
	struct flow_facts *f;

	*ret = NULL;
	if (!len)
		return !u->is_bad;
	u->is_bad |= len > FACTS_TEXT_MAX || len > u->left;
	f = u->is_bad ? NULL : calloc(1, sizeof(*f) + len);
	if (!f) {
		u->is_bad = true;
		return false;
	}
	f->text_len = len;
	unpack_bytes(u, f->text, len);
	f->light = unpack_u8(u);
	f->awaits_reply = unpack_u8(u) & 1;
	unpack_bytes(u, f->file, sizeof(f->file));
	unpack_bytes(u, f->minute_acts, sizeof(f->minute_acts));
	unpack_bytes(u, f->acts, sizeof(f->acts));
	f->tls_version = unpack_u16(u);
	u->is_bad |= !is_sound(f);
	if (u->is_bad) {
		free(f);
		return false;
	}
	*ret = f;
	return true;
}
