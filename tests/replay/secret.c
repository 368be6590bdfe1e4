/* secret.c - nachtwacht with a hash secret of the test's choice (NW_HASH_SECRET, a number).
 *
 * Linked with the program's main.c: getrandom(2) as base/hash.c asks for it gives that number,
 * every other call goes to the kernel.  For determinism.test: results must not depend on it.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/syscall.h>
#include <unistd.h>

ssize_t getrandom(void *buffer, size_t len, unsigned flags)
{
	const char *text = getenv("NW_HASH_SECRET");
	uint64_t secret;

	if (!text || len != sizeof(secret) || flags != GRND_NONBLOCK)
		return syscall(SYS_getrandom, buffer, len, flags);
	secret = strtoull(text, NULL, 0);
	memcpy(buffer, &secret, len);
	return (ssize_t)len;
}
