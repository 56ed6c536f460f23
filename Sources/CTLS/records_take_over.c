/* From OpenSSL's session to records alone.
 *
 * What stays with OpenSSL: the client's side, and of the server's sessions those behind whose handshake OpenSSL has read
 * bytes that are not ours to take (a client that puts more into the record of its Finished), names over 255 bytes, and sessions in the kernel.
 * Ciphers other than AEAD are not offered at all (contexts.c). */
#include "records.h"

#include <openssl/core_names.h>
#include <openssl/kdf.h>
#include <openssl/params.h>
#include <string.h>

/* The server's Finished of TLS 1.2 under AES-GCM as a record: the last that OpenSSL writes. */
enum { FINISHED = 16, FINISHED_RECORD = HEADER + EXPLICIT + FINISHED + TAG };

/* What the callbacks of a handshake note of it. */
struct notes {
    uint8_t client[SECRET_MAX], server[SECRET_MAX]; /* TLS 1.3 */
    int client_length, server_length;
    uint32_t records_read, records_written; /* since the keys were changed last */
    uint8_t written[FINISHED_RECORD];       /* the last bytes */
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

/* OpenSSL's one public way to the secrets of TLS 1.3: a line as NSS logs it, "LABEL client-random secret". */
static void note_secret(const SSL *session, const char *line) {
    static const char client[] = "CLIENT_TRAFFIC_SECRET_0 ", server[] = "SERVER_TRAFFIC_SECRET_0 ";
    struct notes *notes = SSL_get_app_data(session);
    const char *secret = strrchr(line, ' ');
    if (!notes || !secret) return;
    if (strncmp(line, client, sizeof client - 1) == 0) notes->client_length = decode(secret + 1, notes->client);
    if (strncmp(line, server, sizeof server - 1) == 0) {
        notes->server_length = decode(secret + 1, notes->server);
        notes->records_written = 0;
    }
}

/* Counts the records of each direction under the keys that stay: Finished in TLS 1.2, the ticket in TLS 1.3. */
static void note_record(int writing, int version, int type, const void *bytes, size_t count, SSL *session, void *argument) {
    (void)version, (void)session;
    struct notes *notes = argument;
    if (type != SSL3_RT_HEADER || count < HEADER) return;
    uint32_t *records = writing ? &notes->records_written : &notes->records_read;
    /* From behind it on, the keys of TLS 1.2 are in use; in TLS 1.3 it is for show (RFC 8446 §D.4) and comes before the secrets. */
    *records = *(const uint8_t *)bytes == TYPE_CHANGE_CIPHER_SPEC ? 0 : *records + 1;
}

/* OpenSSL draws the first explicit nonce of GCM at random and counts up from there. No nonce may come twice under one key,
 * so ours must go on from its last; and the one place where it can be seen is the wire. */
static long note_written(BIO *bio, int operation, const char *bytes, size_t count, int argi, long argl, int result, size_t *sent) {
    (void)count, (void)argi, (void)argl;
    struct notes *notes = (struct notes *)BIO_get_callback_arg(bio);
    if (operation != (BIO_CB_WRITE | BIO_CB_RETURN) || result <= 0 || !notes || !sent) return result;
    size_t fresh = *sent < FINISHED_RECORD ? *sent : FINISHED_RECORD;
    memmove(notes->written, notes->written + fresh, FINISHED_RECORD - fresh);
    memcpy(notes->written + FINISHED_RECORD - fresh, bytes + *sent - fresh, fresh);
    return result;
}

void ctls_records_prepare_context(SSL_CTX *context) { SSL_CTX_set_keylog_callback(context, note_secret); }

int ctls_records_prepare_session(SSL *session) {
    struct notes *notes = OPENSSL_zalloc(sizeof *notes);
    if (!notes) return 0;
    SSL_set_app_data(session, notes);
    SSL_set_msg_callback(session, note_record);
    SSL_set_msg_callback_arg(session, notes);
    BIO_set_callback_ex(SSL_get_wbio(session), note_written);
    BIO_set_callback_arg(SSL_get_wbio(session), (char *)notes);
    return 1;
}

void ctls_records_forget_session(SSL *session) {
    struct notes *notes = SSL_get_app_data(session);
    if (!notes) return;
    BIO_set_callback_ex(SSL_get_wbio(session), NULL);
    SSL_set_msg_callback(session, NULL);
    SSL_set_app_data(session, NULL);
    OPENSSL_clear_free(notes, sizeof *notes);
}

static int cipher_of(const SSL *session) {
    int nid = SSL_CIPHER_get_cipher_nid(SSL_get_current_cipher(session));
    for (int cipher = 0; cipher < CTLS_CIPHERS; cipher++)
        if (nid == ctls_suites[cipher].nid) return cipher;
    return -1;
}

static int start_tls13(const struct notes *notes, int cipher, ctls_start *in, ctls_start *out) {
    if (notes->client_length != ctls_suites[cipher].hash || notes->server_length != ctls_suites[cipher].hash) return 0;
    memcpy(in->secret, notes->client, SECRET_MAX);
    memcpy(out->secret, notes->server, SECRET_MAX);
    in->sequence = 0; /* all that was read was sealed for the handshake */
    out->sequence = notes->records_written;
    return 1;
}

/* PRF(master secret, "key expansion", server's random + client's) (RFC 5246 §6.3). */
static int expand_keys(const SSL *session, int cipher, uint8_t *block, size_t count) {
    static const char label[13] = "key expansion";
    uint8_t master[SSL_MAX_MASTER_KEY_LENGTH], seed[sizeof label + 2 * SSL3_RANDOM_SIZE];
    size_t length = SSL_SESSION_get_master_key(SSL_get_session(session), master, sizeof master);
    memcpy(seed, label, sizeof label);
    SSL_get_server_random(session, seed + sizeof label, SSL3_RANDOM_SIZE);
    SSL_get_client_random(session, seed + sizeof label + SSL3_RANDOM_SIZE, SSL3_RANDOM_SIZE);
    OSSL_PARAM params[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, (char *)EVP_MD_get0_name(ctls_hash(cipher)), 0),
        OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_SECRET, master, length),
        OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_SEED, seed, sizeof seed),
        OSSL_PARAM_construct_end(),
    };
    EVP_KDF *kdf = EVP_KDF_fetch(NULL, OSSL_KDF_NAME_TLS1_PRF, NULL);
    EVP_KDF_CTX *context = EVP_KDF_CTX_new(kdf);
    int good = length > 0 && context && EVP_KDF_derive(context, block, count, params) == 1;
    EVP_KDF_CTX_free(context);
    EVP_KDF_free(kdf);
    OPENSSL_cleanse(master, sizeof master);
    return good;
}

static int start_tls12(const SSL *session, const struct notes *notes, int cipher, ctls_start *in, ctls_start *out) {
    static const uint8_t finished[HEADER] = {TYPE_HANDSHAKE, 3, 3, 0, FINISHED_RECORD - HEADER};
    uint8_t block[2 * (KEY_MAX + NONCE)];
    size_t key = (size_t)ctls_suites[cipher].key, fixed = cipher == CTLS_CHACHA20_POLY1305 ? NONCE : NONCE - EXPLICIT;
    int is_gcm = fixed < NONCE;
    /* Anything but one Finished, and we would not know what nonces OpenSSL has used. */
    if (notes->records_written != 1 || (is_gcm && memcmp(notes->written, finished, HEADER) != 0)) return 0;
    int good = expand_keys(session, cipher, block, 2 * (key + fixed));
    in->sequence = notes->records_read; /* one as a rule; nothing forbids a client to cut its Finished in pieces */
    out->sequence = notes->records_written;
    if (good) {
        memcpy(in->secret, block, key);
        memcpy(out->secret, block + key, key);
        memcpy(in->secret + key, block + 2 * key, fixed);
        memcpy(out->secret + key, block + 2 * key + fixed, fixed);
        if (is_gcm) memcpy(out->secret + key + fixed, notes->written + HEADER, EXPLICIT);
    }
    OPENSSL_cleanse(block, sizeof block);
    return good;
}

struct ctls_records *ctls_records_new(int descriptor, int version, int cipher, const ctls_start *in, const ctls_start *out,
                                      size_t text) {
    if (cipher < 0 || cipher >= CTLS_CIPHERS) return NULL;
    struct ctls_records *records = OPENSSL_zalloc(sizeof *records + text);
    if (!records) return NULL;
    records->descriptor = descriptor;
    records->cipher = (uint8_t)cipher;
    records->fragment = PLAIN_MAX;
    records->is_tls12 = version < 3;
    records->explicit_nonce = records->is_tls12 && cipher != CTLS_CHACHA20_POLY1305 ? EXPLICIT : 0;
    records->overhead = (uint8_t)(TAG + (records->is_tls12 ? records->explicit_nonce : 1));
    if (ctls_set_direction(records, &records->in, in) && ctls_set_direction(records, &records->out, out)) return records;
    ctls_records_free(records);
    return NULL;
}

static struct ctls_records *take_over(SSL *session, const struct notes *notes, int cipher, ctls_start *in, ctls_start *out) {
    int is_tls13 = SSL_version(session) == TLS1_3_VERSION;
    if (!is_tls13 && SSL_version(session) != TLS1_2_VERSION) return NULL;
    if (!(is_tls13 ? start_tls13(notes, cipher, in, out) : start_tls12(session, notes, cipher, in, out))) return NULL;
    const uint8_t *alpn = NULL;
    unsigned alpn_length = ctls_alpn(session, &alpn);
    const char *name = ctls_server_name(session);
    size_t name_length = name ? strlen(name) : 0;
    if (name_length > 255) return NULL;
    struct ctls_records *records = ctls_records_new(SSL_get_fd(session), is_tls13 ? 3 : 2, cipher, in, out, alpn_length + name_length + 1);
    if (!records) return NULL;
    unsigned fragment = SSL_SESSION_get_max_fragment_length(SSL_get_session(session));
    if (fragment >= 1 && fragment <= 4) records->fragment = (uint16_t)(256 << fragment);
    records->cipher_name = SSL_CIPHER_get_name(SSL_get_current_cipher(session));
    records->is_resumed = SSL_session_reused(session) == 1;
    records->alpn_length = (uint8_t)alpn_length;
    records->name_length = (uint8_t)name_length;
    if (alpn_length > 0) memcpy(records->text, alpn, alpn_length);
    if (name) memcpy(records->text + alpn_length, name, name_length);
    return records;
}

struct ctls_records *ctls_records_take_over(SSL *session) {
    const struct notes *notes = SSL_get_app_data(session);
    int cipher = cipher_of(session);
    /* What the kernel writes or reads is no record of ours. */
    if (BIO_get_ktls_send(SSL_get_wbio(session)) > 0 || BIO_get_ktls_recv(SSL_get_rbio(session)) > 0) return NULL;
    if (!notes || cipher < 0 || !SSL_is_init_finished(session) || SSL_has_pending(session)) return NULL;
    ctls_start in = {{0}, 0}, out = {{0}, 0};
    struct ctls_records *records = take_over(session, notes, cipher, &in, &out);
    OPENSSL_cleanse(&in, sizeof in);
    OPENSSL_cleanse(&out, sizeof out);
    ERR_clear_error();
    if (records) ctls_session_free(session);
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
const char *ctls_records_version(const struct ctls_records *records) { return records->is_tls12 ? "TLSv1.2" : "TLSv1.3"; }
const char *ctls_records_cipher(const struct ctls_records *records) { return records->cipher_name; }
const char *ctls_records_server_name(const struct ctls_records *records) {
    return records->name_length > 0 ? records->text + records->alpn_length : NULL;
}
unsigned ctls_records_alpn(const struct ctls_records *records, const uint8_t **protocol) {
    *protocol = (const uint8_t *)records->text;
    return records->alpn_length;
}
