/* limits - what the kernel charges for the primitives a WebSocket server is made of, in CPU ns per operation.
 * N loopback TCP pairs in one process; senders write B bytes to each in turn, receivers drain (timed apart).
 * Usage: limits [pairs] [bytes]. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <liburing.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>
static double cpu(void) { struct timespec t; clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t); return (double)t.tv_sec * 1e9 + (double)t.tv_nsec; }
static int cmp(const void *a, const void *b) { double d = *(const double *)a - *(const double *)b; return d < 0 ? -1 : d > 0; }
static int N, B, *tx, *rx; static char buf[1 << 20]; static struct io_uring r;
static void mk(void) {
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)}; socklen_t l = sizeof a; int one = 1;
    int s = socket(AF_INET, SOCK_STREAM, 0);
    bind(s, (void *)&a, sizeof a); getsockname(s, (void *)&a, &l); listen(s, 4096);
    for (int i = 0; i < N; i++) {
        rx[i] = socket(AF_INET, SOCK_STREAM, 0);
        if (connect(rx[i], (void *)&a, sizeof a)) { perror("connect"); exit(1); }
        tx[i] = accept4(s, NULL, NULL, SOCK_NONBLOCK);
        setsockopt(tx[i], IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    }
    close(s);
}
static double med[64]; static int nm;
static void report(const char *what, double *v, int n) { qsort(v, (size_t)n, sizeof *v, cmp); printf("%-64s %8.0f ns (min %.0f)\n", what, v[n / 2], v[0]); med[nm++] = v[n / 2]; }
enum { R = 30 };
static void drain(double *d) { double a = cpu(); for (int i = 0; i < N; i++) if (recv(rx[i], buf, sizeof buf, 0) <= 0) exit(1); *d = (cpu() - a) / N; }
int main(int ac, char **av) {
    N = ac > 1 ? atoi(av[1]) : 1000; B = ac > 2 ? atoi(av[2]) : 130;
    struct rlimit rl; getrlimit(RLIMIT_NOFILE, &rl); rl.rlim_cur = rl.rlim_max; setrlimit(RLIMIT_NOFILE, &rl);
    tx = calloc((size_t)N, 4); rx = calloc((size_t)N, 4); mk();
    double v[R], d[R]; char name[96];
    for (int k = 0; k < R; k++) { double a = cpu(); for (int i = 0; i < 20000; i++) syscall(SYS_getppid); v[k] = (cpu() - a) / 20000; }
    report("system call (getppid)", v, R);
    int w; struct iovec io = {buf, (size_t)B}; struct msghdr m = {.msg_iov = &io, .msg_iovlen = 1};
    for (w = 0; w < 3; w++) {
        for (int k = 0; k < R; k++) {
            double a = cpu();
            for (int i = 0; i < N; i++) {
                ssize_t n = w == 0 ? send(tx[i], buf, (size_t)B, MSG_NOSIGNAL) : w == 1 ? write(tx[i], buf, (size_t)B) : sendmsg(tx[i], &m, MSG_NOSIGNAL);
                if (n != B) { perror("send"); return 1; }
            }
            v[k] = (cpu() - a) / N; drain(&d[k]);
        }
        snprintf(name, sizeof name, "%s %d B, one per socket, %d sockets in turn", w == 0 ? "send" : w == 1 ? "write" : "sendmsg", B, N); report(name, v, R);
        if (!w) { report("  recv of it by the peer (no epoll)", d, R); }
    }
    io_uring_queue_init(1024, &r, IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN);
    io_uring_register_files(&r, tx, (unsigned)N); io_uring_register_ring_fd(&r);
    for (w = 0; w < 3; w++) {                                      /* completion each; silent; silent without fixed files */
        for (int k = 0; k < R; k++) {
            double a = cpu();
            for (int i = 0; i < N; i++) {
                struct io_uring_sqe *s = io_uring_get_sqe(&r);
                if (!s) { io_uring_submit(&r); s = io_uring_get_sqe(&r); }
                io_uring_prep_send(s, w == 2 ? tx[i] : i, buf, (size_t)B, MSG_DONTWAIT | MSG_WAITALL | MSG_NOSIGNAL);
                s->flags |= (w < 2 ? IOSQE_FIXED_FILE : 0) | (w ? IOSQE_CQE_SKIP_SUCCESS : 0);
            }
            io_uring_submit(&r);
            struct io_uring_cqe *q; unsigned h, n = 0; io_uring_for_each_cqe(&r, h, q) n++;
            io_uring_cq_advance(&r, n);
            v[k] = (cpu() - a) / N; drain(&d[k]);
        }
        snprintf(name, sizeof name, "io_uring send %d B, %s", B, w == 0 ? "fixed files, one completion each" : w == 1 ? "fixed files, silent" : "plain descriptors, silent"); report(name, v, R);
    }
    for (int bytes = B; bytes <= 65536 && bytes < (int)sizeof buf; bytes *= bytes == B ? 16 : 8) {
        for (int k = 0; k < R; k++) {
            double a = cpu();
            for (int i = 0; i < N; i++) if (send(tx[i], buf, (size_t)bytes, MSG_NOSIGNAL) != bytes) { perror("send"); return 1; }
            v[k] = (cpu() - a) / N; drain(&d[k]);
        }
        snprintf(name, sizeof name, "send %d B, one per socket", bytes); report(name, v, R); report("  recv of it", d, R);
    }
    int ep = epoll_create1(0); static struct epoll_event ev[1024];
    for (int i = 0; i < N; i++) { struct epoll_event e = {.events = EPOLLIN, .data.fd = rx[i]}; epoll_ctl(ep, EPOLL_CTL_ADD, rx[i], &e); }
    for (int k = 0; k < R; k++) {
        double a = cpu();
        for (int i = 0; i < N; i++) if (send(tx[i], buf, (size_t)B, MSG_NOSIGNAL) != B) return 1;
        v[k] = (cpu() - a) / N;
        a = cpu(); int n, got = 0;
        while (got < N && (n = epoll_wait(ep, ev, 1024, 0)) > 0) for (int i = 0; i < n; i++) got += recv(ev[i].data.fd, buf, sizeof buf, 0) > 0;
        d[k] = (cpu() - a) / N;
    }
    snprintf(name, sizeof name, "send %d B, peer in an epoll set", B); report(name, v, R); report("  epoll_wait + recv by the peer, per message", d, R);
    for (int k = 0; k < R; k++) {                                  /* ping-pong pieces on the one hot socket */
        double a = cpu(); for (int i = 0; i < 2000; i++) { if (send(tx[0], buf, (size_t)B, 0) != B || recv(rx[0], buf, sizeof buf, 0) != B) return 1; }
        v[k] = (cpu() - a) / 2000;
    }
    snprintf(name, sizeof name, "send + recv %d B on one hot pair", B); report(name, v, R);
    for (int k = 0; k < R; k++) { double a = cpu(); for (int i = 0; i < 20000; i++) if (epoll_wait(ep, ev, 1024, 0)) return 1; v[k] = (cpu() - a) / 20000; }
    report("epoll_wait, nothing ready", v, R);
    return 0;
}
