/* PCRE2's matching of octets behind plain integers: one compiled pattern, one match at a time, with limits. */
#ifndef CPCRE_H
#define CPCRE_H
#include <stddef.h>
#include <stdint.h>

typedef struct cpcre_pattern cpcre_pattern;

enum {
    CPCRE_NO_MATCH = 0,
    CPCRE_LIMIT = -1,     /* a limit stopped the match: steps, depth or memory */
    CPCRE_FAILED = -2,    /* any other refusal of the library */
};

/* Compiles a pattern without UTF mode, as nginx does. NULL: *error (PCRE2's number) and *offset say why. */
cpcre_pattern *cpcre_compile(const uint8_t *pattern, size_t count, int caseless, int *error, size_t *offset);
void cpcre_free(cpcre_pattern *pattern);
/* PCRE2's words for an error number, always terminated. */
void cpcre_message(int error, char *room, size_t count);

/* Groups that capture, without the whole match. */
uint32_t cpcre_capture_count(const cpcre_pattern *pattern);
/* Entries of the table of names, and one of them: the number of its group; the name is terminated and lives with the pattern. */
uint32_t cpcre_name_count(const cpcre_pattern *pattern);
uint32_t cpcre_name(const cpcre_pattern *pattern, uint32_t index, const char **name);

/* Matches anywhere in the subject, in at most `steps` steps. More than 0: the number of the highest group that took part, plus
 * one; then ends[2 * n] and ends[2 * n + 1] are the bounds of group n, SIZE_MAX where it took no part. At most `groups`
 * groups are written, the whole match among them. */
int cpcre_match(const cpcre_pattern *pattern, const uint8_t *subject, size_t count, uint32_t steps, size_t *ends, size_t groups);

#endif
