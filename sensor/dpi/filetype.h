/* filetype.h - what kind of file some bytes begin, by its magic.
 *
 * Evidence, no proof: anybody can write four bytes in front of something else, and what is
 * encrypted shows nothing.  Pure functions over a bounded piece of memory; cost: one pass over a
 * table of some twenty short compares, for the first payload of a flow's side and of an HTTP
 * body.
 */
#ifndef NW_DPI_FILETYPE_H
#define NW_DPI_FILETYPE_H

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

struct file_magic {
	uint16_t at;			/* bytes from the beginning */
	uint8_t len;
	uint8_t bytes[16];
};

/* own: the operator's magics, asked first; n of them, at most 127.  NULL is fine for n = 0. */
unsigned file_type_of(const uint8_t *bytes, size_t len, const struct file_magic *own, size_t n);
const char *file_type_name(unsigned type);	/* "zip" ...; "" for none and the operator's */

#endif
