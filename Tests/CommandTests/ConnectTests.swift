import SockeyeClient
import Testing
import WebSocketWire

@testable import sockeye

/// What is typed, and what is shown.
@Suite("Connect")
struct ConnectTests {
    @Test(arguments: [
        ("", ConnectInput.nothing),
        ("hello /sub", .message("hello /sub")),
        ("//sub", .message("/sub")),
        ("/sub news", .command(.subscribe(topic: "news", id: nil))),
        ("/unsub news", .command(.unsubscribe(topic: "news", id: nil))),
        (#"/pub news {"a": 1}"#, .command(.publish(topic: "news", data: #"{"a": 1}"#, id: "pub"))),
        ("/pub news good morning", .command(.publish(topic: "news", data: #""good morning""#, id: "pub"))),
        ("/ping", .ping),
        ("/close", .close(.normal, reason: "")),
        ("/quit", .close(.normal, reason: "")),
        ("/close 4000 see you later", .close(CloseCode(rawValue: 4000), reason: "see you later")),
        ("/help", .help),
    ])
    func input(_ line: String, _ expected: ConnectInput) {
        #expect(ConnectInput(line) == expected)
    }

    @Test(arguments: ["/sub", "/sub a b", "/pub news", "/close 1006", "/close x", "/nonsense", "/"])
    func `input that is a mistake`(_ line: String) {
        guard case .mistake = ConnectInput(line) else {
            Issue.record("understood")
            return
        }
    }

    static func printer(_ style: ConnectSettings.Style, quiet: Bool = false) -> ConnectPrinter {
        ConnectPrinter(style: style, isQuiet: quiet, mask: SecretMask(["s3cr3t token"]), usesColor: false)
    }

    @Test func `a terminal sees arrows, times and no control characters`() {
        let printer = Self.printer(.talk)
        #expect(
            printer.received(.text("a\u{1B}[2Jb\nc"), after: .milliseconds(1234)) == [
                .data("   1.234 ← a\\u{1b}[2Jb\\nc")
            ])
        #expect(printer.received(.binary([0, 255]), after: .zero) == [.data("   0.000 ← [2 bytes] 00 ff")])
        #expect(printer.sent("with s3cr3t token", after: .seconds(100)) == [.data(" 100.000 → with ***")])
        #expect(printer.pong(.microseconds(420), after: .zero) == [.data("   0.000 ← pong after 0.42 ms")])
    }

    @Test func `a pipe sees messages alone`() {
        let printer = Self.printer(.lines)
        #expect(printer.received(.text("a\u{1B}b"), after: .zero) == [.data("a\u{1B}b")])
        #expect(printer.received(.binary([1, 2, 3]), after: .zero) == [.data("AQID")])
        #expect(printer.sent("x", after: .zero).isEmpty && printer.ping([], after: .zero).isEmpty)
    }

    @Test func `a program sees objects`() {
        let printer = Self.printer(.json, quiet: true)
        #expect(
            printer.received(.text("a\"b"), after: .milliseconds(2)) == [
                .data(#"{"event":"message","ms":2,"text":"a\"b"}"#)
            ])
        #expect(
            printer.received(.binary([1]), after: .zero) == [
                .data(#"{"event":"message","ms":0,"binary_base64":"AQ=="}"#)
            ])
        let summary = CloseSummary(code: .normal, reason: "bye", initiator: .server, isClean: true)
        #expect(
            printer.closed(summary, after: .microseconds(1500))
                == [
                    .data(
                        #"{"event":"closed","ms":1.5,"code":1000,"reason":"bye","by":"server","clean":true}"#)
                ])
        #expect(printer.talk("nothing").isEmpty)
    }

    @Test(arguments: [
        (CloseSummary(code: .goingAway, reason: "", initiator: .server, isClean: true), "1001, going away"),
        (
            CloseSummary(code: .normal, reason: "done", initiator: .client, isClean: true),
            "closed: 1000 “done”, normal end"
        ),
        (CloseSummary(code: nil, reason: "", initiator: .server, isClean: true), "without a code"),
        (CloseSummary(code: .abnormal, reason: "", initiator: .client, isClean: false), "never answered"),
    ])
    func `close codes in words`(_ summary: CloseSummary, _ words: String) {
        #expect(ConnectPrinter.words(summary).contains(words))
    }

    @Test func `a secret is masked plain and percent-encoded, the longest first`() {
        let mask = SecretMask(["abcd", "abcd/efgh", "xyz"])
        #expect(mask.apply("abcd/efgh abcd%2Fefgh abcd abc xyz") == "*** *** *** abc xyz")
        #expect(
            ConnectionFlags.secrets(inURL: "ws://h/p?room=1&Token=tttt&access_token=aa#f") == ["tttt", "aa"])
        #expect(ConnectionFlags.secrets(inURL: "ws://h/p").isEmpty)
    }
}
