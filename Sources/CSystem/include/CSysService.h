/* What a service manager hands a process and wants to hear from it (sd_listen_fds(3), sd_notify(3)). */
#ifndef CSYS_SERVICE_H
#define CSYS_SERVICE_H

/* Sends one datagram to the manager's socket; a leading '@' stands for the abstract name space. 0 or -errno. */
int csys_service_notify(const char *socket_path, const char *text);
/* Makes an inherited descriptor non-blocking and close-on-exec: 0, -EINVAL when it is no listening stream socket,
 * or -errno. */
int csys_service_adopt(int fd);
#endif
