/* Stream sockets. Every socket made here is non-blocking and closed on exec. */
#ifndef CSYS_SOCKET_H
#define CSYS_SOCKET_H
#include "CSysAddress.h"
#include <errno.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

/* The calls below are made past the C library: in a process with threads its own are cancellation points, whose
 * bookkeeping costs two atomic exchanges a call, as much as a fiftieth of an echo. No thread here is ever cancelled. */

/* The bytes taken, 0 at the end of the stream, or -errno (-EAGAIN when there is nothing). */
static inline ssize_t csys_receive(int fd, void *bytes, size_t count) {
    ssize_t n;
    do n = syscall(SYS_recvfrom, fd, bytes, count, 0, NULL, NULL);
    while (n < 0 && errno == EINTR);
    return n >= 0 ? n : -(ssize_t)errno;
}

static inline ssize_t csys_peek(int fd, void *bytes, size_t count) {
    ssize_t n;
    do n = recv(fd, bytes, count, MSG_PEEK);
    while (n < 0 && errno == EINTR);
    return n >= 0 ? n : -(ssize_t)errno;
}

/* The bytes the socket took, perhaps fewer than offered, or -errno. Never raises SIGPIPE. */
static inline ssize_t csys_send(int fd, const void *bytes, size_t count) {
    ssize_t n;
    do n = syscall(SYS_sendto, fd, bytes, count, MSG_NOSIGNAL, NULL, 0);
    while (n < 0 && errno == EINTR);
    return n >= 0 ? n : -(ssize_t)errno;
}

/* One sendmsg of `count` parts; the caller keeps count <= 1024 (IOV_MAX). */
static inline ssize_t csys_send_parts(int fd, const struct iovec *parts, size_t count) {
    struct msghdr message = {0};
    ssize_t n;
    message.msg_iov = (struct iovec *)parts;
    message.msg_iovlen = count;
    do n = syscall(SYS_sendmsg, fd, &message, MSG_NOSIGNAL);
    while (n < 0 && errno == EINTR);
    return n >= 0 ? n : -(ssize_t)errno;
}

/* Never retried: on Linux the descriptor is gone even when close reports EINTR. */
static inline int csys_close(int fd) { return close(fd) == 0 ? 0 : -errno; }

int csys_socket_create(uint16_t family);
int csys_bind(int fd, const csys_address *address);
int csys_listen(int fd, int backlog);
/* A non-blocking descriptor or -errno; `peer` may be null. */
int csys_accept(int fd, csys_address *peer);
/* 0 when connected at once, -EINPROGRESS when it will be writable once decided, or -errno. */
int csys_connect(int fd, const csys_address *address);
/* The pending error of the socket (SO_ERROR) as a positive errno, 0 without one, or -errno. */
int csys_socket_error(int fd);
int csys_local_address(int fd, csys_address *address);
int csys_peer_address(int fd, csys_address *address);
int csys_shutdown_write(int fd);
/* Makes close send a reset instead of a FIN and drop what is unsent. */
int csys_linger_zero(int fd);
/* Milliseconds since data last went either way, also of a connection that has just ended; -errno where it is not TCP. */
int64_t csys_idle_milliseconds(int fd);
/* Milliseconds since the peer acknowledged anything, 0 when nothing waits to be acknowledged; -errno where it is not TCP. */
int64_t csys_unheard_milliseconds(int fd);
int csys_set_reuse_address(int fd);
int csys_set_reuse_port(int fd);
int csys_set_v6_only(int fd);
int csys_set_no_delay(int fd);
int csys_open_null(void);
#endif
