/* verb_help.c - see verb_help.h. */
#include "app/verb_help.h"

#include <stdio.h>
#include <string.h>
#include "base/err.h"

static const char review[] =
	"nachtwacht state review - destinations that wait for a human\n"
	"\n"
	"  nachtwacht state review --state FILE [--site FILE] [--asset ASSET] [--as json|csv]\n"
	"  nachtwacht state review --state FILE --log [--as json|csv]\n"
	"\n"
	"Every external destination (registered domain, or a /24 or /48 where no name is known)\n"
	"that an asset has met, that the site policy does not expect and that nobody has\n"
	"accepted: a line each, with an id.  Nothing is accepted by learning: what was there\n"
	"on day one is listed here, and stays here until somebody answers for it.\n"
	"\n"
	"  SEEN      in learn     first met while the baseline was learning\n"
	"            since        first met later: NW-DST-001 speaks of it\n"
	"            revoked      accepted once, and taken back\n"
	"  INCIDENT  an open incident about the destination.  Any rule but NW-DST-001: do not\n"
	"            promote it before the incident is cleared up\n"
	"  EVIDENCE  the M of its nightly pattern, from 10 on: let it run before you promote it\n"
	"\n"
	"Options:\n"
	"  --state FILE     the state; a sensor may be writing it\n"
	"  --site FILE      the site policy that the state was made with: adds roles (what was\n"
	"                   accepted for one asset of a role waits for none of that role)\n"
	"  --asset ASSET    of this asset only\n"
	"  --as FORM        json or csv instead of a table\n"
	"  --log            instead: who accepted or revoked what, when (UTC) and why\n"
	"\n"
	"Exit status: 0 done; 1 standard output could not be written; 2 usage, site or state.\n";

static const char promote[] =
	"nachtwacht state promote - accepts destinations into the baseline, or revokes it\n"
	"\n"
	"  nachtwacht state promote --state FILE [--site FILE] --by WHO --reason TEXT [--dry-run]\n"
	"                           --id ID... | --asset ASSET | --all-without-incident\n"
	"  nachtwacht state promote --state FILE --by WHO --reason TEXT --revoke ID\n"
	"\n"
	"An accepted destination is in the baseline of its asset and of the asset's role:\n"
	"NW-DST-001 is silent about it, and an incident of that rule is resolved with WHO and\n"
	"TEXT in the record.  No other rule looks at the baseline: a nightly upload to an\n"
	"accepted destination is still found, and a closed zone stays closed (NW-DST-002; there\n"
	"an expected entry of the site policy is what allows traffic).\n"
	"\n"
	"While a sensor is at work on the state, a request is left beside it (STATE.request-...);\n"
	"the sensor applies it at its next minute, says so in its log and removes it.  Otherwise\n"
	"the state is changed at once.  A replay takes requests when it starts.\n"
	"\n"
	"Options:\n"
	"  --id ID                  this one, from state review; several times for several.  The\n"
	"                           only way to accept what another rule's incident is about\n"
	"  --asset ASSET            all that waits for this asset, but for those\n"
	"  --all-without-incident   all that waits and that no open incident at all is about\n"
	"  --revoke ID              not accepted any more: its next traffic raises NW-DST-001\n"
	"  --by WHO                 who decides; at most 63 bytes of plain text\n"
	"  --reason TEXT            why; at most 255.  Both are kept in the state: see\n"
	"                           nachtwacht state review --log\n"
	"  --dry-run                say what would be done, and change nothing\n"
	"\n"
	"Exit status: 0 done, requested, or nothing waits; 1 the state or the request could not\n"
	"be written; 2 usage, an unknown id or asset, site or state.\n"
	"\n"
	"Examples:\n"
	"  nachtwacht state review --state site.state --site site.json\n"
	"  nachtwacht state promote --state site.state --id dst-0123456789ab --by j.doe \\\n"
	"      --reason 'update server of the vendor, CHG-4711'\n"
	"  nachtwacht state review --state site.state --log\n";

bool verb_help_print(bool is_state, const char *verb)
{
	static const struct {
		const char *verb, *text;
	} pages[] = { { "review", review }, { "promote", promote } };

	if (!is_state && verb_help_attest(verb)) {
		fputs(verb_help_attest(verb), stdout);
		return true;
	}
	for (size_t i = 0; is_state && i < ARRAY_SIZE(pages); i++)
		if (!strcmp(pages[i].verb, verb)) {
			fputs(pages[i].text, stdout);
			return true;
		}
	return false;
}
