extension ProxyProtocol {
    /// Version 1: `PROXY TCP4 192.0.2.1 192.0.2.2 56324 443` CR LF.
    static func parseLine(_ bytes: UnsafeRawBufferPointer) throws(ProxyProtocolError) -> Outcome {
        for (expected, byte) in zip(prefix, bytes) where expected != byte { throw .missing }
        let seen = bytes.prefix(lineLimit)
        guard let end = seen.firstIndex(where: { $0 == 0x0D || $0 == 0x0A }) else {
            if bytes.count >= lineLimit { throw .lineTooLong }
            return .needMore
        }
        guard seen[end] == 0x0D else { throw .badLine(.end) }
        guard end + 1 < seen.count else {
            if bytes.count >= lineLimit { throw .lineTooLong }
            return .needMore
        }
        guard seen[end + 1] == 0x0A else { throw .badLine(.end) }
        guard end >= prefix.count else { throw .badLine(.family) }

        let words = seen[prefix.count..<end].split(separator: 0x20, omittingEmptySubsequences: false)
        func header(_ source: SocketAddress?, _ destination: SocketAddress?) -> Outcome {
            .header(
                ProxyHeader(
                    version: 1, consumed: end + 2, isLocal: false, source: source, destination: destination,
                    fields: []))
        }
        let isV6: Bool
        switch words.first.map({ String(decoding: $0, as: UTF8.self) }) {
        case "UNKNOWN": return header(nil, nil)  // what else the line says is to be ignored (2.1)
        case "TCP4": isV6 = false
        case "TCP6": isV6 = true
        default: throw .badLine(.family)
        }
        guard words.count > 1, let source = address(words[1], isV6: isV6) else { throw .badLine(.source) }
        guard words.count > 2, let destination = address(words[2], isV6: isV6) else {
            throw .badLine(.destination)
        }
        guard words.count > 3, let sourcePort = port(words[3]) else { throw .badLine(.sourcePort) }
        guard words.count > 4, let destinationPort = port(words[4]) else { throw .badLine(.destinationPort) }
        guard words.count == 5 else { throw .badLine(.end) }
        return header(source.with(port: sourcePort), destination.with(port: destinationPort))
    }

    private static func address(_ word: Slice<UnsafeRawBufferPointer>, isV6: Bool) -> SocketAddress? {
        guard word.allSatisfy({ $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: "%") }),
            let address = SocketAddress(ip: String(decoding: word, as: UTF8.self), port: 0)
        else { return nil }
        switch address {
        case .v4: return isV6 ? nil : address
        case .v6: return isV6 ? address : nil
        case .unix: return nil
        }
    }

    /// Decimal, without sign and leading zeros.
    private static func port(_ word: Slice<UnsafeRawBufferPointer>) -> UInt16? {
        guard (1...5).contains(word.count), word.allSatisfy({ (0x30...0x39).contains($0) }),
            word.count == 1 || word.first != 0x30
        else { return nil }
        return UInt16(exactly: word.reduce(0) { $0 * 10 + Int($1 - 0x30) })
    }

    private static let prefix = Array("PROXY ".utf8)
}
