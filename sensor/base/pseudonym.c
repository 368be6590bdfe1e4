/* pseudonym.c - see pseudonym.h. */
#include "base/pseudonym.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/digest.h"
#include "base/err.h"
#include "base/text.h"

#define MAC_LEN 32
#define MAPPED_BITS 96			/* ::ffff:0:0/96 (addr.h) */
#define NETWORK_BITS_V4 24
#define NETWORK_BITS_V6 48
#define HALF 8				/* bytes of a pseudonym for the network, and for the host */
#define LABELS_MAX 8			/* of a name; the labels before these share one */
#define LABEL_LEN 10			/* base 32 digits: 50 bits */

static struct pseudonyms used;
static struct {
	pthread_rwlock_t lock;
	struct addr *list;		/* sorted; owned */
	size_t n;
} known = { .lock = PTHREAD_RWLOCK_INITIALIZER };

/* --- keys ------------------------------------------------------------------ */

/* Without memory it comes out as zeros: a pseudonym then tells too little, never too much. */
static bool keyed(const uint8_t key[static PSEUDONYM_KEY_LEN], const char *use, const void *data,
		  size_t len, uint8_t ret[static MAC_LEN])
{
	uint8_t text[512];
	size_t use_len = strlen(use) + 1;	/* the zero byte parts it from the data */
	unsigned mac_len = MAC_LEN;

	memset(ret, 0, MAC_LEN);
	if (use_len + len > sizeof(text))
		len = sizeof(text) - use_len;
	memcpy(text, use, use_len);
	if (len)
		memcpy(text + use_len, data, len);
	if (HMAC(EVP_sha256(), key, PSEUDONYM_KEY_LEN, text, use_len + len, ret, &mac_len))
		return true;
	memset(ret, 0, MAC_LEN);
	return false;
}

/* Regular files only: a pipe is not waited for. */
static int read_file(const char *path, uint8_t *buf, size_t cap, size_t *ret_len)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY), err = 0;
	struct stat st;
	ssize_t n = 0;

	*ret_len = 0;
	if (fd < 0)
		return -errno;
	if (fstat(fd, &st))
		err = -errno;
	else if (!S_ISREG(st.st_mode))
		err = ERR_FORMAT;
	while (!err && *ret_len < cap && (n = read(fd, buf + *ret_len, cap - *ret_len)) > 0)
		*ret_len += (size_t)n;
	if (!err && n < 0)
		err = -errno;
	close(fd);
	return err;
}

int pseudonym_key_load(const char *path, uint8_t ret_key[static PSEUDONYM_KEY_LEN])
{
	uint8_t bytes[PSEUDONYM_KEY_FILE_MAX + 1];
	size_t len;
	int err = read_file(path, bytes, sizeof(bytes), &len);

	if (!err && (len < PSEUDONYM_KEY_FILE_MIN || len > PSEUDONYM_KEY_FILE_MAX))
		err = ERR_FORMAT;
	if (!err)
		digest_sha256(bytes, len, ret_key);
	OPENSSL_cleanse(bytes, sizeof(bytes));
	return err;
}

int pseudonym_key_derive(const uint8_t key[static PSEUDONYM_KEY_LEN], const char *use,
			 uint8_t ret_key[static PSEUDONYM_KEY_LEN])
{
	return keyed(key, "nachtwacht key", use, strlen(use), ret_key) ? 0 : -ENOMEM;
}

/* --- what is shown clear --------------------------------------------------- */

static int compare(const void *a, const void *b)
{
	return addr_compare(a, b);
}

void pseudonyms_use(const struct pseudonyms *p)
{
	used = p ? *p : (struct pseudonyms){ .addresses = false };
}

int pseudonyms_know(const struct addr *list, size_t n)
{
	struct addr *copy = n ? malloc(n * sizeof(*copy)) : NULL;

	if (n && !copy)
		return -ENOMEM;
	if (n) {
		memcpy(copy, list, n * sizeof(*copy));
		qsort(copy, n, sizeof(*copy), compare);
	}
	pthread_rwlock_wrlock(&known.lock);
	free(known.list);
	known.list = copy;
	known.n = n;
	pthread_rwlock_unlock(&known.lock);
	return 0;
}

bool pseudonyms_for_addresses(void)
{
	return used.addresses;
}

bool pseudonyms_for_names(void)
{
	return used.names;
}

static bool is_nobodys(const struct addr *a)
{
	static const uint8_t none[16];
	static const uint8_t none_v4[4], all_v4[4] = { 255, 255, 255, 255 };

	if (addr_is_ipv4(a))
		return addr_is_multicast(a) || !memcmp(a->bytes + 12, none_v4, 4) ||
		       !memcmp(a->bytes + 12, all_v4, 4);
	return addr_is_multicast(a) || !memcmp(a->bytes, none, 16);
}

static bool is_assets(const struct addr *a)
{
	bool is_known;

	pthread_rwlock_rdlock(&known.lock);
	is_known = known.n && bsearch(a, known.list, known.n, sizeof(*a), compare);
	pthread_rwlock_unlock(&known.lock);
	return is_known;
}

/* --- addresses ------------------------------------------------------------- */

static struct cidr network_of(const struct addr *a)
{
	struct cidr c = { .bits = addr_is_ipv4(a) ? MAPPED_BITS + NETWORK_BITS_V4 :
						    NETWORK_BITS_V6 };

	memcpy(c.addr.bytes, a->bytes, c.bits / 8);
	return c;
}

/* The first half; the second is left zero. */
static struct addr network_shown(const struct cidr *c)
{
	uint8_t text[sizeof(c->addr.bytes) + 1], mac[MAC_LEN];
	struct addr ret = { .bytes = { 0xfd } };

	memcpy(text, c->addr.bytes, sizeof(c->addr.bytes));
	text[sizeof(c->addr.bytes)] = c->bits;
	keyed(used.key, "network", text, sizeof(text), mac);
	memcpy(ret.bytes + 1, mac, HALF - 1);
	return ret;
}

struct addr addr_pseudonym(const struct addr *a)
{
	struct cidr network;
	struct addr ret;
	uint8_t mac[MAC_LEN];

	if (!used.addresses || is_nobodys(a))
		return *a;
	network = network_of(a);
	ret = network_shown(&network);
	keyed(used.key, "address", a->bytes, sizeof(a->bytes), mac);
	memcpy(ret.bytes + HALF, mac, HALF);
	return ret;
}

struct addr addr_shown(const struct addr *a)
{
	return used.addresses && !is_assets(a) ? addr_pseudonym(a) : *a;
}

const char *addr_show(const struct addr *a, char buf[static ADDR_TEXT_MAX])
{
	struct addr shown = addr_shown(a);

	return addr_format(&shown, buf);
}

const char *cidr_show(const struct cidr *c, char buf[static CIDR_TEXT_MAX])
{
	struct cidr shown = { .bits = 8 * HALF };

	if (!used.addresses)
		return cidr_format(c, buf);
	if (c->bits == 128)
		return addr_show(&c->addr, buf);
	if (is_nobodys(&c->addr))
		return cidr_format(c, buf);	/* 0.0.0.0/0 and multicast ranges */
	shown.addr = network_shown(c);
	return cidr_format(&shown, buf);
}

/* --- names ----------------------------------------------------------------- */

static void label_of(const char *rest, char ret[static LABEL_LEN + 1])
{
	static const char digits[] = "abcdefghijklmnopqrstuvwxyz234567";
	uint8_t mac[MAC_LEN];
	uint64_t bits = 0;

	keyed(used.key, "name", rest, strlen(rest), mac);
	for (unsigned i = 0; i < 8; i++)
		bits = bits << 8 | mac[i];
	for (unsigned i = 0; i < LABEL_LEN; i++, bits <<= 5)
		ret[i] = digits[bits >> 59];
	ret[LABEL_LEN] = '\0';
}

/* Lower case, without a dot at the end: names are the same without regard to either (RFC 4343). */
static size_t fold(const char *name, char ret[static PSEUDONYM_NAME_MAX])
{
	size_t len = 0;

	for (; len < PSEUDONYM_NAME_MAX - 1 && name[len]; len++)
		ret[len] = (char)tolower((unsigned char)name[len]);
	while (len && ret[len - 1] == '.')
		len--;
	ret[len] = '\0';
	return len;
}

/* Where the last LABELS_MAX labels begin. */
static size_t first_of_last(const char *name, size_t len)
{
	unsigned labels = 0;

	while (len) {
		if (name[len - 1] == '.' && ++labels == LABELS_MAX)
			break;
		len--;
	}
	return len;
}

static const char *make_name(const char *name, char buf[static PSEUDONYM_NAME_MAX])
{
	char folded[PSEUDONYM_NAME_MAX], label[LABEL_LEN + 1];
	size_t at = 0, len = fold(name, folded), start = first_of_last(folded, len);

	if (start) {
		label_of(folded, label);
		at += (size_t)snprintf(buf + at, PSEUDONYM_NAME_MAX - at, "%s.", label);
	}
	for (const char *rest = folded + start; rest && *rest; ) {
		label_of(rest, label);
		at += (size_t)snprintf(buf + at, PSEUDONYM_NAME_MAX - at, "%s.", label);
		rest = strchr(rest, '.');
		rest += rest != NULL;
	}
	snprintf(buf + at, PSEUDONYM_NAME_MAX - at, "invalid");
	return buf;
}

/* Four numbers of one to three digits between dots, dashes or underlines. */
static bool has_four_numbers(const char *name)
{
	unsigned numbers = 0, digits = 0;

	for (const char *c = name; ; c++) {
		if (isdigit((unsigned char)*c)) {
			digits++;
			continue;
		}
		numbers = digits >= 1 && digits <= 3 ? numbers + 1 : 0;
		if (numbers == 4)
			return true;
		if (!*c)
			return false;
		/* Anything else begins anew, but for letters before the first number. */
		if (!strchr(".-_", *c))
			numbers = 0;
		digits = 0;
	}
}

/* Does the name tell an address: of the reverse tree (RFC 1035 3.5, RFC 3596 2.5), with a port or
 * in brackets, or as providers name their lines ("203-0-113-9.example")? */
static bool tells_address(const char *name)
{
	char folded[PSEUDONYM_NAME_MAX];
	size_t len = fold(name, folded);

	return strchr(folded, ':') || has_four_numbers(folded) ||
	       (len >= 5 && !strcmp(folded + len - 5, ".arpa"));
}

const char *name_show(const char *name, char buf[static PSEUDONYM_NAME_MAX])
{
	struct addr a;

	/* Host: 203.0.113.9 */
	if (used.addresses && addr_parse(name, &a))
		return addr_show(&a, buf);
	if (*name && (used.names || (used.addresses && tells_address(name))))
		return make_name(name, buf);
	text_copy(buf, PSEUDONYM_NAME_MAX, name);
	return buf;
}
