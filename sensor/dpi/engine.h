/* engine.h - what tests need of engine.c beside dpi.h (private to the room). */
#ifndef NW_DPI_ENGINE_H
#define NW_DPI_ENGINE_H

#include "dpi/dpi.h"

/* As dpi_engine_new(); packets end, after their padding, at a page that cannot be read. */
int engine_new_at_page(struct dpi_engine **ret_engine);

#endif
