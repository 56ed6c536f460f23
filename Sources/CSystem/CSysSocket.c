#define _GNU_SOURCE
#include "CSystem.h"
#include <arpa/inet.h>
#include <net/if.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <linux/sockios.h>
#include <sys/ioctl.h>
#include <sys/un.h>

static int result(int n) { return n >= 0 ? n : -errno; }
static int set_int(int fd, int level, int option, int value) {
    return result(setsockopt(fd, level, option, &value, sizeof value));
}

/* Addresses */

typedef union {
    struct sockaddr any;
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
    struct sockaddr_un local;
} native;

static uint64_t load64(const uint8_t *p) {
    uint64_t v = 0;
    for (int i = 0; i < 8; i++) v = v << 8 | p[i];
    return v;
}
static void store64(uint8_t *p, uint64_t v) {
    for (int i = 7; i >= 0; i--, v >>= 8) p[i] = (uint8_t)v;
}

static socklen_t to_native(const csys_address *from, native *to) {
    memset(to, 0, sizeof *to);
    switch (from->family) {
    case CSYS_FAMILY_V4:
        to->v4.sin_family = AF_INET;
        to->v4.sin_port = htons(from->port);
        to->v4.sin_addr.s_addr = htonl(from->v4);
        return sizeof to->v4;
    case CSYS_FAMILY_V6:
        to->v6.sin6_family = AF_INET6;
        to->v6.sin6_port = htons(from->port);
        to->v6.sin6_scope_id = from->v6_scope;
        store64(to->v6.sin6_addr.s6_addr, from->v6_high);
        store64(to->v6.sin6_addr.s6_addr + 8, from->v6_low);
        return sizeof to->v6;
    case CSYS_FAMILY_UNIX: {
        size_t n = from->path_length;
        if (n >= sizeof to->local.sun_path) return 0;
        to->local.sun_family = AF_UNIX;
        memcpy(to->local.sun_path, from->path, n);
        /* A path carries its closing zero, an abstract name (leading zero) does not. */
        return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + n + (n && from->path[0] ? 1 : 0));
    }
    default:
        return 0;
    }
}

static void from_native(const native *from, socklen_t length, csys_address *to) {
    memset(to, 0, sizeof *to);
    if (length < sizeof(sa_family_t)) return;
    switch (from->any.sa_family) {
    case AF_INET:
        to->family = CSYS_FAMILY_V4;
        to->port = ntohs(from->v4.sin_port);
        to->v4 = ntohl(from->v4.sin_addr.s_addr);
        break;
    case AF_INET6:
        to->family = CSYS_FAMILY_V6;
        to->port = ntohs(from->v6.sin6_port);
        to->v6_scope = from->v6.sin6_scope_id;
        to->v6_high = load64(from->v6.sin6_addr.s6_addr);
        to->v6_low = load64(from->v6.sin6_addr.s6_addr + 8);
        break;
    case AF_UNIX: {
        size_t n = length - offsetof(struct sockaddr_un, sun_path);
        if (n > sizeof to->path) n = sizeof to->path;
        if (n && from->local.sun_path[0]) n = strnlen(from->local.sun_path, n);
        to->family = CSYS_FAMILY_UNIX;
        to->path_length = (uint16_t)n;
        memcpy(to->path, from->local.sun_path, n);
        break;
    }
    }
}

int csys_address_parse_ip(const char *text, csys_address *address) {
    struct in_addr v4;
    struct in6_addr v6;
    char head[INET6_ADDRSTRLEN];
    const char *scope = strchr(text, '%');
    size_t n = scope ? (size_t)(scope - text) : strlen(text);
    memset(address, 0, sizeof *address);
    if (n >= sizeof head) return -EINVAL;
    memcpy(head, text, n);
    head[n] = 0;
    if (!scope && inet_pton(AF_INET, head, &v4) == 1) {
        address->family = CSYS_FAMILY_V4;
        address->v4 = ntohl(v4.s_addr);
        return 0;
    }
    if (inet_pton(AF_INET6, head, &v6) != 1) return -EINVAL;
    address->family = CSYS_FAMILY_V6;
    address->v6_high = load64(v6.s6_addr);
    address->v6_low = load64(v6.s6_addr + 8);
    if (scope) {
        uint32_t index = 0;
        const char *digit = scope + 1;
        if (!*digit) return -EINVAL;
        for (; *digit >= '0' && *digit <= '9' && index < 100000000; digit++) index = index * 10 + (uint32_t)(*digit - '0');
        address->v6_scope = *digit ? if_nametoindex(scope + 1) : index;
        if (!address->v6_scope) return -EINVAL;
    }
    return 0;
}

int csys_address_format_ip(const csys_address *address, char *text, size_t capacity) {
    if (address->family == CSYS_FAMILY_V4) {
        struct in_addr v4 = {.s_addr = htonl(address->v4)};
        if (!inet_ntop(AF_INET, &v4, text, (socklen_t)capacity)) return -errno;
    } else if (address->family == CSYS_FAMILY_V6) {
        struct in6_addr v6;
        char name[IF_NAMESIZE];
        store64(v6.s6_addr, address->v6_high);
        store64(v6.s6_addr + 8, address->v6_low);
        if (!inet_ntop(AF_INET6, &v6, text, (socklen_t)capacity)) return -errno;
        if (address->v6_scope && if_indextoname(address->v6_scope, name)) {
            size_t n = strlen(text);
            if (n + strlen(name) + 2 > capacity) return -ENOSPC;
            text[n] = '%';
            strcpy(text + n + 1, name);
        }
    } else {
        return -EAFNOSUPPORT;
    }
    return (int)strlen(text);
}

int csys_resolve(const char *host, uint16_t port, csys_address *addresses, int capacity) {
    struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM}, *list = NULL;
    int n = 0, error = getaddrinfo(host, NULL, &hints, &list);
    switch (error) {
    case 0: break;
    case EAI_NONAME: return -1000 - CSYS_RESOLVE_NO_SUCH_NAME;
#ifdef EAI_NODATA
    case EAI_NODATA: return -1000 - CSYS_RESOLVE_NO_SUCH_NAME;
#endif
    case EAI_AGAIN: return -1000 - CSYS_RESOLVE_TRY_AGAIN;
    case EAI_FAIL: return -1000 - CSYS_RESOLVE_SERVER_FAILED;
    case EAI_MEMORY: return -ENOMEM;
    case EAI_SYSTEM: return errno ? -errno : -1000 - CSYS_RESOLVE_OTHER;
    default: return -1000 - CSYS_RESOLVE_OTHER;
    }
    for (struct addrinfo *a = list; a && n < capacity; a = a->ai_next) {
        native at;
        if ((a->ai_family != AF_INET && a->ai_family != AF_INET6) || a->ai_addrlen > sizeof at) continue;
        memcpy(&at, a->ai_addr, a->ai_addrlen);
        from_native(&at, a->ai_addrlen, &addresses[n]);
        addresses[n++].port = port;
    }
    freeaddrinfo(list);
    return n;
}

/* Sockets */

int csys_socket_create(uint16_t family) {
    int domain = family == CSYS_FAMILY_V4 ? AF_INET : family == CSYS_FAMILY_V6 ? AF_INET6 : AF_UNIX;
    return result(socket(domain, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
}

int csys_bind(int fd, const csys_address *address) {
    native at;
    socklen_t n = to_native(address, &at);
    return n ? result(bind(fd, &at.any, n)) : -EINVAL;
}

int csys_listen(int fd, int backlog) { return result(listen(fd, backlog)); }

int csys_accept(int fd, csys_address *peer) {
    native at;
    socklen_t n = sizeof at;
    int made;
    if (!peer) return result(accept4(fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC));
    made = accept4(fd, &at.any, &n, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (made < 0) return -errno;
    from_native(&at, n, peer);
    return made;
}

int csys_connect(int fd, const csys_address *address) {
    native at;
    socklen_t n = to_native(address, &at);
    if (!n) return -EINVAL;
    if (connect(fd, &at.any, n) == 0) return 0;
    return errno == EINTR ? -EINPROGRESS : -errno; /* interrupted: the attempt goes on (POSIX connect) */
}

int csys_socket_error(int fd) {
    int error = 0;
    socklen_t n = sizeof error;
    return getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &n) ? -errno : error;
}

static int address_of(int fd, int (*ask)(int, struct sockaddr *, socklen_t *), csys_address *address) {
    native at;
    socklen_t n = sizeof at;
    if (ask(fd, &at.any, &n)) return -errno;
    from_native(&at, n, address);
    return 0;
}

int csys_local_address(int fd, csys_address *address) { return address_of(fd, getsockname, address); }
int csys_peer_address(int fd, csys_address *address) { return address_of(fd, getpeername, address); }

int csys_shutdown_write(int fd) { return result(shutdown(fd, SHUT_WR)); }

int csys_linger_zero(int fd) {
    struct linger now = {.l_onoff = 1, .l_linger = 0};
    return result(setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof now));
}

int64_t csys_idle_milliseconds(int fd) {
    struct tcp_info info;
    socklen_t size = sizeof info;
    if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &size) < 0) return -errno;
    return info.tcpi_last_data_sent < info.tcpi_last_data_recv ? info.tcpi_last_data_sent : info.tcpi_last_data_recv;
}

int64_t csys_unheard_milliseconds(int fd) {
    struct tcp_info info;
    socklen_t size = sizeof info;
    int waiting;
    if (ioctl(fd, SIOCOUTQ, &waiting) < 0) return -errno;
    if (waiting == 0) return 0;
    if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &size) < 0) return -errno;
    return info.tcpi_last_ack_recv;
}

int csys_set_reuse_address(int fd) { return set_int(fd, SOL_SOCKET, SO_REUSEADDR, 1); }
int csys_set_reuse_port(int fd) { return set_int(fd, SOL_SOCKET, SO_REUSEPORT, 1); }
int csys_set_v6_only(int fd) { return set_int(fd, IPPROTO_IPV6, IPV6_V6ONLY, 1); }
int csys_set_no_delay(int fd) { return set_int(fd, IPPROTO_TCP, TCP_NODELAY, 1); }
