import Bytes

/// The id of an Engine.IO session or of a Socket.IO socket: where it lives, and what nobody can guess.
///
/// 15 octets, 20 characters of Base64 for URLs. It names the loop, so that any loop that meets it in a request knows whom to ask.
struct EngineID: Hashable, Sendable {
    /// Eight bits of loop, 32 of slot, 24 by chance.
    let high: UInt64
    /// 56 bits by chance.
    let low: UInt64

    static let count = 20

    init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    /// A new id.
    init(loop: Int, slot: UInt32) {
        var generator = SystemRandomNumberGenerator()
        let (first, second) = (generator.next() as UInt64, generator.next() as UInt64)
        high = UInt64(UInt8(truncatingIfNeeded: loop)) << 56 | UInt64(slot) << 24 | first >> 40
        low = second >> 8
    }

    /// Reads an id as it came; nil for what is none.
    init?(_ text: String) {
        guard text.utf8.count == Self.count, let octets = Base64.decode(text, alphabet: .url),
            octets.count == 15
        else { return nil }
        high = octets[..<8].reduce(0) { $0 << 8 | UInt64($1) }
        low = octets[8...].reduce(0) { $0 << 8 | UInt64($1) }
    }

    /// The loop it lives on.
    var loop: Int { Int(high >> 56) }
    /// Its slot in that loop's table.
    var slot: UInt32 { UInt32(truncatingIfNeeded: high >> 24) }

    var text: String {
        var octets: [UInt8] = []
        octets.reserveCapacity(15)
        for shift in stride(from: 56, through: 0, by: -8) {
            octets.append(UInt8(truncatingIfNeeded: high >> UInt64(shift)))
        }
        for shift in stride(from: 48, through: 0, by: -8) {
            octets.append(UInt8(truncatingIfNeeded: low >> UInt64(shift)))
        }
        return Base64.encode(octets, alphabet: .url, padding: false)
    }
}
