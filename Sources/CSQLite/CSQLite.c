#include "CSQLite.h"
#include <time.h>

int csqlite_open(const char *path, sqlite3 **database) {
    return sqlite3_open_v2(path, database, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, NULL);
}

int csqlite_harden(sqlite3 *database) {
    int status = sqlite3_db_config(database, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    return status ? status : sqlite3_db_config(database, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
}

/* Called with how often it was called for the lock at hand; each time takes half a millisecond to one and a half. */
static int wait_a_little(void *limit, int times) {
    if (times >= (int)(intptr_t)limit) return 0;
    struct timespec pause = {0, 500000 + (long)((unsigned)times * 7919u % 11u) * 100000};
    nanosleep(&pause, NULL);
    return 1;
}

int csqlite_wait_for_locks(sqlite3 *database, int milliseconds) {
    return sqlite3_busy_handler(database, wait_a_little, (void *)(intptr_t)milliseconds);
}

int csqlite_bind_text(sqlite3_stmt *statement, int index, const void *text, size_t count) {
    return sqlite3_bind_text64(statement, index, text ? text : "", count, SQLITE_TRANSIENT, SQLITE_UTF8);
}

int csqlite_bind_blob(sqlite3_stmt *statement, int index, const void *bytes, size_t count) {
    return sqlite3_bind_blob64(statement, index, bytes ? bytes : "", count, SQLITE_TRANSIENT);
}
