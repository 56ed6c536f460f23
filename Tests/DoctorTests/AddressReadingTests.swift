import Doctor
import HTTPWire
import Testing

@Suite("Doctor: the address")
struct AddressReadingTests {
    struct Case: Sendable {
        let given: String
        let url: String
        var dialect: Dialect = .webSocket
        var faults: [URLFault] = []
    }

    static let cases: [Case] = [
        Case(given: "ws://app.example/ws", url: "ws://app.example/ws"),
        Case(given: " \"wss://app.example:8443/ws?x=1\"; ", url: "wss://app.example:8443/ws?x=1"),
        Case(
            given: "http://chat.example/im", url: "http://chat.example/im",
            dialect: .socketIO(SocketIOAddress(namespace: "/im"))),
        Case(
            given: "https://chat.example", url: "https://chat.example/", dialect: .socketIO(SocketIOAddress())
        ),
        Case(
            given: "http://a.example/admin/?EIO=3&transport=websocket&room=5",
            url: "http://a.example/admin/?EIO=3&transport=websocket&room=5",
            dialect: .socketIO(SocketIOAddress(enginePath: "/admin/", engineVersion: 3, query: "room=5"))),
        Case(
            given: "http://a.example/pad/socket.io/socket.io.js",
            url: "http://a.example/pad/socket.io/socket.io.js", dialect: .page),
        Case(
            given: "ws://a.example/socket.io/", url: "ws://a.example/socket.io/",
            dialect: .socketIO(SocketIOAddress(enginePath: "/socket.io/"))),
        Case(
            given: "ws://http://a.example/ws", url: "ws://a.example/ws",
            faults: [.doubleScheme(outer: "ws", inner: "http")]),
        Case(
            given: "wss://https//a.example/ws", url: "wss://a.example/ws",
            faults: [.doubleScheme(outer: "wss", inner: "https")]),
        Case(
            given: "ws://a.example/:8001/ws", url: "ws://a.example/:8001/ws", faults: [.portInPath(":8001")]),
        Case(
            given: "ws://a.example/ws:8001", url: "ws://a.example/ws:8001", faults: [.portInPath("ws:8001")]),
        Case(
            given: "wss://a.example:443:8443/ws", url: "wss://a.example/ws",
            faults: [.doublePort("a.example:443:8443")]),
        Case(given: "ws:/a.example/ws", url: "ws://a.example/ws", faults: [.schemeIncomplete]),
        Case(given: "//a.example/ws", url: "ws://a.example/ws", faults: [.schemeIncomplete]),
        Case(
            given: "ws://undefined/ws", url: "ws://localhost/ws", faults: [.variableWithoutValue("undefined")]
        ),
        Case(
            given: "ws://a.example:undefined/ws", url: "ws://a.example/ws",
            faults: [.variableWithoutValue("undefined")]),
        Case(
            given: "ws://${HOST}:${PORT}/ws", url: "ws://localhost/ws",
            faults: [.variableWithoutValue("${HOST}"), .variableWithoutValue("${PORT}")]),
        Case(
            given: "${WS_URL}/chat", url: "ws://localhost/chat", faults: [.variableWithoutValue("${WS_URL}")]),
        Case(given: "ws:///ws", url: "ws://localhost/ws", faults: [.hostMissing]),
        Case(given: "ws://:8000/ws", url: "ws://localhost:8000/ws", faults: [.hostMissing]),
        Case(given: "ws://[::1]:8000/ws", url: "ws://[::1]:8000/ws"),
    ]

    @Test("is read as a client would be given it", arguments: cases.map(\.given))
    func reading(_ given: String) throws {
        let wanted = try #require(Self.cases.first { $0.given == given })
        let reading = try AddressReading(given)
        #expect("\(reading.url)" == wanted.url)
        #expect(reading.dialect == wanted.dialect)
        #expect(reading.faults == wanted.faults)
    }

    @Test(
        "what no one can guess is refused", arguments: ["", "example.com/ws", "ftp://a/", "ws://", "ws", "💥"])
    func refused(_ given: String) {
        #expect(throws: URLError.self) { _ = try AddressReading(given) }
    }

    @Test("no text stops the process")
    func hostile() {
        let pieces = [
            "ws", "://", ":", "/", "${", "}", "undefined", "[", "]", "#", "?", "http", "0", "99999", "\u{0}",
            "é",
            "//", "@", "%",
        ]
        let seed = UInt64.random(in: 0 ... .max)
        print("addresses: seed \(seed)")
        var state = seed
        for _ in 0..<20_000 {
            var text = ""
            for _ in 0..<8 {
                state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                text += pieces[Int(state >> 33) % pieces.count]
            }
            _ = try? AddressReading(text)
        }
    }
}
