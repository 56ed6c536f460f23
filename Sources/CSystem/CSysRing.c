#define _GNU_SOURCE
#include "CSystem.h"
#include "CSysRing.h"
#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Submitted by one thread, which never waits for completions: what there is of them is there when a submission returns. */
static const uint32_t setup = IORING_SETUP_SUBMIT_ALL | IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN;
static const uint32_t needed = IORING_FEAT_SINGLE_MMAP | IORING_FEAT_CQE_SKIP;

static int map(csys_ring *ring, const struct io_uring_params *given) {
    size_t submissions = given->sq_off.array + given->sq_entries * sizeof(uint32_t);
    size_t completions = given->cq_off.cqes + given->cq_entries * sizeof(struct io_uring_cqe);
    const int access = PROT_READ | PROT_WRITE, kind = MAP_SHARED | MAP_POPULATE;
    ring->rings_size = submissions > completions ? submissions : completions;
    ring->rings = mmap(NULL, ring->rings_size, access, kind, ring->descriptor, IORING_OFF_SQ_RING);
    if (ring->rings == MAP_FAILED) return -errno;
    ring->entry_size = given->sq_entries * sizeof(struct io_uring_sqe);
    ring->entry_memory = mmap(NULL, ring->entry_size, access, kind, ring->descriptor, IORING_OFF_SQES);
    if (ring->entry_memory == MAP_FAILED) return -errno;

    uint8_t *base = ring->rings;
    ring->entries = ring->entry_memory;
    ring->submission_tail = (uint32_t *)(base + given->sq_off.tail);
    ring->completion_head = (uint32_t *)(base + given->cq_off.head);
    ring->completion_tail = (uint32_t *)(base + given->cq_off.tail);
    ring->completion_mask = *(uint32_t *)(base + given->cq_off.ring_mask);
    ring->completions = (struct io_uring_cqe *)(base + given->cq_off.cqes);
    ring->tail = *ring->submission_tail;

    /* What never changes is written once: the order, and all of an entry but whom to send what. */
    uint32_t *order = (uint32_t *)(base + given->sq_off.array);
    for (uint32_t i = 0; i < CSYS_RING_ENTRIES; i++) {
        order[i] = i;
        memset(&ring->entries[i], 0, sizeof ring->entries[i]);
        ring->entries[i].opcode = IORING_OP_SEND;
        ring->entries[i].flags = IOSQE_CQE_SKIP_SUCCESS;
        /* With MSG_WAITALL fewer bytes than offered are no success, and with MSG_DONTWAIT nothing is waited for all the same. */
        ring->entries[i].msg_flags = MSG_DONTWAIT | MSG_WAITALL | MSG_NOSIGNAL;
    }
    return 0;
}

int csys_ring_open(csys_ring *ring) {
    struct io_uring_params params = {.flags = setup};
    memset(ring, 0, sizeof *ring);
    ring->rings = ring->entry_memory = MAP_FAILED;
    ring->descriptor = (int)syscall(SYS_io_uring_setup, CSYS_RING_ENTRIES, &params);
    if (ring->descriptor < 0) return -errno;
    int error = -ENOTSUP;
    if ((params.features & needed) != needed || params.sq_entries != CSYS_RING_ENTRIES || (error = map(ring, &params)) != 0) {
        csys_ring_close(ring);
        return error;
    }
    ring->enter_descriptor = ring->descriptor;
    /* Saves the kernel a look-up in each submission; done without where it is not known. */
    struct io_uring_rsrc_update registered = {.offset = UINT32_MAX, .data = (uint64_t)ring->descriptor};
    if (syscall(SYS_io_uring_register, ring->descriptor, IORING_REGISTER_RING_FDS, &registered, 1) == 1) {
        ring->enter_descriptor = (int)registered.offset;
        ring->enter_flags = IORING_ENTER_REGISTERED_RING;
    }
    return 0;
}

void csys_ring_close(csys_ring *ring) {
    if (ring->entry_memory != MAP_FAILED) munmap(ring->entry_memory, ring->entry_size);
    if (ring->rings != MAP_FAILED) munmap(ring->rings, ring->rings_size);
    if (ring->descriptor >= 0) close(ring->descriptor);
    ring->entry_memory = ring->rings = MAP_FAILED;
    ring->descriptor = -1;
}

void csys_ring_submit(csys_ring *ring) {
    uint32_t left = ring->pending;
    __atomic_store_n(ring->submission_tail, ring->tail, __ATOMIC_RELEASE);
    while (left > 0) {
        long taken = syscall(SYS_io_uring_enter, ring->enter_descriptor, left, 0, ring->enter_flags, NULL, 0);
        if (taken < 0 && errno == EINTR) continue;
        if (taken <= 0) break;
        left -= (uint32_t)taken;
    }
    ring->pending = 0;
    ring->refused = left;
    if (left == 0) return;
    ring->tail -= left;
    __atomic_store_n(ring->submission_tail, ring->tail, __ATOMIC_RELEASE);
}
