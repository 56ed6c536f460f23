import Bytes
import EngineIOWire
import Testing

/// Engine.IO v4, Handshake: what is asked, what is answered, what is refused.
@Suite struct HandshakeTests {
    @Test func theOpenPacketHasTheKeysOfTheProtocol() {
        let polling = EngineOpening(sid: "abc", transport: .polling, settings: Stage.settings)
        #expect(
            written { polling.append(to: $0) }
                == #"0{"sid":"abc","upgrades":["websocket"],"pingInterval":300,"pingTimeout":200,"maxPayload":1000000}"#
        )
        let webSocket = EngineOpening(sid: "abc", transport: .webSocket, settings: Stage.settings)
        #expect(webSocket.upgrades.isEmpty)
        let alone = EngineSettings(allowsWebSocket: false)
        #expect(EngineOpening(sid: "abc", transport: .polling, settings: alone).upgrades.isEmpty)
        let usual = EngineOpening(sid: "abc", transport: .polling, settings: EngineSettings())
        #expect(usual.pingInterval == 25_000 && usual.pingTimeout == 20_000)
    }

    static let openings: [(String, EngineOpening?)] = [
        (
            #"{"sid":"x","upgrades":["websocket"],"pingInterval":25000,"pingTimeout":20000,"maxPayload":1000000}"#,
            EngineOpening(
                sid: "x", upgrades: ["websocket"], pingInterval: 25_000, pingTimeout: 20_000,
                maxPayload: 1_000_000)
        ),
        (
            #"{"pingTimeout":2,"pingInterval":1,"sid":"x","new":[]}"#,
            EngineOpening(sid: "x", upgrades: [], pingInterval: 1, pingTimeout: 2, maxPayload: 0)
        ),
        (#"{"upgrades":[],"pingInterval":1,"pingTimeout":2}"#, nil),
        (#"{"sid":"","pingInterval":1,"pingTimeout":2}"#, nil),
        (#"{"sid":"x","pingInterval":-1,"pingTimeout":2}"#, nil),
        (#"{"sid":"x","pingInterval":1}"#, nil),
        ("", nil), ("[]", nil), ("<html>", nil),
    ]

    @Test(arguments: openings) func aClientReadsIt(json: String, opening: EngineOpening?) {
        let read: EngineOpening? = json.withBytes { json in try? EngineOpening(json: json) }
        #expect(read == opening)
    }

    @Test func whatAServerWritesAClientReads() {
        let opening = EngineOpening(sid: "ü\"", transport: .polling, settings: EngineSettings())
        let json = String(written { opening.append(to: $0) }.dropFirst())
        let read: EngineOpening? = json.withBytes { json in try? EngineOpening(json: json) }
        #expect(read == opening)
    }

    struct Asked: Sendable, CustomTestStringConvertible {
        var method = EngineRequest.Method.get
        var isUpgrade = false
        var query: [String: String]
        var result: Result<EngineRequest, EngineRefusal>

        var testDescription: String { "\(method) \(isUpgrade) \(query)" }
    }

    static let requests: [Asked] = [
        Asked(query: ["EIO": "4", "transport": "polling"], result: .success(.open(.polling))),
        Asked(
            isUpgrade: true, query: ["EIO": "4", "transport": "websocket"],
            result: .success(.open(.webSocket))),
        Asked(query: ["EIO": "4", "transport": "polling", "sid": "x"], result: .success(.poll(sid: "x"))),
        Asked(
            method: .post, query: ["EIO": "4", "transport": "polling", "sid": "x"],
            result: .success(.post(sid: "x"))),
        Asked(
            isUpgrade: true, query: ["EIO": "4", "transport": "websocket", "sid": "x"],
            result: .success(.upgrade(sid: "x"))),
        // The session was made by the right version; the reference does not look again.
        Asked(query: ["transport": "polling", "sid": "x"], result: .success(.poll(sid: "x"))),
        Asked(query: ["EIO": "4", "transport": "polling", "sid": ""], result: .success(.open(.polling))),
        Asked(query: ["EIO": "4"], result: .failure(.unknownTransport)),
        Asked(query: ["EIO": "4", "transport": "abc"], result: .failure(.unknownTransport)),
        Asked(query: ["EIO": "4", "transport": "abc", "sid": "x"], result: .failure(.unknownTransport)),
        Asked(query: [:], result: .failure(.unknownTransport)),
        Asked(query: ["transport": "polling"], result: .failure(.unsupportedVersion(""))),
        Asked(query: ["EIO": "abc", "transport": "polling"], result: .failure(.unsupportedVersion("abc"))),
        Asked(query: ["EIO": "3", "transport": "polling"], result: .failure(.unsupportedVersion("3"))),
        Asked(
            query: ["EIO": "12345678901234567890", "transport": "polling"],
            result: .failure(.unsupportedVersion("1234567890123456"))),
        Asked(
            isUpgrade: true, query: ["EIO": "3", "transport": "websocket"],
            result: .failure(.unsupportedVersion("3"))),
        Asked(
            method: .post, query: ["EIO": "4", "transport": "polling"], result: .failure(.badHandshakeMethod)),
        Asked(
            method: .other, query: ["EIO": "4", "transport": "polling"], result: .failure(.badHandshakeMethod)
        ),
        Asked(
            method: .other, query: ["EIO": "4", "transport": "polling", "sid": "x"],
            result: .failure(.badRequest(.method))),
        Asked(query: ["EIO": "4", "transport": "websocket"], result: .failure(.badRequest(.upgrade))),
        Asked(
            isUpgrade: true, query: ["EIO": "4", "transport": "polling"],
            result: .failure(.badRequest(.upgrade))),
        Asked(
            query: ["EIO": "4", "transport": "websocket", "sid": "x"], result: .failure(.badRequest(.upgrade))
        ),
        Asked(query: ["EIO": "4", "transport": "polling", "j": "0"], result: .failure(.badRequest(.jsonp))),
    ]

    @Test(arguments: requests) func requestsAreTold(asked: Asked) {
        #expect(Self.tell(asked, EngineSettings()) == asked.result)
    }

    @Test func aTransportThatIsOffIsUnknown() {
        let polling = Asked(
            query: ["EIO": "4", "transport": "polling"], result: .failure(.unknownTransport))
        #expect(Self.tell(polling, EngineSettings(allowsPolling: false)) == polling.result)
        let webSocket = Asked(
            isUpgrade: true, query: ["EIO": "4", "transport": "websocket"],
            result: .failure(.unknownTransport))
        #expect(Self.tell(webSocket, EngineSettings(allowsWebSocket: false)) == webSocket.result)
    }

    static let refusals: [(EngineRefusal, Int, String)] = [
        (.unknownTransport, 400, #"{"code":0,"message":"Transport unknown"}"#),
        (.unknownSession, 400, #"{"code":1,"message":"Session ID unknown"}"#),
        (.badHandshakeMethod, 400, #"{"code":2,"message":"Bad handshake method"}"#),
        (.badRequest(.overlap), 400, #"{"code":3,"message":"Bad request"}"#),
        (.forbidden, 403, #"{"code":4,"message":"Forbidden"}"#),
    ]

    @Test(arguments: refusals) func bodies(refusal: EngineRefusal, status: Int, body: String) {
        #expect(refusal.status == status)
        #expect(written { refusal.append(to: $0) } == body)
        #expect(!refusal.remedy.isEmpty)
    }

    @Test func anOldClientIsToldWhatToDo() {
        let refusal = EngineRefusal.unsupportedVersion("3")
        let body = written { refusal.append(to: $0) }
        #expect(body.hasPrefix(#"{"code":5,"message":"Unsupported protocol version","remedy":"use a client"#))
        #expect(refusal.status == 400)
        let details: [EngineRefusal.Detail] = [
            .method, .overlap, .packets, .octets, .transport, .upgrade, .jsonp,
        ]
        #expect(Set(details.map { EngineRefusal.badRequest($0).remedy }).count == details.count)
    }

    private static func tell(_ asked: Asked, _ settings: EngineSettings) -> Result<
        EngineRequest, EngineRefusal
    > {
        do throws(EngineRefusal) {
            return .success(
                try EngineRequest(
                    method: asked.method, isUpgrade: asked.isUpgrade, settings: settings,
                    query: { asked.query[$0] }))
        } catch {
            return .failure(error)
        }
    }
}
