/// `--connect-to HOST:PORT:ADDRESS:PORT`: dial another place, keep the names of the URL.
package struct Redirection: Equatable, Sendable {
    /// Small letters, an IPv6 address without its brackets; empty: any host.
    package let host: String
    /// nil: any port.
    package let port: UInt16?
    /// An IPv6 address without its brackets; empty: the host of the URL.
    package let address: String
    /// nil: the port of the URL.
    package let addressPort: UInt16?

    package init(host: String, port: UInt16?, address: String, addressPort: UInt16?) {
        self.host = host
        self.port = port
        self.address = address
        self.addressPort = addressPort
    }

    /// Four parts with colons between them, any of which may be empty; nil: not of this form.
    package init?(_ text: String) {
        var parts: [String] = [""]
        var isBracketed = false
        for character in text {
            switch character {
            case "[" where parts[parts.count - 1].isEmpty: isBracketed = true
            case "]" where isBracketed: isBracketed = false
            case ":" where !isBracketed: parts.append("")
            default: parts[parts.count - 1].append(character)
            }
        }
        guard parts.count == 4, !isBracketed else { return nil }
        func port(_ text: String) -> UInt16?? {
            if text.isEmpty { return .some(nil) }
            guard let number = UInt16(text), number > 0 else { return nil }
            return .some(number)
        }
        guard let port1 = port(parts[1]), let port2 = port(parts[3]) else { return nil }
        self.init(host: parts[0].lowercased(), port: port1, address: parts[2], addressPort: port2)
    }

    /// Whether it is meant for this host and port.
    package func applies(to host: String, port: UInt16) -> Bool {
        (self.host.isEmpty || self.host == host) && (self.port.map { $0 == port } ?? true)
    }
}
