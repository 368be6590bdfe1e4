/* attest_form.c - see attest_form.h. */
#include "alert/attest_form.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "base/err.h"
#include "base/json.h"

static const char *const parts[] = { "coverage", "crossings", "sessions", "head" };
static_assert(ARRAY_SIZE(parts) == ATTEST_PARTS, "every part has its name");

/* Members of the attestation that a part is made of. */
static const char *const members[ATTEST_HEAD][2] = {
	[ATTEST_COVERAGE] = { "coverage" },
	[ATTEST_CROSSINGS] = { "crossings", "crossings_beyond" },
	[ATTEST_SESSIONS] = { "sessions", "sessions_beyond" },
};

const char *attest_part_name(enum attest_part p)
{
	return parts[p];
}

json_t *attest_body(const json_t *record)
{
	json_t *body = json_object_get(json_object_get(record, "nachtwacht"), "attestation");

	return json_is_object(body) ? body : NULL;
}

char *attest_canonical(const json_t *record)
{
	return json_dumps(record, JSON_COMPACT | JSON_SORT_KEYS);
}

static bool hash_of(const json_t *value, char ret[static DIGEST_HEX_MAX])
{
	char *text = attest_canonical(value);

	if (!text)
		return false;
	digest_sha256_hex(text, strlen(text), ret);
	free(text);
	return true;
}

static bool hash_members(const json_t *body, enum attest_part p, char ret[static DIGEST_HEX_MAX])
{
	json_t *object = json_object();
	bool is_made;

	for (unsigned i = 0; i < 2 && members[p][i]; i++)
		json_object_set(object, members[p][i], json_object_get(body, members[p][i]));
	is_made = hash_of(object, ret);
	json_decref(object);
	return is_made;
}

/* The record with an attestation of its own, without the members that are given. */
static json_t *copy_without(const json_t *record, const char *const *names, size_t n)
{
	json_t *copy = json_copy((json_t *)record);
	json_t *own = json_copy(json_object_get(record, "nachtwacht"));
	json_t *body = json_copy(attest_body(record));

	for (size_t i = 0; i < n; i++)
		json_object_del(body, names[i]);
	if (json_object_set_new(own, "attestation", body) ||
	    json_object_set_new(copy, "nachtwacht", own)) {
		json_decref(copy);
		return NULL;
	}
	return copy;
}

static bool hash_head(const json_t *record, char ret[static DIGEST_HEX_MAX])
{
	static const char *const others[] = { "coverage", "crossings", "crossings_beyond",
					      "sessions", "sessions_beyond", "sha256",
					      "signature" };
	json_t *head = copy_without(record, others, ARRAY_SIZE(others));
	bool is_made = head && hash_of(head, ret);

	json_decref(head);
	return is_made;
}

bool attest_hash_parts(const json_t *record, char ret[static ATTEST_PARTS][DIGEST_HEX_MAX])
{
	const json_t *body = attest_body(record);

	if (!body)
		return false;
	for (int p = 0; p < ATTEST_HEAD; p++)
		if (!hash_members(body, (enum attest_part)p, ret[p]))
			return false;
	return hash_head(record, ret[ATTEST_HEAD]);
}

/* --- signatures ------------------------------------------------------------------------------- */

static char *signed_text(const json_t *record)
{
	static const char *const signature[] = { "signature" };
	json_t *copy = copy_without(record, signature, 1);
	char *text = copy ? attest_canonical(copy) : NULL;

	json_decref(copy);
	return text;
}

int attest_sign(json_t *record, const struct sign_key *key)
{
	char *text = signed_text(record), value[SIGN_TEXT_MAX];
	json_t *signature = json_object();
	int err = text ? sign_make(key, text, strlen(text), value) : -ENOMEM;

	free(text);
	if (err) {
		json_decref(signature);
		return err;
	}
	json_put_text(signature, "algorithm", "Ed25519");
	json_put_text(signature, "key_id", sign_key_id(key));
	json_put_text(signature, "value", value);
	return json_object_set_new(attest_body(record), "signature", signature) ? -ENOMEM : 0;
}

bool attest_is_signed_by(const json_t *record, const struct sign_key *key)
{
	const json_t *signature = json_object_get(attest_body(record), "signature");
	const char *value = json_string_value(json_object_get(signature, "value"));
	char *text = value ? signed_text(record) : NULL;
	bool is_good = text && sign_is_good(key, text, strlen(text), value);

	free(text);
	return is_good;
}
