/* suffix.h - the registered domain of a host name, by the public suffix list.
 *
 * The list is libpsl's: the newer of the one compiled into it and the one of the package
 * publicsuffix, read once, at the first call (make one before a sandbox closes the files).  Which
 * list that was can change a channel's group, so suffix_list_date() belongs into a manifest.
 * Any thread.  Cost: a handful of look-ups in a compiled automaton, no allocation; nearly
 * nothing for the last 64 names of the thread.
 */
#ifndef NW_POLICY_SUFFIX_H
#define NW_POLICY_SUFFIX_H

#include <stdbool.h>
#include <stddef.h>

#define SUFFIX_NAME_MAX 254		/* a host name in text, with the zero byte (RFC 1035) */

/* "a.b.example.co.uk" -> "example.co.uk"; lower case, without a final dot.  Suffixes that nobody
 * listed have one label (the list's default rule), so "a.vendor.example" gives "vendor.example".
 * Names in other alphabets as xn--.
 * false, and buf is "": an address, a single label, a public suffix itself, labels that are empty
 * or longer than 63, bytes other than letters, digits, '-' and '_', or no room in buf. */
bool suffix_registered_domain(const char *name, char *buf, size_t cap);

/* "2023-02-09": the day of the list in use, "" unknown.  Lives as long as the process. */
const char *suffix_list_date(void);

#endif
