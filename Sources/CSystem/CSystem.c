#define _GNU_SOURCE
#include "CSystem.h"
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/stat.h>

static int result(int n) { return n >= 0 ? n : -errno; }

int csys_epoll_create(void) { return result(epoll_create1(EPOLL_CLOEXEC)); }

int csys_eventfd_create(void) { return result(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)); }

int csys_eventfd_wait(int fd, int timeout) {
    uint64_t count;
    for (;;) {
        if (read(fd, &count, sizeof count) == (ssize_t)sizeof count) return 0;
        if (errno == EINTR) continue;
        if (errno != EAGAIN) return -errno;
        struct pollfd wait = {.fd = fd, .events = POLLIN};
        int ready = poll(&wait, 1, timeout);
        if (ready == 0) return -ETIMEDOUT;
        if (ready < 0 && errno != EINTR) return -errno;
    }
}

int csys_eventfd_signal(int fd) {
    uint64_t one = 1, count;
    while (write(fd, &one, sizeof one) < 0) {
        if (errno == EINTR) continue;
        if (errno != EAGAIN) return -errno;
        /* The counter is full after 2^64 - 2 signals nobody read: empty it, the next write gives the edge. */
        if (read(fd, &count, sizeof count) < 0 && errno != EAGAIN && errno != EINTR) return -errno;
    }
    return 0;
}

/* Threads */

struct launch {
    void *(*body)(void *);
    void *argument;
    char name[16];
};

static void *begin(void *argument) {
    struct launch launch = *(struct launch *)argument;
    free(argument);
    pthread_setname_np(pthread_self(), launch.name); /* before the body, which may look at it */
    return launch.body(launch.argument);
}

int csys_thread_start(uint64_t *thread, const char *name, void *(*body)(void *), void *argument) {
    sigset_t all, before;
    pthread_t made;
    int error;
    struct launch *launch = calloc(1, sizeof *launch);
    if (!launch) return -ENOMEM;
    launch->body = body;
    launch->argument = argument;
    strncpy(launch->name, name, sizeof launch->name - 1);
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before); /* a thread inherits the mask of the one that makes it */
    error = pthread_create(&made, NULL, begin, launch);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (error) {
        free(launch);
        return -error;
    }
    *thread = (uint64_t)made;
    return 0;
}

int csys_thread_join(uint64_t thread) { return -pthread_join((pthread_t)thread, NULL); }
int csys_thread_detach(uint64_t thread) { return -pthread_detach((pthread_t)thread); }
uint64_t csys_thread_self(void) { return (uint64_t)pthread_self(); }

/* Signals */

int csys_signal_descriptor(const int *signals, int count) {
    sigset_t set;
    int error;
    sigemptyset(&set);
    for (int i = 0; i < count; i++)
        if (sigaddset(&set, signals[i])) return -errno;
    error = pthread_sigmask(SIG_BLOCK, &set, NULL);
    if (error) return -error;
    return result(signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC));
}

int csys_signal_next(int fd) {
    struct signalfd_siginfo info;
    ssize_t n;
    do n = read(fd, &info, sizeof info);
    while (n < 0 && errno == EINTR);
    if (n < 0) return -errno;
    return n == (ssize_t)sizeof info ? (int)info.ssi_signo : -EIO;
}

int csys_signal_ignore(int number) { return signal(number, SIG_IGN) == SIG_ERR ? -errno : 0; }

int csys_wait_either(int first, int second) {
    struct pollfd wanted[2] = {{.fd = first, .events = POLLIN}, {.fd = second, .events = POLLIN}};
    int n;
    do n = poll(wanted, 2, -1);
    while (n < 0 && errno == EINTR);
    if (n < 0) return -errno;
    return (wanted[0].revents ? 1 : 0) | (wanted[1].revents ? 2 : 0);
}

/* Limits and files */

int csys_processor_count(void) {
    cpu_set_t set;
    if (sched_getaffinity(0, sizeof set, &set) != 0) return 1;
    int count = CPU_COUNT(&set);
    return count > 0 ? count : 1;
}

int64_t csys_raise_descriptor_limit(void) {
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit)) return -errno;
    if (limit.rlim_cur != limit.rlim_max) {
        limit.rlim_cur = limit.rlim_max;
        if (setrlimit(RLIMIT_NOFILE, &limit)) return -errno;
    }
    return limit.rlim_cur > INT64_MAX ? INT64_MAX : (int64_t)limit.rlim_cur;
}

int csys_file_is_socket(const char *path, uint64_t *device, uint64_t *inode) {
    struct stat s;
    if (lstat(path, &s)) return -errno;
    *device = (uint64_t)s.st_dev;
    *inode = (uint64_t)s.st_ino;
    return S_ISSOCK(s.st_mode) ? 1 : 0;
}

int csys_file_unlink(const char *path) { return result(unlink(path)); }
int csys_file_mode(const char *path, uint32_t mode) { return result(chmod(path, (mode_t)mode)); }
int csys_descriptor_mode(int fd, uint32_t mode) { return result(fchmod(fd, (mode_t)mode)); }
int csys_open_null(void) { return result(open("/dev/null", O_RDONLY | O_CLOEXEC)); }

#if defined(__GLIBC__) && (__GLIBC__ > 2 || __GLIBC_MINOR__ >= 32)
const char *csys_error_name(int error) {
    const char *name = strerrorname_np(error);
    return name ? name : "unknown errno";
}
const char *csys_error_text(int error) {
    const char *text = strerrordesc_np(error);
    return text ? text : "Unknown error";
}
#else
const char *csys_error_name(int error) { (void)error; return "errno"; }
const char *csys_error_text(int error) { return strerror(error); }
#endif

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
/* Read by the sanitizer in every process of a sanitized build, also in those the tests start with an environment of their own: its
 * leak check takes what lazily made globals of Swift hold at exit for lost. */
__attribute__((used, visibility("default"))) const char *__asan_default_options(void) { return "detect_leaks=0"; }
#endif
#endif
