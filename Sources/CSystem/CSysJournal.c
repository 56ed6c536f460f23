#define _GNU_SOURCE
#include "CSysJournal.h"
#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

int csys_journal_open(void) {
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    return fd < 0 ? -errno : fd;
}

/* A file that lives in memory alone, written whole and sealed as the journal wants it; or -errno. */
static int sealed(const char *bytes, size_t count) {
    int fd = memfd_create("sockeye-log", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    if (fd < 0) return -errno;
    while (count > 0) {
        ssize_t written = write(fd, bytes, count);
        if (written < 0 && errno == EINTR) continue;
        if (written <= 0) {
            int error = written < 0 ? errno : EIO;
            close(fd);
            return -error;
        }
        bytes += written;
        count -= (size_t)written;
    }
    if (fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL) < 0) {
        int error = errno;
        close(fd);
        return -error;
    }
    return fd;
}

int csys_journal_send(int fd, const char *path, const void *entry, size_t count) {
    struct sockaddr_un at = {.sun_family = AF_UNIX};
    size_t length = strlen(path);
    if (length == 0 || length >= sizeof at.sun_path) return -EINVAL;
    memcpy(at.sun_path, path, length);
    socklen_t size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length + 1);
    ssize_t sent;
    do sent = sendto(fd, entry, count, MSG_NOSIGNAL, (struct sockaddr *)&at, size);
    while (sent < 0 && errno == EINTR);
    if (sent >= 0) return 0;
    if (errno != EMSGSIZE && errno != ENOBUFS) return -errno;

    int file = sealed(entry, count);
    if (file < 0) return file;
    union {
        struct cmsghdr header;
        char bytes[CMSG_SPACE(sizeof(int))];
    } control;
    memset(&control, 0, sizeof control);
    control.header.cmsg_level = SOL_SOCKET;
    control.header.cmsg_type = SCM_RIGHTS;
    control.header.cmsg_len = CMSG_LEN(sizeof(int));
    memcpy(CMSG_DATA(&control.header), &file, sizeof file);
    struct msghdr message = {.msg_name = &at, .msg_namelen = size, .msg_control = &control,
                             .msg_controllen = sizeof control.bytes};
    do sent = sendmsg(fd, &message, MSG_NOSIGNAL);
    while (sent < 0 && errno == EINTR);
    int outcome = sent < 0 ? -errno : 0;
    close(file);
    return outcome;
}
