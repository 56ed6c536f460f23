/// HAProxy's configuration, as far as it decides about sockets.
package struct HAProxyConfiguration: Equatable, Sendable {
    /// A line of a section, cut into words.
    package struct Line: Equatable, Sendable {
        package let words: [String]
        package let place: FilePlace
    }

    /// A section with its lines.
    package struct Section: Equatable, Sendable {
        /// `global`, `defaults`, `frontend`, `backend`, `listen` or another.
        package let kind: String
        /// Empty for global and unnamed defaults.
        package let name: String
        package let place: FilePlace
        package var lines: [Line] = []
        /// The defaults section in force where it stands; nil: none stood before it.
        package var defaults: Int?
    }

    package var sections: [Section] = []

    /// Reads a file; what is no section is passed over.
    ///
    /// Quotes and `\ ` are resolved, comments cut.
    package init(_ file: SourceFile) {
        var lastDefaults: Int?
        for line in file.lines {
            let words = Self.words(line.text)
            guard let first = words.first else { continue }
            let place = file.place(line.number, line.text.utf8.prefix { $0 == 0x20 || $0 == 0x09 }.count + 1)
            if Self.kinds.contains(first) {
                var section = Section(kind: first, name: words.count > 1 ? words[1] : "", place: place)
                if first == "defaults" {
                    lastDefaults = sections.count
                    if let from = words.firstIndex(of: "from"), from + 1 < words.count {
                        section.defaults = Self.defaults(words[from + 1], sections)
                    }
                } else if first != "global" {
                    section.defaults =
                        words.firstIndex(of: "from").flatMap {
                            $0 + 1 < words.count ? Self.defaults(words[$0 + 1], sections) : nil
                        } ?? lastDefaults
                }
                sections.append(section)
            } else if !sections.isEmpty {
                sections[sections.count - 1].lines.append(Line(words: words, place: place))
            }
        }
    }

    private static func defaults(_ name: String, _ sections: [Section]) -> Int? {
        sections.lastIndex { $0.kind == "defaults" && $0.name == name }
    }

    private static let kinds: Set<String> = [
        "backend", "cache", "defaults", "frontend", "global", "http-errors", "listen", "log-forward",
        "mailers",
        "peers", "program", "resolvers", "ring", "userlist",
    ]

    private static func words(_ text: String) -> [String] {
        var cut = text
        var isQuoted = false
        for (index, character) in zip(text.indices, text) {
            if character == "\"" { isQuoted.toggle() }
            if character == "#", !isQuoted {
                cut = String(text[..<index])
                break
            }
        }
        return cut.shellWords
    }
}

extension HAProxyConfiguration {
    /// The value of a directive of several words in a section or the defaults it inherits, with its line: `timeout tunnel`.
    package func value(_ name: [String], in section: Section) -> (words: [String], place: FilePlace)? {
        var section: Section? = section
        var steps = 0
        while let current = section, steps < 8 {
            if let line = current.lines.last(where: { $0.words.starts(with: name) }) {
                return (Array(line.words.dropFirst(name.count)), line.place)
            }
            section = current.defaults.map { sections[$0] }
            steps += 1
        }
        return nil
    }

    /// A timeout in seconds; bare numbers are milliseconds.
    package func timeout(_ name: String, in section: Section) -> (seconds: Double, place: FilePlace)? {
        guard let (words, place) = value(["timeout", name], in: section), let text = words.first,
            let seconds = TimeText.seconds(text, unit: 0.001)
        else { return nil }
        return (seconds, place)
    }

    /// Whether a section works on HTTP; the default mode is TCP.
    package func isHTTP(_ section: Section) -> Bool {
        value(["mode"], in: section)?.words.first == "http"
    }

    /// The backends a frontend can hand over to, `listen` sections being their own.
    package func backends(of section: Section) -> [Section] {
        if section.kind == "listen" { return [section] }
        let names = section.lines.compactMap { line -> String? in
            ["default_backend", "use_backend"].contains(line.words.first) && line.words.count > 1
                ? line.words[1] : nil
        }
        return sections.filter { $0.kind == "backend" && names.contains($0.name) }
    }

    /// Sections that accept connections.
    package var entrances: [Section] { sections.filter { $0.kind == "frontend" || $0.kind == "listen" } }

    /// Addresses a section binds, without options: `127.0.0.1:8080`, `:443`.
    package func binds(_ section: Section) -> [(address: String, options: [String], place: FilePlace)] {
        section.lines.filter { $0.words.first == "bind" && $0.words.count > 1 }.map {
            ($0.words[1], Array($0.words.dropFirst(2)), $0.place)
        }
    }

    /// The servers of a section: name, address, options; defaults of `default-server` put behind.
    package func servers(_ section: Section) -> [(
        name: String, address: String, options: [String], place: FilePlace
    )] {
        let common = section.lines.filter { $0.words.first == "default-server" }.flatMap {
            $0.words.dropFirst()
        }
        return section.lines.filter {
            ["server", "server-template"].contains($0.words.first) && $0.words.count > 2
        }.map {
            ($0.words[1], $0.words[2], Array($0.words.dropFirst(3)) + common, $0.place)
        }
    }
}
