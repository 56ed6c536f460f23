/* TLS by OpenSSL 3 over a non-blocking socket.
 *
 * OpenSSL's types stay incomplete here, so that Swift sees opaque pointers and its own headers are never imported.
 * A call that fails fills a ctls_failure; every call leaves the thread's error queue empty. */
#ifndef CTLS_TLS_H
#define CTLS_TLS_H
#include <stddef.h>
#include <stdint.h>

struct ssl_st;
struct ssl_ctx_st;
struct ssl_session_st;

/* What went wrong. `number` is by kind: errno, a TLS alert, an X509_V_ERR_ code, or a ctls_content. */
enum {
    CTLS_KIND_LIBRARY = 0,
    CTLS_KIND_CERTIFICATE_UNREADABLE, /* errno */
    CTLS_KIND_CERTIFICATE_FORMAT,     /* ctls_content */
    CTLS_KIND_CERTIFICATE_WEAK,
    CTLS_KIND_KEY_UNREADABLE, /* errno */
    CTLS_KIND_KEY_FORMAT,     /* ctls_content */
    CTLS_KIND_KEY_ENCRYPTED,
    CTLS_KIND_KEY_MISMATCH, /* position of the certificate that does match, 0 if none: the chain is in the wrong order */
    CTLS_KIND_CA_UNREADABLE, /* errno */
    CTLS_KIND_CA_FORMAT,     /* ctls_content */
    CTLS_KIND_SERVER_NAME,
    CTLS_KIND_ALERT, /* alert the peer sent */
    CTLS_KIND_ALPN,  /* detail: what the peer offered */
    CTLS_KIND_CIPHER,
    CTLS_KIND_VERSION,
    CTLS_KIND_PLAIN_HTTP,
    CTLS_KIND_NOT_TLS,
    CTLS_KIND_PROTOCOL,
    CTLS_KIND_END,        /* the peer closed the socket inside the handshake */
    CTLS_KIND_IO,         /* errno */
    CTLS_KIND_UNVERIFIED, /* X509_V_ERR_: see ctls_last_verification */
    CTLS_KIND_KEY_WORN,   /* what a key may seal is sealed, and TLS 1.2 has no other */
};

/* What a file that should hold PEM really holds. */
enum {
    CTLS_CONTENT_OTHER = 0,
    CTLS_CONTENT_EMPTY,
    CTLS_CONTENT_CERTIFICATE,
    CTLS_CONTENT_PRIVATE_KEY,
    CTLS_CONTENT_PUBLIC_KEY,
    CTLS_CONTENT_REQUEST,
    CTLS_CONTENT_DER,
    CTLS_CONTENT_DAMAGED, /* the right markers with something broken between them */
};

typedef struct {
    int32_t kind;
    int32_t number;
    char detail[232];
} ctls_failure;

const char *ctls_failure_detail(const ctls_failure *failure);

/* A certificate in words. `names`: DNS names and IP addresses of the SAN (the CN when there is no SAN), one a line; room for
 * as many as an authority puts into one (100 of the longest, 250 of the usual). */
typedef struct {
    int64_t not_before; /* unix seconds */
    int64_t not_after;
    int32_t is_self_signed;
    int32_t chain_length; /* certificates in the file, or that the peer sent */
    char subject[256];
    char issuer[256];
    char names[32768];
} ctls_certificate;

const char *ctls_certificate_subject(const ctls_certificate *certificate);
const char *ctls_certificate_issuer(const ctls_certificate *certificate);
const char *ctls_certificate_names(const ctls_certificate *certificate);

/* ---- contexts; `minimum`, `maximum`: 2 for TLS 1.2, 3 for TLS 1.3; `alpn` in wire form (length, octets)… ---- */

/* One certificate chain with its key. NULL and `failure` on error. `key_mode` gets the permission bits of the key file. */
struct ssl_ctx_st *ctls_server_context_new(const char *certificate_path, const char *key_path, int minimum, int maximum,
                                           ctls_certificate *certificate, uint32_t *key_mode, ctls_failure *failure);

/* Chooses the context of a server name (lower case, no trailing dot). NULL: keep the present one. */
typedef struct ssl_ctx_st *(*ctls_choose)(const void *argument, const char *server_name);

/* Leaves records to the kernel where it has the module and the cipher (ktls(7)); such sessions stay with OpenSSL. */
void ctls_server_context_use_kernel(struct ssl_ctx_st *context);
/* `argument` and `alpn` must outlive every handshake begun with the context. */
void ctls_server_context_set_choice(struct ssl_ctx_st *context, ctls_choose choose, const void *argument);
void ctls_server_context_set_alpn(struct ssl_ctx_st *context, const uint8_t *alpn);

/* Values of `verify`: OBSERVE goes on whatever it finds, see ctls_peer_verification. */
enum { CTLS_VERIFY_NOT = 0, CTLS_VERIFY_REFUSE = 1, CTLS_VERIFY_OBSERVE = 2 };
/* `ca_path` NULL: the system's authorities. `alpn_length` 0: no ALPN is offered. */
struct ssl_ctx_st *ctls_client_context_new(int verify, const char *ca_path, const uint8_t *alpn, unsigned alpn_length,
                                           int minimum, int maximum, ctls_failure *failure);
/* Narrows what a client offers, to see how a server takes it: suites of the version it speaks (NULL: all), and records of at most
 * 256 << `fragment` bytes (RFC 6066 §4; 1 … 4, 0: no limit). 1 on success. */
int ctls_client_context_narrow(struct ssl_ctx_st *context, const char *suites, int fragment);
void ctls_context_free(struct ssl_ctx_st *context);

/* ---- sessions; the descriptor is borrowed and must be non-blocking ---- */
struct ssl_st *ctls_server_session_new(struct ssl_ctx_st *context, int descriptor, ctls_failure *failure);
/* `server_name` may be NULL (no SNI; with verification on, that is an error of the caller). */
struct ssl_st *ctls_client_session_new(struct ssl_ctx_st *context, int descriptor, const char *server_name, int is_address,
                                       ctls_failure *failure);
void ctls_session_free(struct ssl_st *session);

enum { CTLS_WANT_READ = -1, CTLS_WANT_WRITE = -2, CTLS_FAILED = -3 };

/* 1: done. */
int ctls_handshake(struct ssl_st *session, ctls_failure *failure);
/* > 0: bytes read; 0: the peer ended its side (`truncated` set to 1 when it did so without close_notify). */
int64_t ctls_read(struct ssl_st *session, void *to, size_t count, int *truncated, ctls_failure *failure);
/* > 0: bytes taken, perhaps fewer than `count`: one record at a time. */
int64_t ctls_write(struct ssl_st *session, const void *from, size_t count, ctls_failure *failure);
/* 1: close_notify is sent. */
int ctls_shutdown(struct ssl_st *session, ctls_failure *failure);

/* Announces our next key, and asks for the peer's if `asks`. TLS 1.3 after the handshake; goes out with the next write. */
int ctls_update_key(struct ssl_st *session, int asks);
/* What lets the next handshake with the server be short; NULL as long as there is none. */
struct ssl_session_st *ctls_ticket(struct ssl_st *session);
int ctls_use_ticket(struct ssl_st *session, struct ssl_session_st *ticket);
void ctls_ticket_free(struct ssl_session_st *ticket);
int ctls_has_pending(const struct ssl_st *session);
int ctls_is_resumed(const struct ssl_st *session);
const char *ctls_version(const struct ssl_st *session);
const char *ctls_cipher(const struct ssl_st *session);
/* The name the client asked for, or NULL. */
const char *ctls_server_name(const struct ssl_st *session);
/* Length, 0 when none was agreed. */
unsigned ctls_alpn(const struct ssl_st *session, const uint8_t **protocol);
/* 0 when the peer showed no certificate. */
int ctls_peer_certificate(const struct ssl_st *session, ctls_certificate *certificate);
/* The first objection to the peer's chain (X509_V_ERR_, 0: none), the name apart, and whether its certificate is for `name` (NULL:
 * yes). -1 when the peer showed no certificate. */
int ctls_peer_verification(const struct ssl_st *session, const char *name, int is_address, int *is_for_name);
/* The certificate behind the last CTLS_KIND_UNVERIFIED of this thread. */
void ctls_last_verification(ctls_certificate *certificate);
const char *ctls_verification_words(int code);

/* ---- making certificates (EC P-256, SHA-256) ---- */

/* `names`: one a line, an IP address becomes an iPAddress entry; the first is the CN as well. `issuer_certificate` and
 * `issuer_key` in PEM, or NULL for a self-signed one. The results are in PEM, zero-terminated. 1 on success. */
int ctls_make_certificate(const char *names, int64_t not_before, int64_t not_after, int is_authority,
                          const char *issuer_certificate, const char *issuer_key, char *certificate, size_t certificate_size,
                          char *key, size_t key_size);
#endif
