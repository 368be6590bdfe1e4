/* apps_industry.c - Modbus/TCP for the scanner's controller, DICOM for its images. */
#include "synth/apps.h"

#include <string.h>

/* --- Modbus/TCP (Modbus application protocol 1.1b3) ------------------------------------------- */

enum { MODBUS_READ_HOLDING = 3, MODBUS_READ_INPUT = 4, MODBUS_WRITE_ONE = 6,
	MODBUS_WRITE_MANY = 16 };

static size_t modbus_begin(struct app_call *c, unsigned transaction, unsigned function)
{
	struct blob *b = &c->script->blob;

	blob_be16(b, transaction);
	blob_be16(b, 0);
	size_t at = blob_length_begin(b, 2);
	blob_u8(b, c->options->unit);
	blob_u8(b, function);
	return at;
}

static void modbus_values(struct app_call *c, unsigned n)
{
	struct blob *b = &c->script->blob;

	blob_u8(b, n * 2);
	for (unsigned i = 0; i < n; i++)
		blob_be16(b, (unsigned)random_below(c->random, 4096));
}

static void modbus_request(struct app_call *c, unsigned transaction, unsigned function, unsigned n)
{
	struct blob *b = &c->script->blob;
	size_t mark = script_mark(c->script);
	size_t at = modbus_begin(c, transaction, function);

	blob_be16(b, c->options->reg);
	if (function == MODBUS_WRITE_ONE) {
		blob_be16(b, (unsigned)random_below(c->random, 4096));
	} else {
		blob_be16(b, n);
		if (function == MODBUS_WRITE_MANY)
			modbus_values(c, n);
	}
	blob_length_end(b, at, 2);
	app_say(c, 0, mark);
}

static void modbus_response(struct app_call *c, unsigned transaction, unsigned function, unsigned n)
{
	struct blob *b = &c->script->blob;
	size_t mark = script_mark(c->script);
	size_t at = modbus_begin(c, transaction, function);

	if (function == MODBUS_WRITE_ONE || function == MODBUS_WRITE_MANY) {
		blob_be16(b, c->options->reg);
		blob_be16(b, function == MODBUS_WRITE_MANY ? n : 1);
	} else {
		modbus_values(c, n);
	}
	blob_length_end(b, at, 2);
	app_say(c, 1, mark);
}

void app_modbus_run(struct app_call *c)
{
	const struct app_options *o = c->options;
	unsigned exchanges = o->exchanges ? o->exchanges : 1;
	unsigned transaction = (unsigned)random_below(c->random, 60000);

	for (unsigned i = 0; i < exchanges; i++) {
		unsigned function = o->function ? o->function
						: i & 1 ? MODBUS_READ_INPUT : MODBUS_READ_HOLDING;

		modbus_request(c, transaction + i, function, o->count);
		modbus_response(c, transaction + i, function, o->count);
		if (i + 1 < exchanges)
			script_wait(c->script, o->gap_ns);
	}
}

/* --- DICOM association (PS3.8 9.3.2, 9.3.3) --------------------------------------------------- */

static void dicom_item(struct blob *b, unsigned type, const char *text)
{
	blob_u8(b, type);
	blob_u8(b, 0);
	blob_be16(b, (unsigned)strlen(text));
	blob_text(b, text);
}

static void dicom_title(struct blob *b, const char *text)
{
	blob_format(b, "%-16.16s", text);
}

static void dicom_user_information(struct blob *b)
{
	blob_be16(b, 0x5000);
	size_t user = blob_length_begin(b, 2);
	blob_be16(b, 0x5100);
	blob_be16(b, 4);
	blob_be32(b, 65536);			/* longest P-DATA */
	dicom_item(b, 0x52, "2.25.1234567890");	/* implementation class */
	dicom_item(b, 0x55, "SYNTH_1_0");
	blob_length_end(b, user, 2);
}

/* Request (1) or acceptance (2) of one presentation context: CT images, implicit little endian. */
static void dicom_associate(struct app_call *c, unsigned type)
{
	struct blob *b = &c->script->blob;
	size_t mark = script_mark(c->script);

	blob_u8(b, type);
	blob_u8(b, 0);
	size_t pdu = blob_length_begin(b, 4);
	blob_be16(b, 1);
	blob_be16(b, 0);
	dicom_title(b, c->server_id);
	dicom_title(b, *c->options->text ? c->options->text : c->client_id);
	blob_zero(b, 32);
	dicom_item(b, 0x10, "1.2.840.10008.3.1.1.1");
	blob_be16(b, type == 1 ? 0x2000 : 0x2100);
	size_t context = blob_length_begin(b, 2);
	blob_be32(b, 0x01000000);		/* context 1, accepted */
	if (type == 1)
		dicom_item(b, 0x30, "1.2.840.10008.5.1.4.1.1.2");
	dicom_item(b, 0x40, "1.2.840.10008.1.2");
	blob_length_end(b, context, 2);
	dicom_user_information(b);
	blob_length_end(b, pdu, 4);
	app_say(c, type == 1 ? 0 : 1, mark);
}

void app_dicom_open(struct app_call *c)
{
	dicom_associate(c, 1);
	dicom_associate(c, 2);
}
