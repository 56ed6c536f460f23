import Bytes
import CDeflate

/// One direction's DEFLATE encoder; its window outlives the message where context takeover was agreed on.
final class Deflater {
    private let handle: OpaquePointer
    let windowBits: Int
    let level: Int

    /// An encoder of distances up to 2^`windowBits`, 9 to 15; nil when there is no memory.
    ///
    /// It holds 2^(bits + 2) bytes for the window and about as much for its tables.
    init?(windowBits: Int, level: Int) {
        guard let handle = cdeflate_deflater_new(Int32(level), Int32(windowBits), Int32(windowBits - 7))
        else {
            return nil
        }
        self.handle = handle
        self.windowBits = windowBits
        self.level = level
    }

    deinit { cdeflate_deflater_free(handle) }

    /// Forgets the window.
    func reset() { cdeflate_deflater_reset(handle) }

    /// Appends the compressed form of a message to `output` (RFC 7692 §7.2.1); `payload` is not empty.
    func deflate(_ payload: UnsafeRawBufferPointer, into output: ByteBuffer) {
        guard var next = payload.baseAddress?.assumingMemoryBound(to: UInt8.self) else { return }
        var left = payload.count
        while true {
            // With that much room one call does it; zlib asks for no more than its own bound.
            let room = min(cdeflate_bound(handle, left), Int(CDEFLATE_PIECE))
            let target = output.reserve(room).assumingMemoryBound(to: UInt8.self)
            var consumed = 0
            var produced = 0
            let status = cdeflate_deflate(handle, next, left, target, room, &consumed, &produced)
            output.commit(produced)
            next += consumed
            left &-= consumed
            if Int(status) != CDEFLATE_MORE || (left == 0 && produced < room) { break }
        }
        output.truncate(to: output.count - 4)
    }
}
