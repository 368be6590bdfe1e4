/* verdict.h - what nDPI says, in our terms (private to the room). */
#ifndef NW_DPI_VERDICT_H
#define NW_DPI_VERDICT_H

#include <stdbool.h>
#include "dpi/dpi.h"
#include "dpi/ndpi_compat.h"

/* Copies the protocols' names out of a module, once in the life of the process.  The caller holds
 * the library's lock (engine.c). */
void verdict_names_load(struct ndpi_detection_module_struct *m);
bool verdict_names_are_loaded(void);		/* any thread */

/* Ids as dpi.h has them: master is the carrier, app what it carries or 0. */
void verdict_ids(const ndpi_protocol *p, uint16_t *ret_master, uint16_t *ret_app);

/* p is nDPI's last word on the flow.  Without details the names and hashes stay empty: they were
 * read from a packet that the capture had cut. */
void verdict_fill(const struct ndpi_flow_struct *nd, const ndpi_protocol *p, bool with_details,
		  struct dpi_verdict *ret_verdict);

/* Loads the names if nobody has yet (engine.c). */
void engine_load_names(void);

/* Is it a protocol that light.h has a row for, which names.h does not see to? */
bool verdict_has_light(uint16_t master);
/* Puts the protocol of v->light in the place of a guess, or of nothing. */
void verdict_add_light(struct dpi_verdict *v);

#endif
