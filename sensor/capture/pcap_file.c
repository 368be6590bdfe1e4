/* pcap_file.c - classic pcap: a header of 24 bytes, then records.
 *
 *	magic 4 | major 2 | minor 2 | zone 4 | accuracy 4 | snaplen 4 | link type 4
 *	seconds 4 | part of a second 4 | captured 4 | on the wire 4 | bytes ...
 *
 * The byte order is that of the writer and seen from the magic.  0xa1b2c3d4 counts microseconds,
 * 0xa1b23c4d nanoseconds; 0xa1b2cd34 (old Linux) has eight more bytes in each record header that
 * nobody needs.  Versions 2.0 to 2.4 exist; before 2.3 the two lengths are in the other order, and
 * 2.3 was written both ways (as libpcap, the smaller one is taken as captured).
 *
 * A record of more than PACKET_BYTES_MAX is damage: record boundaries cannot be trusted from
 * there on. The part of a second is clamped below a second, which keeps a wrong one within the
 * reorder window. The snap length of the header is not believed; writers get it wrong more often
 * than record lengths.
 */
#include "base/clock.h"
#include "base/text.h"
#include "capture/capfile_internal.h"

#define FILE_HEADER 24
#define RECORD_HEADER 16
#define RECORD_HEADER_MODIFIED 24

enum pcap_magic {
	MAGIC_MICRO = (int)0xa1b2c3d4,
	MAGIC_NANO = (int)0xa1b23c4d,
	MAGIC_MODIFIED = (int)0xa1b2cd34,
};

static inline uint32_t get32(const struct pcap_layout *l, const uint8_t *p)
{
	return l->is_big_endian ? net_get32(p) : le_get32(p);
}

static inline uint16_t get16(const struct pcap_layout *l, const uint8_t *p)
{
	return l->is_big_endian ? net_get16(p) : le_get16(p);
}

static bool is_magic(uint32_t v)
{
	return v == (uint32_t)MAGIC_MICRO || v == (uint32_t)MAGIC_NANO ||
	       v == (uint32_t)MAGIC_MODIFIED;
}

static bool check_version(struct capfile *f, unsigned major, unsigned minor)
{
	if (major != 2 || minor > 4) {
		capfile_fail(f, "pcap version %u.%u, known are 2.0 to 2.4", major, minor);
		return false;
	}
	f->pcap.lengths_swapped = minor < 3;
	f->pcap.lengths_maybe_swapped = minor == 3;
	return true;
}

bool pcap_file_start(struct capfile *f)
{
	const uint8_t *h = capfile_need(f, 4);
	struct pcap_layout *l = &f->pcap;
	uint32_t magic;

	if (!h || (!is_magic(net_get32(h)) && !is_magic(le_get32(h))))
		return false;
	f->read = pcap_file_read;
	l->is_big_endian = is_magic(net_get32(h));
	magic = get32(l, h);
	l->is_nano = magic == (uint32_t)MAGIC_NANO;
	l->record_header = magic == (uint32_t)MAGIC_MODIFIED ? RECORD_HEADER_MODIFIED
							      : RECORD_HEADER;
	h = capfile_need(f, FILE_HEADER);
	if (!h) {
		capfile_fail(f, "cut inside the file header at byte %zu", f->end);
		return true;
	}
	if (!check_version(f, get16(l, h + 4), get16(l, h + 6)))
		return true;
	l->link = capfile_link(get32(l, h + 20));
	f->at += FILE_HEADER;
	return true;
}

static uint64_t stamp(struct capfile *f, uint32_t seconds, uint32_t part)
{
	uint32_t whole = f->pcap.is_nano ? NS_PER_SEC : 1000000;

	if (part >= whole) {
		part = whole - 1;
		f->normalised++;
	}
	return seconds * NS_PER_SEC + (f->pcap.is_nano ? part : part * NS_PER_US);
}

static void swap_lengths(const struct pcap_layout *l, struct frame *fr)
{
	uint32_t caplen = fr->caplen;

	if (l->lengths_swapped || fr->caplen > fr->wirelen) {
		fr->caplen = fr->wirelen;
		fr->wirelen = caplen;
	}
}

/* One record; false at the end of the file, good or bad. */
static inline bool read_record(struct capfile *f, struct held *h)
{
	const struct pcap_layout *l = &f->pcap;
	const uint8_t *p = capfile_need(f, l->record_header);
	struct frame *fr = &h->frame;

	if (!p) {
		capfile_end(f);
		return false;
	}
	fr->caplen = get32(l, p + 8);
	fr->wirelen = get32(l, p + 12);
	fr->link = l->link;
	if (l->lengths_swapped || l->lengths_maybe_swapped)
		swap_lengths(l, fr);
	if (fr->caplen > PACKET_BYTES_MAX) {
		capfile_fail(f, "record %llu at byte %llu claims %u captured bytes",
			     (unsigned long long)f->records + 1,
			     (unsigned long long)capfile_offset(f), fr->caplen);
		return false;
	}
	fr->ts_ns = stamp(f, get32(l, p), get32(l, p + 4));
	p = capfile_need(f, l->record_header + fr->caplen);
	if (!p) {
		capfile_end(f);
		return false;
	}
	f->at += l->record_header + fr->caplen;
	capfile_give(f, h, p + l->record_header);
	return true;
}

size_t pcap_file_read(struct capfile *f, struct held *frames, size_t max)
{
	size_t n = 0;

	while (n < max && read_record(f, &frames[n]))
		n++;
	return n;
}
