/* zlib's raw DEFLATE behind plain integers: no policy, no limits, no buffers of its own. */
#ifndef CDEFLATE_H
#define CDEFLATE_H
#include <stddef.h>
#include <stdint.h>

typedef struct cdeflate_inflater cdeflate_inflater;
typedef struct cdeflate_deflater cdeflate_deflater;

/* What one call takes of its input and of its room at most. */
#define CDEFLATE_PIECE 0x40000000

enum {
    CDEFLATE_MORE = 0,       /* went as far as the input and the room allow */
    CDEFLATE_STREAM_END = 1, /* a final block ended; the window is kept and the next stream may follow at once */
    CDEFLATE_BAD_DATA = -1,
    CDEFLATE_NO_MEMORY = -2,
};

/* window_bits 9...15, the largest distance the peer may use. NULL when there is no memory. */
cdeflate_inflater *cdeflate_inflater_new(int window_bits);
void cdeflate_inflater_free(cdeflate_inflater *inflater);
/* Forgets stream and window, keeps the memory. */
void cdeflate_inflater_reset(cdeflate_inflater *inflater);
/* Inflates from in to out; says how much of each it used. */
int cdeflate_inflate(cdeflate_inflater *inflater, const uint8_t *in, size_t in_count, uint8_t *out, size_t out_count,
                     size_t *consumed, size_t *produced);
/* Whether all that was taken in so far ends exactly between two blocks. */
int cdeflate_inflater_is_between_blocks(const cdeflate_inflater *inflater);

/* The four octets that end a flushed run of blocks and are left out of a message (RFC 7692 §7.2.1). */
const uint8_t *cdeflate_tail(void);

/* level 0...9, window_bits 9...15, memory_level 1...9. NULL when there is no memory. */
cdeflate_deflater *cdeflate_deflater_new(int level, int window_bits, int memory_level);
void cdeflate_deflater_free(cdeflate_deflater *deflater);
/* Forgets stream and window, keeps the memory. */
void cdeflate_deflater_reset(cdeflate_deflater *deflater);
/* Deflates all of in and flushes to a byte boundary; call again with nothing while it fills all the room. */
int cdeflate_deflate(cdeflate_deflater *deflater, const uint8_t *in, size_t in_count, uint8_t *out, size_t out_count,
                     size_t *consumed, size_t *produced);
/* Room that n bytes and the flush after them need at most. */
size_t cdeflate_bound(cdeflate_deflater *deflater, size_t n);

#endif
