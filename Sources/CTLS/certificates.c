/* Certificates: what they say, and making them. */
#include "tls_internal.h"

#include <arpa/inet.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

const char *ctls_certificate_subject(const ctls_certificate *certificate) { return certificate->subject; }
const char *ctls_certificate_issuer(const ctls_certificate *certificate) { return certificate->issuer; }
const char *ctls_certificate_names(const ctls_certificate *certificate) { return certificate->names; }

static int64_t unix_seconds(const ASN1_TIME *time) {
    struct tm tm;
    return ASN1_TIME_to_tm(time, &tm) == 1 ? (int64_t)timegm(&tm) : 0;
}

static void add_name(ctls_certificate *into, const char *name, size_t length) {
    size_t used = strlen(into->names);
    if (length == 0 || used + length + 2 > sizeof into->names) return;
    /* A name with a control character in it is a trick (a NUL once fooled many); it names nobody. */
    for (size_t i = 0; i < length; i++)
        if ((unsigned char)name[i] <= ' ' || name[i] == 0x7f) return;
    if (used > 0) into->names[used++] = '\n';
    memcpy(into->names + used, name, length);
    into->names[used + length] = 0;
}

static void describe_name(const X509_NAME *name, char *into, size_t size) {
    into[0] = 0;
    BIO *bio = BIO_new(BIO_s_mem());
    if (!bio) return;
    X509_NAME_print_ex(bio, name, 0, XN_FLAG_RFC2253 & ~ASN1_STRFLGS_ESC_MSB);
    int length = BIO_read(bio, into, (int)size - 1);
    into[length > 0 ? length : 0] = 0;
    BIO_free(bio);
}

void ctls_describe(X509 *x509, ctls_certificate *into) {
    memset(into, 0, sizeof *into);
    into->not_before = unix_seconds(X509_get0_notBefore(x509));
    into->not_after = unix_seconds(X509_get0_notAfter(x509));
    into->is_self_signed = X509_NAME_cmp(X509_get_subject_name(x509), X509_get_issuer_name(x509)) == 0;
    into->chain_length = 1;
    describe_name(X509_get_subject_name(x509), into->subject, sizeof into->subject);
    describe_name(X509_get_issuer_name(x509), into->issuer, sizeof into->issuer);
    GENERAL_NAMES *names = X509_get_ext_d2i(x509, NID_subject_alt_name, NULL, NULL);
    for (int i = 0; i < sk_GENERAL_NAME_num(names); i++) {
        const GENERAL_NAME *name = sk_GENERAL_NAME_value(names, i);
        if (name->type == GEN_DNS) {
            add_name(into, (const char *)ASN1_STRING_get0_data(name->d.dNSName), (size_t)ASN1_STRING_length(name->d.dNSName));
        } else if (name->type == GEN_IPADD) {
            int length = ASN1_STRING_length(name->d.iPAddress);
            char text[INET6_ADDRSTRLEN];
            if ((length == 4 || length == 16) && inet_ntop(length == 4 ? AF_INET : AF_INET6,
                                                           ASN1_STRING_get0_data(name->d.iPAddress), text, sizeof text))
                add_name(into, text, strlen(text));
        }
    }
    GENERAL_NAMES_free(names);
    if (into->names[0] == 0) {
        X509_NAME *subject = X509_get_subject_name(x509);
        int at = X509_NAME_get_index_by_NID(subject, NID_commonName, -1);
        const ASN1_STRING *common = at < 0 ? NULL : X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, at));
        if (common) add_name(into, (const char *)ASN1_STRING_get0_data(common), (size_t)ASN1_STRING_length(common));
    }
    ERR_clear_error();
}

/* ---- making certificates ---- */

static int add_extension(X509 *certificate, X509 *issuer, int nid, const char *value) {
    X509V3_CTX context;
    X509V3_set_ctx_nodb(&context);
    X509V3_set_ctx(&context, issuer, certificate, NULL, NULL, 0);
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, &context, nid, value);
    int good = extension && X509_add_ext(certificate, extension, -1) == 1;
    X509_EXTENSION_free(extension);
    return good;
}

static int add_general_name(GENERAL_NAMES *names, const char *text) {
    GENERAL_NAME *name = GENERAL_NAME_new();
    ASN1_OCTET_STRING *address = a2i_IPADDRESS(text);
    ASN1_IA5STRING *dns = address ? NULL : ASN1_IA5STRING_new();
    if (name && address) GENERAL_NAME_set0_value(name, GEN_IPADD, address);
    else if (name && dns && ASN1_STRING_set(dns, text, -1) == 1) GENERAL_NAME_set0_value(name, GEN_DNS, dns);
    else goto failed;
    if (sk_GENERAL_NAME_push(names, name) > 0) return 1;
    GENERAL_NAME_free(name);
    return 0;
failed:
    ASN1_OCTET_STRING_free(address);
    ASN1_IA5STRING_free(dns);
    GENERAL_NAME_free(name);
    return 0;
}

/* Adds the alternative names; `first` gets the first of them, for the CN. */
static int add_names(X509 *certificate, const char *lines, char *first, size_t first_size) {
    GENERAL_NAMES *names = GENERAL_NAMES_new();
    int good = names != NULL;
    first[0] = 0;
    while (good && *lines) {
        char name[256];
        size_t length = strcspn(lines, "\n");
        good = length > 0 && length < sizeof name;
        if (!good) break;
        memcpy(name, lines, length);
        name[length] = 0;
        if (!first[0]) snprintf(first, first_size, "%s", length < first_size ? name : "sockeye");
        good = add_general_name(names, name);
        lines += length + (lines[length] == '\n');
    }
    good = good && first[0] && X509_add1_ext_i2d(certificate, NID_subject_alt_name, names, 0, 0) == 1;
    GENERAL_NAMES_free(names);
    return good;
}

static int to_text(BIO *bio, char *into, size_t size) {
    char *bytes = NULL;
    long length = BIO_get_mem_data(bio, &bytes);
    if (length <= 0 || (size_t)length >= size) return 0;
    memcpy(into, bytes, (size_t)length);
    into[length] = 0;
    return 1;
}

int ctls_make_certificate(const char *names, int64_t not_before, int64_t not_after, int is_authority,
                          const char *issuer_certificate, const char *issuer_key, char *certificate_text, size_t certificate_size,
                          char *key_text, size_t key_size) {
    int good = 0;
    char common[65]; /* ub-common-name is 64 */
    X509 *issuer = NULL;
    EVP_PKEY *signer = NULL;
    BIGNUM *serial = BN_new();
    BIO *certificate_bio = BIO_new(BIO_s_mem()), *key_bio = BIO_new(BIO_s_secmem());
    X509 *certificate = X509_new();
    EVP_PKEY *key = EVP_EC_gen("P-256");
    ERR_clear_error();
    if (!serial || !certificate_bio || !key_bio || !certificate || !key) goto done;
    if (issuer_certificate && issuer_key) {
        BIO *bio = BIO_new_mem_buf(issuer_certificate, -1);
        issuer = PEM_read_bio_X509(bio, NULL, NULL, NULL);
        BIO_free(bio);
        bio = BIO_new_mem_buf(issuer_key, -1);
        signer = PEM_read_bio_PrivateKey(bio, NULL, NULL, NULL);
        BIO_free(bio);
        if (!issuer || !signer) goto done;
    }
    X509 *from = issuer ? issuer : certificate;
    X509_NAME *subject = X509_get_subject_name(certificate);
    if (X509_set_version(certificate, X509_VERSION_3) != 1 || BN_rand(serial, 127, BN_RAND_TOP_ONE, BN_RAND_BOTTOM_ANY) != 1 ||
        !BN_to_ASN1_INTEGER(serial, X509_get_serialNumber(certificate)) ||
        !ASN1_TIME_set(X509_getm_notBefore(certificate), (time_t)not_before) ||
        !ASN1_TIME_set(X509_getm_notAfter(certificate), (time_t)not_after) || X509_set_pubkey(certificate, key) != 1)
        goto done;
    if (is_authority) snprintf(common, sizeof common, "%s", strcspn(names, "\n") < sizeof common ? names : "sockeye");
    else if (!add_names(certificate, names, common, sizeof common)) goto done;
    if (X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8, (const unsigned char *)common, -1, -1, 0) != 1 ||
        X509_set_issuer_name(certificate, X509_get_subject_name(from)) != 1 ||
        !add_extension(certificate, from, NID_basic_constraints, is_authority ? "critical,CA:TRUE" : "critical,CA:FALSE") ||
        !add_extension(certificate, from, NID_key_usage, is_authority ? "critical,keyCertSign,cRLSign" : "critical,digitalSignature") ||
        (!is_authority && !add_extension(certificate, from, NID_ext_key_usage, "serverAuth")) ||
        !add_extension(certificate, from, NID_subject_key_identifier, "hash") ||
        !add_extension(certificate, from, NID_authority_key_identifier, "keyid:always"))
        goto done;
    if (X509_sign(certificate, signer ? signer : key, EVP_sha256()) == 0) goto done;
    good = PEM_write_bio_X509(certificate_bio, certificate) == 1 &&
           PEM_write_bio_PrivateKey(key_bio, key, NULL, NULL, 0, NULL, NULL) == 1 &&
           to_text(certificate_bio, certificate_text, certificate_size) && to_text(key_bio, key_text, key_size);
done:
    BN_free(serial);
    BIO_free(certificate_bio);
    BIO_free(key_bio);
    X509_free(certificate);
    X509_free(issuer);
    EVP_PKEY_free(key);
    EVP_PKEY_free(signer);
    ERR_clear_error();
    return good;
}
