#include "CTLSTls.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { FILE_LIMIT = 1 << 20 };

/* What a callback has to tell the call that OpenSSL made it from: both run on one thread, inside one call. */
static _Thread_local char alpn_offered[128];
static _Thread_local ctls_certificate unverified;

const char *ctls_failure_detail(const ctls_failure *failure) { return failure->detail; }
const char *ctls_certificate_subject(const ctls_certificate *certificate) { return certificate->subject; }
const char *ctls_certificate_issuer(const ctls_certificate *certificate) { return certificate->issuer; }
const char *ctls_certificate_names(const ctls_certificate *certificate) { return certificate->names; }
void ctls_last_verification(ctls_certificate *certificate) { *certificate = unverified; }
const char *ctls_verification_words(int code) { return X509_verify_cert_error_string(code); }

static void fail(ctls_failure *failure, int kind, int number, const char *detail) {
    failure->kind = kind;
    failure->number = number;
    snprintf(failure->detail, sizeof failure->detail, "%s", detail ? detail : "");
    ERR_clear_error();
}

static void fail_by_library(ctls_failure *failure, const char *call) {
    const char *reason = ERR_reason_error_string(ERR_peek_error());
    char detail[sizeof failure->detail];
    snprintf(detail, sizeof detail, "%s: %s", call, reason ? reason : "no reason given");
    fail(failure, CTLS_KIND_LIBRARY, 0, detail);
}

/* ---- certificates in words ---- */

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

static void describe(X509 *x509, ctls_certificate *into) {
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
    SSL_CTX_set_options(context, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION | SSL_OP_ENABLE_KTLS |
                                     SSL_OP_IGNORE_UNEXPECTED_EOF);
    SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    /* One record per call: a flood of key updates gives way to other connections after each. Reading ahead stays off with
       it, else bytes could wait in OpenSSL where epoll does not see them. */
    SSL_CTX_clear_mode(context, SSL_MODE_AUTO_RETRY);
    SSL_CTX_set_read_ahead(context, 0);
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
    return context;
}

static int use_identity(SSL_CTX *context, const file *certificates, const file *key_file, ctls_certificate *summary,
                        ctls_failure *failure) {
    int result = 0, asked = 0, position = 1, matching = 0;
    X509 *leaf = NULL;
    EVP_PKEY *key = NULL;
    BIO *bio = BIO_new_mem_buf(certificates->bytes, (int)certificates->count);
    BIO *key_bio = BIO_new_mem_buf(key_file->bytes, (int)key_file->count);
    if (!bio || !key_bio) {
        fail_by_library(failure, "BIO_new_mem_buf");
        goto done;
    }
    leaf = PEM_read_bio_X509_AUX(bio, NULL, no_password, &asked);
    if (!leaf) {
        fail(failure, CTLS_KIND_CERTIFICATE_FORMAT, content_of(certificates, CTLS_CONTENT_CERTIFICATE), NULL);
        goto done;
    }
    describe(leaf, summary);
    key = PEM_read_bio_PrivateKey(key_bio, NULL, no_password, &asked);
    if (!key) {
        if (asked) fail(failure, CTLS_KIND_KEY_ENCRYPTED, 0, NULL);
        else fail(failure, CTLS_KIND_KEY_FORMAT, content_of(key_file, CTLS_CONTENT_PRIVATE_KEY), NULL);
        goto done;
    }
    if (SSL_CTX_use_certificate(context, leaf) != 1) goto refused;
    for (;;) {
        X509 *next = PEM_read_bio_X509(bio, NULL, no_password, &asked);
        if (!next) {
            if (ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE) break;
            fail(failure, CTLS_KIND_CERTIFICATE_FORMAT, CTLS_CONTENT_DAMAGED, NULL);
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
        fail(failure, CTLS_KIND_KEY_MISMATCH, matching, NULL);
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
        fail(failure, CTLS_KIND_CERTIFICATE_WEAK, 0, ERR_reason_error_string(ERR_peek_error()));
        break;
    default: fail_by_library(failure, "SSL_CTX_use_certificate");
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
        fail(failure, CTLS_KIND_CERTIFICATE_UNREADABLE, error, NULL);
        goto done;
    }
    error = read_file(key_path, &key);
    if (error) {
        fail(failure, CTLS_KIND_KEY_UNREADABLE, error, NULL);
        goto done;
    }
    *key_mode = key.mode;
    context = context_new(TLS_server_method(), minimum, maximum);
    if (!context) {
        fail_by_library(failure, "SSL_CTX_new");
        goto done;
    }
    SSL_CTX_set_options(context, SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_PRIORITIZE_CHACHA);
    /* Tickets hold the whole session at the client, so nothing is kept here. One is enough: each use brings the next. */
    SSL_CTX_set_num_tickets(context, 1);
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
        if (used + offered[at] + 3 > sizeof alpn_offered) break;
        if (used > 0) used += (size_t)sprintf(alpn_offered + used, ", ");
        for (unsigned i = 1; i <= offered[at]; i++) {
            unsigned char octet = offered[at + i];
            alpn_offered[used++] = octet > ' ' && octet < 0x7f ? (char)octet : '?';
        }
    }
    alpn_offered[used] = 0;
    return SSL_TLSEXT_ERR_ALERT_FATAL;
}

void ctls_server_context_set_alpn(SSL_CTX *context, const uint8_t *alpn) {
    SSL_CTX_set_alpn_select_cb(context, choose_protocol, (void *)alpn);
}

static int note_verification(int good, X509_STORE_CTX *store) {
    if (!good) {
        describe(X509_STORE_CTX_get0_cert(store), &unverified);
        unverified.chain_length = sk_X509_num(X509_STORE_CTX_get0_untrusted(store));
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
        if (!authority) break;
        count += X509_STORE_add_cert(SSL_CTX_get_cert_store(context), authority);
        X509_free(authority);
    }
    if (error) fail(failure, CTLS_KIND_CA_UNREADABLE, error, NULL);
    else if (count == 0) fail(failure, CTLS_KIND_CA_FORMAT, content_of(&authorities, CTLS_CONTENT_CERTIFICATE), NULL);
    BIO_free(bio);
    discard(&authorities);
    ERR_clear_error();
    return count > 0;
}

SSL_CTX *ctls_client_context_new(int verify, const char *ca_path, const uint8_t *alpn, unsigned alpn_length, int minimum,
                                 int maximum, ctls_failure *failure) {
    SSL_CTX *context = context_new(TLS_client_method(), minimum, maximum);
    if (!context) {
        fail_by_library(failure, "SSL_CTX_new");
        return NULL;
    }
    int good = 1;
    if (ca_path) good = trust_file(context, ca_path, failure);
    else if (verify) SSL_CTX_set_default_verify_paths(context); /* none there: the handshake says "unknown authority" */
    if (good && alpn_length > 0 && SSL_CTX_set_alpn_protos(context, alpn, alpn_length) != 0) {
        fail_by_library(failure, "SSL_CTX_set_alpn_protos");
        good = 0;
    }
    ERR_clear_error();
    if (!good) {
        SSL_CTX_free(context);
        return NULL;
    }
    SSL_CTX_set_verify(context, verify ? SSL_VERIFY_PEER : SSL_VERIFY_NONE, verify ? note_verification : NULL);
    return context;
}

void ctls_context_free(SSL_CTX *context) { SSL_CTX_free(context); }

/* ---- sessions ---- */

static SSL *session_new(SSL_CTX *context, int descriptor, ctls_failure *failure) {
    ERR_clear_error();
    SSL *session = SSL_new(context);
    if (session && SSL_set_fd(session, descriptor) == 1) return session;
    fail_by_library(failure, "SSL_new");
    SSL_free(session);
    return NULL;
}

SSL *ctls_server_session_new(SSL_CTX *context, int descriptor, ctls_failure *failure) {
    SSL *session = session_new(context, descriptor, failure);
    if (session) SSL_set_accept_state(session);
    return session;
}

SSL *ctls_client_session_new(SSL_CTX *context, int descriptor, const char *server_name, int is_address, ctls_failure *failure) {
    SSL *session = session_new(context, descriptor, failure);
    if (!session) return NULL;
    SSL_set_connect_state(session);
    int good = 1;
    if (server_name && is_address) {
        good = X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(session), server_name) == 1;
    } else if (server_name) {
        SSL_set_hostflags(session, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
        good = SSL_set1_host(session, server_name) == 1 && SSL_set_tlsext_host_name(session, server_name) == 1;
    }
    if (good) return session;
    fail(failure, CTLS_KIND_SERVER_NAME, 0, server_name);
    SSL_free(session);
    return NULL;
}

void ctls_session_free(SSL *session) { SSL_free(session); }

static int kind_of_reason(unsigned long error) {
    if (ERR_GET_LIB(error) != ERR_LIB_SSL) return CTLS_KIND_PROTOCOL;
    switch (ERR_GET_REASON(error)) {
    case SSL_R_CERTIFICATE_VERIFY_FAILED: return CTLS_KIND_UNVERIFIED;
    case SSL_R_HTTP_REQUEST:
    case SSL_R_HTTPS_PROXY_REQUEST: return CTLS_KIND_PLAIN_HTTP;
    case SSL_R_NO_APPLICATION_PROTOCOL: return CTLS_KIND_ALPN;
    case SSL_R_NO_SHARED_CIPHER:
    case SSL_R_NO_SHARED_GROUPS:
    case SSL_R_NO_SHARED_SIGNATURE_ALGORITHMS:
    case SSL_R_NO_SUITABLE_GROUPS:
    case SSL_R_NO_SUITABLE_KEY_SHARE:
    case SSL_R_NO_SUITABLE_SIGNATURE_ALGORITHM: return CTLS_KIND_CIPHER;
    case SSL_R_NO_PROTOCOLS_AVAILABLE:
    case SSL_R_UNSUPPORTED_PROTOCOL:
    case SSL_R_UNSUPPORTED_SSL_VERSION:
    case SSL_R_VERSION_TOO_HIGH:
    case SSL_R_VERSION_TOO_LOW:
    case SSL_R_WRONG_SSL_VERSION: return CTLS_KIND_VERSION;
    case SSL_R_WRONG_VERSION_NUMBER: return CTLS_KIND_NOT_TLS;
    case SSL_R_UNEXPECTED_EOF_WHILE_READING: return CTLS_KIND_END;
    default: return CTLS_KIND_PROTOCOL;
    }
}

/* What a call that did not succeed means: CTLS_WANT_…, CTLS_FAILED, or 0 for the end of the stream. */
static int outcome(SSL *session, int result, int error, ctls_failure *failure) {
    switch (SSL_get_error(session, result)) {
    case SSL_ERROR_WANT_READ: return CTLS_WANT_READ;
    case SSL_ERROR_WANT_WRITE: return CTLS_WANT_WRITE;
    case SSL_ERROR_ZERO_RETURN: return 0;
    case SSL_ERROR_SYSCALL:
        if (ERR_peek_error() == 0) {
            if (error == 0) return 0;
            fail(failure, CTLS_KIND_IO, error, NULL);
            return CTLS_FAILED;
        }
        break;
    default: break;
    }
    unsigned long first = ERR_peek_error();
    int reason = ERR_GET_REASON(first), kind = kind_of_reason(first);
    /* OpenSSL numbers the alerts it receives from here on. */
    if (ERR_GET_LIB(first) == ERR_LIB_SSL && reason > SSL_AD_REASON_OFFSET && reason <= SSL_AD_REASON_OFFSET + 255)
        fail(failure, CTLS_KIND_ALERT, reason - SSL_AD_REASON_OFFSET, NULL);
    else if (kind == CTLS_KIND_ALPN) fail(failure, kind, 0, alpn_offered);
    else if (kind == CTLS_KIND_UNVERIFIED) fail(failure, kind, (int)SSL_get_verify_result(session), NULL);
    else fail(failure, kind, 0, first ? ERR_reason_error_string(first) : "no reason given");
    return CTLS_FAILED;
}

int ctls_handshake(SSL *session, ctls_failure *failure) {
    ERR_clear_error();
    errno = 0;
    int result = SSL_do_handshake(session);
    if (result == 1) return 1;
    int what = outcome(session, result, errno, failure);
    if (what != 0) return what;
    fail(failure, CTLS_KIND_END, 0, NULL);
    return CTLS_FAILED;
}

int64_t ctls_read(SSL *session, void *to, size_t count, int *truncated, ctls_failure *failure) {
    size_t got = 0;
    ERR_clear_error();
    errno = 0;
    int result = SSL_read_ex(session, to, count, &got);
    if (result == 1) return (int64_t)got;
    int what = outcome(session, result, errno, failure);
    if (what == 0) *truncated = BIO_eof(SSL_get_rbio(session)) == 1;
    return what;
}

int64_t ctls_write(SSL *session, const void *from, size_t count, ctls_failure *failure) {
    size_t taken = 0;
    ERR_clear_error();
    errno = 0;
    int result = SSL_write_ex(session, from, count, &taken);
    if (result == 1) return (int64_t)taken;
    int what = outcome(session, result, errno, failure);
    if (what != 0) return what;
    fail(failure, CTLS_KIND_IO, EPIPE, NULL);
    return CTLS_FAILED;
}

int ctls_shutdown(SSL *session, ctls_failure *failure) {
    ERR_clear_error();
    errno = 0;
    if (SSL_in_init(session)) return 1;
    int result = SSL_shutdown(session);
    if (result >= 0) return 1;
    int what = outcome(session, result, errno, failure);
    return what == 0 ? 1 : what;
}

int ctls_has_pending(const SSL *session) { return SSL_pending(session) > 0; }
int ctls_is_resumed(const SSL *session) { return SSL_session_reused(session); }
int ctls_kernel_send(const SSL *session) { return BIO_get_ktls_send(SSL_get_wbio(session)) > 0; }
int ctls_kernel_receive(const SSL *session) { return BIO_get_ktls_recv(SSL_get_rbio(session)) > 0; }
const char *ctls_version(const SSL *session) { return SSL_get_version(session); }
const char *ctls_cipher(const SSL *session) { return SSL_get_cipher_name(session); }
const char *ctls_server_name(const SSL *session) { return SSL_get_servername(session, TLSEXT_NAMETYPE_host_name); }

unsigned ctls_alpn(const SSL *session, const uint8_t **protocol) {
    unsigned length = 0;
    SSL_get0_alpn_selected(session, protocol, &length);
    return length;
}

int ctls_peer_certificate(const SSL *session, ctls_certificate *certificate) {
    X509 *peer = SSL_get0_peer_certificate(session);
    if (!peer) return 0;
    describe(peer, certificate);
    int sent = sk_X509_num(SSL_get_peer_cert_chain(session));
    certificate->chain_length = sent > 0 ? sent : 1;
    return 1;
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
