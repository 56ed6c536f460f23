import Bytes

/// Packets that wait for a poll, in order, each behind a head of five octets: its length and its kind.
///
/// They are kept as they were given, not as a payload: an upgrade sends them as messages of a WebSocket, and a poll takes
/// only so many of them.
final class EngineOutbox {
    private let bytes = ByteBuffer()
    /// How many packets wait.
    private(set) var count = 0

    private static let headLength = 5

    /// How many octets wait, heads included.
    var byteCount: Int { bytes.count }

    /// Appends a packet: what a text message of a WebSocket would hold, or the data of a binary one.
    func append(_ payload: UnsafeRawBufferPointer, isBinary: Bool) {
        let head = bytes.reserve(Self.headLength &+ payload.count)
        head.storeBytes(of: UInt32(truncatingIfNeeded: payload.count), as: UInt32.self)
        head.storeBytes(of: isBinary ? 1 : 0, toByteOffset: 4, as: UInt8.self)
        bytes.commit(Self.headLength)
        bytes.append(payload)
        count &+= 1
    }

    /// Hands the first packet to `body` and removes it; false when there is none.
    func takeFirst(_ body: (_ payload: UnsafeRawBufferPointer, _ isBinary: Bool) -> Void) -> Bool {
        guard count > 0, bytes.count >= Self.headLength else { return false }
        let all = bytes.bytes
        let length = Int(all.loadUnaligned(as: UInt32.self))
        let end = min(Self.headLength &+ length, all.count)
        body(UnsafeRawBufferPointer(rebasing: all[Self.headLength..<end]), all[4] != 0)
        bytes.removeFirst(end)
        count &-= 1
        return true
    }
}
