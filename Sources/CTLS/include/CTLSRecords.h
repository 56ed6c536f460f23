/* The server's side of TLS after the handshake, without OpenSSL's session: 300 bytes in place of 13 KiB.
 *
 * The calls mean what those of CTLSTls.h mean; reading and writing take as many records as there are or fit. */
#ifndef CTLS_RECORDS_H
#define CTLS_RECORDS_H
#include "CTLSTls.h"

struct ctls_records;

/* Frees the session. NULL: not for this one, and the session stays; see the top of records_take_over.c for which. */
struct ctls_records *ctls_records_take_over(struct ssl_st *session);
void ctls_records_free(struct ctls_records *records);
int64_t ctls_records_read(struct ctls_records *records, void *to, size_t count, int *truncated, ctls_failure *failure);
/* CTLS_WANT_WRITE, or fewer bytes than given: the rest must be given again, in front. */
int64_t ctls_records_write(struct ctls_records *records, const void *from, size_t count, ctls_failure *failure);
int ctls_records_shutdown(struct ctls_records *records, ctls_failure *failure);
int ctls_records_has_pending(const struct ctls_records *records);
int ctls_records_wants_write(const struct ctls_records *records);
int ctls_records_is_resumed(const struct ctls_records *records);
const char *ctls_records_version(const struct ctls_records *records);
const char *ctls_records_cipher(const struct ctls_records *records);
const char *ctls_records_server_name(const struct ctls_records *records);
unsigned ctls_records_alpn(const struct ctls_records *records, const uint8_t **protocol);

/* ---- from keys alone: what a take-over comes to, and how tests and fuzzing begin ---- */

enum { CTLS_AES_128_GCM = 0, CTLS_AES_256_GCM, CTLS_CHACHA20_POLY1305, CTLS_CIPHERS };

/* One direction at its next record. */
typedef struct {
    /* TLS 1.3: the traffic secret (RFC 8446 §7.2). TLS 1.2: the key, then the 12 bytes of the nonce before the sequence
     * number goes in (RFC 7905 §2; RFC 5288 §3: of its 8 explicit bytes, what our first record would carry at sequence 0). */
    uint8_t secret[48];
    uint64_t sequence;
} ctls_start;

/* `version` as for contexts; `text`: bytes to leave for names. NULL without memory, or when a key cannot be derived. */
struct ctls_records *ctls_records_new(int descriptor, int version, int cipher, const ctls_start *in, const ctls_start *out,
                                      size_t text);
/* One record of any type and at most 16,384 bytes, sealed as the next of ours, to `to`. Its length, or 0. */
size_t ctls_records_seal(struct ctls_records *records, uint8_t type, const uint8_t *from, size_t count, uint8_t *to);
enum { CTLS_SEALED_MAX = 5 + 8 + 16384 + 1 + 16 };
/* TLS 1.3: the next key for what we seal. 1 on success. */
int ctls_records_next_key(struct ctls_records *records);
#endif
