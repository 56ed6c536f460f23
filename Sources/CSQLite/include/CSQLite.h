/* SQLite, and what of it does not reach Swift: variadic calls, casts in macros, and a patient busy handler. No policy. */
#ifndef CSQLITE_H
#define CSQLITE_H
#include <sqlite3.h>
#include <stddef.h>
#include <stdint.h>

/* Opens an existing file for reading and writing, for one thread at a time; extended result codes are on. */
int csqlite_open(const char *path, sqlite3 **database);
/* No SQL can damage the file through this connection, and views and triggers of the file run nothing unsafe. */
int csqlite_harden(sqlite3 *database);
/* Waits for other processes' locks up to so many milliseconds, asking about every millisecond.
 *
 * sqlite3_busy_timeout asks every 100 ms after a while: too seldom to find the short moments in which a writer under load
 * holds no lock. */
int csqlite_wait_for_locks(sqlite3 *database, int milliseconds);

/* Binds bytes that SQLite copies; a null pointer with 0 bytes binds an empty value, not NULL. */
int csqlite_bind_text(sqlite3_stmt *statement, int index, const void *text, size_t count);
int csqlite_bind_blob(sqlite3_stmt *statement, int index, const void *bytes, size_t count);

#endif
