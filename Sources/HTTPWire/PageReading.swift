import Bytes

/// Whether the body of an answer is a page for people, and what it is called: where a WebSocket was asked for, a page tells
/// that the request reached something else.
public enum PageReading {
    /// Whether a body is a page: by its content type, and where there is none by how it begins.
    ///
    /// - Parameter contentType: the value of `Content-Type`, with or without parameters; nil or empty: not said.
    public static func isPage(_ body: [UInt8], contentType: String?) -> Bool {
        let mediaType = (contentType ?? "").prefix { $0 != ";" }.lowercased().filter {
            $0 != " " && $0 != "\t"
        }
        if mediaType == "text/html" { return true }
        guard mediaType.isEmpty || mediaType == "application/xhtml+xml" else { return false }
        let start = body.firstIndex { !isBlank($0) } ?? body.endIndex
        let begin = String(decoding: body[start...].prefix(15), as: UTF8.self).lowercased()
        return begin.hasPrefix("<!doctype html") || begin.hasPrefix("<html") || begin.hasPrefix("<head")
    }

    /// The title of a page in one line, at most 100 scalars; nil: it has none in its first 16 KiB.
    public static func title(of page: [UInt8]) -> String? {
        // Octets, not characters: pages are long, and "<title" is ASCII.
        let octets = Array(page.prefix(16 << 10))
        guard let open = find("<title", in: octets, from: 0),
            let from = octets[open...].firstIndex(of: UInt8(ascii: ">")),
            let close = find("</title", in: octets, from: from)
        else { return nil }
        let words = Excerpt.line(String(decoding: octets[(from + 1)..<close], as: UTF8.self), limit: 100)
        return words.isEmpty ? nil : words
    }

    private static func find(_ needle: StaticString, in octets: [UInt8], from start: Int) -> Int? {
        let count = needle.utf8CodeUnitCount
        guard octets.count - start >= count else { return nil }
        return (start...(octets.count - count)).first { at in
            (0..<count).allSatisfy { octets[at + $0] | 0x20 == needle.utf8Start[$0] | 0x20 }
        }
    }

    private static func isBlank(_ octet: UInt8) -> Bool { octet == 0x20 || (0x09...0x0D).contains(octet) }
}
