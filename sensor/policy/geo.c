/* geo.c - see geo.h. */
#include "policy/geo.h"

#include <errno.h>
#include <fcntl.h>
#include <maxminddb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/err.h"
#include "base/text.h"
#include "policy/geo_record.h"
#include "policy/site_values.h"

#define COPY_BYTES 65536

struct geo {
	MMDB_s db[GEO_KINDS];
	bool is_open[GEO_KINDS];
	char sha256[GEO_KINDS][DIGEST_HEX_MAX];
};

/* --- opening ------------------------------------------------------------------------- */

static int write_all(int fd, const char *bytes, size_t len)
{
	while (len) {
		ssize_t n = write(fd, bytes, len);

		if (n < 0 && errno != EINTR)
			return -errno;
		if (n > 0) {
			bytes += n;
			len -= (size_t)n;
		}
	}
	return 0;
}

static int copy_file(int from, int to)
{
	char bytes[COPY_BYTES];
	size_t total = 0;
	int err = 0;

	while (!err) {
		ssize_t n = read(from, bytes, sizeof(bytes));

		if (n == 0)
			break;
		if (n < 0) {
			err = errno == EINTR ? 0 : -errno;
			continue;
		}
		total += (size_t)n;
		err = total > GEO_FILE_MAX ? ERR_LIMIT : write_all(to, bytes, (size_t)n);
	}
	return err;
}

/* A private copy of the file: the library maps what it opens, and a mapped file that somebody cuts
 * ends the process.  0 and a descriptor. */
static int take_copy(const char *path, int *ret_fd)
{
	int from = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY), to = -1, err = 0;

	if (from < 0)
		return -errno;
	to = memfd_create("geo", MFD_CLOEXEC);
	err = to < 0 ? -errno : copy_file(from, to);
	close(from);
	if (err && to >= 0)
		close(to);
	if (!err)
		*ret_fd = to;
	return err;
}

/* The two are easily exchanged.  Databases of other makers have names of their own. */
static bool is_other_kind(const MMDB_s *db, enum geo_kind kind)
{
	const char *type = db->metadata.database_type ? db->metadata.database_type : "";
	bool is_asn = strstr(type, "ASN"), is_place = strstr(type, "Country") ||
						      strstr(type, "City");

	return kind == GEO_ASN ? is_place && !is_asn : is_asn && !is_place;
}

static int open_copy(struct geo *g, enum geo_kind kind, int fd, const char **ret_why)
{
	char path[64];
	MMDB_s *db = &g->db[kind];
	struct stat st;
	int status;

	if (!fstat(fd, &st) && st.st_size == 0) {
		*ret_why = "is empty";
		return ERR_FORMAT;
	}
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	status = MMDB_open(path, MMDB_MODE_MMAP, db);
	if (status == MMDB_OUT_OF_MEMORY_ERROR)
		return -ENOMEM;
	if (status == MMDB_IO_ERROR || status == MMDB_FILE_OPEN_ERROR) {
		*ret_why = "its copy in memory cannot be read; is /proc there?";
		return ERR_FORMAT;
	}
	if (status != MMDB_SUCCESS) {
		*ret_why = "is not a MaxMind-format database, or is damaged";
		return ERR_FORMAT;
	}
	g->is_open[kind] = true;
	digest_sha256_hex(db->file_content, (size_t)db->file_size, g->sha256[kind]);
	if (is_other_kind(db, kind)) {
		*ret_why = kind == GEO_ASN ? "is a database of countries, not of AS numbers" :
					     "is a database of AS numbers, not of countries";
		return ERR_FORMAT;
	}
	return 0;
}

static int add_file(struct geo *g, enum geo_kind kind, const char *path,
		    struct geo_problem *ret_problem)
{
	const char *why = NULL;
	char shown[256];
	int fd = -1, err;

	if (!path)
		return 0;
	err = take_copy(path, &fd);
	if (!err) {
		err = open_copy(g, kind, fd, &why);
		close(fd);
	}
	if (!err)
		return 0;
	ret_problem->kind = kind;
	text_escape(path, strlen(path), shown, sizeof(shown));
	if (why)
		snprintf(ret_problem->text, sizeof(ret_problem->text), "\"%s\" %s", shown, why);
	else
		snprintf(ret_problem->text, sizeof(ret_problem->text),
			 "\"%s\" cannot be read: %s", shown, err_text(err));
	return err;
}

int geo_open(const char *asn_path, const char *country_path, struct geo **ret_geo,
	     struct geo_problem *ret_problem)
{
	struct geo *g = calloc(1, sizeof(*g));
	int err;

	if (!g) {
		*ret_problem = (struct geo_problem){ .kind = GEO_ASN, .text = "out of memory" };
		return -ENOMEM;
	}
	err = add_file(g, GEO_ASN, asn_path, ret_problem);
	if (!err)
		err = add_file(g, GEO_COUNTRY, country_path, ret_problem);
	if (!err)
		*ret_geo = steal(&g);
	geo_close(g);
	return err;
}

void geo_close(struct geo *g)
{
	if (!g)
		return;
	for (int kind = 0; kind < GEO_KINDS; kind++)
		if (g->is_open[kind])
			MMDB_close(&g->db[kind]);
	free(g);
}

const char *geo_sha256(const struct geo *g, enum geo_kind kind)
{
	return g ? g->sha256[kind] : "";
}

/* --- look-up ------------------------------------------------------------------------- */

static bool find(const struct geo *g, enum geo_kind kind, const struct addr *a,
		 MMDB_entry_s *ret_entry)
{
	struct sockaddr_in6 v6 = { .sin6_family = AF_INET6 };
	struct sockaddr_in v4 = { .sin_family = AF_INET };
	const struct sockaddr *sa = (const struct sockaddr *)&v6;
	MMDB_lookup_result_s result;
	int status;

	if (!g->is_open[kind])
		return false;
	if (addr_is_ipv4(a)) {
		memcpy(&v4.sin_addr, a->bytes + 12, 4);
		sa = (const struct sockaddr *)&v4;
	} else {
		memcpy(&v6.sin6_addr, a->bytes, 16);
	}
	result = MMDB_lookup_sockaddr(&g->db[kind], sa, &status);
	if (status != MMDB_SUCCESS || !result.found_entry)
		return false;
	*ret_entry = result.entry;
	return geo_record_is_sane(g->db[kind].data_section, g->db[kind].data_section_size,
				  result.entry.offset);
}

static bool read_field(MMDB_entry_s *entry, const char *const *path, unsigned type,
		       MMDB_entry_data_s *ret_data)
{
	return MMDB_aget_value(entry, ret_data, path) == MMDB_SUCCESS && ret_data->has_data &&
	       ret_data->type == type;
}

static bool read_country(MMDB_entry_s *entry, const char *key, char ret_country[static 3])
{
	const char *const path[] = { key, "iso_code", NULL };
	MMDB_entry_data_s data;
	char code[3] = "";

	if (!read_field(entry, path, MMDB_DATA_TYPE_UTF8_STRING, &data) || data.data_size != 2)
		return false;
	memcpy(code, data.utf8_string, 2);
	if (!value_country(code))
		return false;
	memcpy(ret_country, code, sizeof(code));
	return true;
}

static void read_asn(MMDB_entry_s *entry, struct geo_place *ret_place)
{
	static const char *const number[] = { "autonomous_system_number", NULL };
	static const char *const name[] = { "autonomous_system_organization", NULL };
	MMDB_entry_data_s data;

	if (!read_field(entry, number, MMDB_DATA_TYPE_UINT32, &data))
		return;
	ret_place->asn = data.uint32;
	if (read_field(entry, name, MMDB_DATA_TYPE_UTF8_STRING, &data))
		text_repair(data.utf8_string, data.data_size, ret_place->organisation,
			    sizeof(ret_place->organisation));
}

bool geo_lookup(const struct geo *g, const struct addr *a, struct geo_place *ret_place)
{
	MMDB_entry_s entry;

	memset(ret_place, 0, sizeof(*ret_place));
	if (!g)
		return false;
	if (find(g, GEO_ASN, a, &entry))
		read_asn(&entry, ret_place);
	/* Where the address is used; else where it is registered. */
	if (find(g, GEO_COUNTRY, a, &entry) &&
	    !read_country(&entry, "country", ret_place->country))
		read_country(&entry, "registered_country", ret_place->country);
	return ret_place->asn || ret_place->country[0];
}
