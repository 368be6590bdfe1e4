/* names_dns.c - the question of a DNS message, and the addresses that answer it.
 *
 * Bounds, whatever the message holds: a name has at most 255 bytes on the wire (RFC 1035 2.3.4), a
 * compression pointer leads before the labels that end with it (so each jump goes strictly back and
 * none can loop) and JUMPS_MAX of them make a name, RECORDS_MAX records are looked at,
 * DPI_ANSWERS_MAX addresses kept.
 *
 * Which name an address gets: the one that was asked for, when the record's owner is that name or
 * what CNAME records before it have made of it.  Records of other owners, and other sections than
 * the answer's, say nothing about what the client wanted and are passed over.
 */
#include <string.h>
#include "base/bytes.h"
#include "dpi/names.h"

#define HEADER_LEN 12
#define RECORDS_MAX 128
#define QUESTIONS_MAX 64		/* multicast DNS asks for many things at once (RFC 6762) */
#define WIRE_NAME_MAX 255		/* RFC 1035 2.3.4, lengths and root included */
#define LABEL_MAX 63
#define JUMPS_MAX 32			/* of one name; nobody needs more than a few */
#define POINTER 0xc0
#define FLAG_ANSWER 0x8000
#define FLAGS_OPCODE 0x7800
#define FLAG_ZERO 0x0040
#define FLAGS_RCODE 0x000f
#define TYPE_A 1
#define TYPE_CNAME 5
#define TYPE_AAAA 28
#define CLASS_IN 1

struct message {
	const uint8_t *bytes;
	size_t len;
};

static bool add_label(char *name, size_t *used, const uint8_t *label, size_t len)
{
	if (*used && !name_append(name, used, '.', false))
		return false;
	for (size_t i = 0; i < len; i++)
		if (!name_append(name, used, label[i], label[i] == '.' || label[i] == 0))
			return false;
	return true;
}

/* Reads the name at *at and moves *at behind it.  false: malformed, cut, or longer than allowed. */
static bool read_name(const struct message *m, size_t *at, char name[static DPI_NAME_MAX])
{
	size_t start = *at, pos = start, used = 0, wire = 1;
	unsigned jumps = 0;

	name[0] = '\0';
	for (;;) {
		size_t n;

		if (pos >= m->len)
			return false;
		n = m->bytes[pos];
		if (n >= POINTER) {
			size_t target;

			if (m->len - pos < 2 || jumps == JUMPS_MAX)
				return false;
			target = net_get16(m->bytes + pos) & 0x3fff;
			if (!jumps++)
				*at = pos + 2;
			if (target >= start)
				return false;
			pos = start = target;
			continue;
		}
		if (n == 0)
			break;
		wire += n + 1;
		if (n > LABEL_MAX || wire > WIRE_NAME_MAX || m->len - pos - 1 < n ||
		    !add_label(name, &used, m->bytes + pos + 1, n))
			return false;
		pos += n + 1;
	}
	if (!jumps)
		*at = pos + 1;
	return true;
}

struct dns_record {
	unsigned type, class;
	size_t data, data_len;		/* data: from the message's start */
};

/* The record at *at, without its owner, which has been read. */
static bool read_record(const struct message *m, size_t *at, struct dns_record *ret_record)
{
	struct cursor c = cursor_over(m->bytes + *at, m->len - *at);

	ret_record->type = cursor_be16(&c);
	ret_record->class = cursor_be16(&c);
	cursor_be32(&c);		/* time to live */
	ret_record->data_len = cursor_be16(&c);
	ret_record->data = (size_t)(c.data - m->bytes);
	if (c.is_short || !cursor_take(&c, ret_record->data_len))
		return false;
	*at = ret_record->data + ret_record->data_len;
	return true;
}

static void add_address(struct dpi_answers *ret, struct addr a)
{
	static const struct addr none4 = { { [10] = 0xff, [11] = 0xff } }, none6;

	/* "Nowhere": what filtering resolvers answer. */
	if (addr_equal(&a, &none4) || addr_equal(&a, &none6))
		return;
	if (ret->n == DPI_ANSWERS_MAX)
		ret->beyond++;
	else
		ret->addrs[ret->n++] = a;
}

static void take_record(const struct message *m, const struct dns_record *r,
			char wanted[static DPI_NAME_MAX], struct dpi_answers *ret)
{
	const uint8_t *data = m->bytes + r->data;
	size_t at = r->data;
	char name[DPI_NAME_MAX];

	if (r->class != CLASS_IN)
		return;
	if (r->type == TYPE_A && r->data_len == 4)
		add_address(ret, addr_from_ipv4(data));
	else if (r->type == TYPE_AAAA && r->data_len == 16)
		add_address(ret, addr_from_ipv6(data));
	else if (r->type == TYPE_CNAME && read_name(m, &at, name) &&
		 at == r->data + r->data_len)
		memcpy(wanted, name, sizeof(name));
}

static void read_answers(const struct message *m, size_t at, unsigned records,
			 struct dpi_answers *ret)
{
	char owner[DPI_NAME_MAX], wanted[DPI_NAME_MAX];
	struct dns_record record;

	memcpy(wanted, ret->name, sizeof(wanted));
	for (unsigned i = 0; i < records && i < RECORDS_MAX; i++) {
		if (!read_name(m, &at, owner) || !read_record(m, &at, &record))
			return;
		if (!strcmp(owner, wanted))
			take_record(m, &record, wanted, ret);
	}
}

bool names_dns(const uint8_t *bytes, size_t len, bool is_surely, struct dpi_answers *ret)
{
	struct message m = { bytes, len };
	size_t at = HEADER_LEN;
	unsigned flags, questions, answers;

	ret->n = ret->beyond = ret->type = ret->asked_len = 0;
	ret->rcode = 0;
	ret->is_answer = false;
	ret->name[0] = '\0';
	if (len < HEADER_LEN)
		return false;
	flags = net_get16(bytes + 2);
	questions = net_get16(bytes + 4);
	answers = net_get16(bytes + 6);
	if (!questions || questions > (is_surely ? QUESTIONS_MAX : 1) ||
	    flags & (FLAGS_OPCODE | FLAG_ZERO))
		return false;
	if (!read_name(&m, &at, ret->name) || len - at < 4) {
		ret->name[0] = '\0';
		return false;
	}
	ret->type = net_get16(bytes + at);
	ret->asked_len = (uint16_t)(at + 4 < UINT16_MAX ? at + 4 : UINT16_MAX);
	ret->is_answer = flags & FLAG_ANSWER;
	ret->rcode = (uint8_t)(flags & FLAGS_RCODE);
	if (questions == 1 && flags & FLAG_ANSWER && !(flags & FLAGS_RCODE))
		read_answers(&m, at + 4, answers, ret);
	return true;
}
