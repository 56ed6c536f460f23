/* The journal of systemd, by its native protocol (systemd.io/JOURNAL_NATIVE_PROTOCOL). */
#ifndef CSYS_JOURNAL_H
#define CSYS_JOURNAL_H
#include <stddef.h>

/* Sends one entry, encoded already, to the socket at `path`; one that is too long for a datagram goes as a sealed
 * memory file. May wait for the journal. `fd` is a Unix datagram socket (csys_journal_open). 0 or -errno. */
int csys_journal_send(int fd, const char *path, const void *entry, size_t count);
int csys_journal_open(void);
#endif
