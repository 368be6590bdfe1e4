/* light_office.c - SSH, VNC and FTP, which begin with a line of text (light.h). */
#include <string.h>
#include <strings.h>
#include "dpi/light.h"

static bool begins(const struct light_piece *p, const char *text)
{
	size_t n = strlen(text);

	return p->len >= n && !memcmp(p->bytes, text, n);
}

/* RFC 4253 4.2. */
enum light_sure light_ssh(const struct light_piece *p, struct light_found *ret)
{
	if (!begins(p, "SSH-2.0-") && !begins(p, "SSH-1."))
		return LIGHT_NO;
	light_banner(ret->banner, p->bytes, p->len);
	return LIGHT_SURE;
}

/* RFC 6143 7.1.1: "RFB 003.008\n". */
enum light_sure light_vnc(const struct light_piece *p, struct light_found *ret)
{
	if (!begins(p, "RFB ") || p->len < 12 || p->bytes[7] != '.' || p->bytes[11] != '\n')
		return LIGHT_NO;
	for (int i = 4; i < 11; i++)
		if (i != 7 && (p->bytes[i] < '0' || p->bytes[i] > '9'))
			return LIGHT_NO;
	light_banner(ret->banner, p->bytes, 11);
	return LIGHT_SURE;
}

/* --- FTP (RFC 959) ---------------------------------------------------------------------- */

static const struct {
	char verb[5];
	unsigned acts;
} verbs[] = {
	{ "RETR", DPI_ACT_READ | DPI_ACT_FILE }, { "LIST", DPI_ACT_READ }, { "NLST", DPI_ACT_READ },
	{ "MLSD", DPI_ACT_READ }, { "MLST", DPI_ACT_READ }, { "SIZE", DPI_ACT_READ },
	{ "MDTM", DPI_ACT_READ }, { "STOR", DPI_ACT_WRITE | DPI_ACT_FILE },
	{ "STOU", DPI_ACT_WRITE | DPI_ACT_FILE }, { "APPE", DPI_ACT_WRITE | DPI_ACT_FILE },
	{ "DELE", DPI_ACT_WRITE }, { "RNFR", DPI_ACT_WRITE }, { "RNTO", DPI_ACT_WRITE },
	{ "MKD", DPI_ACT_WRITE }, { "RMD", DPI_ACT_WRITE }, { "SITE", DPI_ACT_CONTROL },
	{ "USER", DPI_ACT_OTHER }, { "PASS", DPI_ACT_OTHER }, { "AUTH", DPI_ACT_OTHER },
	{ "PORT", DPI_ACT_OTHER }, { "PASV", DPI_ACT_OTHER }, { "EPRT", DPI_ACT_OTHER },
	{ "EPSV", DPI_ACT_OTHER },
};

static unsigned of_line(const uint8_t *line, size_t len)
{
	for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++) {
		size_t n = strlen(verbs[i].verb);

		if (len >= n && !strncasecmp((const char *)line, verbs[i].verb, n) &&
		    (len == n || line[n] == ' ' || line[n] == '\r'))
			return verbs[i].acts;
	}
	return 0;
}

/* The server's greeting is that of SMTP too: it takes the port, or a client that says USER next. */
enum light_sure light_ftp(const struct light_piece *p, struct light_found *ret)
{
	bool is_greeting = begins(p, "220 ") || begins(p, "220-");

	if (!is_greeting && !begins(p, "USER ") && !begins(p, "AUTH TLS"))
		return LIGHT_NO;
	if (is_greeting)
		light_banner(ret->banner, p->bytes + 4, p->len - 4);
	return p->at_port ? LIGHT_SURE : LIGHT_MAYBE;
}

unsigned light_ftp_acts(const struct light_piece *p)
{
	struct cursor c = cursor_over(p->bytes, p->len);
	unsigned acts = 0;

	for (int i = 0; i < LIGHT_MESSAGES_MAX && c.left; i++) {
		const uint8_t *end = memchr(c.data, '\n', c.left);
		size_t len = end ? (size_t)(end - c.data) : c.left;

		acts |= of_line(c.data, len);
		cursor_take(&c, end ? len + 1 : len);
	}
	return acts;
}
