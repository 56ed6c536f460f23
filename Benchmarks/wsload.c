/* wsload - WebSocket load generator: echo, fanout, idle, churn. One thread, epoll, no third-party code.
 * Every frame sent is masked with a fresh key; every reply is checked byte for byte.
 * Prints one JSON object. Build: build.sh   Help: wsload --help */
#define _GNU_SOURCE
#include "wsutil.h"
#include <arpa/inet.h>
#include <errno.h>
#include <dirent.h>
#include <fcntl.h>
#include <getopt.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#ifndef IP_BIND_ADDRESS_NO_PORT
#define IP_BIND_ADDRESS_NO_PORT 24
#endif
typedef uint8_t u8;
typedef uint32_t u32;
typedef uint64_t u64;

enum { M_ECHO, M_FANOUT, M_IDLE, M_CHURN };
enum { PR_WS, PR_SIO, PR_RAW };                                   /* protocol on the wire */
enum { ST_NONE, ST_CONN, ST_HTTP, ST_SIO_OPEN, ST_SIO_CONN, ST_READY, ST_CLOSING, ST_DEAD };

typedef struct conn {
    int fd;
    u8 st, pub, wantw;
    u32 id, tx, rx;               /* next sequence number to send, to expect */
    u32 inlen, incap, outoff, outlen, outcap;
    u64 *ts;                      /* send times of the messages in flight (echo) */
    u8 *in, *out;                 /* partial input; output the socket did not take */
} conn;

static struct {
    int mode, proto, port, conns, size, inflight, window, conc, settle, hold, touch, srcs, binary, post;
    u64 n;
    double secs, warm, rate;
    const char *host, *path, *pubpath, *sub, *pub, *dpre, *dsuf, *find, *label;
    int npid, pids[64];
} O = {.port = 9001, .conns = 50, .size = 64, .inflight = 1, .window = 1, .conc = 64, .settle = 1000, .hold = 1000, .srcs = 1,
       .secs = 3, .warm = 0.5, .host = "127.0.0.1", .path = "/", .sub = "S", .pub = "P%s", .dpre = "", .dsuf = "", .find = "", .label = ""};

static int ep, tfd = -1;
static conn *cs;
static u8 rbuf[512 * 1024], *txb, *pat;    /* receive buffer; batch of frames to send; payload pattern with prefix and suffix */
static size_t txn, txcap, patlen, prelen;
static char key[32], accept_key[32], req[2048];
static size_t reqlen;
static u64 ready, opened, dead, errs, got, measured_from, pubs, done_msgs, churned;
static int measuring, stopping;
static u64 *pubts;                         /* fanout: publish time of message i, mod RING */
static u32 *pubcnt;                        /* fanout: deliveries of message i, mod RING */
enum { RING = 1 << 16 };

static u64 now_ns(void) { struct timespec t; clock_gettime(CLOCK_MONOTONIC, &t); return (u64)t.tv_sec * 1000000000u + (u64)t.tv_nsec; }
static void die(const char *f, ...) {
    va_list a; va_start(a, f); fprintf(stderr, "wsload: "); vfprintf(stderr, f, a); fputc('\n', stderr); va_end(a); exit(1);
}
static void err(const char *what) { if (errs++ < 5) fprintf(stderr, "wsload: error: %s (%s)\n", what, strerror(errno)); }

/* ---- latency histogram: 64 linear steps per power of two of nanoseconds (error <= 1.6 %) ---- */
static u64 hist[64 * 64], hist_n, hist_max;
static void hist_add(u64 v) {
    if (v > hist_max) hist_max = v;
    hist_n++;
    if (v < 64) { hist[v]++; return; }
    int e = 63 - __builtin_clzll(v);
    hist[(e - 5) * 64 + (int)(v >> (e - 6) & 63)]++;
}
static double hist_q(double q) {           /* microseconds */
    u64 want = (u64)(q * (double)hist_n), sum = 0;
    for (int i = 0; i < 64 * 64; i++) if ((sum += hist[i]) > want)
        return (i < 64 ? i : (double)((u64)(64 + i % 64) << (i / 64 - 1))) / 1e3;
    return (double)hist_max / 1e3;
}

/* ---- samples of the server processes and of the machine ---- */
typedef struct { double wall, usr, sys, run, ksoft, cli, busy, steal; long rss, pss, anon, vcsw, slab; } samp;
static int ksoftirqd[256], nksoftirqd;     /* network work the kernel moves out of the server's time: reported apart */
static double runtime(const char *path) {
    unsigned long long ns = 0; FILE *f = fopen(path, "r");
    if (!f) return 0;
    if (fscanf(f, "%llu", &ns) != 1) ns = 0;
    fclose(f);
    return (double)ns / 1e9;
}
static void find_ksoftirqd(void) {
    DIR *d = opendir("/proc"); struct dirent *e; char p[320], b[32];
    while (d && (e = readdir(d)) && nksoftirqd < 256) {
        int id = atoi(e->d_name); FILE *f;
        if (id <= 0 || id > 100000) continue;
        snprintf(p, sizeof p, "/proc/%d/comm", id);
        if (!(f = fopen(p, "r"))) continue;
        if (fgets(b, sizeof b, f) && !strncmp(b, "ksoftirqd/", 10)) ksoftirqd[nksoftirqd++] = id;
        fclose(f);
    }
    if (d) closedir(d);
}
static long grep_kb(const char *path, const char *name) {
    char l[256]; long v = 0; FILE *f = fopen(path, "r");
    if (!f) return 0;
    while (fgets(l, sizeof l, f)) if (!strncmp(l, name, strlen(name))) { v = atol(l + strlen(name)); break; }
    fclose(f);
    return v;
}
static samp sample(int mem) {
    samp s = {0}; char p[320], b[1024]; struct rusage ru; double hz = (double)sysconf(_SC_CLK_TCK);
    for (int i = 0; i < O.npid; i++) {
        snprintf(p, sizeof p, "/proc/%d/stat", O.pids[i]);
        FILE *f = fopen(p, "r");
        if (!f) die("no process %d", O.pids[i]);
        size_t n = fread(b, 1, sizeof b - 1, f); b[n] = 0; fclose(f);
        unsigned long u, k; char *q = strrchr(b, ')');
        if (q && sscanf(q + 2, "%*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu", &u, &k) == 2) s.usr += (double)u / hz, s.sys += (double)k / hz;
        snprintf(p, sizeof p, "/proc/%d/task", O.pids[i]);
        DIR *d = opendir(p); struct dirent *e;
        while (d && (e = readdir(d))) if (e->d_name[0] != '.') {
            snprintf(p, sizeof p, "/proc/%d/task/%s/schedstat", O.pids[i], e->d_name);
            s.run += runtime(p);
            snprintf(p, sizeof p, "/proc/%d/task/%s/status", O.pids[i], e->d_name);
            s.vcsw += grep_kb(p, "voluntary_ctxt_switches:");
        }
        if (d) closedir(d);
        if (mem) {
            snprintf(p, sizeof p, "/proc/%d/smaps_rollup", O.pids[i]);
            s.rss += grep_kb(p, "Rss:"), s.pss += grep_kb(p, "Pss:"), s.anon += grep_kb(p, "Anonymous:");
        }
    }
    for (int i = 0; i < nksoftirqd; i++) { snprintf(p, sizeof p, "/proc/%d/schedstat", ksoftirqd[i]); s.ksoft += runtime(p); }
    if (mem) s.slab = grep_kb("/proc/meminfo", "Slab:");
    getrusage(RUSAGE_SELF, &ru);
    s.cli = (double)(ru.ru_utime.tv_sec + ru.ru_stime.tv_sec) + (double)(ru.ru_utime.tv_usec + ru.ru_stime.tv_usec) / 1e6;
    FILE *f = fopen("/proc/stat", "r"); unsigned long v[8] = {0};
    if (f) { if (fscanf(f, "cpu %lu %lu %lu %lu %lu %lu %lu %lu", v, v + 1, v + 2, v + 3, v + 4, v + 5, v + 6, v + 7) < 4) v[0] = 0; fclose(f); }
    s.busy = (double)(v[0] + v[1] + v[2] + v[5] + v[6]) / hz, s.steal = (double)v[7] / hz;
    s.wall = (double)now_ns() / 1e9;
    return s;
}

/* ---- output ---- */
static void poll_ctl(conn *c, int op, int w) {
    struct epoll_event e = {.events = EPOLLIN | (w ? EPOLLOUT : 0u), .data.ptr = c};
    c->wantw = (u8)w;
    epoll_ctl(ep, op, c->fd, &e);
}
static void conn_close(conn *c) {
    if (c->fd >= 0) close(c->fd);
    free(c->in); free(c->out);
    c->in = c->out = NULL; c->inlen = c->incap = c->outlen = c->outcap = c->outoff = 0;
    c->fd = -1; c->st = ST_DEAD; dead++;
}
static void conn_send(conn *c, const u8 *p, size_t n) {
    if (c->st == ST_DEAD) return;
    if (!c->outlen) {
        ssize_t k = send(c->fd, p, n, MSG_NOSIGNAL);
        if (k < 0 && errno != EAGAIN) { err("send"); conn_close(c); return; }
        if (k > 0) p += k, n -= (size_t)k;
        if (!n) return;
    }
    if (c->outoff + c->outlen + n > c->outcap) {
        if (c->outoff) memmove(c->out, c->out + c->outoff, c->outlen), c->outoff = 0;
        if (c->outlen + n > c->outcap) c->out = realloc(c->out, c->outcap = (u32)(2 * (c->outlen + n)));
    }
    memcpy(c->out + c->outoff + c->outlen, p, n);
    c->outlen += (u32)n;
    if (!c->wantw) poll_ctl(c, EPOLL_CTL_MOD, 1);
}
static void conn_writable(conn *c) {
    ssize_t k = send(c->fd, c->out + c->outoff, c->outlen, MSG_NOSIGNAL);
    if (k < 0) { if (errno != EAGAIN) { err("send"); conn_close(c); } return; }
    c->outoff += (u32)k; c->outlen -= (u32)k;
    if (!c->outlen) { free(c->out); c->out = NULL; c->outcap = c->outoff = 0; poll_ctl(c, EPOLL_CTL_MOD, 0); }
}
static void tx_flush(conn *c) { if (txn) { conn_send(c, txb, txn); txn = 0; } }
static void tx_frame(conn *c, u8 op, const u8 *p, size_t n) {
    static u64 rng = 88172645463325252ull;
    if (txn + n + 14 > txcap) tx_flush(c);
    u8 *f = txb + txn, k[4] = {0};
    size_t h = ws_header(f, op | 0x80, n);
    f[1] |= 0x80;
    if (O.proto != PR_RAW) { rng ^= rng << 13; rng ^= rng >> 7; rng ^= rng << 17; memcpy(k, &rng, 4); }
    memcpy(f + h, k, 4);
    ws_mask(f + h + 4, p, n, k);
    txn += h + 4 + n;
}
static void hex(u8 *p, u32 v, int n) { for (; n--; v >>= 4) p[n] = (u8)"0123456789abcdef"[v & 15]; }
/* A payload begins "iiiiii-ssssssss-": six hex digits of connection, eight of sequence number. */
static const u8 *payload(u32 id, u32 seq) { hex(pat + prelen, id, 6); hex(pat + prelen + 7, seq, 8); return pat; }

static void echo_one(conn *c) {
    c->ts[c->tx % (u32)O.inflight] = now_ns();
    tx_frame(c, O.binary ? 2 : 1, payload(c->id, c->tx), patlen);
    c->tx++;
}
static void publish(void) {
    conn *c = &cs[O.conns];
    static u8 b[1 << 17];
    const char *s = strstr(O.pub, "%s");
    size_t a = s ? (size_t)(s - O.pub) : strlen(O.pub), z = s ? strlen(s + 2) : 0, n = 0, body = (size_t)O.size;
    payload(c->id, (u32)pubs);
    if (O.post) n = (size_t)sprintf((char *)b, "POST %s HTTP/1.1\r\nHost: %s\r\nContent-Type: text/plain\r\nContent-Length: %zu\r\n\r\n", O.pubpath, O.host, body);
    else { memcpy(b, O.pub, a); n = a; }
    memcpy(b + n, pat + prelen, body); n += body;
    if (!O.post && z) { memcpy(b + n, s + 2, z); n += z; }
    pubcnt[pubs % RING] = 0;
    pubts[pubs++ % RING] = now_ns();
    if (O.post) { conn_send(c, b, n); return; }
    tx_frame(c, O.binary ? 2 : 1, b, n);
}
static void publish_more(void) {           /* closed loop: keep `window` messages under way */
    conn *c = &cs[O.conns];
    while (!stopping && pubs - done_msgs < (u64)O.window) publish();
    tx_flush(c);
}

/* ---- input ---- */
static void conn_open(conn *c);
static void churn_next(conn *c) { churned++; if (!stopping) conn_open(c); }
static void on_ready(conn *c) {
    c->st = ST_READY; ready++;
    if (((O.mode == M_FANOUT && !c->pub) || (O.mode == M_IDLE && *O.find)) && *O.sub) tx_frame(c, 1, (const u8 *)O.sub, strlen(O.sub));
    if (O.mode == M_CHURN) { c->st = ST_CLOSING; tx_frame(c, 8, (const u8 *)"\x03\xe8", 2); }
}
static void on_msg(conn *c, u8 *p, size_t n) {
    if (O.proto == PR_SIO && c->st != ST_READY && c->st != ST_CLOSING) {
        if (c->st == ST_SIO_OPEN && n && p[0] == '0') { c->st = ST_SIO_CONN; tx_frame(c, 1, (const u8 *)"40", 2); }
        else if (c->st == ST_SIO_CONN && n >= 2 && p[0] == '4' && p[1] == '0') on_ready(c);
        else err("socket.io handshake");
        return;
    }
    if (O.proto == PR_SIO && n == 1 && p[0] == '2') { tx_frame(c, 1, (const u8 *)"3", 1); return; }
    if (c->pub) return;                    /* whatever the server answers to a publisher */
    if (*O.find) {                         /* the payload lies in an envelope; what has none is an answer to a command */
        const u8 *at = memmem(p, n, O.find, strlen(O.find));
        if (!at || O.mode == M_IDLE) return;
        at += strlen(O.find);
        if ((size_t)(p + n - at) < patlen) { err("short envelope"); return; }
        p = (u8 *)(uintptr_t)at; n = patlen;
    }
    u64 t = now_ns();
    if (n != patlen || memcmp(p, pat, prelen) || memcmp(p + prelen + 15, pat + prelen + 15, patlen - prelen - 15)) { err("payload differs"); return; }
    if (O.mode == M_FANOUT) {
        u32 seq = 0;
        for (int i = 0; i < 8; i++) { u8 d = p[prelen + 7 + (size_t)i]; seq = seq << 4 | (u32)(d <= '9' ? d - '0' : d - 'a' + 10); }
        if (seq < c->rx || seq >= pubs) { err("sequence"); return; }
        c->rx = seq + 1;
        got++;
        if (measuring && seq >= measured_from) hist_add(t - pubts[seq % RING]);
        if (++pubcnt[seq % RING] == (u32)O.conns) done_msgs++;
        return;
    }
    payload(c->id, c->rx);
    if (memcmp(p, pat, prelen + 15)) { err("echo out of order"); return; }
    if (measuring) hist_add(t - c->ts[c->rx % (u32)O.inflight]);
    c->rx++; got++;
    if (!stopping && O.mode == M_ECHO) echo_one(c);
}
/* Consumes whole units from p; returns bytes consumed. */
static size_t on_bytes(conn *c, u8 *p, size_t n) {
    size_t o = 0;
    if (c->pub && O.post) return n;
    if (c->st == ST_HTTP) {
        u8 *e = memmem(p, n, "\r\n\r\n", 4);
        if (!e) return 0;
        e[2] = 0;
        if (memcmp(p, "HTTP/1.1 101", 12) || !strstr((char *)p, accept_key)) { err("upgrade refused"); conn_close(c); return n; }
        o = (size_t)(e - p) + 4;
        if (O.proto == PR_SIO) c->st = ST_SIO_OPEN; else on_ready(c);
    }
    while (o < n && c->st != ST_DEAD) {
        u64 len; size_t h = ws_parse_header(p + o, n - o, &len);
        if (!h || len > n - o - h) break;
        u8 b0 = p[o];
        if ((p[o + 1] & 0x80 && O.proto != PR_RAW) || b0 & 0x70 || !(b0 & 0x80)) err("frame header");
        switch (b0 & 15) {
        case 1: case 2: on_msg(c, p + o + h, len); break;
        case 9: tx_frame(c, 10, p + o + h, len); break;
        case 10: break;
        case 8:
            if (c->st == ST_CLOSING) {
                ssize_t k = recv(c->fd, rbuf, 1, MSG_DONTWAIT | MSG_PEEK);
                if (k == 0) { conn_close(c); churn_next(c); return n; }
                shutdown(c->fd, SHUT_WR);
            } else { err("unexpected close"); conn_close(c); }
            return n;
        default: err("opcode");
        }
        o += h + len;
    }
    return o;
}
static void conn_readable(conn *c) {
    u8 *p = rbuf; size_t n, used;
    ssize_t k = recv(c->fd, rbuf, sizeof rbuf, 0);
    if (k <= 0) {
        if (k < 0 && errno == EAGAIN) return;
        int closing = c->st == ST_CLOSING;
        if (!closing) err(k ? "recv" : "connection ended");
        conn_close(c);
        if (closing) churn_next(c);
        return;
    }
    n = (size_t)k;
    if (c->inlen) {
        if (c->inlen + n > c->incap) c->in = realloc(c->in, c->incap = (u32)(2 * (c->inlen + n)));
        memcpy(c->in + c->inlen, rbuf, n);
        p = c->in; n += c->inlen;
    }
    used = on_bytes(c, p, n);
    if (c->st == ST_DEAD || c->st == ST_CONN) { txn = 0; return; }
    tx_flush(c);
    if (c->st == ST_DEAD) return;
    n -= used;
    if (n && p == rbuf) { if (n > c->incap) c->in = realloc(c->in, c->incap = (u32)n); memcpy(c->in, p + used, n); }
    else if (n) memmove(c->in, p + used, n);
    else if (c->in && c->incap > 4096) { free(c->in); c->in = NULL; c->incap = 0; }
    c->inlen = (u32)n;
}
static void conn_open(conn *c) {
    static u32 nth;
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons((uint16_t)O.port)}, s = {.sin_family = AF_INET};
    int one = 1, fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0) die("socket: %s", strerror(errno));
    inet_pton(AF_INET, O.host, &a.sin_addr);
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    if (O.srcs > 1) {
        s.sin_addr.s_addr = htonl(0x7f000002u + nth++ % (u32)O.srcs);
        setsockopt(fd, SOL_IP, IP_BIND_ADDRESS_NO_PORT, &one, sizeof one);
        if (bind(fd, (struct sockaddr *)&s, sizeof s)) die("bind: %s", strerror(errno));
    }
    c->fd = fd; c->st = ST_CONN; c->tx = c->rx = 0; opened++;
    if (connect(fd, (struct sockaddr *)&a, sizeof a) && errno != EINPROGRESS) { err("connect"); conn_close(c); return; }
    poll_ctl(c, EPOLL_CTL_ADD, 1);
}
static void conn_connected(conn *c) {
    int e = 0; socklen_t l = sizeof e;
    getsockopt(c->fd, SOL_SOCKET, SO_ERROR, &e, &l);
    if (e) { errno = e; err("connect"); conn_close(c); return; }
    poll_ctl(c, EPOLL_CTL_MOD, 0);
    if (O.proto == PR_RAW || (c->pub && O.post)) { on_ready(c); tx_flush(c); return; }
    if (!c->pub) { c->st = ST_HTTP; conn_send(c, (u8 *)req, reqlen); return; }
    char r[2048]; c->st = ST_HTTP;
    int n = snprintf(r, sizeof r, "GET %s %s", O.pubpath ? O.pubpath : O.path, strstr(req, "HTTP/1.1\r\n"));
    conn_send(c, (u8 *)r, (size_t)n);
}
static void loop(int ms) {
    static struct epoll_event ev[1024];
    int n = epoll_wait(ep, ev, 1024, ms);
    for (int i = 0; i < n; i++) {
        conn *c = ev[i].data.ptr;
        if (!c) { u64 x; if (read(tfd, &x, 8) == 8) while (x-- && !stopping) { publish(); tx_flush(&cs[O.conns]); } continue; }
        if (c->st == ST_DEAD) continue;
        if (c->st == ST_CONN) { if (ev[i].events & (EPOLLOUT | EPOLLERR | EPOLLHUP)) conn_connected(c); continue; }
        if (ev[i].events & EPOLLOUT && c->outlen) conn_writable(c);
        if (c->st != ST_DEAD && ev[i].events & (EPOLLIN | EPOLLHUP | EPOLLERR)) conn_readable(c);
    }
    if (O.mode == M_FANOUT && measuring >= 0 && !O.rate && ready == (u64)O.conns + 1) publish_more();
}
static void loop_for(double secs) {
    u64 end = now_ns() + (u64)(secs * 1e9), t;
    while ((t = now_ns()) < end && (!O.n || stopping || got < O.n)) loop((int)((end - t) / 1000000) < 100 ? (int)((end - t) / 1000000) : 100);
}
static void connect_all(int total) {
    u64 last = now_ns(), seen = 0;
    while (ready + dead < (u64)total) {
        while (opened < (u64)total && opened - ready - dead < (u64)O.conc) conn_open(&cs[opened]);
        loop(100);
        if (ready + dead != seen) seen = ready + dead, last = now_ns();
        if (now_ns() - last > 10000000000ull) die("handshakes stalled: %lu of %d ready", (unsigned long)ready, total);
    }
    if (dead) die("%lu of %d connections failed", (unsigned long)dead, total);
}

static void out_cpu(samp a, samp b, u64 units) {
    double w = b.wall - a.wall, srv = b.run - a.run, n = units ? (double)units : 1;
    printf("\"n\":%lu,\"secs\":%.3f,\"per_s\":%.1f,\"srv_us\":%.4f,\"srv_util\":%.3f,\"srv_usr\":%.2f,\"srv_sys\":%.2f,\"cli_us\":%.4f,\"cli_util\":%.3f,"
           "\"sw_per\":%.4f,\"ksoft_us\":%.4f,\"other_cpu\":%.3f,\"steal\":%.3f",
           (unsigned long)units, w, n / w, srv * 1e6 / n, srv / w, b.usr - a.usr, b.sys - a.sys, (b.cli - a.cli) * 1e6 / n, (b.cli - a.cli) / w,
           (double)(b.vcsw - a.vcsw) / n, (b.ksoft - a.ksoft) * 1e6 / n, ((b.busy - a.busy) - srv - (b.cli - a.cli) - (b.ksoft - a.ksoft)) / w, (b.steal - a.steal) / w);
}
static void usage(void) {
    puts("wsload echo|fanout|idle|churn [options]\n"
         " -H host -p port -c conns -s payload_bytes -P in_flight(echo) -n count -d secs -w warmup_secs\n"
         " --proto ws|sio|raw  --path /  --label text  --pid a,b,c  --conc handshakes_at_once  --srcs source_addresses\n"
         " fanout: --sub text --pub 'P%s' --pubpath /p --post (publish by HTTP POST) --rate msgs/s (0: closed loop) --window W --settle ms\n"
         " --find text: deliveries carry the payload right after this text; other messages are ignored (idle: also send --sub on connecting)\n"
         " idle:   --hold ms --touch 1 (one echo on each connection before the last sample; 2: subscribe it too)\n"
         " churn:  -n connections -c at once");
    exit(2);
}
int main(int ac, char **av) {
    static struct option lo[] = {{"proto", 1, 0, 1}, {"path", 1, 0, 2}, {"label", 1, 0, 3}, {"pid", 1, 0, 4}, {"conc", 1, 0, 5}, {"srcs", 1, 0, 6},
        {"sub", 1, 0, 7}, {"pub", 1, 0, 8}, {"pubpath", 1, 0, 9}, {"post", 0, 0, 10}, {"rate", 1, 0, 11}, {"window", 1, 0, 12}, {"settle", 1, 0, 13},
        {"hold", 1, 0, 14}, {"touch", 1, 0, 15}, {"binary", 0, 0, 16}, {"help", 0, 0, 17}, {"find", 1, 0, 18}, {0}};
    static const char *modes[] = {"echo", "fanout", "idle", "churn"};
    int c;
    if (ac < 2) usage();
    for (O.mode = 3; O.mode >= 0 && strcmp(av[1], modes[O.mode]); O.mode--) {}
    if (O.mode < 0) usage();
    for (optind = 2; (c = getopt_long(ac, av, "H:p:c:s:P:n:d:w:", lo, NULL)) != -1;) switch (c) {
        case 'H': O.host = optarg; break;          case 'p': O.port = atoi(optarg); break;
        case 'c': O.conns = atoi(optarg); break;   case 's': O.size = atoi(optarg); break;
        case 'P': O.inflight = atoi(optarg); break; case 'n': O.n = strtoull(optarg, 0, 10); break;
        case 'd': O.secs = atof(optarg); break;    case 'w': O.warm = atof(optarg); break;
        case 1: O.proto = !strcmp(optarg, "sio") ? PR_SIO : !strcmp(optarg, "raw") ? PR_RAW : PR_WS; break;
        case 2: O.path = optarg; break;    case 3: O.label = optarg; break;
        case 4: for (char *t = strtok(optarg, ","); t && O.npid < 64; t = strtok(NULL, ",")) O.pids[O.npid++] = atoi(t); break;
        case 5: O.conc = atoi(optarg); break;  case 6: O.srcs = atoi(optarg); break;
        case 7: O.sub = optarg; break;     case 8: O.pub = optarg; break;
        case 9: O.pubpath = optarg; break; case 10: O.post = 1; break;
        case 11: O.rate = atof(optarg); break; case 12: O.window = atoi(optarg); break;
        case 13: O.settle = atoi(optarg); break; case 14: O.hold = atoi(optarg); break;
        case 15: O.touch = atoi(optarg); break; case 16: O.binary = 1; break; case 18: O.find = optarg; break;
        default: usage();
    }
    if (O.size < 16 || O.size > 65536) die("payload size must be 16..65536");
    if (O.proto == PR_SIO) {               /* Socket.IO 4 over Engine.IO 4, WebSocket transport only; events e (echo), sub, pub, m (delivery) */
        if (!strcmp(O.path, "/")) O.path = "/socket.io/?EIO=4&transport=websocket";
        O.sub = "42[\"sub\"]"; O.pub = "42[\"pub\",\"%s\"]";
        O.dpre = O.mode == M_FANOUT ? "42[\"m\",\"" : "42[\"e\",\""; O.dsuf = "\"]";
    }
    prelen = strlen(O.dpre); patlen = prelen + (size_t)O.size + strlen(O.dsuf);
    pat = malloc(patlen + 1);
    memcpy(pat, O.dpre, prelen);
    for (int i = 0; i < O.size; i++) pat[prelen + (size_t)i] = (u8)('a' + (i * 7 + i / 26) % 26);
    memcpy(pat + prelen + (size_t)O.size, O.dsuf, strlen(O.dsuf));
    pat[prelen + 6] = pat[prelen + 15] = '-';
    txcap = (patlen + 64) * (size_t)(O.inflight > O.window ? O.inflight : O.window) + 65536; txb = malloc(txcap);

    u8 rnd[16]; u64 t0 = now_ns();
    for (int i = 0; i < 16; i++) rnd[i] = (u8)(t0 >> (i % 8 * 8)) ^ (u8)(i * 37);
    ws_base64(rnd, 16, key); ws_accept(key, accept_key);
    reqlen = (size_t)snprintf(req, sizeof req, "GET %s HTTP/1.1\r\nHost: %s:%d\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Key: %s\r\nSec-WebSocket-Version: 13\r\n\r\n", O.path, O.host, O.port, key);

    struct rlimit rl = {1000000, 1000000};
    if (setrlimit(RLIMIT_NOFILE, &rl)) { getrlimit(RLIMIT_NOFILE, &rl); rl.rlim_cur = rl.rlim_max; setrlimit(RLIMIT_NOFILE, &rl); }
    signal(SIGPIPE, SIG_IGN);
    ep = epoll_create1(EPOLL_CLOEXEC);
    find_ksoftirqd();
    int total = O.conns + (O.mode == M_FANOUT);
    cs = calloc((size_t)total, sizeof *cs);
    for (int i = 0; i < total; i++) {
        cs[i].fd = -1; cs[i].id = (u32)i;
        if (O.mode == M_ECHO || O.mode == M_IDLE) cs[i].ts = calloc((size_t)O.inflight, 8);
    }
    printf("{\"label\":\"%s\",\"mode\":\"%s\",\"c\":%d,\"s\":%d,\"P\":%d,", O.label, modes[O.mode], O.conns, O.size, O.mode == M_FANOUT ? O.window : O.inflight);
    samp a, b;

    if (O.mode == M_CHURN) {
        u64 n = O.n ? O.n : 10000;
        a = sample(0);
        u64 last = now_ns(), seen = 0;
        O.n = 0;
        while (churned < n) {
            while (opened < (u64)O.conns) conn_open(&cs[opened]);
            if (churned + (u64)O.conns >= n) stopping = 1;
            loop(100);
            if (churned != seen) seen = churned, last = now_ns();
            if (now_ns() - last > 5000000000ull) { err("churn stalled"); break; }
            if (stopping && dead >= opened) break;
        }
        b = sample(0);
        out_cpu(a, b, churned);
        printf(",\"errors\":%lu}\n", (unsigned long)errs);
        return errs != 0;
    }
    a = sample(O.mode == M_IDLE);
    measuring = -1;
    connect_all(O.conns);
    if (O.mode == M_IDLE) {
        double tc = (double)now_ns() / 1e9 - a.wall;
        loop_for(O.hold / 1e3);
        samp m = sample(1); b = m;
        if (O.touch) {
            for (int i = 0; i < O.conns; i++) {
                if (O.touch > 1) tx_frame(&cs[i], 1, (const u8 *)O.sub, strlen(O.sub));
                echo_one(&cs[i]); tx_flush(&cs[i]); if (i % 64 == 63) loop(0);
            }
            u64 end = now_ns() + 30000000000ull;
            while (got < (u64)O.conns && now_ns() < end) loop(100);
            if (got < (u64)O.conns) err("touch: echoes missing");
            loop_for(O.hold / 1e3);
            b = sample(1);
        }
        double n = O.conns;
        printf("\"connect_s\":%.2f,\"rss0_kb\":%ld,\"rss_kb\":%ld,\"rss_touched_kb\":%ld,\"rss_per\":%.0f,\"pss_per\":%.0f,\"anon_per\":%.0f,\"rss_touched_per\":%.0f,"
               "\"slab_per\":%.0f,\"cpu_us_per_conn\":%.2f,\"errors\":%lu}\n", tc, a.rss, m.rss, b.rss, (double)(m.rss - a.rss) * 1024 / n,
               (double)(m.pss - a.pss) * 1024 / n, (double)(m.anon - a.anon) * 1024 / n, (double)(b.rss - a.rss) * 1024 / n,
               (double)(m.slab - a.slab) * 1024 / n, (m.run - a.run) * 1e6 / n, (unsigned long)errs);
        return errs != 0;
    }
    if (O.mode == M_FANOUT) {
        cs[O.conns].pub = 1; cs[O.conns].id = 0xffffff;
        pubts = calloc(RING, 8); pubcnt = calloc(RING, 4);
        O.dpre = ""; connect_all(total);
        loop_for(O.settle / 1e3);
        if (O.rate > 0) {
            long ns = (long)(1e9 / O.rate);
            struct itimerspec it = {{ns / 1000000000, ns % 1000000000}, {ns / 1000000000, ns % 1000000000}};
            struct epoll_event e = {.events = EPOLLIN, .data.ptr = NULL};
            tfd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK);
            timerfd_settime(tfd, 0, &it, NULL);
            epoll_ctl(ep, EPOLL_CTL_ADD, tfd, &e);
        } else publish_more();
    } else for (int i = 0; i < O.conns; i++) { for (int k = 0; k < O.inflight; k++) echo_one(&cs[i]); tx_flush(&cs[i]); }
    measuring = 0;
    u64 nmax = O.n; O.n = 0;
    loop_for(O.warm);
    measuring = 1; measured_from = pubs;
    u64 g0 = got; O.n = nmax ? got + nmax : 0;
    a = sample(0);
    loop_for(O.n ? 600 : O.secs);
    b = sample(0);
    u64 units = got - g0, nmsg = pubs - measured_from;
    stopping = 1;
    u64 want = O.mode == M_FANOUT ? pubs * (u64)O.conns : 0, end = now_ns() + 5000000000ull;
    if (!want) for (int i = 0; i < O.conns; i++) want += cs[i].tx;
    while (got < want && now_ns() < end && dead < (u64)total) loop(50);
    out_cpu(a, b, units);
    printf(",\"p50\":%.1f,\"p99\":%.1f,\"p999\":%.1f,\"max\":%.1f,\"pubs\":%lu,\"lost\":%ld,\"errors\":%lu}\n", hist_q(.5), hist_q(.99), hist_q(.999),
           (double)hist_max / 1e3, (unsigned long)nmsg, (long)(want - got), (unsigned long)errs);
    return errs != 0 || want != got;
}
