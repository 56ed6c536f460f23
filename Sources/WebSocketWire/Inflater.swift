import Bytes
import CDeflate

/// One direction's DEFLATE decoder; its window outlives the message where context takeover was agreed on.
final class Inflater {
    private let handle: OpaquePointer

    /// A decoder for distances up to 2^`windowBits`; throws `outOfMemory` alone.
    init(windowBits: Int) throws(WebSocketError) {
        // zlib's own encoder uses a window of 9 bits when asked for 8; so must the decoder.
        guard let handle = cdeflate_inflater_new(Int32(max(windowBits, 9))) else { throw .outOfMemory }
        self.handle = handle
    }

    deinit { cdeflate_inflater_free(handle) }

    /// Forgets the window.
    func reset() { cdeflate_inflater_reset(handle) }

    /// Appends the message that `compressed` stands for to `output`, which is empty (RFC 7692 §7.2.2).
    ///
    /// Never takes more than `limit` + 1 octets of output, whatever the input would grow to.
    func inflate(
        _ compressed: UnsafeRawBufferPointer, limit: Int, into output: ByteBuffer
    ) throws(WebSocketError) {
        // Nothing at all is not a DEFLATE block, but it is what some peers make of the empty message; harmless.
        guard compressed.count > 0 else { return }
        _ = output.reserve(min(max(compressed.count &* 4, 1024), limit &+ 1, Self.firstRoom))
        // A final block (BFINAL, §7.2.3.4) may end the message without the empty block that the tail completes.
        if try feed(compressed, limit, output) { return }
        if try feed(UnsafeRawBufferPointer(start: cdeflate_tail(), count: 4), limit, output) { return }
        guard cdeflate_inflater_is_between_blocks(handle) != 0 else { throw .invalidCompressedData }
    }

    /// Inflates all of `input`; true when it ends exactly with a final block.
    private func feed(
        _ input: UnsafeRawBufferPointer, _ limit: Int, _ output: ByteBuffer
    ) throws(WebSocketError) -> Bool {
        guard var next = input.baseAddress?.assumingMemoryBound(to: UInt8.self) else { return false }
        var left = input.count
        while true {
            let allowed = limit &+ 1 &- output.count
            if output.freeCount == 0 { _ = output.reserve(min(max(output.count, 1024), allowed)) }
            let room = min(output.freeCount, allowed, Int(CDEFLATE_PIECE))
            let target = output.reserve(room).assumingMemoryBound(to: UInt8.self)
            var consumed = 0
            var produced = 0
            let status = cdeflate_inflate(handle, next, left, target, room, &consumed, &produced)
            output.commit(produced)
            next += consumed
            left &-= consumed
            if output.count > limit { throw .messageTooLong(length: UInt64(output.count), limit: limit) }
            switch Int(status) {
            case CDEFLATE_STREAM_END:
                if left == 0 { return true }
            case CDEFLATE_MORE:
                // All the room used may mean that more output waits inside.
                if produced == room { continue }
                if left == 0 { return false }
                if consumed == 0, produced == 0 { throw .invalidCompressedData }
            case CDEFLATE_NO_MEMORY: throw .outOfMemory
            default: throw .invalidCompressedData
            }
        }
    }

    /// Room to begin with at most; it doubles from there as output comes.
    private static var firstRoom: Int { 65_536 }
}
