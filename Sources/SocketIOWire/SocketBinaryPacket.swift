/// A binary event or ack with its attachments, in memory of its own.
public final class SocketBinaryPacket {
    /// The attachments in order; placeholder `num` names the one at that index.
    public private(set) var attachments: [[UInt8]] = []
    /// How long they are together.
    private(set) var attachmentBytes = 0

    private let text: UnsafeMutableRawBufferPointer
    /// Points into `text`.
    private let packet: SocketPacket

    /// Keeps a copy of a text that was decoded with the same limits before.
    init(_ text: UnsafeRawBufferPointer, _ limits: SocketDecoder.Limits) throws(SocketError) {
        let copy = UnsafeMutableRawBufferPointer.allocate(byteCount: max(text.count, 1), alignment: 1)
        copy.copyMemory(from: text)
        let kept = UnsafeRawBufferPointer(rebasing: copy[..<text.count])
        do throws(SocketError) {
            packet = try SocketPacket(
                kept, isValidUTF8: true, attachmentLimit: limits.attachments, depthLimit: limits.depth)
        } catch {
            copy.deallocate()
            throw error
        }
        self.text = copy
    }

    deinit { text.deallocate() }

    /// Lends the packet, whose slices are valid during the call only.
    public func withPacket<R>(_ body: (SocketPacket) -> R) -> R {
        withExtendedLifetime(self) { body(packet) }
    }

    var isComplete: Bool { attachments.count >= packet.attachmentCount }

    func add(_ attachment: [UInt8]) {
        attachmentBytes += attachment.count
        attachments.append(attachment)
    }
}
