#include "CBytes.h"
#include <string.h>

/* Compiled once for each width; the dynamic linker takes the widest this machine has, before anything runs. */
#if defined(__x86_64__) && defined(__gnu_linux__)
__attribute__((target_clones("avx512f", "avx2", "default")))
#endif
uint64_t cbytes_mask(void *words, size_t count, uint64_t key) {
    uint64_t seen = 0;
    for (size_t i = 0; i < count; i++) {
        unsigned char *place = (unsigned char *)words + i * sizeof(uint64_t);
        uint64_t word;
        memcpy(&word, place, sizeof word);
        word ^= key;
        memcpy(place, &word, sizeof word);
        seen |= word;
    }
    return seen;
}
