/* Sends handed to the kernel many at a time, by io_uring (since Linux 6.1): nothing is waited for and nothing is left under way.
 *
 * Every send is carried out while it is submitted, as `send` with MSG_DONTWAIT would be. One that takes all its bytes leaves no
 * trace; of the others there is a completion. One thread makes a ring and uses it. */
#ifndef CSYS_RING_H
#define CSYS_RING_H
#include <errno.h>
#include <linux/io_uring.h>
#include <stddef.h>
#include <stdint.h>

enum { CSYS_RING_ENTRIES = 256 };

typedef struct {
    struct io_uring_sqe *entries;
    struct io_uring_cqe *completions;
    uint32_t *submission_tail, *completion_head, *completion_tail;
    uint32_t tail, pending, completion_mask;
    /* Of the last submission, those the kernel did not look at, for lack of memory: they lie behind the tail. */
    uint32_t refused;
    /* As io_uring_enter wants them: of the ring itself, or its number among those registered. */
    int enter_descriptor;
    uint32_t enter_flags;
    int descriptor;
    void *rings, *entry_memory;
    size_t rings_size, entry_size;
} csys_ring;

/* 0, or -errno: -ENOSYS or -EPERM where there is no io_uring or it is forbidden, -EINVAL or -ENOTSUP where it is too old. */
int csys_ring_open(csys_ring *ring);
void csys_ring_close(csys_ring *ring);

/* Adds a send; the caller keeps pending < CSYS_RING_ENTRIES, and the bytes until they are submitted. */
static inline void csys_ring_add(csys_ring *ring, int fd, const void *bytes, uint32_t count, uint32_t tag) {
    uint32_t at = ring->tail++ & (CSYS_RING_ENTRIES - 1);
    struct io_uring_sqe *entry = &ring->entries[at];
    entry->fd = fd;
    entry->addr = (uint64_t)(uintptr_t)bytes;
    entry->len = count;
    entry->user_data = (uint64_t)tag << 32 | at;
    ring->pending++;
}

/* Carries out all that was added. */
void csys_ring_submit(csys_ring *ring);

/* A send that did not take all its bytes. */
typedef struct {
    const uint8_t *bytes;
    uint32_t count, tag;
    /* The bytes taken, or -errno. */
    int32_t result;
} csys_ring_shortfall;

static inline void csys_ring_tell(const struct io_uring_sqe *entry, int32_t result, csys_ring_shortfall *shortfall) {
    shortfall->bytes = (const uint8_t *)(uintptr_t)entry->addr;
    shortfall->count = entry->len;
    shortfall->tag = (uint32_t)(entry->user_data >> 32);
    shortfall->result = result;
}

/* The next one of what was submitted, until there is none (0). Before the next add. */
static inline int csys_ring_next(csys_ring *ring, csys_ring_shortfall *shortfall) {
    uint32_t head = *ring->completion_head;
    if (head != __atomic_load_n(ring->completion_tail, __ATOMIC_ACQUIRE)) {
        struct io_uring_cqe *completion = &ring->completions[head & ring->completion_mask];
        csys_ring_tell(&ring->entries[completion->user_data & (CSYS_RING_ENTRIES - 1)], completion->res, shortfall);
        __atomic_store_n(ring->completion_head, head + 1, __ATOMIC_RELEASE);
        return 1;
    }
    if (ring->refused == 0) return 0;
    csys_ring_tell(&ring->entries[(ring->tail + --ring->refused) & (CSYS_RING_ENTRIES - 1)], -EAGAIN, shortfall);
    return 1;
}
#endif
