/* From OpenSSL's session to records alone. */
#include "records.h"

#include <string.h>

/* What the callbacks of a handshake note of it. */
struct notes {
    uint8_t client[SECRET_MAX], server[SECRET_MAX];
    int client_length, server_length;
    uint32_t records_written; /* under the server's secret: the ticket */
};

static int hexadecimal(char digit) {
    if (digit >= '0' && digit <= '9') return digit - '0';
    if (digit >= 'a' && digit <= 'f') return digit - 'a' + 10;
    return digit >= 'A' && digit <= 'F' ? digit - 'A' + 10 : -1;
}

static int decode(const char *text, uint8_t *into) {
    int count = 0;
    for (; count < SECRET_MAX && hexadecimal(text[0]) >= 0 && hexadecimal(text[1]) >= 0; text += 2)
        into[count++] = (uint8_t)(hexadecimal(text[0]) << 4 | hexadecimal(text[1]));
    return count;
}

/* OpenSSL's one public way to the secrets: a line as NSS logs it, "LABEL client-random secret". */
static void note_secret(const SSL *session, const char *line) {
    static const char client[] = "CLIENT_TRAFFIC_SECRET_0 ", server[] = "SERVER_TRAFFIC_SECRET_0 ";
    struct notes *notes = SSL_get_app_data(session);
    const char *secret = strrchr(line, ' ');
    if (!notes || !secret) return;
    if (strncmp(line, client, sizeof client - 1) == 0) notes->client_length = decode(secret + 1, notes->client);
    if (strncmp(line, server, sizeof server - 1) == 0) notes->server_length = decode(secret + 1, notes->server);
}

static void note_record(int writing, int version, int type, const void *bytes, size_t count, SSL *session, void *argument) {
    (void)version, (void)bytes, (void)count, (void)session;
    struct notes *notes = argument;
    if (writing && type == SSL3_RT_HEADER && notes->server_length > 0) notes->records_written++;
}

void ctls_records_prepare_context(SSL_CTX *context) { SSL_CTX_set_keylog_callback(context, note_secret); }

int ctls_records_prepare_session(SSL *session) {
    struct notes *notes = OPENSSL_zalloc(sizeof *notes);
    if (!notes) return 0;
    SSL_set_app_data(session, notes);
    SSL_set_msg_callback(session, note_record);
    SSL_set_msg_callback_arg(session, notes);
    return 1;
}

void ctls_records_forget_session(SSL *session) {
    OPENSSL_clear_free(SSL_get_app_data(session), sizeof(struct notes));
    SSL_set_app_data(session, NULL);
    SSL_set_msg_callback(session, NULL);
}

static int cipher_of(const SSL *session) {
    const char *name = SSL_CIPHER_get_name(SSL_get_current_cipher(session));
    for (int cipher = 0; cipher < CIPHERS; cipher++)
        if (name && strcmp(name, ctls_suites[cipher].name) == 0) return cipher;
    return -1;
}

struct ctls_records *ctls_records_take_over(SSL *session) {
    const struct notes *notes = SSL_get_app_data(session);
    int cipher = cipher_of(session);
    if (!notes || cipher < 0 || SSL_version(session) != TLS1_3_VERSION || !SSL_is_init_finished(session) ||
        SSL_has_pending(session) || notes->client_length != ctls_suites[cipher].secret ||
        notes->server_length != ctls_suites[cipher].secret)
        return NULL;
    const uint8_t *alpn = NULL;
    unsigned alpn_length = ctls_alpn(session, &alpn);
    const char *name = ctls_server_name(session);
    size_t name_length = name ? strlen(name) : 0;
    if (name_length > 255) return NULL;
    struct ctls_records *records = OPENSSL_zalloc(sizeof *records + alpn_length + name_length + 1);
    if (!records) return NULL;
    unsigned fragment = SSL_SESSION_get_max_fragment_length(SSL_get_session(session));
    records->descriptor = SSL_get_fd(session);
    records->cipher = (uint8_t)cipher;
    records->fragment = fragment >= 1 && fragment <= 4 ? (uint16_t)(256 << fragment) : PLAIN_MAX;
    records->is_resumed = SSL_session_reused(session) == 1;
    records->alpn_length = (uint8_t)alpn_length;
    records->name_length = (uint8_t)name_length;
    if (alpn_length > 0) memcpy(records->text, alpn, alpn_length);
    if (name) memcpy(records->text + alpn_length, name, name_length);
    memcpy(records->in.secret, notes->client, SECRET_MAX);
    memcpy(records->out.secret, notes->server, SECRET_MAX);
    if (!ctls_derive(cipher, &records->in) || !ctls_derive(cipher, &records->out)) {
        ctls_records_free(records);
        return NULL;
    }
    records->out.sequence = notes->records_written;
    ctls_session_free(session);
    return records;
}

void ctls_records_free(struct ctls_records *records) {
    if (!records) return;
    ctls_records_drop_stash(records);
    OPENSSL_free(records->pending);
    OPENSSL_clear_free(records, sizeof *records);
}

int ctls_records_wants_write(const struct ctls_records *records) { return records->pending && !records->is_broken; }
int ctls_records_is_resumed(const struct ctls_records *records) { return records->is_resumed; }
const char *ctls_records_cipher(const struct ctls_records *records) { return ctls_suites[records->cipher].name; }
const char *ctls_records_server_name(const struct ctls_records *records) {
    return records->name_length > 0 ? records->text + records->alpn_length : NULL;
}
unsigned ctls_records_alpn(const struct ctls_records *records, const uint8_t **protocol) {
    *protocol = (const uint8_t *)records->text;
    return records->alpn_length;
}
