/* pcaploop.c - the least that anybody does who reads a capture by libpcap: pcap_next_ex() until it
 * ends.  usage: pcaploop CAPTURE.  Prints packets and bytes. */
#include <inttypes.h>
#include <pcap/pcap.h>
#include <stdio.h>

int main(int argc, char **argv)
{
	char why[PCAP_ERRBUF_SIZE];
	struct pcap_pkthdr *header;
	const u_char *bytes;
	uint64_t packets = 0, total = 0;
	pcap_t *p;
	int got;

	if (argc != 2) {
		fputs("usage: pcaploop CAPTURE\n", stderr);
		return 2;
	}
	p = pcap_open_offline(argv[1], why);
	if (!p) {
		fprintf(stderr, "pcaploop: %s\n", why);
		return 1;
	}
	while ((got = pcap_next_ex(p, &header, &bytes)) == 1) {
		packets++;
		total += header->len;
	}
	if (got != PCAP_ERROR_BREAK)
		fprintf(stderr, "pcaploop: %s\n", pcap_geterr(p));
	pcap_close(p);
	printf("%" PRIu64 " packets, %" PRIu64 " bytes\n", packets, total);
	return got != PCAP_ERROR_BREAK;
}
