import Testing

@testable import Doctor

@Suite("Addresses that scripts put together")
struct ScriptTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let script: String
        /// On the page https://app.example:8443, with VITE_WS=wss://b.example; nil: not all of it is known.
        let address: String?
        var testDescription: String { script }
    }

    static let cases: [Case] = [
        Case(script: "new WebSocket('ws://a/b')", address: "ws://a/b"),
        Case(script: "new WebSocket(\"ws://\" + location.host + \"/b\")", address: "ws://app.example:8443/b"),
        Case(
            script: "new WebSocket(`wss://${window.location.hostname}:9000/b`)",
            address: "wss://app.example:9000/b"),
        Case(script: "const u = 'ws://a'; const s = new WebSocket(u + '/x');", address: "ws://a/x"),
        Case(
            script:
                "const p = location.protocol === 'https:' ? 'wss:' : 'ws:'; new WebSocket(p + '//' + location.host)",
            address: "wss://app.example:8443"),
        Case(
            script: "const p = location.protocol !== 'https:' ? 'ws' : 'wss'; new WebSocket(`${p}://a`)",
            address: "wss://a"),
        Case(
            script: "const p = location.protocol === 'http:' ? 'ws' : 'wss'; new WebSocket(`${p}://a`)",
            address: "wss://a"),
        Case(
            script: "new WebSocket(location.protocol.replace(/^http/, 'ws') + '//' + location.host)",
            address: "wss://app.example:8443"),
        Case(
            script: "const api = 'https://a.example/api'; new WebSocket(api.replace('https', 'wss'))",
            address: "wss://a.example/api"),
        Case(script: "new WebSocket(import.meta.env.VITE_WS)", address: "wss://b.example"),
        Case(script: "new WebSocket(process.env['VITE_WS'] + '/x')", address: "wss://b.example/x"),
        Case(
            script: "new WebSocket(import.meta.env.VITE_OTHER || 'ws://localhost:1')",
            address: "ws://localhost:1"),
        Case(
            script: "new WebSocket(import.meta.env.VITE_OTHER ?? `wss://${location.host}/ws`)",
            address: "wss://app.example:8443/ws"),
        Case(script: "new WebSocket(import.meta.env.VITE_OTHER)", address: nil),
        Case(script: "new WebSocket(settings.url)", address: nil),
        Case(script: "const config = { ws: 'ws://c' }; new WebSocket(config.ws)", address: "ws://c"),
        Case(
            script: "// new WebSocket('ws://no')\n/* new WebSocket('ws://no') */ new WebSocket('ws://yes')",
            address: "ws://yes"),
        Case(script: "const s: WebSocket = new WebSocket('ws://a' as string);", address: "ws://a"),
        Case(
            script: "socket.current = new ReconnectingWebSocket('ws://a', [], { maxRetries: 3 })",
            address: "ws://a"),
        Case(
            script: "const socket = io('https://a.example', { path: '/x', transports: ['websocket'] })",
            address: "https://a.example"),
        Case(script: "<div>it's</div>\nnew WebSocket('ws://a')", address: "ws://a"),
        Case(script: "new WebSocket('ws://unclosed", address: "ws://unclosed"),
        Case(script: "useWebSocket(`ws://a/${id}`)", address: nil),
    ]

    @Test(arguments: cases)
    func address(_ test: Case) throws {
        let file = Bench.file("a.ts", test.script)
        let dial = try #require(ScriptReader(file.bytes, file).dials.first)
        let page = WebOrigin("https://app.example:8443")
        #expect(dial.address?.text(page: page) { $0 == "VITE_WS" ? "wss://b.example" : nil } == test.address)
    }

    @Test("options, heartbeats, servers and what the page does when it goes")
    func facts() {
        let file = Bench.file(
            "a.js",
            """
            const beat = 25 * 1000;
            useEffect(() => {
              const s = io({ path: '/x', withCredentials: true, auth: { token } });
              setInterval(() => s.emit('ping'), beat);
              return () => s.disconnect();
            }, []);
            """)
        let reader = ScriptReader(file.bytes, file)
        #expect(reader.dials.first?.options["path"]?.literal == "/x")
        #expect(reader.dials.first?.options["withCredentials"]?.isTrue == true)
        #expect(reader.dials.first?.isClosedByPage == true)
        #expect(reader.dials.first?.place == FilePlace(file: "a.js", line: 3, column: 13))
        #expect(reader.heartbeats.map(\.seconds) == [25])
        let server = Bench.file(
            "s.js",
            "const io = require('socket.io')(http, { cors: { origin: ['a'] }, pingInterval: 20000 }); io.of('/im'); io.use((s, n) => verify(s.handshake.auth.token))"
        )
        let served = ScriptReader(server.bytes, server)
        #expect(served.servers.first?.origins == ["a"])
        #expect(served.servers.first?.namespaces == ["/im"])
        #expect(served.servers.first?.tokenNames.first?.name == "token")
        #expect(served.heartbeats.map(\.seconds) == [20])
    }

    @Test("what nests without end ends")
    func nesting() {
        for text in ["(", "[", "{a:", "`${", "f(", "a?", "const a = (", "x=>"] {
            let file = Bench.file("a.js", "new WebSocket(" + String(repeating: text, count: 20_000))
            #expect(ScriptReader(file.bytes, file).dials.count <= 1)
        }
    }
}
