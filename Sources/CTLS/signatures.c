/* Signatures over the input of a JSON Web Token, RFC 7518 §3 and RFC 8037 §3.1. */
#include "CTLSSignatures.h"

#include <openssl/bn.h>
#include <openssl/ecdsa.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <string.h>

/* The DER of an ECDSA signature over P-384: 2 + 2 * (2 + 49), and some. */
enum { LONGEST_DER = 128 };

static const char *digest_name(int how, int bits) {
    if (how == CTLS_SIGN_EDDSA) return NULL;
    return bits == 256 ? "SHA256" : bits == 384 ? "SHA384" : "SHA512";
}

/* The salt is as long as the hash, RFC 7518 §3.5: signing with another length would not be understood elsewhere, and a
 * signature with one is not accepted. */
static int set_padding(EVP_PKEY_CTX *context, int how) {
    if (how == CTLS_SIGN_RSA) return EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PADDING) == 1;
    if (how != CTLS_SIGN_PSS) return 1;
    return EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PSS_PADDING) == 1 &&
           EVP_PKEY_CTX_set_rsa_pss_saltlen(context, RSA_PSS_SALTLEN_DIGEST) == 1;
}

/* Each of r and s takes as many bytes as the curve's order, RFC 7518 §3.4. */
static size_t coordinate_size(const EVP_PKEY *key) { return ((size_t)EVP_PKEY_get_bits(key) + 7) / 8; }

/* r || s to DER; 0 when it is no such signature. */
static size_t to_der(const EVP_PKEY *key, const uint8_t *signature, size_t length, uint8_t *der) {
    size_t size = coordinate_size(key);
    if (size > 48 || length != 2 * size) return 0;
    ECDSA_SIG *pair = ECDSA_SIG_new();
    BIGNUM *r = BN_bin2bn(signature, (int)size, NULL);
    BIGNUM *s = BN_bin2bn(signature + size, (int)size, NULL);
    int written = 0;
    if (pair && r && s && ECDSA_SIG_set0(pair, r, s) == 1) {
        r = s = NULL;
        written = i2d_ECDSA_SIG(pair, &der);
    }
    BN_free(r);
    BN_free(s);
    ECDSA_SIG_free(pair);
    return written > 0 ? (size_t)written : 0;
}

/* DER to r || s. */
static size_t from_der(const EVP_PKEY *key, const uint8_t *der, size_t length, uint8_t *out, size_t room) {
    size_t size = coordinate_size(key);
    ECDSA_SIG *pair = 2 * size <= room ? d2i_ECDSA_SIG(NULL, &der, (long)length) : NULL;
    int good = pair && BN_bn2binpad(ECDSA_SIG_get0_r(pair), out, (int)size) == (int)size &&
               BN_bn2binpad(ECDSA_SIG_get0_s(pair), out + size, (int)size) == (int)size;
    ECDSA_SIG_free(pair);
    return good ? 2 * size : 0;
}

int ctls_signature_verify(EVP_PKEY *key, int how, int bits, const void *data, size_t length, const uint8_t *signature,
                          size_t signature_length) {
    uint8_t der[LONGEST_DER];
    if (how == CTLS_SIGN_ECDSA) {
        signature_length = to_der(key, signature, signature_length, der);
        signature = der;
    }
    int good = 0;
    EVP_MD_CTX *context = signature_length > 0 ? EVP_MD_CTX_new() : NULL;
    EVP_PKEY_CTX *options = NULL;
    if (context && EVP_DigestVerifyInit_ex(context, &options, digest_name(how, bits), NULL, NULL, key, NULL) == 1 &&
        set_padding(options, how))
        good = EVP_DigestVerify(context, signature, signature_length, data, length) == 1;
    EVP_MD_CTX_free(context);
    ERR_clear_error();
    return good;
}

size_t ctls_signature_make(EVP_PKEY *key, int how, int bits, const void *data, size_t length, uint8_t *out, size_t room) {
    uint8_t der[LONGEST_DER];
    uint8_t *target = how == CTLS_SIGN_ECDSA ? der : out;
    size_t written = how == CTLS_SIGN_ECDSA ? sizeof der : room;
    int good = 0;
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    EVP_PKEY_CTX *options = NULL;
    if (context && EVP_DigestSignInit_ex(context, &options, digest_name(how, bits), NULL, NULL, key, NULL) == 1 &&
        set_padding(options, how))
        good = EVP_DigestSign(context, target, &written, data, length) == 1;
    EVP_MD_CTX_free(context);
    if (good && how == CTLS_SIGN_ECDSA)
        written = from_der(key, der, written, out, room);
    ERR_clear_error();
    return good ? written : 0;
}
