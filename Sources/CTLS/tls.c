/* Sessions over a socket, and what their errors mean. */
#include "tls_internal.h"

#include <errno.h>
#include <openssl/x509v3.h>
#include <stdio.h>

const char *ctls_failure_detail(const ctls_failure *failure) { return failure->detail; }

void ctls_fail(ctls_failure *failure, int kind, int number, const char *detail) {
    failure->kind = kind;
    failure->number = number;
    snprintf(failure->detail, sizeof failure->detail, "%s", detail ? detail : "");
    ERR_clear_error();
}

void ctls_fail_by_library(ctls_failure *failure, const char *call) {
    const char *reason = ERR_reason_error_string(ERR_peek_error());
    char detail[sizeof failure->detail];
    snprintf(detail, sizeof detail, "%s: %s", call, reason ? reason : "no reason given");
    ctls_fail(failure, CTLS_KIND_LIBRARY, 0, detail);
}

static SSL *session_new(SSL_CTX *context, int descriptor, ctls_failure *failure) {
    ERR_clear_error();
    SSL *session = SSL_new(context);
    if (session && SSL_set_fd(session, descriptor) == 1) return session;
    ctls_fail_by_library(failure, "SSL_new");
    SSL_free(session);
    return NULL;
}

SSL *ctls_server_session_new(SSL_CTX *context, int descriptor, ctls_failure *failure) {
    SSL *session = session_new(context, descriptor, failure);
    if (!session) return NULL;
    SSL_set_accept_state(session);
    if (ctls_records_prepare_session(session)) return session;
    ctls_fail_by_library(failure, "SSL_new");
    SSL_free(session);
    return NULL;
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
    ctls_fail(failure, CTLS_KIND_SERVER_NAME, 0, server_name);
    SSL_free(session);
    return NULL;
}

void ctls_session_free(SSL *session) {
    ctls_records_forget_session(session);
    SSL_free(session);
}

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
            ctls_fail(failure, CTLS_KIND_IO, error, NULL);
            return CTLS_FAILED;
        }
        break;
    default: break;
    }
    unsigned long first = ERR_peek_error();
    int reason = ERR_GET_REASON(first), kind = kind_of_reason(first);
    /* OpenSSL numbers the alerts it receives from here on. */
    if (ERR_GET_LIB(first) == ERR_LIB_SSL && reason > SSL_AD_REASON_OFFSET && reason <= SSL_AD_REASON_OFFSET + 255)
        ctls_fail(failure, CTLS_KIND_ALERT, reason - SSL_AD_REASON_OFFSET, NULL);
    else if (kind == CTLS_KIND_ALPN) ctls_fail(failure, kind, 0, ctls_alpn_offered);
    else if (kind == CTLS_KIND_UNVERIFIED) ctls_fail(failure, kind, (int)SSL_get_verify_result(session), NULL);
    else ctls_fail(failure, kind, 0, first ? ERR_reason_error_string(first) : "no reason given");
    return CTLS_FAILED;
}

int ctls_handshake(SSL *session, ctls_failure *failure) {
    ERR_clear_error();
    errno = 0;
    int result = SSL_do_handshake(session);
    if (result == 1) return 1;
    int what = outcome(session, result, errno, failure);
    if (what != 0) return what;
    ctls_fail(failure, CTLS_KIND_END, 0, NULL);
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
    ctls_fail(failure, CTLS_KIND_IO, EPIPE, NULL);
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

int ctls_update_key(SSL *session, int asks) {
    int good = SSL_key_update(session, asks ? SSL_KEY_UPDATE_REQUESTED : SSL_KEY_UPDATE_NOT_REQUESTED) == 1;
    ERR_clear_error();
    return good;
}

SSL_SESSION *ctls_ticket(SSL *session) {
    SSL_SESSION *ticket = SSL_get0_session(session);
    /* A copy: OpenSSL spoils the session's own when the connection ends without a close_notify. */
    return ticket && SSL_SESSION_is_resumable(ticket) ? SSL_SESSION_dup(ticket) : NULL;
}

int ctls_use_ticket(SSL *session, SSL_SESSION *ticket) { return SSL_set_session(session, ticket) == 1; }
void ctls_ticket_free(SSL_SESSION *ticket) { SSL_SESSION_free(ticket); }

int ctls_has_pending(const SSL *session) { return SSL_pending(session) > 0; }
int ctls_is_resumed(const SSL *session) { return SSL_session_reused(session); }
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
    ctls_describe(peer, certificate);
    int sent = sk_X509_num(SSL_get_peer_cert_chain(session));
    certificate->chain_length = sent > 0 ? sent : 1;
    return 1;
}

int ctls_peer_verification(const SSL *session, const char *name, int is_address, int *is_for_name) {
    X509 *peer = SSL_get0_peer_certificate(session);
    if (!peer) return -1;
    *is_for_name = !name || (is_address ? X509_check_ip_asc(peer, name, 0) == 1
                                        : X509_check_host(peer, name, 0, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS, NULL) == 1);
    ERR_clear_error();
    int problem = (int)SSL_get_verify_result(session);
    return problem == X509_V_ERR_HOSTNAME_MISMATCH || problem == X509_V_ERR_IP_ADDRESS_MISMATCH ? 0 : problem;
}
