/* filetype.c - see filetype.h. */
#include "dpi/filetype.h"
#include <assert.h>
#include <string.h>
#include "base/bytes.h"
#include "base/err.h"

#define PE_HEADER_AT 60			/* where "MZ" files say where "PE" is */

static const struct {
	struct file_magic magic;
	uint8_t type;
} magics[] = {
	{ { 0, 4, { 'P', 'K', 3, 4 } }, FILE_ZIP },
	{ { 0, 4, { 'P', 'K', 5, 6 } }, FILE_ZIP },
	{ { 0, 3, { 0x1f, 0x8b, 8 } }, FILE_GZIP },
	{ { 0, 6, { '7', 'z', 0xbc, 0xaf, 0x27, 0x1c } }, FILE_7Z },
	{ { 0, 6, { 'R', 'a', 'r', '!', 0x1a, 7 } }, FILE_RAR },
	{ { 0, 4, { 0x28, 0xb5, 0x2f, 0xfd } }, FILE_ZSTD },
	{ { 0, 6, { 0xfd, '7', 'z', 'X', 'Z', 0 } }, FILE_XZ },
	{ { 4, 6, { 0x31, 0x41, 0x59, 0x26, 0x53, 0x59 } }, FILE_BZIP2 },
	{ { 0, 5, { '%', 'P', 'D', 'F', '-' } }, FILE_PDF },
	{ { 0, 8, { 0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n' } }, FILE_PNG },
	{ { 0, 3, { 0xff, 0xd8, 0xff } }, FILE_JPEG },
	{ { 0, 4, { 'I', 'I', 42, 0 } }, FILE_TIFF },
	{ { 0, 4, { 'M', 'M', 0, 42 } }, FILE_TIFF },
	{ { 0, 4, { 'G', 'I', 'F', '8' } }, FILE_GIF },
	{ { 128, 4, { 'D', 'I', 'C', 'M' } }, FILE_DICOM },
	{ { 0, 4, { 0x7f, 'E', 'L', 'F' } }, FILE_ELF },
	{ { 0, 8, { 0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1 } }, FILE_OLE },
	{ { 0, 6, { '0', '7', '0', '7', '0', '1' } }, FILE_CPIO },
	{ { 0, 6, { '0', '7', '0', '7', '0', '2' } }, FILE_CPIO },
	{ { 0, 6, { '0', '7', '0', '7', '0', '7' } }, FILE_CPIO },
	{ { 257, 5, { 'u', 's', 't', 'a', 'r' } }, FILE_TAR },
	{ { 0, 16, { 'S', 'Q', 'L', 'i', 't', 'e', ' ', 'f', 'o', 'r', 'm', 'a', 't', ' ', '3',
	  0 } },
	  FILE_SQLITE },
	{ { 0, 4, { 4, 0x22, 0x4d, 0x18 } }, FILE_LZ4 },
	{ { 0, 8, { 'M', 'S', 'C', 'F', 0, 0, 0, 0 } }, FILE_CAB },
	{ { 0, 4, { 0xed, 0xab, 0xee, 0xdb } }, FILE_RPM },
	{ { 0, 13, { '!', '<', 'a', 'r', 'c', 'h', '>', '\n', 'd', 'e', 'b', 'i', 'a' } },
	  FILE_DEB },
};

static const char *const names[] = {
	[FILE_NONE] = "", [FILE_ZIP] = "zip", [FILE_GZIP] = "gzip", [FILE_7Z] = "7z",
	[FILE_RAR] = "rar", [FILE_ZSTD] = "zstd", [FILE_XZ] = "xz", [FILE_BZIP2] = "bzip2",
	[FILE_PDF] = "pdf", [FILE_PNG] = "png", [FILE_JPEG] = "jpeg", [FILE_TIFF] = "tiff",
	[FILE_GIF] = "gif", [FILE_DICOM] = "dicom", [FILE_ELF] = "elf", [FILE_PE] = "pe",
	[FILE_OLE] = "ole", [FILE_CPIO] = "cpio", [FILE_TAR] = "tar", [FILE_SQLITE] = "sqlite",
	[FILE_LZ4] = "lz4", [FILE_CAB] = "cab", [FILE_RPM] = "rpm", [FILE_DEB] = "deb",
};
static_assert(ARRAY_SIZE(names) == FILE_TYPES, "every file type has a name");

static int has(const uint8_t *bytes, size_t len, const struct file_magic *m)
{
	return m->len && m->len <= sizeof(m->bytes) && len >= (size_t)m->at + m->len &&
	       !memcmp(bytes + m->at, m->bytes, m->len);
}

/* "MZ" alone is two letters. */
static int is_pe(const uint8_t *bytes, size_t len)
{
	size_t at;

	if (len < PE_HEADER_AT + 4 || bytes[0] != 'M' || bytes[1] != 'Z')
		return 0;
	at = le_get32(bytes + PE_HEADER_AT);
	return at < len && len - at >= 4 && !memcmp(bytes + at, "PE\0\0", 4);
}

unsigned file_type_of(const uint8_t *bytes, size_t len, const struct file_types *own)
{
	for (size_t i = 0; own && i < own->n; i++)
		if (has(bytes, len, &own->list[i].magic))
			return FILE_OWN + (unsigned)i;
	for (size_t i = 0; i < ARRAY_SIZE(magics); i++)
		if (has(bytes, len, &magics[i].magic))
			return magics[i].type;
	return is_pe(bytes, len) ? FILE_PE : FILE_NONE;
}

const char *file_type_name(unsigned type, const struct file_types *own)
{
	if (type < FILE_TYPES)
		return names[type];
	return own && type >= FILE_OWN && type - FILE_OWN < own->n ?
	       own->list[type - FILE_OWN].name : "";
}

unsigned file_type_moved(unsigned type, const struct file_types *then,
			 const struct file_types *now)
{
	const char *name = file_type_name(type, then);

	if (type < FILE_OWN || !name[0])
		return type < FILE_OWN ? type : FILE_NONE;
	for (size_t i = 0; now && i < now->n; i++)
		if (!strcmp(now->list[i].name, name))
			return FILE_OWN + (unsigned)i;
	return FILE_NONE;
}

bool file_types_equal(const struct file_types *a, const struct file_types *b)
{
	size_t n = a ? a->n : 0;

	if (n != (b ? b->n : 0))
		return false;
	for (size_t i = 0; i < n; i++) {
		const struct file_magic *x = &a->list[i].magic, *y = &b->list[i].magic;

		if (strcmp(a->list[i].name, b->list[i].name) || x->at != y->at ||
		    x->len != y->len || memcmp(x->bytes, y->bytes, x->len))
			return false;
	}
	return true;
}
