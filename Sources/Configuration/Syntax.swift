import Glibc

/// Addresses as operators write them: syntax only, nothing is looked up.
enum AddressSyntax {
    /// What is wrong with `HOST:PORT`, `[IPV6]:PORT`, `unix:PATH` or `systemd:NAME`; `nil` when nothing is.
    static func fault(in text: String) -> String? {
        if text.hasPrefix("systemd:") {
            return text.utf8.count > 8 ? nil : "the name of the socket unit is missing"
        }
        if text.hasPrefix("unix:") {
            let path = text.dropFirst(5)
            if path.isEmpty { return "the path of the socket is missing" }
            // sockaddr_un holds 108 bytes, the closing zero included (unix(7)).
            return path.utf8.count > 107 ? "a Unix socket's path has at most 107 bytes" : nil
        }
        guard let (host, port) = split(text[...]) else { return "the port is not a number up to 65535" }
        if host.isEmpty { return "the host is missing; 0.0.0.0 or [::] means every address of this machine" }
        if port == nil { return "the port is missing" }
        return isLocal(host) ? nil : "\(host) is neither an IP address nor localhost"
    }

    /// Whether a machine can have it for its own address: names are not looked up.
    private static func isLocal(_ host: String) -> Bool {
        if host == "localhost" { return true }
        var address = in6_addr()
        guard host.hasPrefix("["), host.hasSuffix("]") else { return inet_pton(AF_INET, host, &address) == 1 }
        // A zone, as in fe80::1%eth0, is for the system to know.
        let literal = host.dropFirst().dropLast().prefix { $0 != "%" }
        return inet_pton(AF_INET6, String(literal), &address) == 1
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
