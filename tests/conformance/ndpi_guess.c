/* ndpi_guess.c - what the nDPI at hand says of addresses and ports alone.
 *
 * usage: ndpi-guess [PROTOCOLS] <ENDPOINTS
 *
 * Reads lines "protocol address port address port" (protocol by its IP number, the sender first),
 * shows nDPI one packet without a byte of payload between them (of TCP a SYN), asks it to guess,
 * and prints a line for each: the protocol as ndpiReader names it, or "-".  So a guess of
 * ndpiReader's that ours does not make can be predicted (dpi_classes.py), whatever tables of ports
 * and addresses nDPI has.
 * PROTOCOLS: ndpiReader's -p, rules that are added to nDPI's own.
 * Exit: 0, 1 nDPI cannot be used, 2 a malformed line.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include "dpi/guard.h"
#include "dpi/ndpi_compat.h"
#include "dpi/verdict.h"

static struct ndpi_detection_module_struct *open_module(const char *protocols)
{
	struct ndpi_detection_module_struct *m = compat_init();

	if (!m)
		return NULL;
	compat_choose_protocols(m);
	if (protocols && ndpi_load_protocols_file(m, protocols))
		fprintf(stderr, "ndpi-guess: %s cannot be read; only nDPI's own protocols\n",
			protocols);
	ndpi_finalize_initialization(m);
	verdict_names_load(m);
	return m;
}

/* The protocol's text for one packet; false: no memory. */
static bool guess(struct ndpi_detection_module_struct *m, struct guard *g, const struct packet *p,
		  char text[static 2 * DPI_PROTOCOL_MAX])
{
	struct ndpi_flow_struct *nd = calloc(1, sizeof(*nd));
	struct guard_copy copy;
	ndpi_protocol said;
	uint16_t master, app;

	if (!nd)
		return false;
	guard_make(g, p, &copy);
	said = compat_packet(m, nd, copy.bytes, copy.len, 1);
	verdict_ids(&said, &master, &app);
	if (!master)
		said = compat_giveup(m, nd);
	verdict_ids(&said, &master, &app);
	dpi_verdict_text(master, app, text, 2 * DPI_PROTOCOL_MAX);
	ndpi_free_flow_data(nd);
	free(nd);
	return true;
}

static bool parse(const char *line, struct packet *ret_packet)
{
	char src[ADDR_TEXT_MAX], dst[ADDR_TEXT_MAX];
	struct packet p = { .ttl = 64, .tcp_flags = PACKET_SYN, .window = 1024 };

	if (sscanf(line, "%" SCNu8 " %45s %" SCNu16 " %45s %" SCNu16, &p.proto, src, &p.sport, dst,
		   &p.dport) != 5 || !addr_parse(src, &p.src) || !addr_parse(dst, &p.dst))
		return false;
	p.ip_version = addr_is_ipv4(&p.src) && addr_is_ipv4(&p.dst) ? 4 : 6;
	*ret_packet = p;
	return true;
}

int main(int argc, char **argv)
{
	struct ndpi_detection_module_struct *m = open_module(argc > 1 ? argv[1] : NULL);
	char line[256], text[2 * DPI_PROTOCOL_MAX];
	struct guard g = { 0 };
	struct packet p;
	int status = 0;

	if (!m || guard_init(&g, false)) {
		fprintf(stderr, "ndpi-guess: nDPI cannot be started\n");
		return 1;
	}
	while (!status && fgets(line, sizeof(line), stdin)) {
		if (!parse(line, &p)) {
			fprintf(stderr, "ndpi-guess: malformed line: %s", line);
			status = 2;
		} else if (!guess(m, &g, &p, text)) {
			status = 1;
		} else {
			printf("%s\n", text[0] ? text : "-");
		}
	}
	guard_clear(&g);
	ndpi_exit_detection_module(m);
	return status;
}
