import Bytes
import Glibc
import HTTPWire
import Testing

@testable import Doctor

/// Whole runs against servers that behave in one way each: which cause is named, and which is not.
@Suite struct `Probes and the causes they prove` {
    struct Case: Sendable, CustomTestStringConvertible {
        let name: String
        var url = "ws://app.example/ws"
        var origin: String?
        var token: String?
        var firstMessage: String?
        /// The error that must come first; nil: nothing may be wrong.
        let code: CauseCode?
        let script: ScriptedServer.Script
        var testDescription: String { name }
    }

    /// Answers handshakes for which `accepts` holds with a 101 and echoes, others with `refusal`; plain requests with `page`.
    static func server(
        page: String = Answer.http(404, "not found"), refusal: String = Answer.http(403, "no"),
        accepts: @escaping @Sendable (String) -> Bool
    ) -> ScriptedServer.Script {
        { connection in
            guard let head = connection.head() else { return }
            guard Answer.isHandshake(head) else { return connection.write(page) }
            guard accepts(head) else { return connection.write(refusal) }
            connection.write(Answer.upgrade(head))
            connection.echo()
        }
    }

    static func host(of head: String) -> String { Answer.value("Host", of: head) ?? "" }
    static func origin(of head: String) -> String? { Answer.value("Origin", of: head) }

    static let cases: [Case] = [
        Case(name: "healthy", code: nil, script: server { _ in true }),
        Case(
            name: "the page answers", code: .spaFallbackSwallowsWs,
            script: { connection in
                guard connection.head() != nil else { return }
                connection.write(
                    Answer.http(200, "<!doctype html><title>App</title>", "Content-Type: text/html"))
            }),
        Case(
            name: "nginx knows no such path", code: .locationDoesNotCoverPath,
            script: { connection in
                guard connection.head() != nil else { return }
                connection.write(
                    Answer.http(404, Answer.nginx404, "Server: nginx/1.22.1", "Content-Type: text/html"))
            }),
        Case(
            name: "an office proxy took the upgrade out", code: .clientNetworkStripsUpgrade,
            script: { connection in
                guard connection.head() != nil else { return }
                connection.write(
                    Answer.http(
                        400, "Upgrade header is missing: not a WebSocket request",
                        "Via: 1.1 proxy.office.example (squid/5.7)"))
            }),
        Case(
            name: "the page is asked of the socket server", origin: "http://app.example",
            code: .wsLocationTooBroad,
            script: server(page: Answer.http(426, "Upgrade Required", "Upgrade: websocket")) { _ in true }),
        Case(
            name: "a host for sockets alone has no page", origin: "http://www.app.example", code: nil,
            script: server(page: Answer.http(426, "Upgrade Required", "Upgrade: websocket")) { _ in true }),
        Case(
            name: "redirect to https", code: .redirect301OnHandshake,
            script: { connection in
                guard connection.head() != nil else { return }
                connection.write(Answer.http(301, "", "Location: https://app.example/ws"))
            }),
        Case(
            name: "sign-in", code: .authRequestBlocksHandshake,
            script: { connection in
                guard connection.head() != nil else { return }
                connection.write(Answer.http(302, "", "Location: https://auth.example/login?rd=x"))
            }),
        Case(
            name: "password", code: .basicAuthBlocksHandshake,
            script: { connection in
                guard connection.head() != nil else { return }
                connection.write(Answer.http(401, "", "WWW-Authenticate: Basic realm=\"x\""))
            }),
        Case(
            name: "the upgrade did not arrive", code: .upgradeHeadersMissing,
            script: { connection in
                guard connection.head() != nil else { return }
                connection.write(Answer.http(426, "Upgrade Required", "Upgrade: websocket"))
            }),
        Case(
            name: "HTTP/1.0 arrived", code: .http10Upstream,
            script: server(
                refusal: Answer.http(426, "handshake request must be at least HTTP/1.1: \"HTTP/1.0\"")
            ) { _ in
                false
            }),
        Case(
            name: "Host not allowed", code: .backendHostNotAllowed,
            script: server(
                refusal: Answer.http(403, "Blocked request. This host (\"app.example\") is not allowed.")
            ) { _ in
                false
            }),
        Case(
            name: "too long", code: .clientHeaderBufferTooSmall,
            script: server(refusal: Answer.http(400, "Request Header Or Cookie Too Large")) { _ in false }),
        Case(
            name: "any Origin refused", code: .originRejected, script: server { origin(of: $0) == nil }),
        Case(
            name: "list of origins without scheme", code: .originAllowlistMalformed,
            script: server { [nil, "app.example"].contains(origin(of: $0)) }),
        Case(
            name: "scheme not known", url: "ws://app.example/ws", origin: "https://app.example",
            code: .forwardedProtoMissing,
            script: server { [nil, "http://\(host(of: $0))"].contains(origin(of: $0)) }),
        Case(
            name: "another scheme on the list", url: "ws://app.example/ws", origin: "https://app.example",
            code: .originRejected, script: server { [nil, "http://app.example"].contains(origin(of: $0)) }),
        Case(
            name: "port lost", url: "ws://app.example:8443/ws", code: .hostPortMismatch,
            script: server { [nil, "http://\(host(of: $0).prefix { $0 != ":" })"].contains(origin(of: $0)) }),
        Case(
            name: "token under another name", url: "ws://app.example/ws?token=abc",
            code: .tokenWrongParamName,
            script: server { Answer.target(of: $0).contains("access_token=abc") }),
        Case(
            name: "line end behind the token", url: "ws://app.example/ws?token=abc%0A",
            code: .tokenTrailingWhitespace,
            script: server { Answer.target(of: $0).hasSuffix("?token=abc") }),
        Case(
            name: "scheme word before the token", url: "ws://app.example/ws?token=Bearer%20abc",
            code: .tokenMalformedPrefix, script: server { Answer.target(of: $0).hasSuffix("?token=abc") }),
        Case(
            name: "101 without Upgrade", code: .upgradeResponseHeaderHidden,
            script: { connection in
                guard let head = connection.head() else { return }
                connection.write(
                    Answer.upgrade(head).replacing("Upgrade: websocket\r\nConnection: Upgrade\r\n", with: ""))
            }),
        Case(
            name: "wrong accept value", code: .handshakeFails,
            script: { connection in
                guard let head = connection.head() else { return }
                let answer =
                    Answer.isHandshake(head)
                    ? Answer.upgrade("Sec-WebSocket-Key: other\r\n") : Answer.http(200, "x")
                connection.write(answer)
            }),
        Case(
            name: "RSV1 out of the blue", code: .compressionCorruptFrame,
            script: { connection in
                guard let head = connection.head() else { return }
                guard Answer.isHandshake(head) else { return connection.write(Answer.http(404)) }
                connection.write(Answer.upgrade(head))
                connection.frame(0xC1, [1, 2, 3])
                connection.drain()
            }),
        Case(
            name: "closed at once", code: .closedAfterOpen,
            script: { connection in
                guard let head = connection.head() else { return }
                guard Answer.isHandshake(head) else { return connection.write(Answer.http(404)) }
                connection.write(Answer.upgrade(head))
                connection.frame(0x88, [0x03, 0xF3])
                connection.drain()
            }),
        Case(
            name: "reset after the 101", code: .closedAfterOpen,
            script: { connection in
                guard let head = connection.head() else { return }
                guard Answer.isHandshake(head) else { return connection.write(Answer.http(404)) }
                connection.write(Answer.upgrade(head))
                // Read what the probe says first: a reset of a socket with unread bytes could overtake the 101.
                _ = connection.frame()
                connection.reset()
            }),
        Case(
            name: "first message refused", firstMessage: #"{"type":"authenticate"}"#,
            code: .authMessageTypeMismatch,
            script: { connection in
                guard let head = connection.head() else { return }
                guard Answer.isHandshake(head) else { return connection.write(Answer.http(404)) }
                connection.write(Answer.upgrade(head))
                while let (opcode, payload) = connection.frame() {
                    if opcode == 1, !String(decoding: payload, as: UTF8.self).contains(#""type":"auth""#) {
                        connection.frame(0x88, [0x0F, 0xA1])
                        return connection.drain()
                    }
                }
            }),
        Case(
            name: "HTTP/2 alone", code: .http2OnlyListener,
            script: { connection in
                guard connection.head() != nil else { return }
                connection.write([0, 0, 0, 4, 0, 0, 0, 0, 0])
                connection.drain()
            }),
        Case(
            name: "a PROXY line is expected", code: .proxyProtocolMismatch,
            script: { connection in
                guard let head = connection.head(), head.hasPrefix("PROXY ") else { return }
                connection.write(Answer.http(200, "hello"))
            }),
        Case(
            name: "content policy", code: .cspConnectSrcBlocksWs,
            script: { connection in
                guard let head = connection.head() else { return }
                if Answer.isHandshake(head) {
                    connection.write(Answer.upgrade(head))
                    return connection.echo()
                }
                connection.write(
                    Answer.http(
                        200, "<html></html>", "Content-Type: text/html",
                        "Content-Security-Policy: connect-src https://api.example"))
            }),
        Case(
            name: "Sockeye has no such path", code: .clientUrlWrongPath,
            script: { connection in
                guard connection.head() != nil else { return }
                connection.write(
                    Answer.http(
                        404,
                        #"{"code":"PATH-UNKNOWN","status":404,"message":"no","remedy":"dial /ws","nearestPath":"/ws"}"#,
                        "Content-Type: application/json"))
            }),
        Case(
            name: "sessions are not known", url: polling, code: .notStickyPolling,
            script: engine(
                poll: Answer.http(400, #"{"code":1,"message":"Session ID unknown"}"#),
                packet: "40{\"sid\":\"x\"}")),
        Case(
            name: "another version of Engine.IO", url: polling, code: .eioVersionMismatch,
            script: { connection in
                guard connection.head() != nil else { return }
                connection.write(Answer.http(400, #"{"code":5,"message":"Unsupported protocol version"}"#))
            }),
        Case(
            name: "no such namespace", url: "http://app.example/im", code: .socketioNamespaceFromUrl,
            script: engine(
                poll: Answer.http(200, #"44/im,{"message":"Invalid namespace"}"#),
                packet: #"44/im,{"message":"Invalid namespace"}"#)),
        Case(
            name: "healthy Socket.IO", url: polling, code: nil,
            script: engine(poll: Answer.http(200, #"40{"sid":"x"}"#), packet: #"40{"sid":"x"}"#)),
    ]

    static let polling = "http://app.example/socket.io/?EIO=4&transport=polling"

    /// An Engine.IO server of a few words: `poll` answers every request of a session, `packet` the CONNECT on a WebSocket.
    static func engine(poll: String, packet: String) -> ScriptedServer.Script {
        let opening =
            #"0{"sid":"s1","upgrades":["websocket"],"pingInterval":25000,"pingTimeout":20000,"maxPayload":1000000}"#
        return { connection in
            guard let head = connection.head() else { return }
            let target = Answer.target(of: head)
            guard Answer.isHandshake(head) else {
                if !target.hasPrefix("/socket.io/") { return connection.write(Answer.http(404, "not found")) }
                return connection.write(target.contains("sid=") ? poll : Answer.http(200, opening))
            }
            connection.write(Answer.upgrade(head))
            if !target.contains("sid=") { connection.frame(0x81, Array(opening.utf8)) }
            while let (opcode, payload) = connection.frame() {
                switch opcode {
                case 1:
                    let text = String(decoding: payload, as: UTF8.self)
                    if text == "2probe" { connection.frame(0x81, Array("3probe".utf8)) }
                    if text.hasPrefix("40") { connection.frame(0x81, Array(packet.utf8)) }
                case 8: return connection.frame(0x88, payload)
                case 9: connection.frame(0x8A, payload)
                default: break
                }
            }
        }
    }

    // One after the other: each run dials dozens of times, and thirty at once take each other's time.
    @Test(.serialized, arguments: cases)
    func `the cause is named`(_ row: Case) async throws {
        let server = try ScriptedServer(row.script)
        var subject = try Subject(row.url)
        subject.pageOrigin = row.origin
        subject.firstMessage = row.firstMessage
        subject.redirections = [
            Redirection(host: "", port: nil, address: "127.0.0.1", addressPort: server.port)
        ]
        let probes = await ProbeEvidence.gather(
            subject, nginx: nil, files: FileEvidence(), deadline: .now + .seconds(120)
        ) { _ in }
        let examination = Examination(subject: subject, probes: probes, now: Int64(time(nil)))
        let diagnosis = Reasoning.diagnosis(of: examination)
        let errors = diagnosis.findings.filter { $0.severity == .error }
        // A page over TLS with a plain socket is a fault of its own, known without any probe.
        let codes = Set(errors.map(\.code)).subtracting([.mixedContent])
        #expect(codes == Set([row.code].compactMap { $0 }), "\(probes.symptoms.values.map(\.text.en))")
        if row.code == nil { #expect(diagnosis.findings.allSatisfy { $0.severity == .info }) }
        _ = server.requests
    }

    @Test func `a port without a listener is refused`() async throws {
        let port: UInt16
        do { port = try ScriptedServer { _ in }.port }
        let subject = try Subject("ws://127.0.0.1:\(port)/ws")
        let probes = await ProbeEvidence.gather(
            subject, nginx: nil, files: FileEvidence(), deadline: .now + .seconds(120)
        ) { _ in }
        #expect(probes.symptoms[.refused] != nil)
        let examination = Examination(subject: subject, probes: probes, now: 0)
        #expect(Reasoning.diagnosis(of: examination).findings.first?.code == .publicPortUnreachable)
    }

    @Test func `a backend that minds the spelling of names is asked in both`() async throws {
        let strict: @Sendable (String) -> Bool = { $0.contains("\r\nSec-WebSocket-Key:") }
        let refusal = Answer.http(400, "Bad Request")
        let backend = try ScriptedServer(Self.server(refusal: refusal, accepts: strict))
        let caddy = try ScriptedServer(Self.server(refusal: refusal) { _ in false })
        let subject = try Subject("ws://127.0.0.1:\(caddy.port)/ws")
        let files = Bench.evidence([
            "Caddyfile": ":\(caddy.port) {\n\treverse_proxy /ws* 127.0.0.1:\(backend.port)\n}\n"
        ])
        let probes = await ProbeEvidence.gather(
            subject, nginx: nil, files: files, deadline: .now + .seconds(120)
        ) { _ in }
        #expect(probes.backend?.remedies == [.spelling])
        let examination = Examination(subject: subject, files: files, probes: probes, now: 0)
        let first = Reasoning.diagnosis(of: examination).findings.first
        #expect(first?.code == .headerCaseAltered && first?.severity == .error)
        #expect((first?.confidence ?? 0) > 0.95)
        _ = caddy.requests
    }

    @Test func `the first broken hop is named`() async throws {
        let backend = try ScriptedServer(Self.server { _ in true })
        let proxy = try ScriptedServer(Self.server(refusal: Answer.http(400, "Bad Request")) { _ in false })
        var subject = try Subject("ws://127.0.0.1:\(proxy.port)/ws")
        subject.hops = [NamedHop(name: "backend", url: try .init("ws://127.0.0.1:\(backend.port)/ws"))]
        let probes = await ProbeEvidence.gather(
            subject, nginx: nil, files: FileEvidence(), deadline: .now + .seconds(120)
        ) { _ in }
        #expect(probes.comparison?.works == "backend")
        #expect(probes.comparison?.breaks == "public")
        #expect(probes.symptoms[.backendWorks] != nil)
        #expect(backend.requests.contains { $0.contains("X-Request-ID: sockeye-doctor-backend") })
        _ = proxy.requests
    }
}
