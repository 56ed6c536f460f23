import HTTPWire

/// What an address answered when somebody asked it by hand: a `curl` command of a transcript, and the status behind it.
package struct AskedAddress: Equatable, Sendable {
    /// As written: a name, or an address.
    package let host: String
    package let port: Int
    /// Without its query.
    package let path: String
    package let status: Int
    /// Of the command.
    package let place: FilePlace

    /// Commands with `-w '%{http_code}'` and the figure they print, and commands behind which a status line stands.
    static func all(in file: SourceFile) -> [AskedAddress] {
        var found: [AskedAddress] = []
        var asked: (url: URLParts, isCode: Bool, place: FilePlace)?
        for line in file.lines.prefix(20_000) {
            guard found.count < 200 else { break }
            let text = line.text
            if text.holds("curl "), let command = command(text) {
                asked = (command.url, command.isCode, file.place(line.number))
                continue
            }
            guard let open = asked, !text.trimmed.isEmpty else { continue }
            let marked = text.hasPrefix("< ") ? String(text.dropFirst(2)) : text
            let status =
                ExchangeReader.statusLine(marked)?.status ?? (open.isCode ? Self.code(text.trimmed) : nil)
            if let status {
                found.append(
                    AskedAddress(
                        host: open.url.host.lowercased(), port: Int(open.url.port),
                        path: open.url.target.before("?") ?? open.url.target,
                        status: status, place: open.place))
                asked = nil
            } else if text.hasPrefix("$ ") || text.hasPrefix("# ") {
                asked = nil
            }
        }
        return found
    }

    static func command(_ line: String) -> (url: URLParts, isCode: Bool)? {
        let words = line.shellWords
        guard let start = words.firstIndex(where: { $0 == "curl" || $0.hasSuffix("/curl") }), start < 4,
            let word = words[start...].first(where: { $0.hasPrefix("http://") || $0.hasPrefix("https://") }),
            let url = try? URLParts(word)
        else { return nil }
        return (url, words.contains { $0.holds("http_code") || $0.holds("response_code") })
    }

    /// `404`, also with words around it that a format puts there: `status=404`.
    private static func code(_ text: String) -> Int? {
        let words = text.split(whereSeparator: { !$0.isNumber }).map(String.init).filter {
            $0.utf8.count == 3
        }
        return words.lazy.compactMap { Int($0) }.first { (100...599).contains($0) }
    }
}

extension FileEvidence {
    /// A path somebody asked an address for with `prefix` and without it, where the address has the one and answers 404 to the
    /// other; nil: nobody did.
    func asked(with prefix: String, isAddress: (AskedAddress) -> Bool) -> (
        with: AskedAddress, without: AskedAddress
    )? {
        let bare = prefix.hasSuffix("/") ? String(prefix.dropLast()) : prefix
        guard !bare.isEmpty else { return nil }
        for long in asked where long.path.hasPrefix(bare + "/") && isAddress(long) {
            let rest = String(long.path.dropFirst(bare.count))
            let short = asked.first { other in
                other.path == rest && other.host == long.host && other.port == long.port
                    && (other.status == 404) != (long.status == 404) && max(other.status, long.status) < 500
            }
            if let short { return (long, short) }
        }
        return nil
    }
}
