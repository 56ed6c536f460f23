import Bytes

/// The value of a `Sec-WebSocket-Extensions` field, taken apart (RFC 6455 §9.1).
struct ExtensionList {
    struct Parameter: Equatable {
        var name: String
        /// Nil when there is no `=`; quotes taken off, since a quoted value must be a token too.
        var value: String?
    }

    /// One element of the list: an offer or, in a response, an agreement.
    struct Element: Equatable {
        var name: String
        var parameters: [Parameter]
    }

    /// The elements in order; nil stands for one that does not follow the grammar.
    var elements: [Element?] = []

    init(_ value: String) {
        var scanner = Scanner(octets: Array(value.utf8))
        repeat {
            scanner.skipBlanks()
            // Lists may hold empty elements (RFC 9110 §5.6.1).
            if scanner.isAtSeparator { continue }
            let start = scanner.at
            let element = scanner.element()
            elements.append(element)
            if element == nil { scanner.skipElement(from: start) }
        } while scanner.accept(0x2C)
    }
}

private struct Scanner {
    let octets: [UInt8]
    var at = 0

    init(octets: [UInt8]) { self.octets = octets }

    var current: UInt8? { at < octets.count ? octets[at] : nil }
    var isAtSeparator: Bool { current == nil || current == 0x2C }

    mutating func skipBlanks() {
        while current == 0x20 || current == 0x09 { at += 1 }
    }

    mutating func accept(_ octet: UInt8) -> Bool {
        guard current == octet else { return false }
        at += 1
        return true
    }

    /// `name *( ";" parameter )`, up to the comma or the end.
    mutating func element() -> ExtensionList.Element? {
        guard let name = token() else { return nil }
        var parameters: [ExtensionList.Parameter] = []
        skipBlanks()
        while accept(0x3B) {
            skipBlanks()
            guard let name = token() else { return nil }
            var value: String?
            skipBlanks()
            if accept(0x3D) {
                skipBlanks()
                value = current == 0x22 ? quotedToken() : token()
                if value == nil { return nil }
                skipBlanks()
            }
            parameters.append(ExtensionList.Parameter(name: name, value: value))
        }
        return isAtSeparator ? ExtensionList.Element(name: name, parameters: parameters) : nil
    }

    mutating func token() -> String? {
        let start = at
        while let octet = current, Octets.isToken(octet) { at += 1 }
        return at > start ? String(decoding: octets[start..<at], as: UTF8.self) : nil
    }

    mutating func quotedToken() -> String? {
        at += 1
        var content: [UInt8] = []
        while var octet = current, octet != 0x22 {
            at += 1
            if octet == 0x5C {
                guard let escaped = current else { return nil }
                octet = escaped
                at += 1
            }
            guard Octets.isToken(octet) else { return nil }
            content.append(octet)
        }
        guard accept(0x22), !content.isEmpty else { return nil }
        return String(decoding: content, as: UTF8.self)
    }

    /// To the comma that ends an element, past commas within quotes.
    mutating func skipElement(from start: Int) {
        at = start
        var isQuoted = false
        while let octet = current, isQuoted || octet != 0x2C {
            if octet == 0x22 { isQuoted.toggle() }
            if octet == 0x5C, isQuoted { at += 1 }
            at += 1
        }
        at = min(at, octets.count)
    }
}
