import HTTPWire
import Testing

@testable import Doctor

/// What times of arrival say about a stream.
@Suite struct `Streams that are kept back` {
    private static func stream(
        _ chunks: [(milliseconds: Int, events: Int)], type: String = "text/event-stream"
    ) -> HTTPExchange {
        var answer = HTTPAnswer(status: 200, fields: [WireField("Content-Type", type)])
        for (time, events) in chunks {
            let bytes = Array(String(repeating: "data: x\n\n", count: events).utf8)
            answer.chunks.append(HTTPAnswer.Chunk(at: .milliseconds(time), bytes: bytes.count))
            answer.body += bytes
        }
        return HTTPExchange(
            request: ProbeRequest("GET", "/events"), outcome: .answered(answer), elapsed: .milliseconds(1_400)
        )
    }

    private static func silence(_ milliseconds: Int) -> HTTPExchange {
        HTTPExchange(
            request: ProbeRequest("GET", "/events"), outcome: .silent(received: 0),
            elapsed: .milliseconds(milliseconds))
    }

    private static let flowing = stream([(5, 1), (305, 1)])

    @Test func `a flow is two pieces apart in time`() {
        #expect(Self.flowing.answer?.flow == .milliseconds(305))
        #expect(Self.stream([(5, 1), (6, 1)]).answer?.flow == nil)
        #expect(Self.stream([(5, 3)]).answer?.flow == nil)
        #expect(Self.stream([(5, 1), (305, 1)], type: "text/html").answer?.flow == nil)
    }

    @Test(arguments: [
        (silence(1_400), true), (stream([]), true), (silence(900), false), (flowing, false),
        (stream([(5, 1)]), false),
    ])
    func `the backend's events are the measure`(_ seen: HTTPExchange, _ isBehind: Bool) {
        #expect(StreamEvidence(seen, direct: Self.flowing).isKeptBack == isBehind)
        #expect(!StreamEvidence(seen, direct: nil).isKeptBack)
        #expect(!StreamEvidence(seen, direct: Self.silence(8_000)).isKeptBack)
    }

    @Test func `without a backend, many events in one late piece`() {
        #expect(StreamEvidence(Self.stream([(6_000, 20)])).isKeptBack)
        #expect(!StreamEvidence(Self.stream([(200, 20)])).isKeptBack)
    }
}
