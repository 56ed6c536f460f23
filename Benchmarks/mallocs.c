/* mallocs.so - counts what a program allocates: LD_PRELOAD=mallocs.so MALLOCS=FILE program. FILE holds one number of eight
 * bytes, the calls to malloc, calloc, realloc, aligned_alloc and posix_memalign so far, to be read at any time. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

extern void *__libc_malloc(size_t), *__libc_calloc(size_t, size_t), *__libc_realloc(void *, size_t), *__libc_memalign(size_t, size_t);
static _Atomic uint64_t before, *counter = &before;

__attribute__((constructor)) static void begin(void) {
    const char *path = getenv("MALLOCS");
    int fd = path ? open(path, O_RDWR | O_CREAT | O_TRUNC, 0600) : -1;
    if (fd < 0 || ftruncate(fd, 8) != 0) return;
    void *page = mmap(NULL, 8, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (page != MAP_FAILED) counter = page;
    close(fd);
}
void *malloc(size_t n) { atomic_fetch_add_explicit(counter, 1, memory_order_relaxed); return __libc_malloc(n); }
void *calloc(size_t n, size_t m) { atomic_fetch_add_explicit(counter, 1, memory_order_relaxed); return __libc_calloc(n, m); }
void *realloc(void *p, size_t n) { atomic_fetch_add_explicit(counter, 1, memory_order_relaxed); return __libc_realloc(p, n); }
void *aligned_alloc(size_t a, size_t n) { atomic_fetch_add_explicit(counter, 1, memory_order_relaxed); return __libc_memalign(a, n); }
int posix_memalign(void **p, size_t a, size_t n) {
    atomic_fetch_add_explicit(counter, 1, memory_order_relaxed);
    return (*p = __libc_memalign(a, n)) ? 0 : 12;
}
