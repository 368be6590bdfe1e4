/* incident_words.c - the texts of incidents on the heap, each as long as it is.
 *
 * What an incident last said is one block: the message, then the lines of its explanation, each
 * with its zero byte.  It is for the summary of a replay, for the state, and for a record that has
 * nothing new to say.  No text is the constant "", so readers need not ask.
 */
#include "alert/incident_internal.h"

#include <stdlib.h>
#include <string.h>
#include "base/log.h"
#include "base/text.h"

static const char nothing[] = "";

static void drop_text(const char **text)
{
	if (*text != nothing)
		free((void *)(uintptr_t)*text);
	*text = nothing;
}

void incident_set_text(const char **text, const char *to)
{
	char *copy;

	if (*text && !strcmp(*text, to))
		return;
	copy = *to ? strdup(to) : NULL;
	if (*to && !copy)
		log_err("alert", "no memory for a text of an incident");
	if (*text)
		drop_text(text);
	*text = copy ? copy : nothing;
}

void incident_drop_texts(struct incident *i, bool keeps_entry)
{
	drop_text(&i->domain);
	drop_text(&i->attached);
	if (!keeps_entry) {
		drop_text(&i->entry);
		drop_text(&i->own);
		drop_text(&i->suppressed);
	}
	free((void *)(uintptr_t)i->said);
	i->said = NULL;
	i->explain_n = 0;
	free(i->member);
	i->member = NULL;
	free(i->seen);
	i->seen = NULL;
}

const char *incident_message(const struct incident *i)
{
	return i->said ? i->said : "";
}

const char *incident_line(const struct incident *i, unsigned line)
{
	const char *at = i->said;

	if (!at || line >= i->explain_n)
		return "";
	for (unsigned k = 0; k <= line; k++)
		at += strlen(at) + 1;
	return at;
}

void incident_take_words(struct incident *i, struct incident_words *words)
{
	text_copy(words->message, sizeof(words->message), incident_message(i));
	for (unsigned k = 0; k < i->explain_n; k++)
		text_copy(words->explain[k], sizeof(words->explain[k]), incident_line(i, k));
	i->words = words;
}

void incident_keep_words(struct incident *i)
{
	const struct incident_words *words = i->words;
	size_t len = strlen(words->message) + 1, at = len;
	char *said;

	for (unsigned k = 0; k < i->explain_n; k++)
		len += strlen(words->explain[k]) + 1;
	said = malloc(len);
	if (said) {
		memcpy(said, words->message, at);
		for (unsigned k = 0; k < i->explain_n; k++) {
			size_t n = strlen(words->explain[k]) + 1;

			memcpy(said + at, words->explain[k], n);
			at += n;
		}
	} else {
		log_err("alert", "no memory for the words of incident %s", i->id);
		i->explain_n = 0;
	}
	free((void *)(uintptr_t)i->said);
	i->said = said;
	i->words = NULL;
}
