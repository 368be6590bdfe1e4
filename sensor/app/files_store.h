/* files_store.h - what the operator's file types were called when a run ended, in the state: the
 * values in what is carried over go by these names (dpi/filetype.h).  One value, "file_types" of
 * STATE_META.  Thread: that of the state. */
#ifndef NW_APP_FILES_STORE_H
#define NW_APP_FILES_STORE_H

#include "dpi/filetype.h"
#include "store/state.h"

/* files NULL: there are none.  0 or an error of the state. */
int files_store_save(struct state *s, const struct file_types *files);
/* Names only; none when the state has none, or damaged ones. */
void files_store_load(struct state *s, struct file_types *ret);

#endif
