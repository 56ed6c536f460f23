/* YAML 1.1 by libyaml, flattened: a stream is an array of nodes, each after its parent. No policy, no state. */
#ifndef CYAML_H
#define CYAML_H
#include <stddef.h>
#include <stdint.h>

enum {
    cyaml_document = 0, /* the root of one document; its parent is -1 */
    cyaml_mapping = 1,  /* children come in pairs: key, value */
    cyaml_sequence = 2,
    cyaml_plain = 3,  /* a scalar without quotes */
    cyaml_quoted = 4, /* a scalar in quotes or a block scalar */
    cyaml_alias = 5,  /* `target` is the node its anchor names */
};

typedef struct cyaml_stream cyaml_stream;

/* Text lives as long as the stream, has its length, and a zero behind it. */
typedef struct {
    int32_t kind;
    int32_t parent;
    int32_t target;  /* of an alias: always smaller than its own index; -1 when no anchor has the name */
    uint32_t line;   /* from 1 */
    uint32_t column; /* from 1, in characters */
    const char *text;
    size_t length;
} cyaml_node;

/* Parses `length` bytes, giving up beyond `most_nodes` nodes or `deepest` levels. NULL when memory is out. What was
   read before an error is kept. */
cyaml_stream *cyaml_parse(const char *bytes, size_t length, size_t most_nodes, size_t deepest);
void cyaml_free(cyaml_stream *stream);
size_t cyaml_count(const cyaml_stream *stream);
/* `index` must be below the count. */
cyaml_node cyaml_node_at(const cyaml_stream *stream, size_t index);
/* What is wrong, or NULL; then `line` and `column` say where. */
const char *cyaml_error(const cyaml_stream *stream, uint32_t *line, uint32_t *column);

#endif
