/* TOML 1.0 by toml++, flattened: a document is an array of nodes, each after its parent. No policy, no state. */
#ifndef CTOML_H
#define CTOML_H
#include <stdint.h>
#include <stddef.h>
#ifdef __cplusplus
extern "C" {
#endif

enum {
    ctoml_table = 0,
    ctoml_array = 1,
    ctoml_string = 2,
    ctoml_integer = 3,
    ctoml_float = 4,
    ctoml_boolean = 5,
    ctoml_time = 6, /* any of TOML's dates and times */
};

typedef struct ctoml_document ctoml_document;

/* Pointers live as long as the document; text has its length and no zero at the end. */
typedef struct {
    int32_t kind;
    int32_t parent;       /* index of the node it is in; -1 for the root table, which is node 0 */
    uint32_t line;        /* of the key, or of the value inside an array; from 1, columns in characters from 1 */
    uint32_t column;
    const char *key;      /* NULL inside an array */
    size_t key_length;
    int64_t integer;      /* of an integer; 0 or 1 of a boolean */
    const char *text;     /* of a string */
    size_t text_length;
} ctoml_node;

/* Parses `length` bytes. Never NULL but when memory is out; the document may stand for an error. */
ctoml_document *ctoml_parse(const char *bytes, size_t length);
void ctoml_free(ctoml_document *document);

/* What is wrong, or NULL; then `line` and `column` say where. */
const char *ctoml_error(const ctoml_document *document, uint32_t *line, uint32_t *column);

/* 0 when there is an error. */
size_t ctoml_count(const ctoml_document *document);
/* `index` must be below the count. */
ctoml_node ctoml_node_at(const ctoml_document *document, size_t index);

#ifdef __cplusplus
}
#endif
#endif
