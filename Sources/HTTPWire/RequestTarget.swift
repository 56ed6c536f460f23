import Bytes

/// The four forms of a request target (RFC 9112 §3.2).
public enum TargetForm: UInt8, Sendable {
    /// `/path?query`
    case origin
    /// `http://host/path?query`
    case absolute
    /// `host:port`, for CONNECT
    case authority
    /// `*`, for OPTIONS
    case asterisk
}

/// Where the parts of a target lie, counted from the start of the head.
struct TargetLayout: Sendable, Equatable {
    var target: Range<UInt32>
    var path: Range<UInt32>
    var query: Range<UInt32>?
    var authority: Range<UInt32>?
}

/// Checks targets and takes them apart.
enum RequestTarget {
    /// Checks the target in `range` of a head and finds its parts.
    static func layout(
        _ range: Range<Int>, of head: UnsafeRawBufferPointer, method: HTTPMethod
    ) throws(HTTPError) -> (form: TargetForm, layout: TargetLayout) {
        let target = UnsafeRawBufferPointer(rebasing: head[range])
        if let bad = target.first(where: { !Octets.isTarget($0) }) { throw .invalidTarget(.octet(bad)) }
        var layout = TargetLayout(target: span(range), path: span(range.lowerBound..<range.lowerBound))
        if method == .connect {
            guard isAuthority(target, needsPort: true) else { throw .invalidTarget(.authority) }
            layout.authority = layout.target
            return (.authority, layout)
        }
        if target.count == 1, target[0] == 0x2A {
            guard method == .options else { throw .invalidTarget(.form) }
            return (.asterisk, layout)
        }
        var start = range.lowerBound
        var form = TargetForm.origin
        if target.first != 0x2F {
            guard let prefix = schemeLength(target) else { throw .invalidTarget(.form) }
            var end = prefix
            while end < target.count, target[end] != 0x2F, target[end] != 0x3F { end &+= 1 }
            guard isAuthority(UnsafeRawBufferPointer(rebasing: target[prefix..<end]), needsPort: false) else {
                throw .invalidTarget(.authority)
            }
            layout.authority = span(start &+ prefix..<start &+ end)
            start &+= end
            form = .absolute
        }
        var mark = start
        while mark < range.upperBound, head[mark] != 0x3F { mark &+= 1 }
        layout.path = span(start..<mark)
        if mark < range.upperBound { layout.query = span(mark &+ 1..<range.upperBound) }
        try checkPath(UnsafeRawBufferPointer(rebasing: head[start..<mark]))
        try checkQuery(UnsafeRawBufferPointer(rebasing: head[mark..<range.upperBound]))
        return (form, layout)
    }

    /// Whether `text` is `host[:port]`: a name, an IPv4 address or an IPv6 address in brackets.
    static func isAuthority(_ text: UnsafeRawBufferPointer, needsPort: Bool) -> Bool {
        guard let first = text.first, text.allSatisfy(Octets.isAuthority) else { return false }
        var end = 0
        if first == 0x5B {
            guard let close = text.firstIndex(of: 0x5D), close > 1 else { return false }
            guard text[1..<close].allSatisfy({ Octets.hexValue($0) != nil || $0 == 0x3A || $0 == 0x2E })
            else {
                return false
            }
            end = close &+ 1
        } else {
            while end < text.count, text[end] != 0x3A {
                if text[end] == 0x5B || text[end] == 0x5D { return false }
                end &+= 1
            }
            guard end > 0 else { return false }
        }
        if end == text.count { return !needsPort }
        guard text[end] == 0x3A else { return false }
        let digits = text[(end &+ 1)...]
        var port = 0
        for digit in digits {
            guard Octets.isDigit(digit), port < 10_000 else { return false }
            port = port &* 10 &+ Int(digit &- 0x30)
        }
        // "host:" without digits stands for the default port (RFC 3986 §3.2.3).
        return port <= 65_535 && !(digits.isEmpty && needsPort)
    }

    /// Whether two `host[:port]` name the same server: case and the default ports 80 and 443 aside.
    static func sameAuthority(_ left: UnsafeRawBufferPointer, _ right: UnsafeRawBufferPointer) -> Bool {
        Octets.equal(withoutDefaultPort(left), withoutDefaultPort(right))
    }

    private static func withoutDefaultPort(_ text: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
        for port in [":80", ":443", ":"] as [StaticString] where text.count > port.octets.count {
            let start = text.count &- port.octets.count
            let tail = UnsafeRawBufferPointer(rebasing: text[start...])
            if tail.elementsEqual(port.octets) { return UnsafeRawBufferPointer(rebasing: text[..<start]) }
        }
        return text
    }

    /// The length of `http://` or its like at the start.
    private static func schemeLength(_ target: UnsafeRawBufferPointer) -> Int? {
        for scheme in ["http://", "https://", "ws://", "wss://"] as [StaticString] {
            let length = scheme.octets.count
            if target.count >= length,
                Octets.equal(UnsafeRawBufferPointer(rebasing: target[..<length]), scheme.octets)
            {
                return length
            }
        }
        return nil
    }

    private static func span(_ range: Range<Int>) -> Range<UInt32> {
        UInt32(truncatingIfNeeded: range.lowerBound)..<UInt32(truncatingIfNeeded: range.upperBound)
    }

    private static func checkPath(_ path: UnsafeRawBufferPointer) throws(HTTPError) {
        var hasHigh = false
        var index = 0
        while index < path.count {
            // Some clients and proxies take it for a slash.
            if path[index] == 0x5C { throw .invalidTarget(.octet(0x5C)) }
            if path[index] == 0x25 {
                guard let octet = escape(path, at: index) else { throw .invalidTarget(.badEscape) }
                guard octet != 0 else { throw .invalidTarget(.encodedNUL) }
                hasHigh = hasHigh || octet >= 0x80
                index &+= 2
            }
            index &+= 1
        }
        guard hasHigh else { return }
        let decoded = decode(path, keeping: { _ in false }, plusIsBlank: false)
        // With a replacement character the text would differ from its octets.
        guard String(decoding: decoded, as: UTF8.self).utf8.elementsEqual(decoded) else {
            throw .invalidTarget(.notUTF8)
        }
    }

    private static func checkQuery(_ query: UnsafeRawBufferPointer) throws(HTTPError) {
        var index = 0
        while index < query.count {
            if query[index] == 0x25, escape(query, at: index) == 0 { throw .invalidTarget(.encodedNUL) }
            index &+= 1
        }
    }
}

/// Decoding, when somebody asks.
extension RequestTarget {
    static func decodedPath(_ path: UnsafeRawBufferPointer) -> String {
        guard path.contains(0x25) else { return String(decoding: path, as: UTF8.self) }
        return String(
            decoding: decode(path, keeping: { $0 == 0x2F || $0 == 0x25 }, plusIsBlank: false), as: UTF8.self)
    }

    static func segments(_ path: UnsafeRawBufferPointer) -> [String] {
        var segments: [String] = []
        // The first octet is the slash that every path begins with, or there is no path at all.
        var start = min(1, path.count)
        for position in start...path.count where position == path.count || path[position] == 0x2F {
            let segment = UnsafeRawBufferPointer(rebasing: path[start..<position])
            segments.append(text(segment, plusIsBlank: false))
            start = position &+ 1
        }
        return segments
    }

    static func value(of name: String, in query: UnsafeRawBufferPointer) -> String? {
        var name = name
        return name.withUTF8 { wanted in
            var result: String?
            forEachItem(query) { itemName, value in
                let isPlain = !itemName.contains { $0 == 0x25 || $0 == 0x2B }
                guard
                    isPlain
                        ? itemName.elementsEqual(wanted)
                        : decode(itemName, keeping: { _ in false }, plusIsBlank: true).elementsEqual(wanted)
                else { return true }
                result = text(value, plusIsBlank: true)
                return false
            }
            return result
        }
    }

    static func items(_ query: UnsafeRawBufferPointer) -> [(name: String, value: String)] {
        var items: [(name: String, value: String)] = []
        forEachItem(query) { name, value in
            items.append((text(name, plusIsBlank: true), text(value, plusIsBlank: true)))
            return true
        }
        return items
    }

    private static func forEachItem(
        _ query: UnsafeRawBufferPointer, _ body: (UnsafeRawBufferPointer, UnsafeRawBufferPointer) -> Bool
    ) {
        var start = 0
        while start < query.count {
            var end = start
            var equals: Int?
            while end < query.count, query[end] != 0x26 {
                if query[end] == 0x3D, equals == nil { equals = end }
                end &+= 1
            }
            let name = UnsafeRawBufferPointer(rebasing: query[start..<(equals ?? end)])
            let value = UnsafeRawBufferPointer(rebasing: query[(equals.map { $0 &+ 1 } ?? end)..<end])
            if end > start, !body(name, value) { return }
            start = end &+ 1
        }
    }

    private static func text(_ octets: UnsafeRawBufferPointer, plusIsBlank: Bool) -> String {
        guard octets.contains(where: { $0 == 0x25 || (plusIsBlank && $0 == 0x2B) }) else {
            return String(decoding: octets, as: UTF8.self)
        }
        return String(
            decoding: decode(octets, keeping: { _ in false }, plusIsBlank: plusIsBlank), as: UTF8.self)
    }

    /// Decodes escapes; a `%` without two digits stands for itself, as do escapes of the octets to keep.
    private static func decode(
        _ octets: UnsafeRawBufferPointer, keeping: (UInt8) -> Bool, plusIsBlank: Bool
    ) -> [UInt8] {
        var decoded: [UInt8] = []
        decoded.reserveCapacity(octets.count)
        var index = 0
        while index < octets.count {
            if octets[index] == 0x25, let octet = escape(octets, at: index) {
                if keeping(octet) {
                    // One spelling for one path: %2f and %2F are the same.
                    decoded.append(contentsOf: octet == 0x2F ? [0x25, 0x32, 0x46] : [0x25, 0x32, 0x35])
                } else {
                    decoded.append(octet)
                }
                index &+= 3
            } else {
                decoded.append(plusIsBlank && octets[index] == 0x2B ? 0x20 : octets[index])
                index &+= 1
            }
        }
        return decoded
    }

    private static func escape(_ octets: UnsafeRawBufferPointer, at index: Int) -> UInt8? {
        guard index &+ 2 < octets.count, let high = Octets.hexValue(octets[index &+ 1]),
            let low = Octets.hexValue(octets[index &+ 2])
        else { return nil }
        return high << 4 | low
    }
}
