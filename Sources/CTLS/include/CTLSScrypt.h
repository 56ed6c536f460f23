/* scrypt, RFC 7914. */
#ifndef CTLS_SCRYPT_H
#define CTLS_SCRYPT_H
#include <stddef.h>
#include <stdint.h>

/* N is 1 << log_n; takes 128 * N * r bytes of memory for as long as it runs. 1 when `length` bytes were written to `out`;
 * 0 when the parameters need more than `memory` bytes, make no sense, or there is no memory. */
int ctls_scrypt(const void *password, size_t password_length, const void *salt, size_t salt_length, int log_n, uint32_t r,
                uint32_t p, uint64_t memory, void *out, size_t length);
#endif
