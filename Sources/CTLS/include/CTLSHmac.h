/* HMAC-SHA-256 with its key prepared once, comparison in constant time, random bytes. */
#ifndef CTLS_HMAC_H
#define CTLS_HMAC_H
#include <stddef.h>
#include <stdint.h>

/* The key's two block states of RFC 2104; read only after it is made, so any thread may use it. */
typedef struct ctls_hmac_sha256 ctls_hmac_sha256;

/* The bytes it takes, aligned as malloc does; the caller owns them. */
size_t ctls_hmac_sha256_size(void);
void ctls_hmac_sha256_prepare(ctls_hmac_sha256 *prepared, const void *key, size_t length);
/* To be called before the memory is given back. */
void ctls_hmac_sha256_wipe(ctls_hmac_sha256 *prepared);
/* Writes 32 bytes to out. */
void ctls_hmac_sha256_sign(const ctls_hmac_sha256 *key, const void *data, size_t length, uint8_t *out);

/* 1 when both are the same, in time that depends on the length alone. */
int ctls_equal(const void *left, const void *right, size_t length);
/* 1 when length bytes fit for secrets were written to out. */
int ctls_random(void *out, size_t length);
#endif
