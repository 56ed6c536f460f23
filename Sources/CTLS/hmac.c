/* The low-level SHA-256 calls are deprecated in OpenSSL 3 in favour of EVP, whose fetch and context copies cost more than
   the hash itself for a token of 200 bytes. They stay part of the 3.x ABI. */
#define OPENSSL_SUPPRESS_DEPRECATED
#include "CTLSHmac.h"

#include <limits.h>
#include <openssl/crypto.h>
#include <openssl/rand.h>
#include <openssl/sha.h>
#include <string.h>

struct ctls_hmac_sha256 {
    SHA256_CTX inner; /* after key ^ ipad */
    SHA256_CTX outer; /* after key ^ opad */
};

size_t ctls_hmac_sha256_size(void) { return sizeof(ctls_hmac_sha256); }

void ctls_hmac_sha256_prepare(ctls_hmac_sha256 *prepared, const void *key, size_t length) {
    uint8_t block[SHA256_CBLOCK] = {0};
    if (length > sizeof block)
        SHA256(key, length, block);
    else if (length > 0)
        memcpy(block, key, length);
    for (size_t i = 0; i < sizeof block; i++) block[i] ^= 0x36;
    SHA256_Init(&prepared->inner);
    SHA256_Update(&prepared->inner, block, sizeof block);
    for (size_t i = 0; i < sizeof block; i++) block[i] ^= 0x36 ^ 0x5c;
    SHA256_Init(&prepared->outer);
    SHA256_Update(&prepared->outer, block, sizeof block);
    OPENSSL_cleanse(block, sizeof block);
}

void ctls_hmac_sha256_wipe(ctls_hmac_sha256 *prepared) { OPENSSL_cleanse(prepared, sizeof *prepared); }

void ctls_hmac_sha256_sign(const ctls_hmac_sha256 *key, const void *data, size_t length, uint8_t *out) {
    uint8_t digest[SHA256_DIGEST_LENGTH];
    SHA256_CTX state = key->inner;
    SHA256_Update(&state, data, length);
    SHA256_Final(digest, &state);
    state = key->outer;
    SHA256_Update(&state, digest, sizeof digest);
    SHA256_Final(out, &state);
}

int ctls_equal(const void *left, const void *right, size_t length) {
    return CRYPTO_memcmp(left, right, length) == 0;
}

int ctls_random(void *out, size_t length) {
    return length <= INT_MAX && RAND_bytes(out, (int)length) == 1;
}
