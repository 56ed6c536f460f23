#define PCRE2_CODE_UNIT_WIDTH 8
#include "CPCRE.h"
#include <pcre2.h>
#include <stdlib.h>
#include <string.h>

struct cpcre_pattern {
    pcre2_code *code;
};

cpcre_pattern *cpcre_compile(const uint8_t *pattern, size_t count, int caseless, int *error, size_t *offset) {
    PCRE2_SIZE at = 0;
    *error = 0;
    *offset = 0;
    cpcre_pattern *made = calloc(1, sizeof *made);
    if (!made) return NULL;
    made->code = pcre2_compile(pattern, count, caseless ? PCRE2_CASELESS : 0, error, &at, NULL);
    *offset = at;
    if (made->code) return made;
    free(made);
    return NULL;
}

void cpcre_free(cpcre_pattern *pattern) {
    pcre2_code_free(pattern->code);
    free(pattern);
}

void cpcre_message(int error, char *room, size_t count) {
    if (count == 0) return;
    room[0] = 0;
    pcre2_get_error_message(error, (PCRE2_UCHAR *)room, count);
    room[count - 1] = 0;
}

uint32_t cpcre_capture_count(const cpcre_pattern *pattern) {
    uint32_t count = 0;
    pcre2_pattern_info(pattern->code, PCRE2_INFO_CAPTURECOUNT, &count);
    return count;
}

uint32_t cpcre_name_count(const cpcre_pattern *pattern) {
    uint32_t count = 0;
    pcre2_pattern_info(pattern->code, PCRE2_INFO_NAMECOUNT, &count);
    return count;
}

/* An entry is the group's number in two octets, big end first, and then the name. */
uint32_t cpcre_name(const cpcre_pattern *pattern, uint32_t index, const char **name) {
    PCRE2_SPTR table = NULL;
    uint32_t size = 0;
    pcre2_pattern_info(pattern->code, PCRE2_INFO_NAMETABLE, &table);
    pcre2_pattern_info(pattern->code, PCRE2_INFO_NAMEENTRYSIZE, &size);
    PCRE2_SPTR entry = table + (size_t)index * size;
    *name = (const char *)(entry + 2);
    return (uint32_t)entry[0] << 8 | entry[1];
}

int cpcre_match(const cpcre_pattern *pattern, const uint8_t *subject, size_t count, uint32_t steps, size_t *ends, size_t groups) {
    /* Made for each match, so that a pattern may be used by several threads at once. */
    pcre2_match_data *match = pcre2_match_data_create_from_pattern(pattern->code, NULL);
    pcre2_match_context *context = pcre2_match_context_create(NULL);
    int result = PCRE2_ERROR_NOMEMORY;
    if (match && context) {
        pcre2_set_match_limit(context, steps);
        pcre2_set_depth_limit(context, steps);
        pcre2_set_heap_limit(context, 16 * 1024); /* KiB */
        result = pcre2_match(pattern->code, subject, count, 0, 0, match, context);
    }
    if (result > 0) {
        const size_t *found = pcre2_get_ovector_pointer(match);
        size_t have = pcre2_get_ovector_count(match);
        for (size_t n = 0; n < have && n < groups; n++) {
            ends[2 * n] = found[2 * n];
            ends[2 * n + 1] = found[2 * n + 1];
        }
    }
    pcre2_match_context_free(context);
    pcre2_match_data_free(match);
    switch (result) {
    case PCRE2_ERROR_NOMATCH: return CPCRE_NO_MATCH;
    case PCRE2_ERROR_MATCHLIMIT: case PCRE2_ERROR_DEPTHLIMIT: case PCRE2_ERROR_HEAPLIMIT: case PCRE2_ERROR_NOMEMORY:
        return CPCRE_LIMIT;
    default: return result > 0 ? result : CPCRE_FAILED;
    }
}
