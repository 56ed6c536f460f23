import Bytes
import Testing

@testable import Gateway

/// Frames that a topic's home has made, as another loop takes them over.
@Suite("EventFrames") struct EventFramesTests {
    private static func frames(_ alike: Int, _ messages: [String]) -> EventFrames {
        EventFrames(
            alike: alike, bytes: messages.flatMap { Array($0.utf8) }, counts: messages.map(\.utf8.count))
    }

    private static func read(_ chunks: [EventFramesReader.Chunk], alike: Int, _ count: Int) -> [String?] {
        var reader = EventFramesReader(chunks, alike: alike)
        return (0..<count).map { _ in
            let buffer = ByteBuffer()
            return reader.appendNext(to: buffer) ? String(decoding: buffer.bytes, as: UTF8.self) : nil
        }
    }

    @Test func `messages come one by one, over several turns of the home`() {
        let chunks: [EventFramesReader.Chunk] = [
            (2, [Self.frames(0, ["a", "bb"]), Self.frames(3, ["A", "BB"])]), (0, []),
            (1, [Self.frames(0, [""]), Self.frames(3, ["C"])]),
        ]
        #expect(Self.read(chunks, alike: 0, 4) == ["a", "bb", "", nil])
        #expect(Self.read(chunks, alike: 3, 3) == ["A", "BB", "C"])
    }

    @Test func `what did not come is made by whoever needs it, and the rest still fits`() {
        let chunks: [EventFramesReader.Chunk] = [
            (2, [Self.frames(1, ["x", "y"])]), (1, [Self.frames(0, ["c"])]), (2, [Self.frames(0, ["d"])]),
        ]
        #expect(Self.read(chunks, alike: 0, 6) == [nil, nil, "c", "d", nil, nil])
        #expect(Self.read([], alike: 0, 1) == [nil])
    }
}
