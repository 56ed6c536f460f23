/* Keys of TLS 1.3, and the cipher contexts that threads share out (RFC 8446 §7). */
#include "records.h"

#include <openssl/hmac.h>
#include <pthread.h>
#include <string.h>

const struct ctls_suite ctls_suites[CIPHERS] = {
    {"AES-128-GCM", "TLS_AES_128_GCM_SHA256", 16, 32},
    {"AES-256-GCM", "TLS_AES_256_GCM_SHA384", 32, 48},
    {"ChaCha20-Poly1305", "TLS_CHACHA20_POLY1305_SHA256", 32, 32},
};

static pthread_key_t workshop_key;
static pthread_once_t workshop_once = PTHREAD_ONCE_INIT;
static _Thread_local struct workshop *thread_workshop;

static void workshop_free(void *pointer) {
    struct workshop *workshop = pointer;
    for (int cipher = 0; cipher < CIPHERS; cipher++)
        for (int sealing = 0; sealing < 2; sealing++) EVP_CIPHER_CTX_free(workshop->context[cipher][sealing]);
    OPENSSL_clear_free(workshop, sizeof *workshop);
}

static void workshop_key_new(void) { pthread_key_create(&workshop_key, workshop_free); }

struct workshop *ctls_workshop(void) {
    if (thread_workshop) return thread_workshop;
    pthread_once(&workshop_once, workshop_key_new);
    struct workshop *workshop = OPENSSL_zalloc(sizeof *workshop);
    if (workshop && pthread_setspecific(workshop_key, workshop) == 0) return thread_workshop = workshop;
    OPENSSL_free(workshop);
    return NULL;
}

static EVP_CIPHER_CTX *cipher_context(struct workshop *workshop, int cipher, int sealing) {
    EVP_CIPHER_CTX **place = &workshop->context[cipher][sealing];
    if (*place) return *place;
    EVP_CIPHER *fetched = EVP_CIPHER_fetch(NULL, ctls_suites[cipher].fetch, NULL);
    EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
    if (fetched && context && EVP_CipherInit_ex2(context, fetched, NULL, NULL, sealing, NULL) == 1) *place = context;
    else EVP_CIPHER_CTX_free(context);
    EVP_CIPHER_free(fetched);
    return *place;
}

/* HKDF-Expand-Label with an empty context (RFC 8446 §7.1); `length` is at most one block of the hash. */
static int expand(int cipher, const uint8_t *secret, const char *label, uint8_t *out, size_t length) {
    uint8_t info[32], block[EVP_MAX_MD_SIZE];
    size_t label_length = strlen(label), count = 0;
    info[count++] = 0;
    info[count++] = (uint8_t)length;
    info[count++] = (uint8_t)(6 + label_length);
    memcpy(info + count, "tls13 ", 6);
    memcpy(info + count + 6, label, label_length);
    count += 6 + label_length;
    info[count++] = 0;
    info[count++] = 1;
    const EVP_MD *hash = cipher == AES_256 ? EVP_sha384() : EVP_sha256();
    if (!HMAC(hash, secret, ctls_suites[cipher].secret, info, count, block, NULL)) return 0;
    memcpy(out, block, length);
    OPENSSL_cleanse(block, sizeof block);
    return 1;
}

int ctls_derive(int cipher, struct direction *direction) {
    direction->sequence = 0;
    return expand(cipher, direction->secret, "key", direction->key, (size_t)ctls_suites[cipher].key) &&
           expand(cipher, direction->secret, "iv", direction->nonce, NONCE);
}

int ctls_next_key(int cipher, struct direction *direction) {
    uint8_t next[SECRET_MAX];
    int good = expand(cipher, direction->secret, "traffic upd", next, (size_t)ctls_suites[cipher].secret);
    memcpy(direction->secret, next, (size_t)ctls_suites[cipher].secret);
    OPENSSL_cleanse(next, sizeof next);
    return good && ctls_derive(cipher, direction);
}

EVP_CIPHER_CTX *ctls_begin_record(struct ctls_records *records, struct direction *direction, int sealing) {
    struct workshop *workshop = ctls_workshop();
    EVP_CIPHER_CTX *context = workshop ? cipher_context(workshop, records->cipher, sealing) : NULL;
    if (!context) return NULL;
    uint8_t nonce[NONCE];
    memcpy(nonce, direction->nonce, NONCE);
    for (int i = 0; i < 8; i++) nonce[NONCE - 1 - i] ^= (uint8_t)(direction->sequence >> (8 * i));
    direction->sequence++;
    return EVP_CipherInit_ex2(context, NULL, direction->key, nonce, sealing, NULL) == 1 ? context : NULL;
}
