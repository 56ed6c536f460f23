#define _GNU_SOURCE
#include "CSysService.h"
#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

int csys_service_notify(const char *socket_path, const char *text) {
    struct sockaddr_un at = {.sun_family = AF_UNIX};
    size_t length = strlen(socket_path);
    if (length < 2 || length >= sizeof at.sun_path || (*socket_path != '/' && *socket_path != '@')) return -EINVAL;
    memcpy(at.sun_path, socket_path, length);
    if (*socket_path == '@') at.sun_path[0] = 0;
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0) return -errno;
    socklen_t size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length);
    int outcome = sendto(fd, text, strlen(text), MSG_NOSIGNAL, (struct sockaddr *)&at, size) < 0 ? -errno : 0;
    close(fd);
    return outcome;
}

int csys_service_adopt(int fd) {
    int listens = 0, type = 0;
    socklen_t size = sizeof listens;
    if (getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listens, &size)) return -errno;
    size = sizeof type;
    if (getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &size)) return -errno;
    if (!listens || type != SOCK_STREAM) return -EINVAL;
    int flags = fcntl(fd, F_GETFL);
    if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0) return -errno;
    return fcntl(fd, F_SETFD, FD_CLOEXEC) < 0 ? -errno : 0;
}
