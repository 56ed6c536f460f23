/* The low-level SHA-2 calls are deprecated in OpenSSL 3 in favour of EVP, whose fetch and context copies cost more than
   the hash itself for a token of 200 bytes. They stay part of the 3.x ABI. */
#define OPENSSL_SUPPRESS_DEPRECATED
#include "CTLSHmac.h"

#include <limits.h>
#include <openssl/crypto.h>
#include <openssl/rand.h>
#include <openssl/sha.h>
#include <string.h>

/* SHA-384 is SHA-512 from another start, cut short, and has its state. */
typedef union {
    SHA256_CTX short_words;
    SHA512_CTX long_words;
} state;

struct ctls_hmac {
    int bits;
    state inner; /* after key ^ ipad */
    state outer; /* after key ^ opad */
};

size_t ctls_hmac_size(void) { return sizeof(ctls_hmac); }

static void start(int bits, state *hash, const uint8_t *block) {
    switch (bits) {
    case 384:
        SHA384_Init(&hash->long_words);
        SHA384_Update(&hash->long_words, block, SHA512_CBLOCK);
        break;
    case 512:
        SHA512_Init(&hash->long_words);
        SHA512_Update(&hash->long_words, block, SHA512_CBLOCK);
        break;
    default:
        SHA256_Init(&hash->short_words);
        SHA256_Update(&hash->short_words, block, SHA256_CBLOCK);
    }
}

static void finish(int bits, state *hash, const void *data, size_t length, uint8_t *out) {
    switch (bits) {
    case 384:
        SHA384_Update(&hash->long_words, data, length);
        SHA384_Final(out, &hash->long_words);
        break;
    case 512:
        SHA512_Update(&hash->long_words, data, length);
        SHA512_Final(out, &hash->long_words);
        break;
    default:
        SHA256_Update(&hash->short_words, data, length);
        SHA256_Final(out, &hash->short_words);
    }
}

void ctls_hmac_prepare(ctls_hmac *prepared, int bits, const void *key, size_t length) {
    uint8_t block[SHA512_CBLOCK] = {0};
    size_t size = bits == 256 ? SHA256_CBLOCK : SHA512_CBLOCK;
    memset(prepared, 0, sizeof *prepared);
    prepared->bits = bits;
    if (length <= size) {
        if (length > 0) memcpy(block, key, length);
    } else if (bits == 256) {
        SHA256(key, length, block);
    } else if (bits == 384) {
        SHA384(key, length, block);
    } else {
        SHA512(key, length, block);
    }
    for (size_t i = 0; i < size; i++) block[i] ^= 0x36;
    start(bits, &prepared->inner, block);
    for (size_t i = 0; i < size; i++) block[i] ^= 0x36 ^ 0x5c;
    start(bits, &prepared->outer, block);
    OPENSSL_cleanse(block, sizeof block);
}

void ctls_hmac_wipe(ctls_hmac *prepared) { OPENSSL_cleanse(prepared, sizeof *prepared); }

void ctls_hmac_sign(const ctls_hmac *key, const void *data, size_t length, uint8_t *out) {
    uint8_t digest[CTLS_HMAC_LONGEST];
    state hash = key->inner;
    finish(key->bits, &hash, data, length, digest);
    hash = key->outer;
    finish(key->bits, &hash, digest, (size_t)key->bits / 8, out);
}

void ctls_sha256(const void *data, size_t length, uint8_t *out) { SHA256(data, length, out); }

void ctls_wipe(void *memory, size_t length) { OPENSSL_cleanse(memory, length); }

int ctls_equal(const void *left, const void *right, size_t length) {
    return CRYPTO_memcmp(left, right, length) == 0;
}

int ctls_random(void *out, size_t length) {
    return length <= INT_MAX && RAND_bytes(out, (int)length) == 1;
}
