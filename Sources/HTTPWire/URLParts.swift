import Bytes

/// A `ws`, `wss`, `http` or `https` URL, taken apart for dialling (RFC 6455 §3, RFC 3986 §3).
public struct URLParts: Sendable, Equatable {
    /// What the URL begins with.
    public enum Scheme: String, Sendable, CaseIterable {
        case ws, wss, http, https

        /// Whether TLS is spoken.
        public var isSecure: Bool { self == .wss || self == .https }
        /// 443 with TLS, 80 without.
        public var defaultPort: UInt16 { isSecure ? 443 : 80 }
    }

    /// What the URL begins with.
    public let scheme: Scheme
    /// In small letters; an IPv6 address without its brackets.
    public let host: String
    /// As written or the default of the scheme, 1 to 65,535.
    public let port: UInt16
    /// Path and query as they go on the wire, with what must be percent-encoded encoded.
    ///
    /// Begins with `/`.
    public let target: String

    /// Takes `text` apart.
    ///
    /// - Throws: ``URLError``, in words that say what to write instead.
    public init(_ text: String) throws(URLError) {
        let octets = Array(text.utf8)
        guard let colon = octets.firstIndex(of: 0x3A), octets[colon...].starts(with: "://".utf8) else {
            throw .missingScheme(text)
        }
        let name = String(decoding: octets[..<colon].map(Octets.lowercased), as: UTF8.self)
        guard let scheme = Scheme(rawValue: name) else { throw .unknownScheme(name) }
        let rest = octets[(colon + 3)...]
        let end = rest.firstIndex { $0 == 0x2F || $0 == 0x3F || $0 == 0x23 } ?? rest.endIndex
        (host, port) = try URLParts.authority(rest[..<end], scheme)
        let tail = rest[end...]
        let mark = tail.firstIndex(of: 0x23) ?? tail.endIndex
        if mark < tail.endIndex, scheme == .ws || scheme == .wss { throw .fragment }
        target = try URLParts.target(tail[..<mark])
        self.scheme = scheme
    }

    /// `host[:port]` for the Host field: brackets around IPv6, the default port left out.
    public var authority: String {
        let name = host.contains(":") ? "[\(host)]" : host
        return port == scheme.defaultPort ? name : "\(name):\(port)"
    }

    /// The origin of a page at this URL, such as `https://example.org`.
    public var origin: String { "\(scheme.isSecure ? "https" : "http")://\(authority)" }

    private static func authority(
        _ text: ArraySlice<UInt8>, _ scheme: Scheme
    ) throws(URLError) -> (host: String, port: UInt16) {
        if text.contains(0x40) { throw .userInformation }
        guard !text.isEmpty, text.first != 0x3A else { throw .missingHost }
        if text.contains(where: { $0 >= 0x80 }) { throw .hostNotASCII(String(decoding: text, as: UTF8.self)) }
        let isValid = Array(text).withUnsafeBytes { RequestTarget.isAuthority($0, needsPort: false) }
        guard isValid, !text.contains(0x25) else { throw .invalidHost(String(decoding: text, as: UTF8.self)) }
        let isV6 = text.first == 0x5B
        let close =
            isV6 ? text.firstIndex(of: 0x5D) ?? text.endIndex : text.firstIndex(of: 0x3A) ?? text.endIndex
        let name = isV6 ? text[(text.startIndex + 1)..<close] : text[..<close]
        let host = String(decoding: name.map(Octets.lowercased), as: UTF8.self)
        guard let colon = text[close...].firstIndex(of: 0x3A), colon + 1 < text.endIndex else {
            return (host, scheme.defaultPort)
        }
        let digits = String(decoding: text[(colon + 1)...], as: UTF8.self)
        guard let port = UInt16(digits), port > 0 else { throw .invalidPort(digits) }
        return (host, port)
    }

    /// A text as part of a query: everything but the unreserved characters is encoded (RFC 3986 §2.3).
    public static func percentEncoded(_ text: String) -> String {
        var encoded = ""
        for octet in text.utf8 {
            switch octet {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x2E, 0x5F, 0x7E:
                encoded.unicodeScalars.append(Unicode.Scalar(octet))
            default: encoded += "%" + Octets.hex(octet)
            }
        }
        return encoded
    }

    private static func target(_ text: ArraySlice<UInt8>) throws(URLError) -> String {
        var target: [UInt8] = text.first == 0x2F ? [] : [0x2F]
        for octet in text {
            if octet < 0x20 || octet == 0x7F { throw .controlCharacter }
            if Octets.isTarget(octet), octet != 0x5C {
                target.append(octet)
            } else {
                target.append(contentsOf: Array(("%" + Octets.hex(octet)).utf8))
            }
        }
        return String(decoding: target, as: UTF8.self)
    }
}

extension URLParts: CustomStringConvertible {
    /// The URL in its plain form.
    ///
    /// May hold a token in its query.
    public var description: String { "\(scheme.rawValue)://\(authority)\(target)" }
}

/// Why a text is no URL to dial.
public enum URLError: Error, Equatable, Sendable, CustomStringConvertible {
    case missingScheme(String)
    case unknownScheme(String)
    case missingHost
    case hostNotASCII(String)
    case invalidHost(String)
    case invalidPort(String)
    case userInformation
    case fragment
    case controlCharacter

    /// What is wrong, and what to write instead.
    public var description: String {
        switch self {
        case .missingScheme(let text): "'\(text)' has no scheme: write ws:// or wss:// before the host"
        case .unknownScheme(let name): "'\(name)' is not spoken here: use ws, wss, http or https"
        case .missingHost: "the URL has no host"
        case .hostNotASCII(let host): "the host '\(host)' must be written in its ASCII form (xn--…)"
        case .invalidHost(let host): "'\(host)' is no host with an optional port"
        case .invalidPort(let port): "'\(port)' is no port: use 1 to 65535"
        case .userInformation:
            "user names and passwords in URLs are not sent: use a token or the Authorization header"
        case .fragment: "a WebSocket URL has no fragment: write '#' as %23"
        case .controlCharacter: "the URL holds a control character"
        }
    }
}
