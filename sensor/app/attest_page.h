/* attest_page.h - an attestation on one page, for people.  What is in a record may be hostile:
 * texts are escaped and cut.  One thread. */
#ifndef NW_APP_ATTEST_PAGE_H
#define NW_APP_ATTEST_PAGE_H

#include <stdio.h>
#include "alert/attest_check.h"

void attest_page_print(const struct attest_view *v, const char *hash, FILE *out);
/* A line a day; the heading once before. */
void attest_page_heading(FILE *out);
void attest_page_line(const struct attest_view *v, FILE *out);

#endif
