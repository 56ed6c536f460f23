import CSystem
import EventLoop
import Glibc
import Testing

@testable import Transport

/// Where the kernel has no ring these say so by being skipped; the server sends one by one there.
@Suite("Sends by io_uring", .enabled(if: (try? SendRing()) != nil, "none here"), .timeLimit(.minutes(5)))
struct SendRingTests {
    typealias Told = (slot: UInt32, bytes: [UInt8], result: Int)

    /// Submits, and tells what fell short.
    private func submit(_ ring: SendRing) -> [Told] {
        var told: [Told] = []
        ring.submit { told.append(($0.slot, [UInt8]($0.bytes), $0.result)) }
        return told
    }

    @Test("as many as fit go out together, each to its own, and none of them is told of")
    func whole() throws {
        let ring = try SendRing()
        #expect(submit(ring).isEmpty)
        for round in 0..<3 {
            let pairs = try (0..<SendRing.capacity).map { _ in try SocketBox.pair() }
            let bytes = pairs.indices.flatMap { [UInt8($0), UInt8(round)] }
            let told = bytes.withUnsafeBytes { bytes in
                for (slot, pair) in pairs.enumerated() {
                    #expect(!ring.isFull && ring.count == slot)
                    let own = UnsafeRawBufferPointer(rebasing: bytes[(2 * slot)..<(2 * slot + 2)])
                    ring.add(own, to: pair.near.socket.fileDescriptor, slot: UInt32(slot))
                }
                #expect(ring.isFull)
                return submit(ring)
            }
            #expect(told.isEmpty && ring.count == 0)
            for (slot, pair) in pairs.enumerated() {
                var got: [UInt8] = []
                #expect(pair.far.socket.receive(into: &got) == .bytes(2))
                #expect(got == [UInt8(slot), UInt8(round)])
            }
        }
    }

    @Test("one taken in part, one not taken, one whose peer is gone and one that is closed are told of")
    func shortfalls() throws {
        let ring = try SendRing()
        let long = [UInt8](repeating: 7, count: 300_000)
        let (slow, slowFar) = try SocketBox.pair(bufferBytes: 4_096)
        let (full, fullFar) = try SocketBox.pair(bufferBytes: 4_096)
        let (lonely, gone) = try SocketBox.pair()
        let (fine, fineFar) = try SocketBox.pair()
        #expect(full.socket.send(long) == .queued)
        gone.socket.close()
        let told = long.withUnsafeBytes { bytes in
            let two = UnsafeRawBufferPointer(rebasing: bytes[..<2])
            ring.add(bytes, to: slow.socket.fileDescriptor, slot: 1)
            ring.add(two, to: full.socket.fileDescriptor, slot: 2)
            ring.add(two, to: lonely.socket.fileDescriptor, slot: 3)
            ring.add(two, to: -1, slot: 4)
            ring.add(two, to: fine.socket.fileDescriptor, slot: .max)
            return submit(ring)
        }
        #expect(told.map(\.slot).sorted() == [1, 2, 3, 4])
        for one in told {
            switch one.slot {
            case 1: #expect(one.result > 0 && one.result < long.count && one.bytes == long)
            case 2: #expect(one.result == -Int(EAGAIN))
            case 3: #expect(one.result == -Int(EPIPE))
            default: #expect(one.result == -Int(EBADF))
            }
        }
        // What was taken has arrived, and nothing more.
        var got: [UInt8] = []
        while case .bytes = slowFar.socket.receive(into: &got) {}
        #expect(got.count == told.first { $0.slot == 1 }?.result)
        got = []
        #expect(fineFar.socket.receive(into: &got) == .bytes(2))
        withExtendedLifetime(fullFar) {}
        // The ring goes on as if nothing had been.
        let two: [UInt8] = [1, 2]
        two.withUnsafeBytes { ring.add($0, to: fine.socket.fileDescriptor, slot: 5) }
        #expect(submit(ring).isEmpty)
    }
}

/// A socket that may stand in an array.
private final class SocketBox {
    var socket: StreamSocket

    init(_ socket: consuming StreamSocket) { self.socket = socket }

    static func pair(bufferBytes: Int32? = nil) throws -> (near: SocketBox, far: SocketBox) {
        let pair = try StreamPair(bufferBytes: bufferBytes)
        return (SocketBox(pair.near), SocketBox(pair.far))
    }
}
