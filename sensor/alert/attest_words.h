/* attest_words.h - an attestation in words: its sentence, its reasons.  Thread: analysis. */
#ifndef NW_ALERT_ATTEST_WORDS_H
#define NW_ALERT_ATTEST_WORDS_H

#include "alert/attest_record.h"

#define ATTEST_TEXT_MAX 512

/* What a day comes to. */
struct attest_sums {
	uint64_t length_ns, unobserved_ns, allowed_ns;
	uint64_t from_ns, to_ns;	/* of it, what was followed */
	struct coverage_look look;
	bool why[ATTEST_WHYS];		/* it is invalid */
	bool is_invalid, has_crossings;
	uint64_t by_order;		/* crossings under an order */
	uint64_t sessions_without;	/* an order or entry, or that outlived theirs */
};

/* "clean", "crossings_without_order", "invalid" */
const char *attest_words_verdict(const struct attest_sums *s);
const char *attest_words_date(int64_t day, char buf[static DATE_TEXT_MAX]);	/* "2026-01-14" */
const char *attest_words_why(enum attest_why w, const struct attest_facts *f,
			     const struct attest_sums *s, char buf[static ATTEST_TEXT_MAX]);
const char *attest_words_message(const struct attest_facts *f, const struct attest_sums *s,
				 char buf[static ATTEST_TEXT_MAX]);

#endif
