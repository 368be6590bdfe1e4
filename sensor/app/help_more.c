/* help_more.c - see help_more.h. */
#include "app/help_more.h"

#include <stdio.h>
#include "base/text.h"
#include "policy/condition.h"

static void print_fields(void)
{
	printf("\nFields that rules of the site's own (\"rules\") may ask for:\n");
	for (int f = 0; f < CONDITION_FIELDS; f++) {
		char first[64];

		snprintf(first, sizeof(first), "  %-21s ",
			 condition_field_name((enum condition_field)f));
		text_print_wrapped(stdout, first, condition_field_text((enum condition_field)f), 24,
				   HELP_WIDTH);
	}
}

void help_more_print(enum command command)
{
	if (command == COMMAND_REPLAY)
		printf("\nExamples:\n"
		       "  nachtwacht replay --site site.json --alerts alerts.jsonl case/\n"
		       "  nachtwacht replay --timezone Europe/Amsterdam --flows flows.jsonl "
		       "night.pcap.zst\n");
	if (command == COMMAND_LIVE)
		printf("\nExample:\n"
		       "  nachtwacht live --site site.json -i span0 --redis "
		       "unix:///run/redis/redis.sock\n");
	if (command == COMMAND_CHECK)
		print_fields();
	if (command == COMMAND_STATE)
		printf("\nExamples:\n"
		       "  nachtwacht state channels --channel 203.0.113.9 --site site.json --state "
		       "site.state\n"
		       "  nachtwacht state export --as site --state site.state >draft.json\n");
	if (command == COMMAND_ATTEST)
		printf("\nExamples:\n"
		       "  nachtwacht attest show attestations.jsonl\n"
		       "  nachtwacht attest verify --key sensor.pub attestations.jsonl\n"
		       "\nExit status: 0 done; 2 usage or no readable file; 3 verify found a "
		       "difference.\n");
	else
		printf("\nExit status: 0 done, with or without incidents; 1 failed, interrupted, "
		       "or a sink was not drained;\n"
		       "2 usage, site, state, or no readable input.\n");
}
