/* Sealing records, and getting them onto the socket. */
#include "records.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

static const uint8_t close_notify[] = {SSL3_AL_WARNING, SSL_AD_CLOSE_NOTIFY};

size_t ctls_records_seal(struct ctls_records *records, uint8_t type, const uint8_t *from, size_t count, uint8_t *to) {
    size_t length = count + records->overhead;
    int moved = 0, more = 0;
    to[0] = records->is_tls12 ? type : TYPE_DATA, to[1] = 3, to[2] = 3, to[3] = (uint8_t)(length >> 8), to[4] = (uint8_t)length;
    EVP_CIPHER_CTX *context = ctls_begin_record(records, 1, to, count);
    uint8_t *sealed = to + HEADER + records->explicit_nonce;
    if (!context || EVP_EncryptUpdate(context, sealed, &moved, from, (int)count) != 1) return 0;
    if (!records->is_tls12 && EVP_EncryptUpdate(context, sealed + moved, &more, &type, 1) != 1) return 0;
    if (EVP_EncryptFinal_ex(context, sealed + moved + more, &more) != 1) return 0;
    if (EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, TAG, to + HEADER + length - TAG) != 1) return 0;
    return HEADER + length;
}

int ctls_records_next_key(struct ctls_records *records) { return ctls_next_key(records->cipher, &records->out); }

int64_t ctls_records_break(struct ctls_records *records, int kind, int number, const char *detail, ctls_failure *failure) {
    records->is_broken = 1;
    records->fault_kind = kind;
    records->fault_number = number;
    records->fault_detail = detail;
    ctls_fail(failure, kind, number, detail);
    return CTLS_FAILED;
}

int64_t ctls_records_broken(const struct ctls_records *records, ctls_failure *failure) {
    ctls_fail(failure, records->fault_kind, records->fault_number, records->fault_detail);
    return CTLS_FAILED;
}

/* Sends what is pending: 1 when nothing is left, else CTLS_WANT_WRITE or CTLS_FAILED. */
int64_t ctls_records_flush(struct ctls_records *records, ctls_failure *failure) {
    struct buffer *pending = records->pending;
    if (!pending) return 1;
    ssize_t sent = send(records->descriptor, pending->bytes + pending->from, pending->to - pending->from, MSG_NOSIGNAL);
    if (sent < 0 && (errno == EAGAIN || errno == EINTR)) return CTLS_WANT_WRITE;
    if (sent < 0) return ctls_records_break(records, CTLS_KIND_IO, errno, NULL, failure);
    pending->from += (uint32_t)sent;
    if (pending->from < pending->to) return CTLS_WANT_WRITE;
    OPENSSL_free(pending);
    records->pending = NULL;
    return 1;
}

/* Sends sealed bytes, and keeps what the socket does not take. How many it took, or CTLS_FAILED. */
static int64_t send_sealed(struct ctls_records *records, const uint8_t *bytes, size_t count, ctls_failure *failure) {
    ssize_t sent = send(records->descriptor, bytes, count, MSG_NOSIGNAL);
    if (sent < 0 && errno != EAGAIN && errno != EINTR) return ctls_records_break(records, CTLS_KIND_IO, errno, NULL, failure);
    if (sent < 0) sent = 0;
    if ((size_t)sent == count) return sent;
    struct buffer *pending = OPENSSL_malloc(sizeof *pending + count - (size_t)sent);
    if (!pending) return ctls_records_break(records, CTLS_KIND_IO, ENOMEM, NULL, failure);
    pending->from = 0;
    pending->to = (uint32_t)(count - (size_t)sent);
    memcpy(pending->bytes, bytes + sent, pending->to);
    records->pending = pending;
    return sent;
}

/* Sends one short record; what the socket does not take stays pending. Nothing may be pending before. */
int64_t ctls_records_send(struct ctls_records *records, uint8_t type, const uint8_t *bytes, size_t count, ctls_failure *failure) {
    uint8_t sealed[64];
    size_t length = ctls_records_seal(records, type, bytes, count, sealed);
    if (length == 0) return ctls_records_break(records, CTLS_KIND_LIBRARY, 0, "a record could not be sealed", failure);
    int64_t sent = send_sealed(records, sealed, length, failure);
    return sent < 0 ? sent : (records->pending ? CTLS_WANT_WRITE : 1);
}

/* Sends what the peer is owed, before anything else of ours. Announces our next key and goes over to it (RFC 8446 §4.6.3);
 * in TLS 1.2 says that there will be no renegotiation (RFC 5246 §7.2.2). Nothing may be pending before. */
int64_t ctls_records_answer(struct ctls_records *records, ctls_failure *failure) {
    static const uint8_t update[KEY_UPDATE_LENGTH] = {KEY_UPDATE, 0, 0, 1, 0}, refusal[] = {SSL3_AL_WARNING, SSL_AD_NO_RENEGOTIATION};
    records->owes_answer = 0;
    if (records->is_tls12) return ctls_records_send(records, TYPE_ALERT, refusal, sizeof refusal, failure);
    int64_t sent = ctls_records_send(records, TYPE_HANDSHAKE, update, sizeof update, failure);
    if (sent == CTLS_FAILED || ctls_records_next_key(records)) return sent;
    return ctls_records_break(records, CTLS_KIND_LIBRARY, 0, "no next key", failure);
}

/* Whether the next record of data has to wait for something else: an answer, or the next key. */
static int is_due(const struct ctls_records *records) {
    return records->owes_answer || (!records->is_tls12 && records->out.sequence >= RECORDS_PER_KEY);
}

/* The key has sealed what it may, and TLS 1.2 has no other: the end, said in due form. */
static int64_t wear_out(struct ctls_records *records, ctls_failure *failure) {
    int64_t sent = ctls_records_send(records, TYPE_ALERT, close_notify, sizeof close_notify, failure);
    return sent == CTLS_FAILED ? sent : ctls_records_break(records, CTLS_KIND_KEY_WORN, 0, NULL, failure);
}

int64_t ctls_records_write(struct ctls_records *records, const void *from, size_t count, ctls_failure *failure) {
    struct workshop *workshop = ctls_workshop();
    if (!workshop) return ctls_records_break(records, CTLS_KIND_IO, ENOMEM, NULL, failure);
    if (records->is_broken) return ctls_records_broken(records, failure);
    if (records->has_ended_writing) {
        ctls_fail(failure, CTLS_KIND_IO, EPIPE, NULL);
        return CTLS_FAILED;
    }
    int64_t flushed = ctls_records_flush(records, failure);
    if (flushed != 1) return flushed;
    size_t taken = records->owed;
    records->owed = 0;
    if (taken > count) return ctls_records_break(records, CTLS_KIND_LIBRARY, 0, "fewer bytes given than before", failure);
    while (taken < count && !records->pending) {
        size_t used = 0, batched = taken, length = 0;
        for (int i = 0; i < BATCH && batched < count; i++) {
            int is_worn = records->explicit_nonce && records->out.sequence >= GCM_RECORDS_MAX;
            if (is_due(records) || is_worn) {
                if (i > 0) break; /* a batch is all of one key, so that the loop below can tell its records apart */
                if (is_worn) return taken > 0 ? (int64_t)taken : wear_out(records, failure);
                int64_t answered = ctls_records_answer(records, failure);
                if (answered == CTLS_FAILED) return answered;
                if (answered != 1) return taken > 0 ? (int64_t)taken : CTLS_WANT_WRITE;
            }
            size_t plain = count - batched < records->fragment ? count - batched : records->fragment;
            length = ctls_records_seal(records, TYPE_DATA, (const uint8_t *)from + batched, plain, workshop->sealed + used);
            if (length == 0) return ctls_records_break(records, CTLS_KIND_LIBRARY, 0, "a record could not be sealed", failure);
            used += length;
            batched += plain;
        }
        int64_t sent = send_sealed(records, workshop->sealed, used, failure);
        if (sent < 0) return sent;
        /* Records that went whole are taken; of the others the caller shows the bytes again. */
        size_t left = (size_t)sent;
        while (taken < batched) {
            size_t plain = batched - taken < records->fragment ? batched - taken : records->fragment;
            if (left < HEADER + plain + records->overhead) break;
            left -= HEADER + plain + records->overhead;
            taken += plain;
        }
        records->owed = (uint32_t)(batched - taken);
    }
    return taken > 0 || count == 0 ? (int64_t)taken : CTLS_WANT_WRITE;
}

int ctls_records_shutdown(struct ctls_records *records, ctls_failure *failure) {
    if (records->is_broken) return 1;
    int64_t flushed = ctls_records_flush(records, failure);
    if (flushed != 1 || records->has_ended_writing) return (int)flushed;
    records->has_ended_writing = 1;
    return (int)ctls_records_send(records, TYPE_ALERT, close_notify, sizeof close_notify, failure);
}
