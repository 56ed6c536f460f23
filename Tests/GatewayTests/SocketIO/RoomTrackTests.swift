import Bytes
import PubSub
import Testing

@testable import Gateway

/// Where a client stands in a room, told by the last delivery it has seen.
@Suite("RoomTrack") struct RoomTrackTests {
    private func position(_ offset: UInt64, epoch: UInt64 = 1) -> StreamPosition {
        StreamPosition(epoch: Epoch(epoch), offset: offset)
    }

    @Test func `it stands where it was told last`() {
        let track = RoomTrack(at: position(10), limit: 100)
        for (offset, sequence) in [(11, 3), (12, 7), (13, 8)] as [(UInt64, UInt64)] {
            track.append(position(offset), sequence: sequence)
        }
        let expected: [(UInt64, UInt64)] = [(0, 10), (2, 10), (3, 11), (6, 11), (7, 12), (8, 13), (99, 13)]
        for (sequence, offset) in expected {
            #expect(track.position(at: sequence) == position(offset), "\(sequence)")
        }
    }

    @Test func `what is older than it knows it does not guess`() {
        let track = RoomTrack(at: position(0), limit: 3)
        for number in 1...5 as ClosedRange<UInt64> {
            track.append(position(number), sequence: number * 10)
        }
        #expect(track.position(at: 50) == position(5))
        #expect(track.position(at: 30) == position(3))
        #expect(track.position(at: 29) == nil)
    }

    @Test func `another life of the topic begins anew`() {
        let track = RoomTrack(at: position(4), limit: 10)
        track.append(position(5), sequence: 1)
        track.append(position(1, epoch: 2), sequence: 2)
        #expect(track.position(at: 2) == position(1, epoch: 2))
        #expect(track.position(at: 1) == nil)
    }

    @Test("a model of all deliveries says the same", arguments: [1 as UInt64, 2, 3, 4, 5])
    func model(_ seed: UInt64) {
        var random = SplitMix64(seed: seed)
        let limit = Int(random.next() % 20) + 1
        let track = RoomTrack(at: position(0), limit: limit)
        var all: [(offset: UInt64, sequence: UInt64)] = []
        var sequence: UInt64 = 0
        for offset in 1...60 as ClosedRange<UInt64> {
            sequence += random.next() % 3 + 1
            track.append(position(offset), sequence: sequence)
            all.append((offset, sequence))
            for seen in sequence - min(sequence, 40)...sequence {
                let truth = all.last { $0.sequence <= seen }?.offset ?? 0
                let isKnown = Int(offset - truth) < limit || all.count <= limit
                #expect(
                    track.position(at: seen) == (isKnown ? position(truth) : nil),
                    "seed \(seed), offset \(offset), seen \(seen)")
            }
        }
    }
}
