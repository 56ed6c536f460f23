/// Addresses as operators write them: syntax only, nothing is looked up.
enum AddressSyntax {
    /// What is wrong with `HOST:PORT`, `[IPV6]:PORT` or `unix:PATH`; `nil` when nothing is.
    static func fault(in text: String) -> String? {
        if text.hasPrefix("unix:") {
            let path = text.dropFirst(5)
            if path.isEmpty { return "the path of the socket is missing" }
            // sockaddr_un holds 108 bytes, the closing zero included (unix(7)).
            return path.utf8.count > 107 ? "a Unix socket's path has at most 107 bytes" : nil
        }
        guard let (host, port) = split(text[...]) else { return "the port is not a number up to 65535" }
        if host.isEmpty { return "the host is missing; 0.0.0.0 or [::] means every address of this machine" }
        if !host.utf8.allSatisfy(\.isHostOctet) { return "the host has a character no host has" }
        return port == nil ? "the port is missing" : nil
    }

    /// Parts a host, brackets kept, from its port.
    ///
    /// `nil` when the port is no port or the brackets do not match.
    static func split(_ text: Substring) -> (host: String, port: Int?)? {
        let hostEnd: Substring.Index
        if text.hasPrefix("[") {
            guard let bracket = text.firstIndex(of: "]") else { return nil }
            hostEnd = text.index(after: bracket)
        } else {
            hostEnd = text.firstIndex(of: ":") ?? text.endIndex
        }
        let host = String(text[..<hostEnd])
        let rest = text[hostEnd...]
        if rest.isEmpty { return (host, nil) }
        guard rest.first == ":", rest.dropFirst().utf8.allSatisfy(\.isDigit),
            let port = UInt16(rest.dropFirst())
        else {
            return nil
        }
        return (host, Int(port))
    }
}

/// Endpoint paths with `{name}` segments.
enum PathSyntax {
    /// What is wrong with a path pattern; `nil` when nothing is.
    static func fault(in text: String) -> String? {
        guard text.hasPrefix("/") else { return "it does not begin with a slash" }
        guard text.utf8.count <= 1024 else { return "it has more than 1024 bytes" }
        // The built-in page lives there too: requests that upgrade are told from those that do not.
        if text == "/" { return nil }
        var names: Set<Substring> = []
        for segment in text.dropFirst().split(separator: "/", omittingEmptySubsequences: false) {
            if segment.isEmpty { return "a segment is empty" }
            if segment == "." || segment == ".." {
                return "\(segment) segments are resolved before they reach a server"
            }
            if segment.hasPrefix("{"), segment.hasSuffix("}") {
                let name = segment.dropFirst().dropLast()
                guard !name.isEmpty,
                    name.utf8.allSatisfy({ $0.isLetter || $0.isDigit || $0 == UInt8(ascii: "_") })
                else {
                    return "the name in \(segment) is not made of letters, digits and _"
                }
                guard names.insert(name).inserted else { return "\(segment) is there twice" }
            } else if let octet = segment.utf8.first(where: { !$0.isPathOctet }) {
                let character = Character(UnicodeScalar(octet))
                return octet == UInt8(ascii: "{") || octet == UInt8(ascii: "}")
                    ? "{name} must be a whole segment" : "\"\(character)\" cannot be in it unencoded"
            }
        }
        return nil
    }
}

extension UInt8 {
    var isDigit: Bool { UInt8(ascii: "0") <= self && self <= UInt8(ascii: "9") }
    var isLetter: Bool { UInt8(ascii: "a") <= self | 0x20 && self | 0x20 <= UInt8(ascii: "z") }
    /// RFC 3986 §2.3.
    var isUnreserved: Bool { isDigit || isLetter || "-._~".utf8.contains(self) }
    /// RFC 3986 §3.3 `pchar`; octets from 0x80 stand for themselves, decoded.
    var isPathOctet: Bool { isUnreserved || self >= 0x80 || "!$&'()*+,;=:@".utf8.contains(self) }
    /// What a host name or an address literal is made of.
    var isHostOctet: Bool { isDigit || isLetter || "-._[]:%".utf8.contains(self) }
}

extension StringProtocol {
    /// Without blanks at both ends.
    var trimmed: SubSequence {
        guard let first = firstIndex(where: { !$0.isWhitespace }),
            let last = lastIndex(where: { !$0.isWhitespace })
        else {
            return self[endIndex...]
        }
        return self[first...last]
    }
}
