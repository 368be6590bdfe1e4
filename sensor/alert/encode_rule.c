/* encode_rule.c - what a record says of its rule: ECS rule and threat, and the next checks. */
#include "alert/encode_internal.h"
#include "base/json.h"

json_t *encode_rule(const struct rule *rule)
{
	json_t *object = json_object();

	json_put_text(object, "id", rule->id);
	json_put_text(object, "version", rule->version);
	json_put_text(object, "name", rule->name);
	json_put_text(object, "category", rule->category);
	return object;
}

json_t *encode_threat(const struct rule *rule)
{
	json_t *threat = json_object(), *techniques = json_array();

	for (size_t i = 0; i < rule->n_techniques; i++) {
		json_t *t = json_object();

		json_put_text(t, "id", rule->techniques[i].id);
		json_put_text(t, "name", rule->techniques[i].name);
		json_array_append_new(techniques, t);
	}
	json_put_text(threat, "framework", "MITRE ATT&CK");
	json_object_set_new(threat, "technique", techniques);
	return threat;
}

json_t *encode_triage(const struct rule *rule)
{
	json_t *lines = json_array();

	for (const char *const *line = rule->triage; *line; line++)
		json_array_append_new(lines, json_string(*line));
	return lines;
}
