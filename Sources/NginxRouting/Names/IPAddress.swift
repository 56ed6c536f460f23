/// An IPv4 or IPv6 address, with the length of a network behind it where one is written.
package struct IPAddress: Hashable, Sendable {
    /// 4 or 16 octets.
    package let octets: [UInt8]

    package init?(_ text: String) {
        if let v4 = IPAddress.v4(text) {
            octets = v4
        } else if let v6 = IPAddress.v6(text) {
            octets = v6
        } else {
            return nil
        }
    }

    /// Whether it is 127.0.0.0/8 or ::1.
    package var isLoopback: Bool {
        octets.count == 4 ? octets[0] == 127 : octets.dropLast().allSatisfy { $0 == 0 } && octets[15] == 1
    }
    /// Whether it stands for every address of the machine.
    package var isWildcard: Bool { octets.allSatisfy { $0 == 0 } }

    /// A network: `10.0.0.0/8`, or an address alone.
    struct Network: Hashable, Sendable {
        let octets: [UInt8]
        let bits: Int

        init?(_ text: String) {
            let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
            guard let address = IPAddress(String(parts[0])) else { return nil }
            var bits = address.octets.count * 8
            if parts.count == 2 {
                guard let given = Int(parts[1]), given >= 0, given <= bits else { return nil }
                bits = given
            }
            self.bits = bits
            octets = IPAddress.masked(address.octets, bits)
        }

        func contains(_ address: IPAddress) -> Bool {
            address.octets.count == octets.count && IPAddress.masked(address.octets, bits) == octets
        }
    }

    private static func masked(_ octets: [UInt8], _ bits: Int) -> [UInt8] {
        octets.enumerated().map { index, octet in
            let kept = min(8, max(0, bits - index * 8))
            return kept == 0 ? 0 : octet & ~UInt8(truncatingIfNeeded: 0xFF >> kept)
        }
    }

    private static func v4(_ text: String) -> [UInt8]? {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 4 else { return nil }
        var octets: [UInt8] = []
        for part in parts {
            guard !part.isEmpty, part.count <= 3, part.allSatisfy(\.isASCII), let octet = UInt8(part) else {
                return nil
            }
            octets.append(octet)
        }
        return octets
    }

    private static func v6(_ text: String) -> [UInt8]? {
        guard text.contains(":") else { return nil }
        var halves = [[UInt16]()]
        var rest = Substring(text)
        if rest.hasPrefix("::") {
            halves.append([])
            rest = rest.dropFirst(2)
        } else if rest.hasPrefix(":") {
            return nil
        }
        while !rest.isEmpty {
            let word = rest.prefix { $0 != ":" }
            rest = rest.dropFirst(word.count)
            if word.contains(".") {
                guard rest.isEmpty, let tail = v4(String(word)) else { return nil }
                halves[halves.count - 1] += [
                    UInt16(tail[0]) << 8 | UInt16(tail[1]), UInt16(tail[2]) << 8 | UInt16(tail[3]),
                ]
                break
            }
            guard (1...4).contains(word.count), let group = UInt16(word, radix: 16) else { return nil }
            halves[halves.count - 1].append(group)
            if rest.hasPrefix("::") {
                guard halves.count == 1 else { return nil }
                halves.append([])
                rest = rest.dropFirst(2)
            } else if rest.hasPrefix(":") {
                rest = rest.dropFirst()
                if rest.isEmpty { return nil }
            }
        }
        let count = halves.reduce(0) { $0 + $1.count }
        guard halves.count == 2 ? count < 8 : count == 8 else { return nil }
        let groups =
            halves.count == 2
            ? halves[0] + [UInt16](repeating: 0, count: 8 - count) + halves[1] : halves[0]
        return groups.flatMap { [UInt8($0 >> 8), UInt8($0 & 0xFF)] }
    }
}
