import Testing

@testable import SockeyeClient

/// Commands as text, and text as events.
@Suite("Sockeye protocol, client side")
struct SockeyeProtocolTests {
    @Test(arguments: [
        (SockeyeCommand.authenticate(token: "a.b"), #"{"type":"auth","token":"a.b"}"#),
        (.subscribe(topic: #"a"b"#, id: nil), #"{"type":"subscribe","topic":"a\"b"}"#),
        (.subscribe(topic: "n", id: "1"), #"{"type":"subscribe","topic":"n","id":"1"}"#),
        (
            .subscribe(topic: "n", since: .init(epoch: "e\"", offset: 7), id: "1"),
            #"{"type":"subscribe","topic":"n","id":"1","since":{"epoch":"e\"","offset":7}}"#
        ),
        (.subscribe(topic: "n", since: .init(epoch: "e"), id: nil), #"{"type":"subscribe","topic":"n"}"#),
        (.unsubscribe(topic: "n", id: "2"), #"{"type":"unsubscribe","topic":"n","id":"2"}"#),
        (
            .publish(topic: "n", data: #"{"a": [1,2]}"#, id: nil),
            #"{"type":"publish","topic":"n","data":{"a": [1,2]}}"#
        ),
        (.publish(topic: "n", data: "1", id: "3"), #"{"type":"publish","topic":"n","id":"3","data":1}"#),
        (.ping, #"{"type":"ping"}"#),
    ])
    func command(_ command: SockeyeCommand, _ text: String) {
        #expect(command.text == text)
        #expect(SockeyeCommand.isJSON(command.text))
    }

    @Test(arguments: [
        (
            #"{"type":"message","topic":"n","offset":12,"data":{"a": [1, "é"]}}"#,
            SockeyeEvent.message(topic: "n", offset: 12, data: #"{"a": [1, "é"]}"#)
        ),
        (
            #"{"type":"message","topic":"n","offset":1,"data":"x"}"#,
            .message(topic: "n", offset: 1, data: #""x""#)
        ),
        (#"{"type":"message","topic":"n","offset":1,"data":5}"#, .message(topic: "n", offset: 1, data: "5")),
        (
            #"{"type":"subscribed","topic":"n","epoch":"e1","offset":7,"id":"1"}"#,
            .subscribed(topic: "n", epoch: "e1", offset: 7, recovery: nil, id: "1")
        ),
        (
            #"{"type":"subscribed","topic":"n"}"#,
            .subscribed(topic: "n", epoch: nil, offset: nil, recovery: nil, id: nil)
        ),
        (
            #"{"type":"subscribed","topic":"n","epoch":"e","offset":1,"recovered":true}"#,
            .subscribed(topic: "n", epoch: "e", offset: 1, recovery: .recovered, id: nil)
        ),
        (
            #"{"type":"subscribed","topic":"n","recovered":false,"reason":"expired"}"#,
            .subscribed(
                topic: "n", epoch: nil, offset: nil, recovery: .refused(reason: "expired"), id: nil)
        ),
        (#"{"type":"unsubscribed","topic":"n","id":2}"#, .unsubscribed(topic: "n", id: "2")),
        (
            #"{"type":"published","topic":"n","offset":3,"id":"p"}"#,
            .published(topic: "n", offset: 3, id: "p")
        ),
        (#"{"type":"authenticated","user":"ada"}"#, .authenticated(user: "ada")),
        (#"{"type":"pong"}"#, .pong),
        (
            #"{"type":"going_away","reconnect_within_ms":1840}"#,
            .goingAway(reconnectWithin: .milliseconds(1840))
        ),
        ("pong", .pong),
        (
            #"{"type":"error","code":"AUTH","message":"m","remedy":"r","id":"1"}"#,
            .error(SockeyeFault(code: "AUTH", message: "m", remedy: "r", id: "1"))
        ),
        (#"{"type":"later"}"#, .other(#"{"type":"later"}"#)),
        ("[1]", .other("[1]")),
        (#"{"type":"message","#, .other(#"{"type":"message","#)),
    ])
    func event(_ text: String, _ event: SockeyeEvent) {
        #expect(SockeyeEvent(text) == event)
    }
}
