/* Keys and nonces, and the cipher contexts that threads share out (RFC 8446 §7, RFC 5246 §6.3). */
#include "records.h"

#include <openssl/hmac.h>
#include <pthread.h>
#include <string.h>

const struct ctls_suite ctls_suites[CTLS_CIPHERS] = {
    {"AES-128-GCM", NID_aes_128_gcm, 16, 32},
    {"AES-256-GCM", NID_aes_256_gcm, 32, 48},
    {"ChaCha20-Poly1305", NID_chacha20_poly1305, 32, 32},
};

const EVP_MD *ctls_hash(int cipher) { return cipher == CTLS_AES_256_GCM ? EVP_sha384() : EVP_sha256(); }

static pthread_key_t workshop_key;
static pthread_once_t workshop_once = PTHREAD_ONCE_INIT;
static _Thread_local struct workshop *thread_workshop;

static void workshop_free(void *pointer) {
    struct workshop *workshop = pointer;
    for (int cipher = 0; cipher < CTLS_CIPHERS; cipher++)
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
    if (!HMAC(ctls_hash(cipher), secret, ctls_suites[cipher].hash, info, count, block, NULL)) return 0;
    memcpy(out, block, length);
    OPENSSL_cleanse(block, sizeof block);
    return 1;
}

/* RFC 8446 §7.3 */
static int derive(int cipher, struct direction *direction) {
    direction->sequence = 0;
    return expand(cipher, direction->secret, "key", direction->key, (size_t)ctls_suites[cipher].key) &&
           expand(cipher, direction->secret, "iv", direction->nonce, NONCE);
}

int ctls_set_direction(struct ctls_records *records, struct direction *direction, const ctls_start *start) {
    size_t key = (size_t)ctls_suites[records->cipher].key;
    int good = 1;
    if (records->is_tls12) {
        memcpy(direction->key, start->secret, key);
        memcpy(direction->nonce, start->secret + key, NONCE);
    } else {
        memcpy(direction->secret, start->secret, SECRET_MAX);
        good = derive(records->cipher, direction);
    }
    direction->sequence = start->sequence;
    return good;
}

int ctls_next_key(int cipher, struct direction *direction) {
    uint8_t next[SECRET_MAX];
    if (!expand(cipher, direction->secret, "traffic upd", next, (size_t)ctls_suites[cipher].hash)) return 0;
    memcpy(direction->secret, next, (size_t)ctls_suites[cipher].hash);
    OPENSSL_cleanse(next, sizeof next);
    return derive(cipher, direction);
}

static uint64_t load(const uint8_t *from) {
    uint64_t value = 0;
    for (int i = 0; i < 8; i++) value = value << 8 | from[i];
    return value;
}

static void store(uint8_t *to, uint64_t value) {
    for (int i = 7; i >= 0; i--, value >>= 8) to[i] = (uint8_t)value;
}

EVP_CIPHER_CTX *ctls_begin_record(struct ctls_records *records, int sealing, uint8_t *record, size_t plain) {
    struct direction *direction = sealing ? &records->out : &records->in;
    struct workshop *workshop = ctls_workshop();
    EVP_CIPHER_CTX *context = workshop ? cipher_context(workshop, records->cipher, sealing) : NULL;
    if (!context) return NULL;
    uint64_t sequence = direction->sequence++;
    uint8_t nonce[NONCE], *counter = nonce + NONCE - 8;
    memcpy(nonce, direction->nonce, NONCE);
    if (!records->explicit_nonce) {
        store(counter, load(counter) ^ sequence);
    } else {
        if (sealing) store(record + HEADER, load(counter) + sequence);
        memcpy(counter, record + HEADER, EXPLICIT);
    }
    uint8_t covered[8 + HEADER];
    int covered_length = HEADER, moved = 0;
    memcpy(covered, record, HEADER);
    if (records->is_tls12) { /* the sequence number, and the length of the content in place of the record's */
        store(covered, sequence);
        memcpy(covered + 8, record, 3);
        covered[11] = (uint8_t)(plain >> 8), covered[12] = (uint8_t)plain;
        covered_length = sizeof covered;
    }
    int good = EVP_CipherInit_ex2(context, NULL, direction->key, nonce, sealing, NULL) == 1 &&
               EVP_CipherUpdate(context, NULL, &moved, covered, covered_length) == 1;
    return good ? context : NULL;
}
