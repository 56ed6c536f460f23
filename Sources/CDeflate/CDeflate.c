#include "CDeflate.h"
#include <stdlib.h>
#include <zlib.h>

struct cdeflate_inflater { z_stream stream; };
struct cdeflate_deflater { z_stream stream; };

/* zlib counts in 32 bits: larger runs go piece by piece, and the caller comes again. */
static uInt piece(size_t n) { return n > CDEFLATE_PIECE ? CDEFLATE_PIECE : (uInt)n; }

static void lend(z_stream *s, const uint8_t *in, size_t in_count, uint8_t *out, size_t out_count) {
    s->next_in = (Bytef *)in;
    s->avail_in = piece(in_count);
    s->next_out = out;
    s->avail_out = piece(out_count);
}

/* The pointers are the caller's: none stays behind. */
static void take_back(z_stream *s, const uint8_t *in, uint8_t *out, size_t *consumed, size_t *produced) {
    *consumed = (size_t)(s->next_in - in);
    *produced = (size_t)(s->next_out - out);
    s->next_in = NULL;
    s->next_out = NULL;
    s->avail_in = 0;
    s->avail_out = 0;
}

cdeflate_inflater *cdeflate_inflater_new(int window_bits) {
    cdeflate_inflater *inflater = calloc(1, sizeof *inflater);
    if (inflater && inflateInit2(&inflater->stream, -window_bits) != Z_OK) {
        free(inflater);
        return NULL;
    }
    return inflater;
}

void cdeflate_inflater_free(cdeflate_inflater *inflater) {
    inflateEnd(&inflater->stream);
    free(inflater);
}

void cdeflate_inflater_reset(cdeflate_inflater *inflater) { inflateReset(&inflater->stream); }

int cdeflate_inflate(cdeflate_inflater *inflater, const uint8_t *in, size_t in_count, uint8_t *out, size_t out_count,
                     size_t *consumed, size_t *produced) {
    z_stream *s = &inflater->stream;
    lend(s, in, in_count, out, out_count);
    int status = inflate(s, Z_SYNC_FLUSH);
    take_back(s, in, out, consumed, produced);
    switch (status) {
    case Z_OK: case Z_BUF_ERROR: return CDEFLATE_MORE;
    /* RFC 7692 §7.2.3.4: a final block does not end the message, nor the window. inflateReset would empty the window, and
     * lending it out and in again would let two bytes of input cost 64 KiB of copying. */
    case Z_STREAM_END: inflateResetKeep(s); return CDEFLATE_STREAM_END;
    case Z_MEM_ERROR: return CDEFLATE_NO_MEMORY;
    default: return CDEFLATE_BAD_DATA;
    }
}

int cdeflate_inflater_is_between_blocks(const cdeflate_inflater *inflater) { return (inflater->stream.data_type & 128) != 0; }

const uint8_t *cdeflate_tail(void) {
    static const uint8_t tail[4] = {0x00, 0x00, 0xFF, 0xFF};
    return tail;
}

cdeflate_deflater *cdeflate_deflater_new(int level, int window_bits, int memory_level) {
    cdeflate_deflater *deflater = calloc(1, sizeof *deflater);
    if (deflater
        && deflateInit2(&deflater->stream, level, Z_DEFLATED, -window_bits, memory_level, Z_DEFAULT_STRATEGY) != Z_OK) {
        free(deflater);
        return NULL;
    }
    return deflater;
}

void cdeflate_deflater_free(cdeflate_deflater *deflater) {
    deflateEnd(&deflater->stream);
    free(deflater);
}

void cdeflate_deflater_reset(cdeflate_deflater *deflater) { deflateReset(&deflater->stream); }

int cdeflate_deflate(cdeflate_deflater *deflater, const uint8_t *in, size_t in_count, uint8_t *out, size_t out_count,
                     size_t *consumed, size_t *produced) {
    z_stream *s = &deflater->stream;
    lend(s, in, in_count, out, out_count);
    int status = deflate(s, in_count > s->avail_in ? Z_NO_FLUSH : Z_SYNC_FLUSH);
    take_back(s, in, out, consumed, produced);
    return status == Z_OK || status == Z_BUF_ERROR ? CDEFLATE_MORE : CDEFLATE_BAD_DATA;
}

/* The flush adds a three-bit header, the rest of its byte, and the four bytes of an empty stored block. */
size_t cdeflate_bound(cdeflate_deflater *deflater, size_t n) { return deflateBound(&deflater->stream, n) + 16; }
