/* filetype.h - what kind of file some bytes begin, by its magic.
 *
 * Evidence, no proof: anybody can write four bytes in front of something else, and what is
 * encrypted shows nothing.  Pure functions over a bounded piece of memory; cost: one pass over a
 * table of some twenty short compares (and the operator's), for the first payload of a flow's side
 * and of an HTTP body.
 *
 * The operator's own types, of formats that nobody has published, come from the site file
 * ("file_types") and are asked first.  Their values are places in that table: whoever keeps one
 * beyond a run translates it when the table has changed (file_type_moved()).
 */
#ifndef NW_DPI_FILETYPE_H
#define NW_DPI_FILETYPE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Values are kept in the state: never renumber. */
enum file_type {
	FILE_NONE, FILE_ZIP, FILE_GZIP, FILE_7Z, FILE_RAR, FILE_ZSTD, FILE_XZ, FILE_BZIP2, FILE_PDF,
	FILE_PNG, FILE_JPEG, FILE_TIFF, FILE_GIF, FILE_DICOM, FILE_ELF, FILE_PE, FILE_OLE,
	FILE_CPIO,
	FILE_TAR, FILE_SQLITE, FILE_LZ4, FILE_CAB, FILE_RPM, FILE_DEB,
	FILE_TYPES
};
/* Of the operator's table: FILE_OWN + its index. */
#define FILE_OWN 128
#define FILE_OWN_MAX (256 - FILE_OWN)	/* a type is kept in a byte */
#define FILE_MAGIC_MAX 16		/* bytes */
#define FILE_NAME_MAX 32		/* with the zero byte */

struct file_magic {
	uint16_t at;			/* bytes from the beginning */
	uint8_t len;
	uint8_t bytes[FILE_MAGIC_MAX];
};

/* The operator's: immutable for a run.  Several may have one name. */
struct file_types {
	size_t n;			/* at most FILE_OWN_MAX */
	struct {
		char name[FILE_NAME_MAX];
		struct file_magic magic;
	} list[FILE_OWN_MAX];
};

/* own, here and below: asked first; NULL: there are none. */
unsigned file_type_of(const uint8_t *bytes, size_t len, const struct file_types *own);
/* "zip" ...; "" for none, and for places that the operator's table does not have. */
const char *file_type_name(unsigned type, const struct file_types *own);
/* What a value of an earlier run is now: the same name's place; FILE_NONE when the name is gone. */
unsigned file_type_moved(unsigned type, const struct file_types *then,
			 const struct file_types *now);

/* The same names for the same bytes in the same order?  NULL: none. */
bool file_types_equal(const struct file_types *a, const struct file_types *b);

#endif
