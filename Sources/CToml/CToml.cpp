/* Input such as "[[[" or "[&" breaks what the parser takes for granted (marzer/tomlplusplus issue 294, pull request 301). With
   NDEBUG that is undefined behaviour, without it an abort; so the assertions stay in every build and throw. */
#undef NDEBUG
namespace {
struct broken_assumption {};
}  // namespace
#define TOML_ASSERT(condition) (static_cast<bool>(condition) ? static_cast<void>(0) : throw broken_assumption())
#define TOML_EXCEPTIONS 1
/* Trees are walked and freed by recursion, so their depth is bounded: values in values here, dotted keys below. */
#define TOML_MAX_NESTED_VALUES 16
#define TOML_ENABLE_FORMATTERS 0
#include <toml++/toml.h>

#include <algorithm>
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

constexpr int most_key_parts = 32;

// Where a string ends that begins at `i`: behind its closing quotes, or where it breaks off.
size_t string_end(std::string_view text, size_t i) {
    const char quote = text[i];
    const std::string_view three = text.substr(i, 3);
    if (three.size() == 3 && three[1] == quote && three[2] == quote) {
        for (i += 3; i < text.size(); i++) {
            if (quote == '"' && text[i] == '\\') i++;
            else if (text.substr(i, 3) == three) return i + 3;
        }
        return text.size();
    }
    for (i++; i < text.size() && text[i] != '\n'; i++) {
        if (quote == '"' && text[i] == '\\') i++;
        else if (text[i] == quote) return i + 1;
    }
    return std::min(i, text.size());
}

// The first line with a key of too many parts; 0 when there is none.
uint32_t deep_key_line(std::string_view text) {
    uint32_t line = 1;
    int parts = 1;
    for (size_t i = 0; i < text.size(); i++) {
        switch (text[i]) {
        case '"':
        case '\'': {
            const size_t end = string_end(text, i);
            line += static_cast<uint32_t>(std::count(text.begin() + i, text.begin() + end, '\n'));
            i = end - 1;
            break;
        }
        case '.':
            if (++parts > most_key_parts) return line;
            break;
        case '#':
            while (i + 1 < text.size() && text[i + 1] != '\n') i++;
            break;
        case '\n':
            line++;
            parts = 1;
            break;
        case '=': case '[': case ']': case '{': case '}': case ',':
            parts = 1;
            break;
        }
    }
    return 0;
}

bool breaks_assumption(std::string_view text) {
    try {
        (void)toml::parse(text);
        return false;
    } catch (const broken_assumption &) {
        return true;
    } catch (const toml::parse_error &) {
        return false;
    }
}

// The first line that makes the parser stumble. It reads from front to back, so once it stumbles it does so with any more text.
uint32_t stumbling_line(std::string_view text) {
    std::vector<size_t> ends;
    for (size_t i = 0; i < text.size(); i++) {
        if (text[i] == '\n') ends.push_back(i + 1);
    }
    const auto first = std::partition_point(
        ends.begin(), ends.end(), [&](size_t end) { return !breaks_assumption(text.substr(0, end)); });
    return static_cast<uint32_t>(first - ends.begin()) + 1;
}

void parse(ctoml_document &document, std::string_view text) {
    document.line = deep_key_line(text);
    if (document.line != 0) {
        document.column = 1;
        document.error = "a key has more than 32 parts";
        return;
    }
    try {
        document.root = toml::parse(text);
        flatten(document, document.root, -1, nullptr);
    } catch (const toml::parse_error &error) {
        document.error = std::string(error.description());
        document.line = error.source().begin.line;
        document.column = error.source().begin.column;
    } catch (const broken_assumption &) {
        document.line = stumbling_line(text);
        document.column = 1;
        document.error = "a key or a table's name is malformed";
    }
}

}  // namespace

ctoml_document *ctoml_parse(const char *bytes, size_t length) {
    ctoml_document *document = new (std::nothrow) ctoml_document;
    if (document == nullptr) return nullptr;
    try {
        parse(*document, length == 0 ? std::string_view() : std::string_view(bytes, length));
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
