extension ProxyProtocol {
    /// Version 2.
    /// ```
    ///  signature  version|command  family|protocol  length   addresses  fields…
    ///     12             1                1            2     12, 36, 216
    /// ```
    static func parseBinary(_ bytes: UnsafeRawBufferPointer, limit: Int) throws(ProxyProtocolError) -> Outcome
    {
        for (expected, byte) in zip(signature, bytes) where expected != byte { throw .missing }
        guard bytes.count > 12 else { return .needMore }
        guard bytes[12] >> 4 == 2 else { throw .unsupportedVersion(bytes[12] >> 4) }
        let command = bytes[12] & 0x0F
        guard command <= 1 else { throw .unsupportedCommand(command) }
        guard bytes.count >= 16 else { return .needMore }
        let family = bytes[13]
        let length = Int(bytes[14]) << 8 | Int(bytes[15])
        let whole = 16 + length
        guard whole <= limit else { throw .tooLong(length: whole, limit: limit) }
        let isLocal = command == 0
        // LOCAL and an unspecified family carry nothing to be believed: the block is skipped (2.2).
        let needed: Int
        switch family {
        case _ where isLocal: needed = 0
        case 0x00: needed = 0
        case 0x11: needed = 12
        case 0x21: needed = 36
        case 0x31: needed = 216
        default: throw .unsupportedFamily(family)
        }
        guard length >= needed else { throw .addressesTruncated(length: length, needed: needed) }
        guard bytes.count >= whole else { return .needMore }

        var (source, destination): (SocketAddress?, SocketAddress?) = (nil, nil)
        var found: [ProxyHeader.Field] = []
        if needed > 0 {
            let block = UnsafeRawBufferPointer(rebasing: bytes[16..<(16 + needed)])
            (source, destination) = addresses(block, family: family)
            found = try fields(in: bytes[(16 + needed)..<whole])
            if found.contains(where: { $0.type == checksumType }) {
                try verifyChecksum(UnsafeRawBufferPointer(rebasing: bytes[..<whole]), firstField: 16 + needed)
            }
            found.removeAll { $0.type == checksumType || $0.type == paddingType }
        }
        return .header(
            ProxyHeader(
                version: 2, consumed: whole, isLocal: isLocal, source: source, destination: destination,
                fields: found))
    }

    /// Fields one behind the other: type, length of two bytes, value.
    static func fields(in bytes: some Collection<UInt8>) throws(ProxyProtocolError) -> [ProxyHeader.Field] {
        var found: [ProxyHeader.Field] = []
        var rest = bytes[...]
        while let type = rest.popFirst() {
            guard let high = rest.popFirst(), let low = rest.popFirst() else { throw .fieldTruncated }
            let length = Int(high) << 8 | Int(low)
            guard rest.count >= length else { throw .fieldTruncated }
            found.append(ProxyHeader.Field(type: type, value: Array(rest.prefix(length))))
            rest = rest.dropFirst(length)
        }
        return found
    }

    private static func addresses(
        _ block: UnsafeRawBufferPointer, family: UInt8
    ) -> (SocketAddress, SocketAddress) {
        func big<Word: FixedWidthInteger>(_ offset: Int, as: Word.Type) -> Word {
            Word(bigEndian: block.loadUnaligned(fromByteOffset: offset, as: Word.self))
        }
        func v6(_ offset: Int) -> SocketAddress.IPv6Address {
            .init(high: big(offset, as: UInt64.self), low: big(offset + 8, as: UInt64.self))
        }
        func path(_ range: Range<Int>) -> String {
            String(decoding: block[range].prefix { $0 != 0 }, as: UTF8.self)
        }
        switch family {
        case 0x11:
            return (
                .v4(big(0, as: UInt32.self), port: big(8, as: UInt16.self)),
                .v4(big(4, as: UInt32.self), port: big(10, as: UInt16.self))
            )
        case 0x21:
            return (.v6(v6(0), port: big(32, as: UInt16.self)), .v6(v6(16), port: big(34, as: UInt16.self)))
        default:
            return (.unix(path: path(0..<108)), .unix(path: path(108..<216)))
        }
    }

    /// CRC-32C over the header with the checksum's own bytes taken as zero (2.2.4).
    ///
    /// The fields are known to be whole.
    private static func verifyChecksum(
        _ header: UnsafeRawBufferPointer, firstField: Int
    ) throws(ProxyProtocolError) {
        var value: Range<Int>?
        var offset = firstField
        while offset + 3 <= header.count {
            let length = Int(header[offset + 1]) << 8 | Int(header[offset + 2])
            if header[offset] == checksumType {
                guard value == nil, length == 4 else { throw .badChecksum }
                value = (offset + 3)..<(offset + 7)
            }
            offset += 3 + length
        }
        guard let value else { return }
        var crc = UInt32.max
        for (index, byte) in header.enumerated() {
            crc ^= value.contains(index) ? 0 : UInt32(byte)
            for _ in 0..<8 { crc = crc >> 1 ^ (crc & 1 == 0 ? 0 : 0x82F6_3B78) }
        }
        let expected = header[value].reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
        guard ~crc == expected else { throw .badChecksum }
    }

    private static let checksumType: UInt8 = 0x03
    private static let paddingType: UInt8 = 0x04
}
