/* Records from the socket: opening them, and what they say. */
#include "records.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

/* The peer broke the protocol: tell it, and be done. Best effort, since a full socket cannot be told. */
static int64_t refuse(struct ctls_records *records, uint8_t alert, const char *detail, ctls_failure *failure) {
    const uint8_t message[] = {SSL3_AL_FATAL, alert};
    ctls_failure ignored;
    if (!records->pending && !records->has_ended_writing)
        ctls_records_send(records, TYPE_ALERT, message, sizeof message, &ignored);
    return ctls_records_break(records, CTLS_KIND_PROTOCOL, 0, detail, failure);
}

static int64_t unexpected(struct ctls_records *records, const char *detail, ctls_failure *failure) {
    return refuse(records, SSL_AD_UNEXPECTED_MESSAGE, detail, failure);
}

/* Opens the record of `length` bytes behind its header into `to`, which must hold `length` bytes, or be where its sealed
 * bytes begin. How many bytes of content, its type in `type`; or -1. */
static int open_record(struct ctls_records *records, uint8_t *record, size_t length, uint8_t *to, uint8_t *type) {
    int moved = 0, more = 0;
    uint8_t *sealed = record + HEADER + records->explicit_nonce, *tag = record + HEADER + length - TAG;
    EVP_CIPHER_CTX *context = ctls_begin_record(records, 0, record, length - records->overhead);
    if (!context || EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, TAG, tag) != 1 ||
        EVP_DecryptUpdate(context, to, &moved, sealed, (int)(tag - sealed)) != 1 ||
        EVP_DecryptFinal_ex(context, to + moved, &more) != 1)
        return -1;
    if (records->is_tls12) {
        *type = record[0];
        return moved;
    }
    while (moved > 0 && to[moved - 1] == 0) moved--; /* padding (RFC 8446 §5.4) */
    *type = moved > 0 ? to[moved - 1] : 0;
    return moved > 0 ? moved - 1 : 0;
}

/* 1: go on; 0: end of the stream; CTLS_FAILED. */
static int64_t take_alert(struct ctls_records *records, const uint8_t *alert, int count, ctls_failure *failure) {
    if (count != 2) return refuse(records, SSL_AD_DECODE_ERROR, "alert of a wrong length", failure);
    if (alert[1] == SSL_AD_CLOSE_NOTIFY) {
        records->has_ended_reading = 1;
        return 0;
    }
    /* TLS 1.3 has one that is no end: user_canceled, and a close_notify follows (RFC 8446 §6.1). Before it, the level tells. */
    int is_warning = records->is_tls12 ? alert[0] == SSL3_AL_WARNING : alert[1] == SSL_AD_USER_CANCELLED;
    return is_warning ? 1 : ctls_records_break(records, CTLS_KIND_ALERT, alert[1], NULL, failure);
}

/* TLS 1.3: of all handshake messages a client may send now, we only ever allowed it key updates. */
static int64_t take_key_update(struct ctls_records *records, const uint8_t *bytes, int count, ctls_failure *failure) {
    static const uint8_t expected[] = {KEY_UPDATE, 0, 0, 1};
    for (int i = 0; i < count; i++) {
        if (records->handshake_count == KEY_UPDATE_LENGTH) return unexpected(records, "bytes behind a key update", failure);
        if (records->handshake_count < 4 && bytes[i] != expected[records->handshake_count])
            return unexpected(records, "unexpected handshake message", failure);
        records->handshake[records->handshake_count] = bytes[i];
        records->handshake_count++;
    }
    if (records->handshake_count < KEY_UPDATE_LENGTH) return 1;
    records->handshake_count = 0;
    if (records->handshake[4] > 1) return refuse(records, SSL_AD_ILLEGAL_PARAMETER, "key update of an unknown kind", failure);
    if (!ctls_next_key(records->cipher, &records->in)) return ctls_records_break(records, CTLS_KIND_LIBRARY, 0, "no next key", failure);
    if (records->handshake[4] == 1 && !records->has_ended_writing) records->owes_answer = 1;
    return 1;
}

/* TLS 1.2: a client may ask for a new handshake, in however many records. It is told that there will be none, as OpenSSL
 * does it (SSL_OP_NO_RENEGOTIATION), and the connection goes on: whether it can live with that is for the client to say
 * (RFC 5246 §7.2.2), and one that renegotiates by habit need not be thrown out. The hello itself is passed over. */
static int64_t take_hello(struct ctls_records *records, const uint8_t *bytes, uint32_t count, ctls_failure *failure) {
    for (uint32_t i = 0; i < count;) {
        if (records->hello_left > 0) {
            uint32_t passed = records->hello_left < count - i ? records->hello_left : count - i;
            records->hello_left -= passed;
            i += passed;
            continue;
        }
        records->handshake[records->handshake_count++] = bytes[i++];
        if (records->handshake[0] != CLIENT_HELLO) return unexpected(records, "unexpected handshake message", failure);
        if (records->handshake_count < 4) continue;
        records->hello_left = (uint32_t)records->handshake[1] << 16 | (uint32_t)records->handshake[2] << 8 | records->handshake[3];
        records->handshake_count = 0;
        if (!records->has_ended_writing) records->owes_answer = 1;
    }
    return 1;
}

static int64_t take_handshake(struct ctls_records *records, const uint8_t *bytes, int count, ctls_failure *failure) {
    if (count == 0) return unexpected(records, "empty handshake record", failure);
    return records->is_tls12 ? take_hello(records, bytes, (uint32_t)count, failure) : take_key_update(records, bytes, count, failure);
}

/* What records may show from here on; in TLS 1.3 all look like data. */
static int is_expected(const struct ctls_records *records, uint8_t type) {
    return type == TYPE_DATA || (records->is_tls12 && (type == TYPE_ALERT || type == TYPE_HANDSHAKE));
}

/* Whether to look at the version: TLS 1.3 must not (RFC 8446 §5.1). */
static int is_version(const struct ctls_records *records, const uint8_t *record) {
    return !records->is_tls12 || (record[1] == 3 && record[2] == 3);
}

static size_t sealed_length(const uint8_t *record) { return (size_t)record[3] << 8 | record[4]; }

/* The length of a whole record at the front, header included; 0 when it is not whole yet; -1 when it never will be. */
static int whole_record(const struct ctls_records *records, const uint8_t *bytes, size_t count) {
    if (count < HEADER) return 0;
    size_t length = sealed_length(bytes);
    if (!is_expected(records, bytes[0]) || !is_version(records, bytes) || length > RECORD_MAX - HEADER || length < records->overhead)
        return -1;
    return HEADER + length <= count ? (int)(HEADER + length) : 0;
}

/* Says what is wrong with a header that whole_record did not take. */
static int64_t refuse_header(struct ctls_records *records, const uint8_t *record, ctls_failure *failure) {
    if (!is_expected(records, record[0])) return unexpected(records, "record of an unexpected type", failure);
    if (!is_version(records, record)) return refuse(records, SSL_AD_PROTOCOL_VERSION, "record of another version", failure);
    if (sealed_length(record) < records->overhead) return refuse(records, SSL_AD_DECODE_ERROR, "record too short", failure);
    return refuse(records, SSL_AD_RECORD_OVERFLOW, "record too long", failure);
}

/* Keeps bytes for the next call, `plain` of them opened. 0 without memory. */
static int stash(struct ctls_records *records, const uint8_t *bytes, size_t count, size_t plain) {
    if (count == 0) return 1;
    struct buffer *kept = OPENSSL_malloc(sizeof *kept + count);
    if (!kept) return 0;
    kept->from = 0;
    kept->to = (uint32_t)count;
    memcpy(kept->bytes, bytes, count);
    records->stash = kept;
    records->plain = (uint32_t)plain;
    return 1;
}

void ctls_records_drop_stash(struct ctls_records *records) {
    if (records->stash) OPENSSL_clear_free(records->stash, sizeof *records->stash + records->stash->to);
    records->stash = NULL;
    records->plain = 0;
}

/* Hands out opened bytes that the last caller had no room for. */
static int64_t take_plain(struct ctls_records *records, uint8_t *to, size_t count) {
    struct buffer *kept = records->stash;
    size_t taken = records->plain < count ? records->plain : count;
    memcpy(to, kept->bytes + kept->from, taken);
    kept->from += (uint32_t)taken;
    records->plain -= (uint32_t)taken;
    if (kept->from == kept->to) ctls_records_drop_stash(records);
    return (int64_t)taken;
}

/* What an opened record (or, with -1 bytes, one that could not be opened) comes to: 1: go on; 0: the end; CTLS_FAILED. */
static int64_t take_record(struct ctls_records *records, uint8_t type, const uint8_t *bytes, int count, ctls_failure *failure) {
    int64_t outcome = 1;
    if (count < 0) return refuse(records, SSL_AD_BAD_RECORD_MAC, "bad record mac", failure);
    if (count > PLAIN_MAX) return refuse(records, SSL_AD_RECORD_OVERFLOW, "record too long", failure);
    if (records->handshake_count > 0 && type != TYPE_HANDSHAKE && !records->is_tls12)
        return unexpected(records, "key update interrupted", failure);
    if (type == TYPE_DATA && count > 0) {
        records->idle_records = 0;
        return 1;
    }
    if (type == TYPE_ALERT) outcome = take_alert(records, bytes, count, failure);
    else if (type == TYPE_HANDSHAKE) outcome = take_handshake(records, bytes, count, failure);
    else if (type != TYPE_DATA) outcome = unexpected(records, "record of an unknown inner type", failure);
    if (outcome == 1 && ++records->idle_records > IDLE_RECORDS_MAX)
        return unexpected(records, "too many records without content", failure);
    return outcome;
}

/* Opens the whole records in `raw` into `to`, and stashes the rest. Bytes opened, 0 for the end, or CTLS_…. */
static int64_t open_all(struct ctls_records *records, uint8_t *raw, size_t available, uint8_t *to, size_t room,
                        ctls_failure *failure) {
    size_t at = 0, opened = 0;
    while (opened < room || opened == 0) {
        int whole = whole_record(records, raw + at, available - at);
        if (whole == 0 || (whole < 0 && opened > 0)) break; /* first what was good; the next call meets the bad one again */
        if (whole < 0) return refuse_header(records, raw + at, failure);
        uint8_t *record = raw + at, type = 0;
        size_t length = (size_t)whole - HEADER;
        /* Straight to the caller when it surely fits, else in place. */
        uint8_t *target = room - opened >= length ? to + opened : record + HEADER + records->explicit_nonce;
        int count = open_record(records, record, length, target, &type);
        at += (size_t)whole;
        int64_t outcome = take_record(records, type, target, count, failure);
        if (outcome != 1) { /* what was opened before is good and comes first */
            records->owes_end = opened > 0;
            return opened > 0 ? (int64_t)opened : outcome;
        }
        if (type != TYPE_DATA) continue;
        if (target == to + opened) {
            opened += (size_t)count;
            continue;
        }
        size_t taken = (size_t)count < room - opened ? (size_t)count : room - opened;
        memcpy(to + opened, target, taken);
        opened += taken;
        size_t left = (size_t)count - taken;
        if (left == 0) continue;
        /* Close up: the opened rest, then the raw rest. */
        uint8_t *front = raw + at - left;
        memmove(front, target + taken, left);
        if (!stash(records, front, left + available - at, left)) return ctls_records_break(records, CTLS_KIND_IO, ENOMEM, NULL, failure);
        return (int64_t)opened;
    }
    if (!stash(records, raw + at, available - at, 0)) return ctls_records_break(records, CTLS_KIND_IO, ENOMEM, NULL, failure);
    return opened > 0 ? (int64_t)opened : CTLS_WANT_READ;
}

/* One system call at most, but for the answer to a key update. */
static int64_t read_records(struct ctls_records *records, uint8_t *to, size_t count, int *truncated, ctls_failure *failure) {
    struct workshop *workshop = ctls_workshop();
    if (!workshop) return ctls_records_break(records, CTLS_KIND_IO, ENOMEM, NULL, failure);
    if (records->plain > 0) return take_plain(records, to, count);
    records->owes_end = 0;
    if (records->is_broken) return ctls_records_broken(records, failure);
    if (records->has_ended_reading) return 0;
    size_t available = 0;
    int is_whole = 0;
    if (records->stash) {
        available = records->stash->to - records->stash->from;
        memcpy(workshop->raw, records->stash->bytes + records->stash->from, available);
        is_whole = whole_record(records, workshop->raw, available) != 0;
        ctls_records_drop_stash(records);
    }
    if (!is_whole) {
        /* As much as the caller has room for, so that all of it can be opened in place of a copy; one record at least. */
        size_t want = count < RECORD_MAX ? RECORD_MAX : (count < RAW_SIZE ? count : RAW_SIZE);
        ssize_t got = recv(records->descriptor, workshop->raw + available, want - available, 0);
        int error = got < 0 ? errno : 0;
        if (got > 0) available += (size_t)got;
        if (got <= 0 && error != EAGAIN && error != EINTR) {
            if (error) return ctls_records_break(records, CTLS_KIND_IO, error, NULL, failure);
            *truncated = 1;
            records->has_ended_reading = 1;
            return 0;
        }
    }
    return open_all(records, workshop->raw, available, to, count, failure);
}

int64_t ctls_records_read(struct ctls_records *records, void *to, size_t count, int *truncated, ctls_failure *failure) {
    /* What had to wait for the socket: nobody else sends it when the caller has nothing to send. */
    int64_t flushed = records->is_broken ? 1 : ctls_records_flush(records, failure);
    if (flushed == CTLS_FAILED) return flushed;
    int64_t result = read_records(records, to, count, truncated, failure);
    if (records->owes_answer && !records->is_broken && !records->has_ended_writing && !records->pending && records->owed == 0) {
        ctls_failure ignored;
        ctls_records_answer(records, &ignored); /* the next call meets the error again */
    }
    ERR_clear_error();
    return result == CTLS_WANT_READ && records->pending ? CTLS_WANT_WRITE : result;
}

int ctls_records_has_pending(const struct ctls_records *records) {
    if (records->plain > 0 || records->owes_end) return 1;
    const struct buffer *kept = records->stash;
    return kept && whole_record(records, kept->bytes + kept->from, kept->to - kept->from) != 0;
}
