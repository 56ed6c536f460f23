import Gateway
import PubSub
import Testing

/// What a client may ask of a topic's past, and of who is there.
@Suite("Sockeye JSON, wishes") struct DialectWishTests {
    private static let position = StreamPosition(epoch: Epoch(35), offset: 7)

    static let wishes: [(String, Decoded)] = [
        (
            #"{"type":"subscribe","topic":"t","since":{"epoch":"z","offset":7}}"#,
            .subscribe(topic: "t", SubscribeWish(since: position), id: "")
        ),
        (
            #"{"since":{"offset":7,"x":[1],"epoch":"z"},"presence":true,"type":"subscribe","topic":"t","id":1}"#,
            .subscribe(topic: "t", SubscribeWish(since: position, presence: true), id: "1")
        ),
        (
            #"{"type":"subscribe","topic":"t","history":20,"presence":false}"#,
            .subscribe(topic: "t", SubscribeWish(history: 20), id: "")
        ),
        (#"{"type":"history","topic":"t"}"#, .history(topic: "t", HistoryWish(), id: "")),
        (
            #"{"type":"history","topic":"t","limit":0,"newest_first":true,"since":{"epoch":"z","offset":7}}"#,
            .history(topic: "t", HistoryWish(since: position, limit: 0, isReversed: true), id: "")
        ),
        (#"{"type":"presence","topic":"t","id":"x"}"#, .presence(topic: "t", id: "\"x\"")),
        (
            #"{"type":"publish","topic":"t","data":1,"key":"k\u0031"}"#,
            .publish(topic: "t", data: "1", key: "k1", id: "")
        ),
        // What no stream is called is no mistake: it is only stale.
        (
            #"{"type":"subscribe","topic":"t","since":{"epoch":"ää","offset":1}}"#,
            .subscribe(
                topic: "t", SubscribeWish(since: StreamPosition(epoch: Epoch(0), offset: 1)), id: "")
        ),
        // Where a member means nothing, its value is nobody's business.
        (#"{"type":"ping","since":1,"limit":"x","key":2}"#, .ping(id: "")),
    ]

    @Test(arguments: wishes) func `are read`(_ message: String, _ wanted: Decoded) {
        #expect(decode(message) == wanted)
    }

    @Test(arguments: [
        #"{"type":"subscribe","topic":"t","since":7}"#, #"{"type":"subscribe","topic":"t","since":{}}"#,
        #"{"type":"subscribe","topic":"t","since":{"epoch":"z"}}"#,
        #"{"type":"subscribe","topic":"t","since":{"epoch":1,"offset":7}}"#,
        #"{"type":"subscribe","topic":"t","since":{"epoch":"z","offset":-1}}"#,
        #"{"type":"subscribe","topic":"t","since":{"epoch":"z","offset":1.5}}"#,
        #"{"type":"subscribe","topic":"t","since":{"epoch":"z","offset":99999999999999999999}}"#,
        #"{"type":"subscribe","topic":"t","history":"20"}"#,
        #"{"type":"subscribe","topic":"t","history":-1}"#,
        #"{"type":"subscribe","topic":"t","history":1e3}"#,
        #"{"type":"subscribe","topic":"t","history":99999999999}"#,
        #"{"type":"subscribe","topic":"t","presence":1}"#, #"{"type":"history","topic":"t","limit":null}"#,
        #"{"type":"history","topic":"t","newest_first":"true"}"#,
        #"{"type":"publish","topic":"t","data":1,"key":7}"#,
    ]) func `of the wrong kind are told apart`(_ message: String) {
        #expect(errorCode(message) == .wrongMemberType)
    }
}
