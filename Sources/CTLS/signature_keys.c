/* Keys for signatures: from PEM, from numbers, made anew. */
#include "CTLSSignatures.h"

#include <limits.h>
#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <string.h>

const char *ctls_key_facts_name(const ctls_key_facts *facts) { return facts->name; }

static EVP_PKEY *refuse(ctls_key_facts *facts, int problem, EVP_PKEY *key) {
    facts->problem = problem;
    EVP_PKEY_free(key);
    ERR_clear_error();
    return NULL;
}

static void set_name(ctls_key_facts *facts, const char *name) {
    snprintf(facts->name, sizeof facts->name, "%s", name ? name : "unknown");
}

/* An RSA key that is too small is weak; one that is too large, or has a large exponent, makes each check slow. */
static int check_rsa(EVP_PKEY *key, ctls_key_facts *facts) {
    facts->bits = EVP_PKEY_get_bits(key);
    if (facts->bits < CTLS_RSA_LEAST_BITS || facts->bits > CTLS_RSA_MOST_BITS) return CTLS_KEY_SIZE;
    BIGNUM *n = NULL, *e = NULL;
    int problem = CTLS_KEY_DAMAGED;
    if (EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_RSA_N, &n) == 1 && EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_RSA_E, &e) == 1) {
        if (!BN_is_odd(e) || BN_is_one(e) || BN_num_bits(e) > 64)
            problem = CTLS_KEY_EXPONENT;
        else if (BN_is_odd(n))
            problem = CTLS_KEY_GOOD;
    }
    BN_free(n);
    BN_free(e);
    return problem;
}

static int check_ec(EVP_PKEY *key, ctls_key_facts *facts) {
    char group[64] = "";
    size_t length = 0;
    int is_explicit = 0;
    facts->bits = EVP_PKEY_get_bits(key);
    /* A curve spelled out number by number is one somebody chose, even when it looks like a known one. */
    EVP_PKEY_get_int_param(key, OSSL_PKEY_PARAM_EC_DECODED_FROM_EXPLICIT_PARAMS, &is_explicit);
    if (is_explicit || EVP_PKEY_get_group_name(key, group, sizeof group, &length) != 1) {
        set_name(facts, "EC key with a curve of its own");
        return CTLS_KEY_UNSUPPORTED;
    }
    if (strcmp(group, "prime256v1") == 0 || strcmp(group, "P-256") == 0) {
        facts->kind = CTLS_KEY_P256;
    } else if (strcmp(group, "secp384r1") == 0 || strcmp(group, "P-384") == 0) {
        facts->kind = CTLS_KEY_P384;
    } else {
        snprintf(facts->name, sizeof facts->name, "EC key on %s", group);
        return CTLS_KEY_UNSUPPORTED;
    }
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_pkey(NULL, key, NULL);
    int good = context && EVP_PKEY_public_check(context) == 1;
    EVP_PKEY_CTX_free(context);
    return good ? CTLS_KEY_GOOD : CTLS_KEY_POINT;
}

/* Takes the key over. */
static EVP_PKEY *accept_key(EVP_PKEY *key, int is_private, ctls_key_facts *facts) {
    if (!key) return refuse(facts, CTLS_KEY_DAMAGED, NULL);
    facts->is_private = is_private;
    int problem = CTLS_KEY_GOOD;
    if (EVP_PKEY_is_a(key, "RSA")) {
        facts->kind = CTLS_KEY_RSA;
        problem = check_rsa(key, facts);
    } else if (EVP_PKEY_is_a(key, "RSA-PSS")) {
        facts->kind = CTLS_KEY_RSA_PSS;
        problem = check_rsa(key, facts);
    } else if (EVP_PKEY_is_a(key, "EC")) {
        problem = check_ec(key, facts);
    } else if (EVP_PKEY_is_a(key, "ED25519")) {
        facts->kind = CTLS_KEY_ED25519;
        facts->bits = 256;
    } else {
        snprintf(facts->name, sizeof facts->name, "%s key", EVP_PKEY_get0_type_name(key));
        problem = CTLS_KEY_UNSUPPORTED;
    }
    if (problem != CTLS_KEY_GOOD) return refuse(facts, problem, key);
    ERR_clear_error();
    return key;
}

/* ---- PEM ---- */

static EVP_PKEY *key_of_certificate(const unsigned char *der, long length) {
    X509 *certificate = d2i_X509(NULL, &der, length);
    EVP_PKEY *key = certificate ? X509_get_pubkey(certificate) : NULL;
    X509_free(certificate);
    return key;
}

enum { NO_KEY = -1 };

/* Whether a block of this name is a private key (1), a public one (0), or no key. */
static int block_kind(const char *name) {
    static const char *const secret[] = {PEM_STRING_PKCS8, PEM_STRING_PKCS8INF, PEM_STRING_RSA, PEM_STRING_ECPRIVATEKEY};
    static const char *const open[] = {PEM_STRING_PUBLIC, PEM_STRING_RSA_PUBLIC, PEM_STRING_X509, PEM_STRING_X509_TRUSTED,
                                       PEM_STRING_X509_OLD};
    for (size_t i = 0; i < sizeof secret / sizeof *secret; i++)
        if (strcmp(name, secret[i]) == 0) return 1;
    for (size_t i = 0; i < sizeof open / sizeof *open; i++)
        if (strcmp(name, open[i]) == 0) return 0;
    return NO_KEY;
}

static EVP_PKEY *read_block(const char *name, const char *header, const unsigned char *der, long length, ctls_key_facts *facts) {
    const unsigned char *at = der;
    set_name(facts, name);
    if (strcmp(name, PEM_STRING_PKCS8) == 0 || strstr(header, "ENCRYPTED")) return refuse(facts, CTLS_KEY_ENCRYPTED, NULL);
    if (block_kind(name) == 1) return accept_key(d2i_AutoPrivateKey(NULL, &at, length), 1, facts);
    if (strcmp(name, PEM_STRING_PUBLIC) == 0) return accept_key(d2i_PUBKEY(NULL, &at, length), 0, facts);
    if (strcmp(name, PEM_STRING_RSA_PUBLIC) == 0)
        return accept_key(d2i_PublicKey(EVP_PKEY_RSA, NULL, &at, length), 0, facts);
    return accept_key(key_of_certificate(der, length), 0, facts);
}

EVP_PKEY *ctls_key_from_pem(const void *pem, size_t length, ctls_key_facts *facts) {
    memset(facts, 0, sizeof *facts);
    BIO *bio = length <= INT_MAX ? BIO_new_mem_buf(length > 0 ? pem : "", (int)length) : NULL;
    if (!bio) return refuse(facts, CTLS_KEY_NONE, NULL);
    EVP_PKEY *key = NULL;
    int has_key = 0, blocks = 0;
    char *name = NULL, *header = NULL;
    unsigned char *der = NULL;
    long count = 0;
    ERR_clear_error();
    while (PEM_read_bio(bio, &name, &header, &der, &count) == 1) {
        blocks++;
        int kind = block_kind(name);
        /* A private key wins over the public ones, whatever the order; of each kind the first counts. */
        if (kind == 1 ? !has_key || !facts->is_private : kind == 0 && !has_key) {
            EVP_PKEY_free(key);
            memset(facts, 0, sizeof *facts);
            key = read_block(name, header, der, count, facts);
            facts->is_private = kind;
            has_key = 1;
        } else if (!has_key) {
            set_name(facts, name);
        }
        OPENSSL_free(name);
        OPENSSL_free(header);
        OPENSSL_clear_free(der, (size_t)count);
    }
    unsigned long reason = ERR_peek_last_error();
    int is_cut = ERR_GET_LIB(reason) == ERR_LIB_PEM && ERR_GET_REASON(reason) != PEM_R_NO_START_LINE;
    BIO_free(bio);
    ERR_clear_error();
    if (has_key) return key;
    if (is_cut) {
        set_name(facts, "PEM");
        return refuse(facts, CTLS_KEY_DAMAGED, NULL);
    }
    if (blocks > 0) return refuse(facts, CTLS_KEY_UNSUPPORTED, NULL);
    if (ctls_is_public_der(pem, length)) set_name(facts, "DER");
    return refuse(facts, CTLS_KEY_NONE, NULL);
}

size_t ctls_key_to_pem(EVP_PKEY *key, int private_too, char *out, size_t room) {
    BIO *bio = BIO_new(BIO_s_mem());
    int good = bio && (private_too ? PEM_write_bio_PKCS8PrivateKey(bio, key, NULL, NULL, 0, NULL, NULL)
                                   : PEM_write_bio_PUBKEY(bio, key)) == 1;
    char *text = NULL;
    long length = good ? BIO_get_mem_data(bio, &text) : 0;
    size_t written = 0;
    if (length > 0 && (size_t)length < room) {
        memcpy(out, text, (size_t)length);
        out[length] = 0;
        written = (size_t)length;
    }
    if (length > 0) OPENSSL_cleanse(text, (size_t)length);
    BIO_free(bio);
    ERR_clear_error();
    return written;
}

int ctls_is_public_der(const void *bytes, size_t length) {
    /* A SEQUENCE; most secrets end here. */
    if (length < 16 || length > INT_MAX || *(const uint8_t *)bytes != 0x30) return 0;
    const unsigned char *at = bytes;
    EVP_PKEY *key = d2i_PUBKEY(NULL, &at, (long)length);
    if (!key) key = key_of_certificate(bytes, (long)length);
    EVP_PKEY_free(key);
    ERR_clear_error();
    return key != NULL;
}

/* ---- numbers ---- */

static EVP_PKEY *from_parameters(const char *type, OSSL_PARAM_BLD *builder) {
    EVP_PKEY *key = NULL;
    OSSL_PARAM *parameters = OSSL_PARAM_BLD_to_param(builder);
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, type, NULL);
    if (parameters && context && EVP_PKEY_fromdata_init(context) == 1)
        EVP_PKEY_fromdata(context, &key, EVP_PKEY_PUBLIC_KEY, parameters);
    EVP_PKEY_CTX_free(context);
    OSSL_PARAM_free(parameters);
    return key;
}

static void skip_zeros(const uint8_t **number, size_t *length) {
    while (*length > 0 && **number == 0) {
        (*number)++;
        (*length)--;
    }
}

EVP_PKEY *ctls_key_from_rsa(const uint8_t *modulus, size_t modulus_length, const uint8_t *exponent, size_t exponent_length,
                            ctls_key_facts *facts) {
    memset(facts, 0, sizeof *facts);
    skip_zeros(&modulus, &modulus_length);
    skip_zeros(&exponent, &exponent_length);
    /* Before any arithmetic, which may be slow on a number of a million bits. */
    if (modulus_length > CTLS_RSA_MOST_BITS / 8) {
        facts->bits = modulus_length > INT_MAX / 8 ? INT_MAX : (int)modulus_length * 8;
        return refuse(facts, CTLS_KEY_SIZE, NULL);
    }
    if (exponent_length == 0 || exponent_length > 8) return refuse(facts, CTLS_KEY_EXPONENT, NULL);
    OSSL_PARAM_BLD *builder = OSSL_PARAM_BLD_new();
    BIGNUM *n = BN_bin2bn(modulus, (int)modulus_length, NULL);
    BIGNUM *e = BN_bin2bn(exponent, (int)exponent_length, NULL);
    EVP_PKEY *key = NULL;
    if (builder && n && e) {
        facts->bits = BN_num_bits(n);
        if (facts->bits >= CTLS_RSA_LEAST_BITS && OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_RSA_N, n) == 1 &&
            OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_RSA_E, e) == 1)
            key = from_parameters("RSA", builder);
    }
    int is_small = n && BN_num_bits(n) < CTLS_RSA_LEAST_BITS;
    OSSL_PARAM_BLD_free(builder);
    BN_free(n);
    BN_free(e);
    return is_small ? refuse(facts, CTLS_KEY_SIZE, NULL) : accept_key(key, 0, facts);
}

EVP_PKEY *ctls_key_from_point(int kind, const uint8_t *x, const uint8_t *y, ctls_key_facts *facts) {
    memset(facts, 0, sizeof *facts);
    size_t size = kind == CTLS_KEY_P384 ? 48 : 32;
    uint8_t point[1 + 2 * 48] = {POINT_CONVERSION_UNCOMPRESSED};
    memcpy(point + 1, x, size);
    memcpy(point + 1 + size, y, size);
    OSSL_PARAM_BLD *builder = OSSL_PARAM_BLD_new();
    EVP_PKEY *key = NULL;
    if (builder &&
        OSSL_PARAM_BLD_push_utf8_string(builder, OSSL_PKEY_PARAM_GROUP_NAME, kind == CTLS_KEY_P384 ? "P-384" : "P-256", 0) == 1 &&
        OSSL_PARAM_BLD_push_octet_string(builder, OSSL_PKEY_PARAM_PUB_KEY, point, 1 + 2 * size) == 1)
        key = from_parameters("EC", builder);
    OSSL_PARAM_BLD_free(builder);
    return key ? accept_key(key, 0, facts) : refuse(facts, CTLS_KEY_POINT, NULL);
}

EVP_PKEY *ctls_key_from_ed25519(const uint8_t *point, ctls_key_facts *facts) {
    memset(facts, 0, sizeof *facts);
    return accept_key(EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, point, 32), 0, facts);
}

EVP_PKEY *ctls_key_generate(int kind, int bits) {
    EVP_PKEY *key = NULL;
    switch (kind) {
    case CTLS_KEY_RSA: key = EVP_PKEY_Q_keygen(NULL, NULL, "RSA", (size_t)(bits > 0 ? bits : 0)); break;
    case CTLS_KEY_P256: key = EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-256"); break;
    case CTLS_KEY_P384: key = EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-384"); break;
    case CTLS_KEY_ED25519: key = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519"); break;
    default: break;
    }
    ERR_clear_error();
    return key;
}

void ctls_key_free(EVP_PKEY *key) { EVP_PKEY_free(key); }
