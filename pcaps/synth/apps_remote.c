/* apps_remote.c - protocols by which one machine works on another: SSH, RDP, AnyDesk,
 * TeamViewer, SMB, HTTP. */
#include "synth/apps.h"

#include <stdio.h>
#include <string.h>

/* --- HTTP/1.1 (RFC 9112): the volume is the body ---------------------------------------------- */

void app_http_run(struct app_call *c)
{
	const struct app_options *o = c->options;
	struct blob *b = &c->script->blob;
	size_t at = script_mark(c->script);
	const char *method = *o->method ? o->method : c->bytes[0] ? "POST" : "GET";
	const char *host = *o->name ? o->name : "server.example";

	blob_format(b, "%s %s HTTP/1.1\r\nHost: %s\r\n", method, *o->path ? o->path : "/", host);
	blob_text(b, "User-Agent: synth/1.0\r\nAccept: */*\r\n");
	if (c->bytes[0])
		blob_format(b, "Content-Type: application/octet-stream\r\nContent-Length: %llu\r\n",
			    (unsigned long long)c->bytes[0]);
	blob_text(b, "\r\n");
	app_say(c, 0, at);
	app_volume(c, (uint64_t[2]){ c->bytes[0], 0 }, c->duration_ns);

	at = script_mark(c->script);
	blob_format(b,
		    "HTTP/1.1 200 OK\r\nServer: synth\r\nContent-Type: application/octet-stream\r\n"
		    "Content-Length: %llu\r\n\r\n", (unsigned long long)c->bytes[1]);
	app_say(c, 1, at);
	uint64_t down_ns = c->bytes[0] ? c->duration_ns / 10 : c->duration_ns;
	app_volume(c, (uint64_t[2]){ 0, c->bytes[1] }, down_ns);
}

/* --- SSH (RFC 4253) --------------------------------------------------------------------------- */

/* Binary packet: length, padding length, payload, padding to a multiple of 8. */
static void ssh_packet_end(struct app_call *c, size_t length_at)
{
	struct blob *b = &c->script->blob;
	size_t n = b->len - length_at + 4;
	size_t padding = 8 - n % 8;

	padding += padding < 4 ? 8 : 0;
	if (!b->is_failed)
		b->data[length_at] = (uint8_t)padding;
	blob_random(b, c->random, padding);
	blob_length_end(b, length_at, 4);
}

static size_t ssh_packet_begin(struct app_call *c, unsigned type)
{
	struct blob *b = &c->script->blob;
	size_t at = blob_length_begin(b, 4);

	blob_u8(b, 0);
	blob_u8(b, type);
	return at;
}

static void ssh_string(struct blob *b, const char *text)
{
	blob_be32(b, (uint32_t)strlen(text));
	blob_text(b, text);
}

static void ssh_noise(struct app_call *c, size_t n)
{
	blob_be32(&c->script->blob, (uint32_t)n);
	blob_random(&c->script->blob, c->random, n);
}

static void ssh_banner(struct app_call *c, unsigned side)
{
	size_t at = script_mark(c->script);

	blob_text(&c->script->blob, side == 0 ? "SSH-2.0-OpenSSH_9.2p1\r\n"
		  : "SSH-2.0-OpenSSH_8.4p1\r\n");
	app_say(c, side, at);
}

static void ssh_kexinit(struct app_call *c, unsigned side)
{
	static const char *const lists[] = {
		"curve25519-sha256,curve25519-sha256@libssh.org,ecdh-sha2-nistp256",
		"ssh-ed25519,ecdsa-sha2-nistp256,rsa-sha2-512,rsa-sha2-256",
		"chacha20-poly1305@openssh.com,aes128-ctr,aes256-gcm@openssh.com",
		"chacha20-poly1305@openssh.com,aes128-ctr,aes256-gcm@openssh.com",
		"umac-128-etm@openssh.com,hmac-sha2-256-etm@openssh.com,hmac-sha2-256",
		"umac-128-etm@openssh.com,hmac-sha2-256-etm@openssh.com,hmac-sha2-256",
		"none,zlib@openssh.com", "none,zlib@openssh.com", "", "",
	};
	struct blob *b = &c->script->blob;
	size_t mark = script_mark(c->script);
	size_t at = ssh_packet_begin(c, 20);

	blob_random(b, c->random, 16);
	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++)
		ssh_string(b, lists[i]);
	blob_zero(b, 5);
	ssh_packet_end(c, at);
	app_say(c, side, mark);
}

static void ssh_newkeys(struct app_call *c)
{
	ssh_packet_end(c, ssh_packet_begin(c, 21));
}

void app_ssh_open(struct app_call *c)
{
	struct blob *b = &c->script->blob;

	ssh_banner(c, 0);
	ssh_banner(c, 1);
	ssh_kexinit(c, 0);
	ssh_kexinit(c, 1);

	size_t mark = script_mark(c->script);
	size_t at = ssh_packet_begin(c, 30);
	ssh_noise(c, 32);
	ssh_packet_end(c, at);
	app_say(c, 0, mark);

	mark = script_mark(c->script);
	at = ssh_packet_begin(c, 31);
	blob_be32(b, 4 + 11 + 4 + 32);		/* host key */
	ssh_string(b, "ssh-ed25519");
	ssh_noise(c, 32);
	ssh_noise(c, 32);			/* the server's point */
	blob_be32(b, 4 + 11 + 4 + 64);		/* signature */
	ssh_string(b, "ssh-ed25519");
	ssh_noise(c, 64);
	ssh_packet_end(c, at);
	ssh_newkeys(c);
	app_say(c, 1, mark);

	mark = script_mark(c->script);
	ssh_newkeys(c);
	app_say(c, 0, mark);
}

/* --- RDP: X.224 (MS-RDPBCGR 2.2.1.1), then TLS ------------------------------------------------ */

void app_rdp_open(struct app_call *c)
{
	struct blob *b = &c->script->blob;
	size_t mark = script_mark(c->script);
	struct app_options tls = *c->options;
	struct app_call inner = *c;

	blob_be16(b, 0x0300);			/* TPKT version 3 */
	size_t tpkt = b->len;
	blob_be16(b, 0);
	size_t x224 = blob_length_begin(b, 1);
	blob_add(b, "\xe0\x00\x00\x00\x00\x00", 6);
	blob_format(b, "Cookie: mstshash=%.64s\r\n", *tls.name ? tls.name : "service");
	blob_add(b, "\x01\x00\x08\x00\x03\x00\x00\x00", 8);	/* wants TLS or CredSSP */
	blob_length_end(b, x224, 1);
	if (!b->is_failed) {
		b->data[tpkt] = (uint8_t)((b->len - mark) >> 8);
		b->data[tpkt + 1] = (uint8_t)(b->len - mark);
	}
	app_say(c, 0, mark);

	mark = script_mark(c->script);
	blob_add(b, "\x03\x00\x00\x13\x0e\xd0\x00\x00\x12\x34\x00", 11);
	blob_add(b, "\x02\x1f\x08\x00\x02\x00\x00\x00", 8);	/* CredSSP it is */
	app_say(c, 1, mark);

	/* The name was the user's; the machine's certificate carries its own. */
	(void)snprintf(tls.name, sizeof(tls.name), "%.64s.example", c->server_id);
	tls.tls = 12;
	tls.alpn[0] = '\0';
	inner.options = &tls;
	app_tls_hello(&inner);
}

/* --- AnyDesk: TLS without a server name; its certificate tells -------------------------------- */

void app_anydesk_open(struct app_call *c)
{
	struct app_options tls = *c->options;
	struct app_call inner = *c;

	tls.name[0] = tls.alpn[0] = '\0';
	tls.tls = 12;
	tls.certificate = "AnyDesk Client";
	inner.options = &tls;
	app_tls_hello(&inner);
}

/* --- TeamViewer: two bytes that every message begins with, a command, a length; noise -------- */

static void teamviewer_message(struct app_call *c, unsigned side, unsigned command, unsigned len)
{
	struct blob *b = &c->script->blob;
	size_t mark = script_mark(c->script);

	if (c->app->transport == APP_UDP)
		blob_zero(b, 11);	/* counters, still 0, in front of it */
	blob_be16(b, 0x1724);
	blob_u8(b, command);
	blob_le16(b, len);
	blob_random(b, c->random, len);
	app_say(c, side, mark);
}

void app_teamviewer_open(struct app_call *c)
{
	teamviewer_message(c, 0, 0x10, 4);
	teamviewer_message(c, 1, 0x11, 4);
	teamviewer_message(c, 0, 0x0a, 92);
	teamviewer_message(c, 1, 0x0b, 120);
}

/* --- SMB2 negotiation (MS-SMB2 2.2.3, 2.2.4) -------------------------------------------------- */

static void smb_header(struct blob *b, unsigned flags)
{
	blob_add(b, "\xfeSMB", 4);
	blob_le16(b, 64);
	blob_zero(b, 6);		/* credit charge, status */
	blob_le16(b, 0);		/* NEGOTIATE */
	blob_le16(b, 1);		/* credits */
	blob_le32(b, flags);
	blob_zero(b, 4 + 8 + 4 + 4 + 8 + 16);
}

static void smb_request(struct app_call *c)
{
	struct blob *b = &c->script->blob;
	size_t mark = script_mark(c->script);

	blob_u8(b, 0);
	size_t session = blob_length_begin(b, 3);
	smb_header(b, 0);
	blob_le16(b, 36);
	blob_le16(b, 4);		/* dialects */
	blob_le16(b, 1);		/* signing enabled */
	blob_le16(b, 0);
	blob_le32(b, 0x7f);
	blob_random(b, c->random, 16);	/* client GUID */
	blob_zero(b, 8);
	blob_le16(b, 0x0202);
	blob_le16(b, 0x0210);
	blob_le16(b, 0x0300);
	blob_le16(b, 0x0302);
	blob_length_end(b, session, 3);
	app_say(c, 0, mark);
}

static void smb_filetime(struct blob *b, uint64_t ns)
{
	uint64_t t = ns / 100 + 116444736000000000ULL;	/* since 1601, 100 ns */

	blob_le32(b, (uint32_t)t);
	blob_le32(b, (uint32_t)(t >> 32));
}

static void smb_response(struct app_call *c)
{
	/* SPNEGO: negTokenInit offering NTLMSSP. */
	static const uint8_t token[] = {
		0x60, 0x1c, 0x06, 0x06, 0x2b, 0x06, 0x01, 0x05, 0x05, 0x02, 0xa0, 0x12,
		0x30, 0x10, 0xa0, 0x0e, 0x30, 0x0c, 0x06, 0x0a, 0x2b, 0x06, 0x01, 0x04,
		0x01, 0x82, 0x37, 0x02, 0x02, 0x0a,
	};	struct blob *b = &c->script->blob;
	size_t mark = script_mark(c->script);

	blob_u8(b, 0);
	size_t session = blob_length_begin(b, 3);
	smb_header(b, 1);		/* a response */
	blob_le16(b, 65);
	blob_le16(b, 1);
	blob_le16(b, 0x0302);
	blob_le16(b, 0);
	blob_random(b, c->random, 16);	/* server GUID */
	blob_le32(b, 0x7f);
	blob_le32(b, 0x00800000);
	blob_le32(b, 0x00800000);
	blob_le32(b, 0x00800000);
	smb_filetime(b, c->start_ns);
	blob_zero(b, 8);
	blob_le16(b, 128);		/* where the token is */
	blob_le16(b, sizeof(token));
	blob_le32(b, 0);
	blob_add(b, token, sizeof(token));
	blob_length_end(b, session, 3);
	app_say(c, 1, mark);
}

void app_smb_open(struct app_call *c)
{
	smb_request(c);
	smb_response(c);
}
