/* Public-key signatures for JSON Web Tokens (RFC 7518, RFC 8037): keys from PEM, from numbers or made anew; verify and sign.
 *
 * A key is counted by OpenSSL and never changed after it is made, so any number of threads may use one at the same time.
 * Every call leaves the thread's error queue empty and never asks for a password. */
#ifndef CTLS_SIGNATURES_H
#define CTLS_SIGNATURES_H
#include <stddef.h>
#include <stdint.h>

struct evp_pkey_st;

/* What a key is. */
enum {
    CTLS_KEY_OTHER = 0,
    CTLS_KEY_RSA,
    CTLS_KEY_RSA_PSS, /* rsassaPss of RFC 4055: for PS256, PS384 and PS512 alone */
    CTLS_KEY_P256,
    CTLS_KEY_P384,
    CTLS_KEY_ED25519,
};

/* Why there is no key. */
enum {
    CTLS_KEY_GOOD = 0,
    CTLS_KEY_NONE,        /* no PEM block; `name` says "DER" when it is DER */
    CTLS_KEY_DAMAGED,     /* the block `name` cannot be read */
    CTLS_KEY_ENCRYPTED,   /* by a password */
    CTLS_KEY_UNSUPPORTED, /* `name`: the kind of key, or the block */
    CTLS_KEY_SIZE,        /* `bits` is outside the range */
    CTLS_KEY_EXPONENT,    /* RSA, even, 1, or over 64 bits */
    CTLS_KEY_POINT,       /* not a point of the curve */
};

enum { CTLS_RSA_LEAST_BITS = 2048, CTLS_RSA_MOST_BITS = 8192, CTLS_SIGNATURE_LONGEST = 1024 };

typedef struct {
    int32_t problem;
    int32_t kind;
    int32_t bits;
    int32_t is_private;
    char name[64];
} ctls_key_facts;

const char *ctls_key_facts_name(const ctls_key_facts *facts);

/* The first private key of a PEM file, or else the first public one: SubjectPublicKeyInfo, X.509 certificate (whose dates
 * and issuer are not looked at), PKCS #1, PKCS #8, SEC 1. NULL: see facts->problem. */
struct evp_pkey_st *ctls_key_from_pem(const void *pem, size_t length, ctls_key_facts *facts);
/* Public keys from their numbers, big-endian. The coordinates have 32 or 48 bytes by `kind`, the Ed25519 point 32. */
struct evp_pkey_st *ctls_key_from_rsa(const uint8_t *modulus, size_t modulus_length, const uint8_t *exponent,
                                      size_t exponent_length, ctls_key_facts *facts);
struct evp_pkey_st *ctls_key_from_point(int kind, const uint8_t *x, const uint8_t *y, ctls_key_facts *facts);
struct evp_pkey_st *ctls_key_from_ed25519(const uint8_t *point, ctls_key_facts *facts);
/* A new key pair; `bits` is for RSA alone. */
struct evp_pkey_st *ctls_key_generate(int kind, int bits);
void ctls_key_free(struct evp_pkey_st *key);
/* Writes PKCS #8 or SubjectPublicKeyInfo in PEM, zero-terminated, and returns its length; 0 when there is no room. */
size_t ctls_key_to_pem(struct evp_pkey_st *key, int private_too, char *out, size_t room);
/* 1 when the bytes are a public key or a certificate in DER: no secret, whoever takes them for one. */
int ctls_is_public_der(const void *bytes, size_t length);

/* How to sign: the padding or kind of signature, with the hash of `bits`. */
enum { CTLS_SIGN_RSA = 1, CTLS_SIGN_PSS, CTLS_SIGN_ECDSA, CTLS_SIGN_EDDSA };

/* 1 when the signature, in the form of JOSE (ECDSA: r and s side by side), is the key's over the data. */
int ctls_signature_verify(struct evp_pkey_st *key, int how, int bits, const void *data, size_t length,
                          const uint8_t *signature, size_t signature_length);
/* Writes a signature in the form of JOSE and returns its length; `room` is CTLS_SIGNATURE_LONGEST at least. 0: failed. */
size_t ctls_signature_make(struct evp_pkey_st *key, int how, int bits, const void *data, size_t length, uint8_t *out,
                           size_t room);
#endif
