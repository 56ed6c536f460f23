/* Contexts: certificates from files, whom to trust, and what the two sides agree on. */
#include "tls_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FILE_LIMIT = 1 << 20 };

_Thread_local char ctls_alpn_offered[128];
_Thread_local ctls_certificate ctls_unverified;

void ctls_last_verification(ctls_certificate *certificate) { *certificate = ctls_unverified; }
const char *ctls_verification_words(int code) { return X509_verify_cert_error_string(code); }

/* ---- files ---- */

typedef struct {
    char *bytes;
    size_t count;
    mode_t mode;
} file;

/* 0, or the errno; EFBIG above the limit. */
static int read_file(const char *path, file *into) {
    memset(into, 0, sizeof *into);
    int descriptor = open(path, O_RDONLY | O_CLOEXEC);
    if (descriptor < 0) return errno;
    struct stat status;
    int error = fstat(descriptor, &status) == 0 ? 0 : errno;
    into->mode = status.st_mode;
    into->bytes = OPENSSL_malloc(FILE_LIMIT + 1);
    if (!into->bytes) error = ENOMEM;
    while (error == 0) {
        ssize_t count = read(descriptor, into->bytes + into->count, FILE_LIMIT + 1 - into->count);
        if (count == 0) break;
        if (count < 0 && errno != EINTR) error = errno;
        if (count > 0) into->count += (size_t)count;
        if (into->count > FILE_LIMIT) error = EFBIG;
    }
    close(descriptor);
    if (error == 0) into->bytes[into->count] = 0;
    return error;
}

static void discard(file *file) {
    OPENSSL_clear_free(file->bytes, file->bytes ? FILE_LIMIT + 1 : 0);
    file->bytes = NULL;
}

static int content_of(const file *file, int wanted) {
    int content = CTLS_CONTENT_OTHER;
    const char *text = file->bytes;
    if (strspn(text, " \t\r\n") == file->count) content = CTLS_CONTENT_EMPTY;
    else if (strstr(text, "-----BEGIN CERTIFICATE REQUEST-----") || strstr(text, "-----BEGIN NEW CERTIFICATE REQUEST-----"))
        content = CTLS_CONTENT_REQUEST;
    else if (strstr(text, "PRIVATE KEY-----")) content = CTLS_CONTENT_PRIVATE_KEY;
    else if (strstr(text, "CERTIFICATE-----")) content = CTLS_CONTENT_CERTIFICATE;
    else if (strstr(text, "PUBLIC KEY-----")) content = CTLS_CONTENT_PUBLIC_KEY;
    else if (file->count > 4 && text[0] == 0x30 && (text[1] & 0x80)) content = CTLS_CONTENT_DER;
    return content == wanted ? CTLS_CONTENT_DAMAGED : content;
}

/* ---- contexts ---- */

static int no_password(char *buffer, int size, int writing, void *asked) {
    (void)buffer, (void)size, (void)writing;
    *(int *)asked = 1;
    return -1;
}

static int wire_version(int version) { return version >= 3 ? TLS1_3_VERSION : TLS1_2_VERSION; }

static SSL_CTX *context_new(const SSL_METHOD *method, int minimum, int maximum) {
    ERR_clear_error();
    SSL_CTX *context = SSL_CTX_new(method);
    if (!context) return NULL;
    /* Forward secrecy and AEAD only. AES-128 first: as strong as needed, and cheaper than 256 on every machine. */
    int good = SSL_CTX_set_min_proto_version(context, wire_version(minimum)) == 1 &&
               SSL_CTX_set_max_proto_version(context, wire_version(maximum)) == 1 &&
               SSL_CTX_set_ciphersuites(context, "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256") == 1 &&
               SSL_CTX_set_cipher_list(context, "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:"
                                                "ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384:"
                                                "ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305") == 1 &&
               SSL_CTX_set1_groups_list(context, "X25519:P-256:P-384") == 1;
    if (!good) {
        SSL_CTX_free(context);
        return NULL;
    }
    /* A peer that closes without close_notify is an end of stream here: our messages carry their own lengths, and the
       fatal alert OpenSSL would answer with reaches nobody. ctls_read tells the two ends apart. */
    SSL_CTX_set_options(context, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION | SSL_OP_IGNORE_UNEXPECTED_EOF);
    SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    /* One record per call: a flood of key updates gives way to other connections after each. Reading ahead stays off with
       it, else bytes could wait in OpenSSL where epoll does not see them. */
    SSL_CTX_clear_mode(context, SSL_MODE_AUTO_RETRY);
    SSL_CTX_set_read_ahead(context, 0);
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
    return context;
}

void ctls_server_context_use_kernel(SSL_CTX *context) { SSL_CTX_set_options(context, SSL_OP_ENABLE_KTLS); }

static int use_identity(SSL_CTX *context, const file *certificates, const file *key_file, ctls_certificate *summary,
                        ctls_failure *failure) {
    int result = 0, asked = 0, position = 1, matching = 0;
    X509 *leaf = NULL;
    EVP_PKEY *key = NULL;
    BIO *bio = BIO_new_mem_buf(certificates->bytes, (int)certificates->count);
    BIO *key_bio = BIO_new_mem_buf(key_file->bytes, (int)key_file->count);
    if (!bio || !key_bio) {
        ctls_fail_by_library(failure, "BIO_new_mem_buf");
        goto done;
    }
    leaf = PEM_read_bio_X509_AUX(bio, NULL, no_password, &asked);
    if (!leaf) {
        ctls_fail(failure, CTLS_KIND_CERTIFICATE_FORMAT, content_of(certificates, CTLS_CONTENT_CERTIFICATE), NULL);
        goto done;
    }
    ctls_describe(leaf, summary);
    key = PEM_read_bio_PrivateKey(key_bio, NULL, no_password, &asked);
    if (!key) {
        if (asked) ctls_fail(failure, CTLS_KIND_KEY_ENCRYPTED, 0, NULL);
        else ctls_fail(failure, CTLS_KIND_KEY_FORMAT, content_of(key_file, CTLS_CONTENT_PRIVATE_KEY), NULL);
        goto done;
    }
    if (SSL_CTX_use_certificate(context, leaf) != 1) goto refused;
    for (;;) {
        X509 *next = PEM_read_bio_X509(bio, NULL, no_password, &asked);
        if (!next) {
            if (ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE) break;
            ctls_fail(failure, CTLS_KIND_CERTIFICATE_FORMAT, CTLS_CONTENT_DAMAGED, NULL);
            goto done;
        }
        position++;
        if (matching == 0 && X509_check_private_key(next, key) == 1) matching = position;
        if (SSL_CTX_add0_chain_cert(context, next) != 1) {
            X509_free(next);
            goto refused;
        }
    }
    summary->chain_length = position;
    ERR_clear_error();
    if (X509_check_private_key(leaf, key) != 1) {
        ctls_fail(failure, CTLS_KIND_KEY_MISMATCH, matching, NULL);
        goto done;
    }
    if (SSL_CTX_use_PrivateKey(context, key) != 1) goto refused;
    result = 1;
    goto done;
refused:
    switch (ERR_GET_REASON(ERR_peek_error())) {
    case SSL_R_EE_KEY_TOO_SMALL:
    case SSL_R_CA_KEY_TOO_SMALL:
    case SSL_R_CA_MD_TOO_WEAK:
        ctls_fail(failure, CTLS_KIND_CERTIFICATE_WEAK, 0, ERR_reason_error_string(ERR_peek_error()));
        break;
    default: ctls_fail_by_library(failure, "SSL_CTX_use_certificate");
    }
done:
    X509_free(leaf);
    EVP_PKEY_free(key);
    BIO_free(bio);
    BIO_free(key_bio);
    ERR_clear_error();
    return result;
}

SSL_CTX *ctls_server_context_new(const char *certificate_path, const char *key_path, int minimum, int maximum,
                                 ctls_certificate *certificate, uint32_t *key_mode, ctls_failure *failure) {
    file certificates, key;
    memset(&key, 0, sizeof key);
    SSL_CTX *context = NULL;
    int error = read_file(certificate_path, &certificates);
    if (error) {
        ctls_fail(failure, CTLS_KIND_CERTIFICATE_UNREADABLE, error, NULL);
        goto done;
    }
    error = read_file(key_path, &key);
    if (error) {
        ctls_fail(failure, CTLS_KIND_KEY_UNREADABLE, error, NULL);
        goto done;
    }
    *key_mode = key.mode;
    context = context_new(TLS_server_method(), minimum, maximum);
    if (!context) {
        ctls_fail_by_library(failure, "SSL_CTX_new");
        goto done;
    }
    SSL_CTX_set_options(context, SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_PRIORITIZE_CHACHA);
    /* Tickets hold the whole session at the client, so nothing is kept here. One is enough: each use brings the next. */
    SSL_CTX_set_num_tickets(context, 1);
    ctls_records_prepare_context(context);
    SSL_CTX_set_session_id_context(context, (const unsigned char *)"sockeye", 7);
    if (!use_identity(context, &certificates, &key, certificate, failure)) {
        SSL_CTX_free(context);
        context = NULL;
    }
done:
    discard(&certificates);
    discard(&key);
    return context;
}

static int choose_context(SSL *session, int *alert, void *argument) {
    (void)alert;
    ctls_choose choose = (ctls_choose)SSL_CTX_get_app_data(SSL_get_SSL_CTX(session));
    const char *name = SSL_get_servername(session, TLSEXT_NAMETYPE_host_name);
    if (!choose || !name) return SSL_TLSEXT_ERR_OK;
    SSL_CTX *other = choose(argument, name);
    if (other) SSL_set_SSL_CTX(session, other);
    return SSL_TLSEXT_ERR_OK;
}

void ctls_server_context_set_choice(SSL_CTX *context, ctls_choose choose, const void *argument) {
    SSL_CTX_set_app_data(context, (void *)choose);
    SSL_CTX_set_tlsext_servername_arg(context, (void *)argument);
    SSL_CTX_set_tlsext_servername_callback(context, choose_context);
}

/* Our order decides. A client that offers only what we do not speak gets no_application_protocol (RFC 7301 §3.2). */
static int choose_protocol(SSL *session, const unsigned char **chosen, unsigned char *chosen_length, const unsigned char *offered,
                           unsigned offered_length, void *argument) {
    (void)session;
    for (const uint8_t *ours = argument; *ours; ours += 1 + *ours)
        for (unsigned at = 0; at < offered_length; at += 1u + offered[at])
            if (offered[at] == *ours && memcmp(offered + at + 1, ours + 1, *ours) == 0) {
                *chosen = offered + at + 1;
                *chosen_length = offered[at];
                return SSL_TLSEXT_ERR_OK;
            }
    size_t used = 0;
    for (unsigned at = 0; at < offered_length; at += 1u + offered[at]) {
        if (used + offered[at] + 3 > sizeof ctls_alpn_offered) break;
        if (used > 0) used += (size_t)sprintf(ctls_alpn_offered + used, ", ");
        for (unsigned i = 1; i <= offered[at]; i++) {
            unsigned char octet = offered[at + i];
            ctls_alpn_offered[used++] = octet > ' ' && octet < 0x7f ? (char)octet : '?';
        }
    }
    ctls_alpn_offered[used] = 0;
    return SSL_TLSEXT_ERR_ALERT_FATAL;
}

void ctls_server_context_set_alpn(SSL_CTX *context, const uint8_t *alpn) {
    SSL_CTX_set_alpn_select_cb(context, choose_protocol, (void *)alpn);
}

static int note_verification(int good, X509_STORE_CTX *store) {
    if (!good) {
        ctls_describe(X509_STORE_CTX_get0_cert(store), &ctls_unverified);
        ctls_unverified.chain_length = sk_X509_num(X509_STORE_CTX_get0_untrusted(store));
    }
    return good;
}

static int trust_file(SSL_CTX *context, const char *path, ctls_failure *failure) {
    file authorities;
    int asked = 0, count = 0;
    int error = read_file(path, &authorities);
    BIO *bio = error ? NULL : BIO_new_mem_buf(authorities.bytes, (int)authorities.count);
    while (bio) {
        X509 *authority = PEM_read_bio_X509_AUX(bio, NULL, no_password, &asked);
        if (!authority) {
            /* Half a list would fail later, and elsewhere: with servers whose authority stands behind the damage. */
            if (ERR_GET_REASON(ERR_peek_last_error()) != PEM_R_NO_START_LINE) count = 0;
            break;
        }
        count += X509_STORE_add_cert(SSL_CTX_get_cert_store(context), authority);
        X509_free(authority);
    }
    if (error) ctls_fail(failure, CTLS_KIND_CA_UNREADABLE, error, NULL);
    else if (count == 0) ctls_fail(failure, CTLS_KIND_CA_FORMAT, content_of(&authorities, CTLS_CONTENT_CERTIFICATE), NULL);
    BIO_free(bio);
    discard(&authorities);
    ERR_clear_error();
    return count > 0;
}

SSL_CTX *ctls_client_context_new(int verify, const char *ca_path, const uint8_t *alpn, unsigned alpn_length, int minimum,
                                 int maximum, ctls_failure *failure) {
    SSL_CTX *context = context_new(TLS_client_method(), minimum, maximum);
    if (!context) {
        ctls_fail_by_library(failure, "SSL_CTX_new");
        return NULL;
    }
    int good = 1;
    if (ca_path) good = trust_file(context, ca_path, failure);
    else if (verify) SSL_CTX_set_default_verify_paths(context); /* none there: the handshake says "unknown authority" */
    if (good && alpn_length > 0 && SSL_CTX_set_alpn_protos(context, alpn, alpn_length) != 0) {
        ctls_fail_by_library(failure, "SSL_CTX_set_alpn_protos");
        good = 0;
    }
    ERR_clear_error();
    if (!good) {
        SSL_CTX_free(context);
        return NULL;
    }
    int refuses = verify == CTLS_VERIFY_REFUSE;
    SSL_CTX_set_verify(context, refuses ? SSL_VERIFY_PEER : SSL_VERIFY_NONE, refuses ? note_verification : NULL);
    return context;
}

int ctls_client_context_narrow(SSL_CTX *context, const char *suites, int fragment) {
    int is_tls12 = SSL_CTX_get_max_proto_version(context) == TLS1_2_VERSION;
    int good = (!suites || (is_tls12 ? SSL_CTX_set_cipher_list(context, suites) : SSL_CTX_set_ciphersuites(context, suites)) == 1) &&
               (fragment == 0 || SSL_CTX_set_tlsext_max_fragment_length(context, (uint8_t)fragment) == 1);
    ERR_clear_error();
    return good;
}

void ctls_context_free(SSL_CTX *context) { SSL_CTX_free(context); }
