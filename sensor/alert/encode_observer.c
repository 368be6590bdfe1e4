/* encode_observer.c - what a record says of the sensor: ECS observer. */
#include "alert/encode_internal.h"
#include "base/json.h"
#include "config.h"

json_t *encode_observer(const struct alert_context *ctx, json_t *ingress)
{
	json_t *observer = json_object(), *interface;

	json_put_text(observer, "type", "sensor");
	json_put_text(observer, "vendor", "Nachtwacht");
	json_put_text(observer, "product", "nachtwacht");
	json_put_text(observer, "version", PACKAGE_VERSION);
	json_put_text(observer, "name", ctx->sensor);
	if (ctx->interface) {
		interface = json_object();
		json_put_text(interface, "name", ctx->interface);
		json_object_set_new(ingress, "interface", interface);
	}
	if (json_object_size(ingress))
		json_object_set_new(observer, "ingress", ingress);
	else
		json_decref(ingress);
	return observer;
}
