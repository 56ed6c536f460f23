/* What vector registers of any width do faster, and Swift has no way to choose by the machine it runs on. */
#ifndef CBYTES_H
#define CBYTES_H
#include <stddef.h>
#include <stdint.h>

/* Combines `count` words, at any alignment, with `key` in place, and returns the union of the results. */
uint64_t cbytes_mask(void *words, size_t count, uint64_t key);

#endif
