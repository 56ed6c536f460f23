/* libcurl's multi interface driven from outside: plain integers and pointers, no policy. Everything but ccurl_setup belongs
 * to one thread. */
#ifndef CCURL_H
#define CCURL_H
#include <stddef.h>
#include <stdint.h>

/* All transfers of one thread, and the connections they share. */
typedef struct ccurl_multi ccurl_multi;
/* One request and its answer. */
typedef struct ccurl_transfer ccurl_transfer;

/* Once per process, before anything else; any thread. 0 when libcurl cannot be used. */
int ccurl_setup(void);
/* "libcurl/7.88.1 OpenSSL/3.0.19 …" */
const char *ccurl_version(void);

/* What a socket is to be watched for, and what it is ready for. */
#define CCURL_READ 1
#define CCURL_WRITE 2
#define CCURL_ERROR 4

/* Watch `fd` for `what` (CCURL_READ | CCURL_WRITE), in place of what it was watched for before; 0: no longer. */
typedef void (*ccurl_watch)(void *context, int fd, int what);

/* Keeps at most `idle_connections` open for later; null without memory. */
ccurl_multi *ccurl_multi_new(void *context, ccurl_watch watch, long idle_connections);
/* After every transfer was taken out. */
void ccurl_multi_free(ccurl_multi *multi);
/* 1 when taken in; the transfer begins at the next ccurl_multi_expire. */
int ccurl_multi_add(ccurl_multi *multi, ccurl_transfer *transfer);
/* A transfer under way ends here, and its connection is closed unless it has read the whole answer. */
void ccurl_multi_remove(ccurl_multi *multi, ccurl_transfer *transfer);
/* A watched socket is ready for `what`: goes on with its transfers. */
void ccurl_multi_act(ccurl_multi *multi, int fd, int what);
/* The time of ccurl_multi_timeout has come. */
void ccurl_multi_expire(ccurl_multi *multi);
/* Milliseconds until ccurl_multi_expire wants to be called, -1: not at all. */
long ccurl_multi_timeout(ccurl_multi *multi);
/* The context of a transfer that has ended and its CCURL_END_…; null when there is no further one. */
void *ccurl_multi_next_ended(ccurl_multi *multi, int *end);

/* How a transfer ended. */
#define CCURL_END_OK 0
#define CCURL_END_RESOLVE 1
#define CCURL_END_CONNECT 2
#define CCURL_END_TIMEOUT 3
#define CCURL_END_TLS 4
#define CCURL_END_UNVERIFIED 5
#define CCURL_END_AUTHORITIES 6
#define CCURL_END_LOST 7
#define CCURL_END_TRUNCATED 8
#define CCURL_END_MALFORMED 9
#define CCURL_END_HEAD_TOO_LARGE 10
#define CCURL_END_REDIRECTS 11
#define CCURL_END_PROTOCOL 12
#define CCURL_END_ENCODING 13
#define CCURL_END_PROXY 14
#define CCURL_END_STOPPED 15 /* a callback said stop */
#define CCURL_END_OTHER 16

/* What the callbacks below answer. */
#define CCURL_GO_ON 0
#define CCURL_STOP 1
#define CCURL_PAUSE 2 /* the bytes are not taken, and come again after ccurl_transfer_resume */

/* One line of a head or a trailer, its line end included. GO_ON or STOP. */
typedef int (*ccurl_head)(void *context, const void *bytes, size_t count);
/* Bytes of the body, inflated when compression was allowed. */
typedef int (*ccurl_body)(void *context, const void *bytes, size_t count);
/* There is a connection (TLS included); the request goes out next. */
typedef int (*ccurl_connected)(void *context);

typedef struct ccurl_settings {
    const char *url;
    const char *method;
    const void *body; /* copied */
    size_t body_count;
    int has_body;
    const char *user_agent;
    const char *authorities; /* a PEM file, null: the system's */
    const char *proxy;       /* null: from the environment; "": none */
    long connect_milliseconds;
    long idle_connection_seconds; /* an older connection is not used again */
    long redirects;               /* 0: the redirect itself is the answer */
    int is_secure_only;           /* redirects must not leave TLS */
    int accepts_compressed;       /* gzip and deflate, inflated */
    int allows_http2;
    void *context;
    ccurl_head on_head;
    ccurl_body on_body;
    ccurl_connected on_connected;
} ccurl_settings;

/* Null without memory or when an option is refused. Strings are copied. */
ccurl_transfer *ccurl_transfer_new(const ccurl_settings *settings);
/* "Name: value", "Name;" for an empty value, "Name:" to leave out what libcurl would send. 1 when taken. */
int ccurl_transfer_add_header(ccurl_transfer *transfer, const char *line);
/* After it was taken out of its multi. */
void ccurl_transfer_free(ccurl_transfer *transfer);
/* Ends a pause; the body callback may be called before this returns. 0 when the transfer has failed over it. */
int ccurl_transfer_resume(ccurl_transfer *transfer);

/* How far a transfer has come. */
typedef struct ccurl_progress {
    int is_resolved;
    int is_connected;      /* TCP alone */
    int64_t request_bytes; /* of heads sent */
    int64_t uploaded;      /* of the body sent */
    int os_error;          /* errno of the last connect that failed */
    int verification;      /* X509_V_ERR_… */
} ccurl_progress;
void ccurl_transfer_progress(const ccurl_transfer *transfer, ccurl_progress *progress);
/* libcurl's own words about a failure, empty when it has none; lives as long as the transfer. */
const char *ccurl_transfer_words(const ccurl_transfer *transfer);
#endif
