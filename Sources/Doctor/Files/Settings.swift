/// A name with a value, as programs take their settings.
package struct Setting: Equatable, Sendable {
    /// Who reads it.
    package enum Side: String, Sendable {
        case backend
        /// Read when the page is built, and baked into it.
        case frontend
        case unknown
    }

    /// As written; of a nested notation the names joined by dots: `server.root_url`.
    package let name: String
    /// Without quotes.
    package let value: String
    package let place: FilePlace
    package let side: Side
    /// The service or program it is set for; nil: not said.
    package let service: String?

    package init(
        _ name: String, _ value: String, at place: FilePlace, side: Side = .unknown, service: String? = nil
    ) {
        self.name = name
        self.value = value
        self.place = place
        self.side = Setting.isBuildVariable(name) ? .frontend : side
        self.service = service
    }

    /// The name's last part, in small letters without `_`, `-` and blanks: `ALLOWED_ORIGINS` and `server.allowedOrigins` are both
    /// `allowedorigins`.
    package var bareName: String {
        let last = name.split(separator: ".").last.map(String.init) ?? name
        return last.lowercased().filter { $0 != "_" && $0 != "-" && $0 != " " }
    }

    /// Whether bundlers bake a variable of this name into the page.
    package static func isBuildVariable(_ name: String) -> Bool {
        [
            "VITE_", "NEXT_PUBLIC_", "REACT_APP_", "NUXT_PUBLIC_", "VUE_APP_", "PUBLIC_", "EXPO_PUBLIC_",
            "GATSBY_", "NG_APP_",
        ]
        .contains { name.hasPrefix($0) }
    }
}

extension FileEvidence {
    /// The value a program sees under a name; the last one wins, as in environment files.
    package func setting(_ name: String, side: Setting.Side? = nil) -> Setting? {
        settings.last { $0.name == name && (side == nil || $0.side == side || $0.side == .unknown) }
    }
}

/// Environment files: `NAME=value`, `export NAME="value"`, comments.
enum EnvironmentFile {
    static func settings(_ file: SourceFile, side: Setting.Side) -> [Setting] {
        var values: [String: String] = [:]
        return file.lines.compactMap { line in
            guard let (name, text, column) = assignment(line.text) else { return nil }
            let value = expanded(text, values)
            values[name] = value
            return Setting(name, value, at: file.place(line.number, column), side: side)
        }
    }

    /// `${NAME}` and `${NAME:-default}` stand for what was set before.
    private static func expanded(_ text: String, _ values: [String: String]) -> String {
        var text = text
        for _ in 0..<8 {
            guard let inner = text.between("${", "}") else { break }
            let name = inner.before(":-") ?? inner
            guard let value = values[name] ?? inner.after(":-") else { break }
            text = text.replacing("${\(inner)}", with: value, maxReplacements: 1)
        }
        return text
    }

    /// A line's name and value; nil: it is none.
    static func assignment(_ line: String) -> (name: String, value: String, column: Int)? {
        var text = line.trimmed
        let indent = line.utf8.prefix { $0 == 0x20 || $0 == 0x09 }.count
        if text.hasPrefix("export ") { text = text.dropFirst(7).trimmed }
        guard !text.hasPrefix("#"), let name = text.before("=")?.trimmed, let rest = text.after("=") else {
            return nil
        }
        guard isName(name) else { return nil }
        return (name, value(rest.trimmed), indent + 1)
    }

    /// In quotes: what is in them; without: up to a comment that has a blank before it.
    private static func value(_ text: String) -> String {
        if let quote = text.first, quote == "\"" || quote == "'" || quote == "`" {
            let rest = text.dropFirst()
            if let end = rest.firstIndex(of: quote) { return String(rest[..<end]) }
        }
        return (text.hasPrefix("#") ? "" : text.before(" #") ?? text).trimmed
    }

    static func isName(_ text: String) -> Bool {
        guard let first = text.utf8.first, !(0x30...0x39).contains(first) else { return false }
        return text.utf8.allSatisfy {
            (0x30...0x39).contains($0) || (0x41...0x5A).contains($0) || (0x61...0x7A).contains($0)
                || $0 == 0x5F
                || $0 == 0x2E || $0 == 0x2D
        }
    }

    /// By the words of the file's name: `client.env` and `frontend/.env` against `backend.env` and `.env.server`.
    static func side(of name: String) -> Setting.Side {
        let words = Set(Recogniser.words(name))
        let isFront = !words.isDisjoint(with: [
            "client", "front", "frontend", "web", "webapp", "page", "ui", "vite", "browser", "spa",
        ])
        let isBack = !words.isDisjoint(with: [
            "backend", "back", "server", "api", "service", "worker", "laravel", "django", "rails",
        ])
        return isBack ? .backend : isFront ? .frontend : .unknown
    }
}

/// INI files, Java properties and the like: sections in brackets, `name = value`, `name: value`, or `name value`.
enum SectionFile {
    /// An entry; the section is empty before the first bracket.
    struct Entry: Equatable, Sendable {
        let section: String
        let name: String
        let value: String
        let line: Int
    }

    /// All entries; lines that are none are passed over.
    ///
    /// `separators` in the order they are tried.
    static func entries(_ file: SourceFile, separators: [Character] = ["=", ":"]) -> [Entry] {
        var section = ""
        var entries: [Entry] = []
        for line in file.lines {
            let text = line.text.trimmed
            guard let first = text.first, first != "#", first != ";" else { continue }
            if first == "[", let end = text.lastIndex(of: "]") {
                section = String(text[text.index(after: text.startIndex)..<end]).trimmed
                continue
            }
            let cut =
                separators.lazy.compactMap { text.firstIndex(of: $0) }.first
                ?? text.firstIndex { $0 == " " || $0 == "\t" }
            guard let cut else { continue }
            let name = text[..<cut].trimmed
            let value = text[text.index(after: cut)...].trimmed
            guard !name.isEmpty, name.utf8.count <= 200 else { continue }
            entries.append(
                Entry(section: section, name: name, value: comment(value).unquoted, line: line.number))
        }
        return entries
    }

    /// As settings, named `section.name`.
    static func settings(_ file: SourceFile) -> [Setting] {
        let side = EnvironmentFile.side(of: file.name)
        let all = entries(file)
        return all.map {
            Setting(
                $0.section.isEmpty ? $0.name : "\($0.section).\($0.name)", interpolated($0, all),
                at: file.place($0.line), side: side)
        }
    }

    /// `%(name)s` stands for another entry of the section, as Grafana and Python's configparser read it.
    private static func interpolated(_ entry: Entry, _ all: [Entry]) -> String {
        var value = entry.value
        for _ in 0..<8 {
            guard let name = value.between("%(", ")s") else { break }
            let other = all.last { $0.section == entry.section && $0.name == name && $0.line != entry.line }
            value = value.replacing("%(\(name))s", with: other?.value ?? "")
        }
        return value
    }

    private static func comment(_ value: String) -> String {
        if value.hasPrefix("\"") || value.hasPrefix("'") { return value }
        return (value.before(" ;") ?? value.before(" #") ?? value).trimmed
    }
}
