/* record.c - see record.h. */
#include "alert/record.h"

#include <stdlib.h>

void record_free(struct record *r)
{
	if (!r)
		return;
	free(r->json);
	free(r);
}
