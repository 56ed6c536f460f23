import Glibc

/// The payloads of a measurement: each says who sent it and as which, and every byte of it is known, so
/// every reply can be checked.
///
/// ```
/// iiiiii-ssssssss-abcdefg…                    echo: connection and sequence number in hexadecimal
/// iiiiii-ssssssss-tttttttttttttttt-abcdefg…   fan-out: and the time it was due
/// ```
/// Letters, digits and dashes only: the same inside a JSON string as outside.
struct BenchPayload {
    static let header = 16
    static let timedHeader = 33

    /// The payload with whatever stamp it had last.
    private(set) var bytes: [UInt8]
    private let headerCount: Int

    init(size: Int, isTimed: Bool) {
        headerCount = isTimed ? Self.timedHeader : Self.header
        bytes = (0..<max(size, headerCount)).map { UInt8(ascii: "a") + UInt8(($0 * 7 + $0 / 26) % 26) }
        for dash in [6, 15, 32] where dash < headerCount { bytes[dash] = UInt8(ascii: "-") }
    }

    mutating func stamp(sender: UInt32, sequence: UInt32, time: UInt64 = 0) {
        write(UInt64(sender & 0xFF_FFFF), digits: 6, at: 0)
        write(UInt64(sequence), digits: 8, at: 7)
        if headerCount == Self.timedHeader { write(time, digits: 16, at: 16) }
    }

    /// Whether a payload is one of ours but for its stamp.
    func matchesBody(_ payload: UnsafeRawBufferPointer) -> Bool {
        guard payload.count == bytes.count else { return false }
        let rest = bytes.count - headerCount
        guard rest > 0, let base = payload.baseAddress else { return true }
        return bytes.withUnsafeBytes { own in
            own.baseAddress.map { memcmp($0 + headerCount, base + headerCount, rest) == 0 } ?? false
        }
    }

    /// Sender, sequence number and time of a payload; nil when its stamp is broken.
    func stamp(of payload: UnsafeRawBufferPointer) -> (sender: UInt32, sequence: UInt32, time: UInt64)? {
        guard payload.count >= headerCount, let sender = Self.read(payload, 6, at: 0),
            let sequence = Self.read(payload, 8, at: 7)
        else {
            return nil
        }
        guard payload[6] == UInt8(ascii: "-"), payload[15] == UInt8(ascii: "-") else { return nil }
        guard headerCount == Self.timedHeader else { return (UInt32(sender), UInt32(sequence), 0) }
        guard let time = Self.read(payload, 16, at: 16), payload[32] == UInt8(ascii: "-") else { return nil }
        return (UInt32(sender), UInt32(sequence), time)
    }

    private mutating func write(_ value: UInt64, digits: Int, at offset: Int) {
        var value = value
        for index in stride(from: offset + digits - 1, through: offset, by: -1) {
            let digit = UInt8(value & 15)
            bytes[index] = digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10
            value >>= 4
        }
    }

    private static func read(_ bytes: UnsafeRawBufferPointer, _ digits: Int, at offset: Int) -> UInt64? {
        var value: UInt64 = 0
        for index in offset..<(offset + digits) {
            switch bytes[index] {
            case UInt8(ascii: "0")...UInt8(ascii: "9"):
                value = value << 4 | UInt64(bytes[index] - UInt8(ascii: "0"))
            case UInt8(ascii: "a")...UInt8(ascii: "f"):
                value = value << 4 | UInt64(bytes[index] - UInt8(ascii: "a") + 10)
            default: return nil
            }
        }
        return value
    }
}
