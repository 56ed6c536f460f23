/* epoll, eventfd, the clocks, and memory that a poll announces. */
#ifndef CSYS_POLL_H
#define CSYS_POLL_H
#include <errno.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

int csys_epoll_create(void);

/* Fills at most `capacity` struct epoll_event at `events`; EINTR counts as a poll that found nothing. Made past the C
 * library for the reason given in CSysSocket.h, and as epoll_pwait because newer architectures have no other. */
static inline int csys_epoll_wait(int epoll, void *events, int capacity, int timeout_ms) {
    long n = syscall(SYS_epoll_pwait, epoll, events, capacity, timeout_ms, NULL, (size_t)8);
    if (n >= 0) return (int)n;
    return errno == EINTR ? 0 : -errno;
}

static inline int csys_epoll_add(int epoll, int fd, uint32_t events, uint64_t token) {
    struct epoll_event e;
    e.events = events;
    e.data.u64 = token;
    return epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &e) == 0 ? 0 : -errno;
}

static inline int csys_epoll_modify(int epoll, int fd, uint32_t events, uint64_t token) {
    struct epoll_event e;
    e.events = events;
    e.data.u64 = token;
    return epoll_ctl(epoll, EPOLL_CTL_MOD, fd, &e) == 0 ? 0 : -errno;
}

static inline int csys_epoll_delete(int epoll, int fd) {
    struct epoll_event e = {0};
    return epoll_ctl(epoll, EPOLL_CTL_DEL, fd, &e) == 0 ? 0 : -errno;
}

/* Where struct epoll_event keeps its fields here: the kernel packs it on x86-64 alone. */
static inline size_t csys_epoll_event_stride(void) { return sizeof(struct epoll_event); }
static inline size_t csys_epoll_event_token_offset(void) { return offsetof(struct epoll_event, data); }

/* Macros with a cast or a shift do not reach Swift. */
static inline uint32_t csys_epoll_in(void) { return EPOLLIN; }
static inline uint32_t csys_epoll_out(void) { return EPOLLOUT; }
static inline uint32_t csys_epoll_error(void) { return EPOLLERR; }
static inline uint32_t csys_epoll_hangup(void) { return EPOLLHUP; }
static inline uint32_t csys_epoll_read_hangup(void) { return EPOLLRDHUP; }
static inline uint32_t csys_epoll_edge(void) { return (uint32_t)EPOLLET; }

int csys_eventfd_create(void);
/* Makes the descriptor readable: a new edge each time, also when it was readable before. */
int csys_eventfd_signal(int fd);
/* Waits until the counter is above 0 and sets it to 0: 0, -ETIMEDOUT after so many milliseconds (-1: never), or -errno.
 * For a thread that has nothing else to do. */
int csys_eventfd_wait(int fd, int timeout);

static inline uint64_t csys_monotonic_nanoseconds(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

/* The wall clock: milliseconds since 1970-01-01T00:00:00Z. As exact as the kernel's last tick, and cheap. */
static inline int64_t csys_unix_milliseconds(void) {
    struct timespec t;
    clock_gettime(CLOCK_REALTIME_COARSE, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* Asks the processor for memory that will be written to soon, and does not wait for it; any address will do. */
static inline void csys_prefetch(const void *from, size_t count) {
    for (size_t at = 0; at < count; at += 64) __builtin_prefetch((const char *)from + at, 1);
}
#endif
