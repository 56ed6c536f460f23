/* Threads, signals, limits, files of Unix sockets, and the words for errno. */
#ifndef CSYS_PROCESS_H
#define CSYS_PROCESS_H
#include <stddef.h>
#include <stdint.h>

/* Starts a joinable thread with every signal blocked. The name is cut at 15 bytes, which is what the kernel keeps. */
int csys_thread_start(uint64_t *thread, const char *name, void *(*body)(void *), void *argument);
int csys_thread_join(uint64_t thread);
int csys_thread_detach(uint64_t thread);
uint64_t csys_thread_self(void);

/* Blocks the signals in the calling thread and gives a descriptor that reads them. */
int csys_signal_descriptor(const int *signals, int count);
/* The number of the next signal, or -errno (-EAGAIN: none waits). */
int csys_signal_next(int fd);
int csys_signal_ignore(int signal);
/* Waits until one of two descriptors is readable: 1 for the first, 2 for the second, 3 for both, or -errno. */
int csys_wait_either(int first, int second);

/* Raises the soft limit of open descriptors to the hard one: the limit afterwards, or -errno. */
int64_t csys_raise_descriptor_limit(void);
/* How many processors this process may run on, at least 1. */
int csys_processor_count(void);

/* 1 when `path` is a socket, 0 when it is something else, -ENOENT when it is nothing. */
int csys_file_is_socket(const char *path, uint64_t *device, uint64_t *inode);
int csys_file_unlink(const char *path);
int csys_file_mode(const char *path, uint32_t mode);
int csys_descriptor_mode(int fd, uint32_t mode);

/* "ECONNREFUSED" and "Connection refused"; both live as long as the process. */
const char *csys_error_name(int error);
const char *csys_error_text(int error);
#endif
