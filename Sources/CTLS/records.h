/* The records of TLS after the server's handshake: 1.3 (RFC 8446 §5, §4.6.3, §7.3) and, for AEAD ciphers, 1.2 (RFC 5246
 * §6.2.3.3, RFC 5288, RFC 7905).
 *
 * OpenSSL's session takes 13 KiB for as long as the connection lives, nearly all of it for what only a handshake needs.
 * What the records need is two keys, two counters, and the secrets the next keys come from. So OpenSSL does the handshake,
 * we take the secrets over, and its session is freed. The ciphers and the hash stay OpenSSL's; one context per thread and
 * direction is given the connection's key for every record, which costs less than the memory it saves.
 *
 *   read:   socket -> raw (thread) -> opened straight into the caller's buffer
 *                      └> stash: what is not whole yet, or was opened and not taken (heap, seldom)
 *   write:  caller -> sealed (thread) -> socket
 *                      └> pending: sealed but not sent (heap, while the socket is full)
 *
 *   a record:  type 2·version 2·length | nonce: 8, GCM in TLS 1.2 alone | sealed: content, its type in TLS 1.3, padding | tag: 16
 */
#ifndef CTLS_RECORDS_INTERNAL_H
#define CTLS_RECORDS_INTERNAL_H
#include "CTLSRecords.h"
#include "tls_internal.h"

#include <openssl/evp.h>

enum {
    HEADER = 5,
    EXPLICIT = 8, /* of the nonce (RFC 5288 §3) */
    TAG = 16,
    PLAIN_MAX = 16384,
    RECORD_MAX = HEADER + PLAIN_MAX + 256,
    RAW_SIZE = 65536,
    BATCH = 4, /* records for one system call */
    SECRET_MAX = 48,
    KEY_MAX = 32,
    NONCE = 12,
    TYPE_CHANGE_CIPHER_SPEC = 20,
    TYPE_ALERT = 21,
    TYPE_HANDSHAKE = 22,
    TYPE_DATA = 23,
    CLIENT_HELLO = 1,
    KEY_UPDATE = 24,
    KEY_UPDATE_LENGTH = 5,
};

/* Records without content, key updates and refused renegotiations in a row: each costs more to take than to send, so a
 * flood of them is an attack. */
enum { IDLE_RECORDS_MAX = 16 };

/* AES-GCM is safe for 2^24.5 full records under one key (RFC 8446 §5.5; the same for TLS 1.2: RFC 9325 §4.4). TLS 1.3 goes
 * over to the next key in time. TLS 1.2 has none without a new handshake: the connection ends. Counters of 64 bits never
 * come round, whatever the peer seals under one key. */
enum { RECORDS_PER_KEY = 1 << 23, GCM_RECORDS_MAX = 23726566 };

struct direction {
    uint64_t sequence;
    uint8_t secret[SECRET_MAX]; /* TLS 1.3 */
    uint8_t key[KEY_MAX];
    uint8_t nonce[NONCE];
};

struct buffer {
    uint32_t from; /* <= to */
    uint32_t to;
    uint8_t bytes[];
};

struct ctls_records {
    struct direction in, out;
    struct buffer *stash;   /* NULL at rest: `plain` opened bytes, then records as they came */
    struct buffer *pending; /* NULL at rest */
    const char *cipher_name; /* static */
    const char *fault_detail; /* static */
    uint32_t plain;
    uint32_t owed; /* bytes of the caller's that `pending` holds sealed */
    int descriptor;
    int fault_kind; /* why it is broken */
    int fault_number;
    uint32_t hello_left; /* TLS 1.2: of a hello that we pass over */
    uint16_t fragment;   /* bytes in a record we send: PLAIN_MAX, or what the client asked for (RFC 6066 §4) */
    uint8_t cipher;
    uint8_t explicit_nonce; /* its bytes in every record: EXPLICIT or 0 */
    uint8_t overhead;       /* what sealing adds: the explicit nonce, the inner type, the tag */
    uint8_t idle_records;   /* since the last with content */
    uint8_t handshake[KEY_UPDATE_LENGTH]; /* a key update or the head of a hello, as far as it came */
    unsigned handshake_count : 3;
    unsigned is_tls12 : 1;
    unsigned owes_answer : 1; /* our next key, which the peer wants; in TLS 1.2 the refusal of its hello */
    unsigned owes_end : 1;    /* it has ended or broken behind bytes that were read, and the reader does not know yet */
    unsigned has_ended_reading : 1;
    unsigned has_ended_writing : 1;
    unsigned is_broken : 1;
    unsigned is_resumed : 1;
    uint8_t alpn_length;
    uint8_t name_length; /* ALPN, then the server name, then 0 */
    char text[];
};

/* What a thread lends to the connection it serves. */
struct workshop {
    EVP_CIPHER_CTX *context[CTLS_CIPHERS][2]; /* opening, sealing */
    uint8_t raw[RAW_SIZE + RECORD_MAX];
    uint8_t sealed[BATCH * CTLS_SEALED_MAX];
};

struct workshop *ctls_workshop(void);

/* records_keys.c */
extern const struct ctls_suite {
    const char *fetch;
    int nid;
    int key;
    int hash; /* bytes of a traffic secret */
} ctls_suites[CTLS_CIPHERS];
const EVP_MD *ctls_hash(int cipher);
int ctls_set_direction(struct ctls_records *records, struct direction *direction, const ctls_start *start);
int ctls_next_key(int cipher, struct direction *direction);
/* Readies the thread's context for the next record of a direction: key, nonce, and what is authenticated but not sealed.
 * `record` is its header, with room for the explicit nonce; `plain` the content's length, which TLS 1.2 authenticates. */
EVP_CIPHER_CTX *ctls_begin_record(struct ctls_records *records, int sealing, uint8_t *record, size_t plain);

/* records_write.c */
int64_t ctls_records_break(struct ctls_records *records, int kind, int number, const char *detail, ctls_failure *failure);
int64_t ctls_records_broken(const struct ctls_records *records, ctls_failure *failure);
int64_t ctls_records_flush(struct ctls_records *records, ctls_failure *failure);
int64_t ctls_records_send(struct ctls_records *records, uint8_t type, const uint8_t *bytes, size_t count, ctls_failure *failure);
int64_t ctls_records_answer(struct ctls_records *records, ctls_failure *failure);

/* records_read.c */
void ctls_records_drop_stash(struct ctls_records *records);
#endif
