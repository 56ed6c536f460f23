/// A request of an access log that also tells of Upgrade, as logs do whose format names `$http_upgrade`.
package struct UpgradeSighting: Equatable, Sendable {
    package let path: String
    package let status: Int
    /// Whether the request still had its Upgrade.
    package let hasUpgrade: Bool
    /// Proxies it came through, by its own Via; nil: it names none.
    package let via: String?
    /// The first word of the line, or the member that holds the client's address.
    package let client: String
    /// The line, secrets masked, at most 240 characters.
    package let text: String
    package let place: FilePlace

    /// Out of a line with a request; nil: it does not tell of Upgrade.
    init?(_ line: String, path: String, status: Int, masked: String, at place: FilePlace) {
        let fields = Self.fields(line)
        guard let upgrade = fields.first(where: { Self.isUpgrade($0.name) })?.value.lowercased() else {
            return nil
        }
        let via = fields.first { $0.name == "via" || $0.name == "http_via" }?.value ?? Self.via(line)
        self.path = path
        self.status = status
        hasUpgrade = upgrade.holds("websocket")
        self.via = via.flatMap { $0.isEmpty || $0 == "-" ? nil : $0 }
        client =
            fields.first { ["remote_addr", "client", "client_ip", "remote_ip", "ip"].contains($0.name) }?
            .value
            ?? String(line.prefix { $0 != " " })
        text = masked
        self.place = place
    }

    private static func isUpgrade(_ name: String) -> Bool {
        ["upgrade", "http_upgrade", "up", "upg", "req_upgrade", "h_upgrade"].contains(name)
    }

    /// `"name":"value"` and `name="value"`, names in small letters.
    private static func fields(_ line: String) -> [(name: String, value: String)] {
        var fields: [(name: String, value: String)] = []
        let bytes = Array(line.utf8)
        var at = 0
        while at < bytes.count, fields.count < 64 {
            guard bytes[at] == 0x22 || bytes[at] == 0x3D else {
                at += 1
                continue
            }
            // A value in quotes behind `=` or behind `":`.
            var open = at + 1
            var end = at
            if bytes[at] == 0x22 {
                guard open < bytes.count, bytes[open] == 0x3A else {
                    at += 1
                    continue
                }
                open += 1
                while open < bytes.count, bytes[open] == 0x20 { open += 1 }
            }
            guard open < bytes.count, bytes[open] == 0x22 else {
                at += 1
                continue
            }
            let name = bytes[..<end].reversed().prefix { isWord($0) }.reversed()
            end = bytes[(open + 1)...].firstIndex(of: 0x22) ?? bytes.count
            fields.append(
                (
                    String(decoding: name, as: UTF8.self).lowercased(),
                    String(decoding: bytes[(open + 1)..<end], as: UTF8.self)
                ))
            at = end + 1
        }
        return fields
    }

    private static func isWord(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
            || byte == 0x5F
    }

    /// A value in quotes that begins as Via does: a protocol's version, then a name (RFC 9110 §7.6.3).
    private static func via(_ line: String) -> String? {
        line.split(separator: "\"").map(String.init).first { part in
            let words = part.split(separator: " ")
            guard words.count >= 2, let version = words.first, version.count <= 3 else { return false }
            return ["1.0", "1.1", "2", "2.0", "3"].contains(String(version))
        }
    }
}
