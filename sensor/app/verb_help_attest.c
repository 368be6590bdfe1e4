/* verb_help_attest.c - the manual pages of attest show and attest verify (verb_help.h). */
#include "app/verb_help.h"

#include <stddef.h>
#include <string.h>

static const char show[] =
	"nachtwacht attest show - a daily separation attestation on one page\n"
	"\n"
	"  nachtwacht attest show [--date DATE] FILE...\n"
	"  nachtwacht attest show --list FILE...\n"
	"\n"
	"FILE is what --attestations of replay or live has written; '-' is standard input.\n"
	"Every day of the site's calendar has one record (NW-ATT-001), with a verdict:\n"
	"\n"
	"  clean      everything that crossed a boundary of the site policy (zone to zone, zone\n"
	"             to outside) is covered by an expected entry or a work order, or nothing did\n"
	"  crossings_without_order\n"
	"             something crossed, or a remote session was held, that nothing covers\n"
	"  invalid    nobody can say: more than 60 s of the day were not observed, one of several\n"
	"             interfaces was down that long, more than 1 % of the packets were lost, or\n"
	"             nothing was read at all.  The page says which.  What was seen is listed too\n"
	"\n"
	"show does not check the chain: attest verify does.\n"
	"\n"
	"Options:\n"
	"  --date DATE   this day, as 2026-01-14; by default the last one\n"
	"  --list        every day, a line each\n"
	"\n"
	"Exit status: 0 done; 1 standard output could not be written; 2 usage, no such day, or no\n"
	"readable file.\n";

static const char verify[] =
	"nachtwacht attest verify - finds days that were changed, taken out or put in\n"
	"\n"
	"  nachtwacht attest verify [--key FILE]... [--head SHA256] [--prev SHA256]\n"
	"                           [--against FILE] FILE...\n"
	"\n"
	"FILEs, in the order of time, are what --attestations has written; '-' is standard input.\n"
	"Each record has the SHA-256 of the record of the day before, and hashes of its own\n"
	"parts.  A day that was changed is named with the part that differs; so is a day that is\n"
	"missing, out of order, or exchanged together with its own hashes.  Its neighbours are\n"
	"not.\n"
	"\n"
	"What a chain alone cannot show is that all days from one on were made anew, or that the\n"
	"last ones are missing.  Two things do: signatures, and the hash of the last day, which\n"
	"verify prints; note it where whoever keeps the file cannot reach it.\n"
	"\n"
	"Options:\n"
	"  --key FILE       public Ed25519 key (PEM); several times when keys have changed.  With\n"
	"                   it every day must be signed by one of them\n"
	"  --head SHA256    the hash that the last day must have\n"
	"  --prev SHA256    the hash of the day before, when a file begins later in the chain\n"
	"  --against FILE   another copy (the Redis stream, a backup): says every value that\n"
	"                   differs, day by day\n"
	"\n"
	"Exit status: 0 whole; 1 standard output could not be written; 2 usage, a key or file\n"
	"cannot be read; 3 something was found: a line each on standard output, with file,\n"
	"line and day.\n"
	"\n"
	"Examples:\n"
	"  openssl genpkey -algorithm ed25519 -out sensor.pem && chmod 600 sensor.pem\n"
	"  openssl pkey -in sensor.pem -pubout -out sensor.pub\n"
	"  nachtwacht replay --site site.json --attestations days.jsonl \\\n"
	"      --attest-key sensor.pem case/\n"
	"  nachtwacht attest verify --key sensor.pub days.jsonl\n";

const char *verb_help_attest(const char *verb)
{
	if (!strcmp(verb, "show"))
		return show;
	return strcmp(verb, "verify") ? NULL : verify;
}
