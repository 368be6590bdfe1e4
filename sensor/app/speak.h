/* speak.h - which group speaks: of all channels that a night's upload has brought to a level, few
 * become incidents (DETECTION section 2, ALERTS section 1).
 *
 * One leak raises the evidence of every group that it is in: address, domain, network, country,
 * everything.  Of one subject's voices of a night (rule by rule, detector N's first; what the
 * others say is also attached to open incidents of detector N of the same level or higher), from
 * the finest group to the coarsest,
 *
 *   1. a channel with an open incident of its own tells it
 *   2. a channel whose upload is mostly that of an open incident is attached to it
 *   3. of those left, a channel of which a finer one has most of the upload is attached to that one
 *   4. a channel that binds several finer ones, none of which has most of it, speaks for them:
 *      two for domain, prefix and asn; three for country and any, which bind everything
 *   5. who is still left opens an incident
 *
 * The upload of two channels is compared slot by slot (row_overlap): exact where one is part of the
 * other, and between a domain and a network an upper bound, which is asked for only when the peer
 * with most of the one is part of the other.  A vendor's channels come after its assets', and are
 * attached when one asset has most of the upload.
 * A channel whose pattern began after a country's or any's incident was opened is not attached to
 * it: a second leak must not hide behind a first.  It is when it is but the next destination of
 * that leak, which takes turns with others.
 */
#ifndef NW_APP_SPEAK_H
#define NW_APP_SPEAK_H

#include <stddef.h>
#include "app/judge.h"

/* voices in canonical order of their channels. */
void speak(const struct judge *j, const struct night_watch *w, struct voice *voices, size_t n);
/* The address and service with most of the row's upload; NULL: not known. */
const struct channel *speak_leaf(const struct judge *j, const struct channel *ch);
/* The finding for a voice, or for a channel without one: with the connection that stands for it. */
struct finding speak_finding(const struct judge *j, const struct night_watch *w,
			     const struct voice *v);

#endif
