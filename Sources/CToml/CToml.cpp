#define TOML_EXCEPTIONS 0
#define TOML_ENABLE_FORMATTERS 0
#include <toml++/toml.h>

#include <new>
#include <string>
#include <vector>

#include "CToml.h"

struct ctoml_document {
    toml::table root;
    std::vector<ctoml_node> nodes;
    std::string error;
    uint32_t line = 0;
    uint32_t column = 0;
};

namespace {

void flatten(ctoml_document &document, const toml::node &node, int32_t parent, const toml::key *key) {
    // A table that a dotted key or a sub-table made has no place of its own; its key has one.
    const toml::source_position place = key != nullptr ? key->source().begin : node.source().begin;
    ctoml_node flat = {};
    flat.parent = parent;
    flat.line = place.line;
    flat.column = place.column;
    if (key != nullptr) {
        flat.key = key->str().data();
        flat.key_length = key->str().size();
    }
    const int32_t self = static_cast<int32_t>(document.nodes.size());
    if (const auto *text = node.as_string()) {
        flat.kind = ctoml_string;
        flat.text = text->get().data();
        flat.text_length = text->get().size();
    } else if (const auto *integer = node.as_integer()) {
        flat.kind = ctoml_integer;
        flat.integer = integer->get();
    } else if (const auto *boolean = node.as_boolean()) {
        flat.kind = ctoml_boolean;
        flat.integer = boolean->get() ? 1 : 0;
    } else if (node.is_floating_point()) {
        flat.kind = ctoml_float;
    } else if (const auto *table = node.as_table()) {
        flat.kind = ctoml_table;
        document.nodes.push_back(flat);
        for (const auto &[name, child] : *table) flatten(document, child, self, &name);
        return;
    } else if (const auto *array = node.as_array()) {
        flat.kind = ctoml_array;
        document.nodes.push_back(flat);
        for (const auto &child : *array) flatten(document, child, self, nullptr);
        return;
    } else {
        flat.kind = ctoml_time;
    }
    document.nodes.push_back(flat);
}

}  // namespace

ctoml_document *ctoml_parse(const char *bytes, size_t length) {
    ctoml_document *document = new (std::nothrow) ctoml_document;
    if (document == nullptr) return nullptr;
    // toml++ throws nothing in this mode, but the containers still may when memory is out.
    try {
        toml::parse_result result = toml::parse(std::string_view(bytes, length));
        if (result) {
            document->root = std::move(result).table();
            flatten(*document, document->root, -1, nullptr);
        } else {
            document->error = std::string(result.error().description());
            document->line = result.error().source().begin.line;
            document->column = result.error().source().begin.column;
        }
    } catch (...) {
        document->nodes.clear();
        document->error = "out of memory";
    }
    return document;
}

void ctoml_free(ctoml_document *document) { delete document; }

const char *ctoml_error(const ctoml_document *document, uint32_t *line, uint32_t *column) {
    if (document->error.empty()) return nullptr;
    *line = document->line;
    *column = document->column;
    return document->error.c_str();
}

size_t ctoml_count(const ctoml_document *document) { return document->nodes.size(); }

ctoml_node ctoml_node_at(const ctoml_document *document, size_t index) { return document->nodes[index]; }
