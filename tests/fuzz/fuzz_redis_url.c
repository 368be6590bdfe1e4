/* fuzz_redis_url.c - any text as a Redis URL: what is taken is bounded and can be shown, what is
 * refused has a sentence. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include "output/sinks.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1), err[256] = "", shown[REDIS_URL_TEXT_MAX];
	struct redis_url url = { .port = 0 };

	if (!text)
		return 0;
	if (size)
		memcpy(text, data, size);
	text[size] = '\0';
	if (redis_url_parse(text, &url, err, sizeof(err))) {
		if (!*url.host || (!url.is_unix && !url.port) || !*redis_url_text(&url, shown))
			abort();
	} else if (!*err) {
		abort();
	}
	free(text);
	return 0;
}
