/* fuzz_carried.c - hostile DNS messages and echoes into what a minute carried, and hostile packs
 * of it, of its sums and of the ledgers.
 *
 * An input is a byte that says what, and then for
 *	0	messages, each behind its length (a byte): DNS, question and answer as they are
 *	1	the same: bodies of echo requests and replies, by the first bit of each
 *	2, 3, 4, 5	a pack: carried, echo_waiting, carriage, ledger
 *
 * Checked: bounds hold, what is packed is read back to the same bytes, what is refused leaves
 * nothing behind.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include "base/log.h"
#include "flow/carried.h"
#include "profile/carriage.h"
#include "profile/ledger.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define ENSURE(what) do { if (!(what)) abort(); } while (0)

static void check_carried(const struct carried *c)
{
	struct packer one = { 0 }, two = { 0 };
	struct carried *again;
	struct unpacker u;
	unsigned n = 0;

	for (const struct carried_domain *d = c ? c->domains : NULL; d; d = d->next) {
		ENSURE(strlen(d->domain) < CARRIED_DOMAIN_MAX);
		ENSURE(d->names.n <= SAMPLE_THINGS_MAX);
		n++;
	}
	ENSURE(n <= CARRIED_DOMAINS_MAX && (!c || c->n == n));
	carried_pack(c, &one);
	u = unpack_over(one.bytes, one.len);
	ENSURE(carried_unpack(&u, &again) && unpack_ok(&u));
	carried_pack(again, &two);
	ENSURE(one.len == two.len && !memcmp(one.bytes, two.bytes, one.len));
	carried_free(&again);
	pack_free(&one);
	pack_free(&two);
}

static struct packet packet_of(const uint8_t *bytes, size_t len, uint8_t proto, size_t header)
{
	return (struct packet){
		.proto = proto, .ip_version = 4, .bytes = bytes, .sport = 53, .dport = 5000,
		.caplen = (uint32_t)len, .wirelen = (uint32_t)len, .payload_off = (uint32_t)header,
		.payload_len = (uint32_t)(len - header),
	};
}

static void give_messages(const uint8_t *data, size_t size, bool is_echo)
{
	struct carried_rules rules = { .key = 1 };
	struct echo_waiting *waiting = NULL;
	struct carried *c = NULL;

	while (size > 1) {
		size_t len = data[0] < size - 1 ? data[0] : size - 1;
		uint8_t *exact = malloc(len ? len : 1);	/* a read beyond it shows */
		struct packet p;
		struct dpi_answers m;

		ENSURE(exact);
		memcpy(exact, data + 1, len);
		if (is_echo && len >= 8) {
			p = packet_of(exact, len, IP_ICMP, 8);
			p.sport = exact[0] & 1 ? 8 : 0;
			p.dport = 0;
			ENSURE(carried_echo_side(&p));
			carried_add_echo(&c, &waiting, &p, &rules);
		} else if (!is_echo) {
			p = packet_of(exact, len, IP_UDP, 0);
			rules.is_full = len == 77;
			if (dpi_read_dns(&p, &m))
				carried_add_dns(&c, &m, &rules);
		}
		free(exact);
		data += 1 + len;
		size -= 1 + len;
	}
	check_carried(c);
	carried_free(&c);
	free(waiting);
}

static void read_waiting(const uint8_t *data, size_t size)
{
	struct unpacker u = unpack_over(data, size);
	struct echo_waiting *w, *again;
	struct packer p = { 0 };

	if (!echo_waiting_unpack(&u, &w)) {
		ENSURE(!w);
		return;
	}
	echo_waiting_pack(w, &p);
	u = unpack_over(p.bytes, p.len);
	ENSURE(echo_waiting_unpack(&u, &again) && unpack_ok(&u) && !w == !again);
	ENSURE(!w || !memcmp(w, again, sizeof(*w)));
	free(again);
	free(w);
	pack_free(&p);
}

static void read_carried(const uint8_t *data, size_t size)
{
	struct unpacker u = unpack_over(data, size);
	struct carried *c;

	if (carried_unpack(&u, &c))
		check_carried(c);
	else
		ENSURE(!c);
	carried_free(&c);
}

/* --- tables --------------------------------------------------------------------------------- */

static void ignore_log(enum log_level level, const char *line)
{
	(void)level;
	(void)line;
}

/* A byte: how long the key is; the key; the value. */
static void read_row(const uint8_t *data, size_t size, bool is_ledger)
{
	struct addr own = addr_from_ipv4((const uint8_t[]){ 10, 1, 2, 3 });
	size_t cut = size && data[0] < size ? data[0] : 0, left = size ? size - 1 - cut : 0, n;
	struct unpacker key = unpack_over(data + 1, cut);
	struct unpacker value = unpack_over(data + 1 + cut, left);
	struct packer p = { 0 };
	struct carriages *c;
	struct subjects *s;
	struct ledgers *l;
	struct site *site;

	if (!size)
		return;
	log_set_sink(ignore_log);
	ENSURE(!site_default(NULL, NULL, &site) && !subjects_new(site, &s));
	ENSURE(subjects_get(s, &(struct sighting){ .addr = &own }));
	ENSURE(!carriages_new(&c) && !ledgers_new(&l));
	if (is_ledger && ledger_unpack(l, s, &key, &value)) {
		struct ledger *one = (struct ledger *)ledgers_sorted(l, &n)[0];

		ENSURE(n == 1);
		ledger_pack(one, &p);
		ENSURE(p.len == left);
		ledger_put(one, 20500, 1, 1);
		ledgers_expire(l, 20501);
	} else if (!is_ledger && carriage_unpack(c, s, &key, &value)) {
		struct carriage *one = (struct carriage *)carriages_sorted(c, &n)[0];

		ENSURE(n == 1);
		carriage_pack(one, &p);
		ENSURE(carriages_get(c, one->keyed.subject, &one->keyed.key, one->name, 20500) ==
		       one);
		carriages_end_row(c);
	}
	pack_free(&p);
	ledgers_free(l);
	carriages_free(c);
	subjects_free(s);
	site_free(site);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (!size)
		return 0;
	switch (data[0] % 6) {
	case 0:
	case 1:
		give_messages(data + 1, size - 1, data[0] % 6 == 1);
		break;
	case 2:
		read_carried(data + 1, size - 1);
		break;
	case 3:
		read_waiting(data + 1, size - 1);
		break;
	default:
		read_row(data + 1, size - 1, data[0] % 6 == 5);
	}
	return 0;
}
