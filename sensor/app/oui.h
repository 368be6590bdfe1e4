/* oui.h - whose hardware a MAC address is, by its first three bytes.
 *
 * The table is Debian's ieee-data, when it is installed; nothing is shipped.  It is read once, into
 * about 70 bytes a line.  One thread.
 */
#ifndef NW_APP_OUI_H
#define NW_APP_OUI_H

#include <stdint.h>
#include <stddef.h>

struct oui;

/* path NULL: where Debian has it.  NULL: there is none, or no memory. */
struct oui *oui_load(const char *path);
void oui_free(struct oui *o);
/* "" for an address that is locally made up, zero or not listed; o may be NULL. */
const char *oui_vendor(const struct oui *o, const uint8_t mac[static 6]);

#endif
