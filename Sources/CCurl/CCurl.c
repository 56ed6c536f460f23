#include "CCurl.h"
#include <curl/curl.h>
#include <stdlib.h>

/* CURLOPT_QUICK_EXIT: without it, ending a transfer waits for its name lookup. */
#if LIBCURL_VERSION_NUM < 0x075700
#error "libcurl 7.87 or newer is needed"
#endif

struct ccurl_multi {
    CURLM *multi;
    void *context;
    ccurl_watch watch;
};

struct ccurl_transfer {
    CURL *easy;
    struct curl_slist *headers;
    void *context;
    ccurl_head on_head;
    ccurl_body on_body;
    ccurl_connected on_connected;
    char words[CURL_ERROR_SIZE];
};

int ccurl_setup(void) {
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) return 0;
    /* The library that runs may be older than the headers. */
    const curl_version_info_data *info = curl_version_info(CURLVERSION_NOW);
    return info->version_num >= 0x075700 && (info->features & CURL_VERSION_ASYNCHDNS) != 0;
}

const char *ccurl_version(void) { return curl_version(); }

static int on_socket(CURL *easy, curl_socket_t fd, int what, void *context, void *unused) {
    ccurl_multi *m = context;
    int wanted = 0;
    (void)easy;
    (void)unused;
    if (what == CURL_POLL_IN || what == CURL_POLL_INOUT) wanted |= CCURL_READ;
    if (what == CURL_POLL_OUT || what == CURL_POLL_INOUT) wanted |= CCURL_WRITE;
    m->watch(m->context, fd, wanted);
    return 0;
}

ccurl_multi *ccurl_multi_new(void *context, ccurl_watch watch, long idle_connections) {
    ccurl_multi *m = calloc(1, sizeof *m);
    if (!m) return NULL;
    m->context = context;
    m->watch = watch;
    m->multi = curl_multi_init();
    if (!m->multi
        || curl_multi_setopt(m->multi, CURLMOPT_SOCKETFUNCTION, on_socket) != CURLM_OK
        || curl_multi_setopt(m->multi, CURLMOPT_SOCKETDATA, m) != CURLM_OK
        || curl_multi_setopt(m->multi, CURLMOPT_MAXCONNECTS, idle_connections) != CURLM_OK) {
        ccurl_multi_free(m);
        return NULL;
    }
    return m;
}

void ccurl_multi_free(ccurl_multi *m) {
    if (m->multi) curl_multi_cleanup(m->multi);
    free(m);
}

int ccurl_multi_add(ccurl_multi *m, ccurl_transfer *t) { return curl_multi_add_handle(m->multi, t->easy) == CURLM_OK; }
void ccurl_multi_remove(ccurl_multi *m, ccurl_transfer *t) { curl_multi_remove_handle(m->multi, t->easy); }

void ccurl_multi_act(ccurl_multi *m, int fd, int what) {
    int running, events = 0;
    if (what & CCURL_READ) events |= CURL_CSELECT_IN;
    if (what & CCURL_WRITE) events |= CURL_CSELECT_OUT;
    if (what & CCURL_ERROR) events |= CURL_CSELECT_ERR;
    curl_multi_socket_action(m->multi, fd, events, &running);
}

void ccurl_multi_expire(ccurl_multi *m) {
    int running;
    curl_multi_socket_action(m->multi, CURL_SOCKET_TIMEOUT, 0, &running);
}

long ccurl_multi_timeout(ccurl_multi *m) {
    long milliseconds = -1;
    curl_multi_timeout(m->multi, &milliseconds);
    return milliseconds;
}

static int end_of(CURLcode code) {
    switch (code) {
    case CURLE_OK: return CCURL_END_OK;
    case CURLE_COULDNT_RESOLVE_HOST: return CCURL_END_RESOLVE;
    case CURLE_COULDNT_CONNECT: return CCURL_END_CONNECT;
    case CURLE_OPERATION_TIMEDOUT: return CCURL_END_TIMEOUT;
    case CURLE_SSL_CONNECT_ERROR: case CURLE_SSL_CIPHER: case CURLE_SSL_ENGINE_INITFAILED: case CURLE_SSL_CERTPROBLEM:
        return CCURL_END_TLS;
    case CURLE_PEER_FAILED_VERIFICATION: case CURLE_SSL_ISSUER_ERROR: case CURLE_SSL_INVALIDCERTSTATUS:
        return CCURL_END_UNVERIFIED;
    case CURLE_SSL_CACERT_BADFILE: case CURLE_SSL_CRL_BADFILE: return CCURL_END_AUTHORITIES;
    case CURLE_GOT_NOTHING: case CURLE_SEND_ERROR: case CURLE_RECV_ERROR: return CCURL_END_LOST;
    case CURLE_PARTIAL_FILE: return CCURL_END_TRUNCATED;
    case CURLE_WEIRD_SERVER_REPLY: case CURLE_HTTP2: case CURLE_HTTP2_STREAM: return CCURL_END_MALFORMED;
    /* A line of the head that does not end: libcurl's buffer for it is full. */
    case CURLE_OUT_OF_MEMORY: return CCURL_END_HEAD_TOO_LARGE;
    case CURLE_TOO_MANY_REDIRECTS: return CCURL_END_REDIRECTS;
    case CURLE_UNSUPPORTED_PROTOCOL: return CCURL_END_PROTOCOL;
    case CURLE_BAD_CONTENT_ENCODING: return CCURL_END_ENCODING;
    case CURLE_COULDNT_RESOLVE_PROXY: case CURLE_PROXY: return CCURL_END_PROXY;
    case CURLE_WRITE_ERROR: case CURLE_ABORTED_BY_CALLBACK: return CCURL_END_STOPPED;
    default: return CCURL_END_OTHER;
    }
}

void *ccurl_multi_next_ended(ccurl_multi *m, int *end) {
    int left;
    CURLMsg *message;
    while ((message = curl_multi_info_read(m->multi, &left))) {
        ccurl_transfer *t = NULL;
        if (message->msg != CURLMSG_DONE) continue;
        if (curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &t) != CURLE_OK || !t) continue;
        *end = end_of(message->data.result);
        return t->context;
    }
    return NULL;
}

static size_t on_head(char *bytes, size_t one, size_t count, void *context) {
    ccurl_transfer *t = context;
    return t->on_head(t->context, bytes, one * count) == CCURL_GO_ON ? one * count : CURL_WRITEFUNC_ERROR;
}

static size_t on_body(char *bytes, size_t one, size_t count, void *context) {
    ccurl_transfer *t = context;
    switch (t->on_body(t->context, bytes, one * count)) {
    case CCURL_GO_ON: return one * count;
    case CCURL_PAUSE: return CURL_WRITEFUNC_PAUSE;
    default: return CURL_WRITEFUNC_ERROR;
    }
}

static int on_connected(void *context, char *peer, char *local, int peer_port, int local_port) {
    ccurl_transfer *t = context;
    (void)peer;
    (void)local;
    (void)peer_port;
    (void)local_port;
    return t->on_connected(t->context) == CCURL_GO_ON ? CURL_PREREQFUNC_OK : CURL_PREREQFUNC_ABORT;
}

static int same(const char *left, const char *right) {
    while (*left && *left == *right) left++, right++;
    return *left == *right;
}

/* The first option that is refused decides: a request with half of its limits must not go out. */
#define SET(option, value) \
    if (curl_easy_setopt(e, option, value) != CURLE_OK) return 0

static int set_up(ccurl_transfer *t, const ccurl_settings *s) {
    CURL *e = t->easy;
    SET(CURLOPT_PRIVATE, t);
    SET(CURLOPT_ERRORBUFFER, t->words);
    SET(CURLOPT_NOSIGNAL, 1L);
    SET(CURLOPT_QUICK_EXIT, 1L);
    SET(CURLOPT_NOPROGRESS, 1L);
    SET(CURLOPT_PROTOCOLS_STR, "http,https");
    SET(CURLOPT_REDIR_PROTOCOLS_STR, s->is_secure_only ? "https" : "http,https");
    SET(CURLOPT_URL, s->url);
    SET(CURLOPT_FOLLOWLOCATION, s->redirects > 0 ? 1L : 0L);
    SET(CURLOPT_MAXREDIRS, s->redirects);
    SET(CURLOPT_CONNECTTIMEOUT_MS, s->connect_milliseconds);
    SET(CURLOPT_MAXAGE_CONN, s->idle_connection_seconds);
    SET(CURLOPT_TCP_KEEPALIVE, 1L);
    SET(CURLOPT_USERAGENT, s->user_agent);
    SET(CURLOPT_SSL_VERIFYPEER, 1L);
    SET(CURLOPT_SSL_VERIFYHOST, 2L);
    SET(CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    if (s->authorities) {
        SET(CURLOPT_CAINFO, s->authorities);
        /* Those and no others. */
        SET(CURLOPT_CAPATH, NULL);
    }
    if (s->proxy) SET(CURLOPT_PROXY, s->proxy);
    SET(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
    SET(CURLOPT_HTTP_VERSION, s->allows_http2 ? (long)CURL_HTTP_VERSION_2TLS : (long)CURL_HTTP_VERSION_1_1);
    if (s->accepts_compressed) SET(CURLOPT_ACCEPT_ENCODING, "gzip, deflate");
    SET(CURLOPT_HEADERFUNCTION, on_head);
    SET(CURLOPT_HEADERDATA, t);
    SET(CURLOPT_WRITEFUNCTION, on_body);
    SET(CURLOPT_WRITEDATA, t);
    SET(CURLOPT_PREREQFUNCTION, on_connected);
    SET(CURLOPT_PREREQDATA, t);
    if (same(s->method, "HEAD")) {
        SET(CURLOPT_NOBODY, 1L);
    } else if (same(s->method, "GET") && !s->has_body) {
        SET(CURLOPT_HTTPGET, 1L);
    } else {
        if (s->has_body) {
            SET(CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)s->body_count);
            SET(CURLOPT_COPYPOSTFIELDS, s->body_count ? s->body : "");
        }
        /* POST is left to libcurl, which makes a GET of it where RFC 9110 §15.4 says so. */
        if (!s->has_body || !same(s->method, "POST")) SET(CURLOPT_CUSTOMREQUEST, s->method);
    }
    return 1;
}

ccurl_transfer *ccurl_transfer_new(const ccurl_settings *s) {
    ccurl_transfer *t = calloc(1, sizeof *t);
    if (!t) return NULL;
    t->context = s->context;
    t->on_head = s->on_head;
    t->on_body = s->on_body;
    t->on_connected = s->on_connected;
    t->easy = curl_easy_init();
    if (!t->easy || !set_up(t, s)) {
        ccurl_transfer_free(t);
        return NULL;
    }
    return t;
}

int ccurl_transfer_add_header(ccurl_transfer *t, const char *line) {
    struct curl_slist *longer = curl_slist_append(t->headers, line);
    if (!longer) return 0;
    t->headers = longer;
    return curl_easy_setopt(t->easy, CURLOPT_HTTPHEADER, longer) == CURLE_OK;
}

void ccurl_transfer_free(ccurl_transfer *t) {
    if (t->easy) curl_easy_cleanup(t->easy);
    curl_slist_free_all(t->headers);
    free(t);
}

int ccurl_transfer_resume(ccurl_transfer *t) { return curl_easy_pause(t->easy, CURLPAUSE_CONT) == CURLE_OK; }

void ccurl_transfer_progress(const ccurl_transfer *t, ccurl_progress *p) {
    curl_off_t value;
    long number;
    *p = (ccurl_progress){0};
    if (curl_easy_getinfo(t->easy, CURLINFO_NAMELOOKUP_TIME_T, &value) == CURLE_OK) p->is_resolved = value > 0;
    /* CURLINFO_CONNECT_TIME_T stays 0 until TLS is done as well; there is a local port as soon as TCP is. */
    if (curl_easy_getinfo(t->easy, CURLINFO_LOCAL_PORT, &number) == CURLE_OK) p->is_connected = number > 0;
    if (curl_easy_getinfo(t->easy, CURLINFO_SIZE_UPLOAD_T, &value) == CURLE_OK) p->uploaded = value;
    if (curl_easy_getinfo(t->easy, CURLINFO_REQUEST_SIZE, &number) == CURLE_OK) p->request_bytes = number;
    if (curl_easy_getinfo(t->easy, CURLINFO_OS_ERRNO, &number) == CURLE_OK) p->os_error = (int)number;
    if (curl_easy_getinfo(t->easy, CURLINFO_SSL_VERIFYRESULT, &number) == CURLE_OK) p->verification = (int)number;
}

const char *ccurl_transfer_words(const ccurl_transfer *t) { return t->words; }
