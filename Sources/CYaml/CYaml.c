#include "CYaml.h"

#include <stdlib.h>
#include <string.h>
#include <yaml.h>

typedef struct {
    char *name;
    int32_t node;
} anchor;

struct cyaml_stream {
    cyaml_node *nodes;
    size_t count, room;
    anchor *anchors;
    size_t anchor_count, anchor_room;
    char error[160];
    uint32_t line, column;
    int failed;
};

enum { most_anchors = 4096 };

static void fail(cyaml_stream *stream, const char *text, yaml_mark_t mark) {
    if (stream->failed) return;
    stream->failed = 1;
    strncpy(stream->error, text, sizeof stream->error - 1);
    stream->line = (uint32_t)mark.line + 1;
    stream->column = (uint32_t)mark.column + 1;
}

/* The index of the new node, or -1. */
static int32_t add(cyaml_stream *stream, int32_t kind, int32_t parent, yaml_mark_t mark, const char *text, size_t length,
                   size_t most_nodes) {
    if (stream->count >= most_nodes || stream->count >= INT32_MAX) {
        fail(stream, "the document has too many nodes", mark);
        return -1;
    }
    if (stream->count == stream->room) {
        const size_t room = stream->room == 0 ? 256 : stream->room * 2;
        cyaml_node *nodes = realloc(stream->nodes, room * sizeof *nodes);
        if (nodes == NULL) {
            fail(stream, "out of memory", mark);
            return -1;
        }
        stream->nodes = nodes;
        stream->room = room;
    }
    char *copy = NULL;
    if (text != NULL) {
        copy = malloc(length + 1);
        if (copy == NULL) {
            fail(stream, "out of memory", mark);
            return -1;
        }
        memcpy(copy, text, length);
        copy[length] = 0;
    }
    stream->nodes[stream->count] = (cyaml_node){
        .kind = kind,
        .parent = parent,
        .target = -1,
        .line = (uint32_t)mark.line + 1,
        .column = (uint32_t)mark.column + 1,
        .text = copy,
        .length = length,
    };
    return (int32_t)stream->count++;
}

static void name_anchor(cyaml_stream *stream, const yaml_char_t *name, int32_t node) {
    if (name == NULL || node < 0 || stream->anchor_count >= most_anchors) return;
    if (stream->anchor_count == stream->anchor_room) {
        const size_t room = stream->anchor_room == 0 ? 16 : stream->anchor_room * 2;
        anchor *anchors = realloc(stream->anchors, room * sizeof *anchors);
        if (anchors == NULL) return;
        stream->anchors = anchors;
        stream->anchor_room = room;
    }
    char *copy = strdup((const char *)name);
    if (copy != NULL) stream->anchors[stream->anchor_count++] = (anchor){copy, node};
}

static int32_t anchored(const cyaml_stream *stream, const yaml_char_t *name) {
    for (size_t i = stream->anchor_count; i > 0; i--) {
        if (strcmp(stream->anchors[i - 1].name, (const char *)name) == 0) return stream->anchors[i - 1].node;
    }
    return -1;
}

static void read_events(cyaml_stream *stream, yaml_parser_t *parser, int32_t *open, size_t most_nodes, size_t deepest) {
    size_t depth = 0;
    for (;;) {
        yaml_event_t event;
        if (!yaml_parser_parse(parser, &event)) {
            fail(stream, parser->problem != NULL ? parser->problem : "the text is not YAML", parser->problem_mark);
            return;
        }
        const int32_t parent = depth == 0 ? -1 : open[depth - 1];
        const yaml_mark_t mark = event.start_mark;
        int32_t node = -1;
        int opens = 0, closes = 0, ends = 0;
        switch (event.type) {
        case YAML_DOCUMENT_START_EVENT:
            node = add(stream, cyaml_document, -1, mark, NULL, 0, most_nodes);
            opens = 1;
            break;
        case YAML_MAPPING_START_EVENT:
            node = add(stream, cyaml_mapping, parent, mark, NULL, 0, most_nodes);
            name_anchor(stream, event.data.mapping_start.anchor, node);
            opens = 1;
            break;
        case YAML_SEQUENCE_START_EVENT:
            node = add(stream, cyaml_sequence, parent, mark, NULL, 0, most_nodes);
            name_anchor(stream, event.data.sequence_start.anchor, node);
            opens = 1;
            break;
        case YAML_SCALAR_EVENT:
            node = add(stream, event.data.scalar.style == YAML_PLAIN_SCALAR_STYLE ? cyaml_plain : cyaml_quoted, parent, mark,
                       (const char *)event.data.scalar.value, event.data.scalar.length, most_nodes);
            name_anchor(stream, event.data.scalar.anchor, node);
            break;
        case YAML_ALIAS_EVENT:
            node = add(stream, cyaml_alias, parent, mark, NULL, 0, most_nodes);
            if (node >= 0) stream->nodes[node].target = anchored(stream, event.data.alias.anchor);
            break;
        case YAML_DOCUMENT_END_EVENT:
        case YAML_MAPPING_END_EVENT:
        case YAML_SEQUENCE_END_EVENT:
            closes = 1;
            break;
        case YAML_STREAM_END_EVENT:
            ends = 1;
            break;
        default:
            break;
        }
        yaml_event_delete(&event);
        if (ends || stream->failed) return;
        if (opens) {
            if (depth >= deepest) {
                fail(stream, "the document is nested too deep", mark);
                return;
            }
            open[depth++] = node;
        } else if (closes && depth > 0) {
            depth--;
        }
    }
}

cyaml_stream *cyaml_parse(const char *bytes, size_t length, size_t most_nodes, size_t deepest) {
    cyaml_stream *stream = calloc(1, sizeof *stream);
    int32_t *open = calloc(deepest + 1, sizeof *open);
    yaml_parser_t parser;
    if (stream == NULL || open == NULL || !yaml_parser_initialize(&parser)) {
        free(stream);
        free(open);
        return NULL;
    }
    yaml_parser_set_input_string(&parser, (const unsigned char *)(length == 0 ? "" : bytes), length);
    read_events(stream, &parser, open, most_nodes, deepest);
    yaml_parser_delete(&parser);
    free(open);
    return stream;
}

void cyaml_free(cyaml_stream *stream) {
    for (size_t i = 0; i < stream->count; i++) free((char *)stream->nodes[i].text);
    for (size_t i = 0; i < stream->anchor_count; i++) free(stream->anchors[i].name);
    free(stream->nodes);
    free(stream->anchors);
    free(stream);
}

size_t cyaml_count(const cyaml_stream *stream) { return stream->count; }

cyaml_node cyaml_node_at(const cyaml_stream *stream, size_t index) { return stream->nodes[index]; }

const char *cyaml_error(const cyaml_stream *stream, uint32_t *line, uint32_t *column) {
    if (!stream->failed) return NULL;
    *line = stream->line;
    *column = stream->column;
    return stream->error;
}
