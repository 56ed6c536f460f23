// The built-in page, embedded when the binary is built: four files, no file system at run time.
// The pointers live as long as the process; nothing is NUL-terminated.
#ifndef SOCKEYE_CPAGE_H
#define SOCKEYE_CPAGE_H

#include <stddef.h>

typedef struct sockeye_page_file {
    const char *path;             // as requested: "/", "/page.js", "/page.css", "/page.svg"
    const char *content_type;
    const unsigned char *bytes;
    size_t count;
} sockeye_page_file;

// How many files the page consists of.
int sockeye_page_count(void);

// The file at `index`; 0 <= index < sockeye_page_count(), otherwise all fields are NULL and 0.
sockeye_page_file sockeye_page_at(int index);

// The Content-Security-Policy these files are written for: no inline script or style, no other origin. `ws: wss:` is there
// for browsers that do not count a WebSocket to the own host as 'self'.
const char *sockeye_page_policy(void);

#endif
