/* HMAC-SHA-2 with its key prepared once, SHA-256, comparison in constant time, random bytes. */
#ifndef CTLS_HMAC_H
#define CTLS_HMAC_H
#include <stddef.h>
#include <stdint.h>

/* The key's two block states of RFC 2104; read only after it is made, so any thread may use it. */
typedef struct ctls_hmac ctls_hmac;

/* The longest signature, in bytes. */
enum { CTLS_HMAC_LONGEST = 64 };

/* The bytes it takes, aligned as malloc does; the caller owns them. */
size_t ctls_hmac_size(void);
/* `bits`: 256, 384 or 512, the hash of FIPS 180-4; its signature has bits / 8 bytes. */
void ctls_hmac_prepare(ctls_hmac *prepared, int bits, const void *key, size_t length);
/* To be called before the memory is given back. */
void ctls_hmac_wipe(ctls_hmac *prepared);
/* Writes bits / 8 bytes to out. */
void ctls_hmac_sign(const ctls_hmac *key, const void *data, size_t length, uint8_t *out);

/* Writes 32 bytes to out. */
void ctls_sha256(const void *data, size_t length, uint8_t *out);
/* Overwrites memory, and is not optimised away. */
void ctls_wipe(void *memory, size_t length);
/* 1 when both are the same, in time that depends on the length alone. */
int ctls_equal(const void *left, const void *right, size_t length);
/* 1 when length bytes fit for secrets were written to out. */
int ctls_random(void *out, size_t length);
#endif
