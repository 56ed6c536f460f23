import Testing
import WebSocketWire

@testable import SockeyeClient

/// What a plan refuses, and what it makes of a token.
@Suite("Connect plan")
struct ConnectPlanTests {
    @Test(arguments: [
        "", "example.com", "ftp://example.com/", "ws://", "ws://host:99999/", "ws://host/#part",
        "ws://user:pw@host/",
    ])
    func `not a URL`(_ url: String) {
        #expect(throws: ClientError.self) { try ConnectPlan(url) }
        do throws(ClientError) {
            _ = try ConnectPlan(url)
        } catch {
            #expect(error.code == "CONN-001")
        }
    }

    @Test(arguments: [
        HeaderField("X A", "1"), HeaderField("", "1"), HeaderField("X-A", "1\r\nEvil: 2"),
        HeaderField("X-A", "1\u{0}"),
        HeaderField("Host", "other"), HeaderField("Sec-WebSocket-Key", "mine"),
        HeaderField("connection", "close"),
    ])
    func `not a header`(_ field: HeaderField) {
        var options = ConnectOptions()
        options.fields = [field]
        do throws(ClientError) {
            _ = try ConnectPlan("ws://example.com/", options: options)
            Issue.record("accepted")
        } catch {
            #expect(error.code == "CONN-002")
        }
    }

    @Test(arguments: [
        (AccessToken.Place.header, "/ws", "Authorization: Bearer a.b-c_d\r\n"),
        (.query, "/ws", "GET /ws?token=a.b-c_d HTTP/1.1\r\n"),
        (.query, "/ws?room=1", "GET /ws?room=1&token=a.b-c_d HTTP/1.1\r\n"),
        (.subprotocol, "/ws", "Sec-WebSocket-Protocol: sockeye, sockeye.token.a.b-c_d\r\n"),
        (.message, "/ws", "GET /ws HTTP/1.1\r\n"),
    ])
    func `where a token goes`(_ place: AccessToken.Place, _ path: String, _ expected: String) throws {
        var options = ConnectOptions()
        options.token = AccessToken("a.b-c_d", in: place)
        let plan = try ConnectPlan("ws://example.com" + path, options: options)
        let request = String(decoding: ClientHandshake(plan: plan, nonce: (1, 2)).request, as: UTF8.self)
        #expect(request.contains(expected))
        #expect(plan.firstMessageToken == (place == .message ? "a.b-c_d" : nil))
        #expect(request.contains("a.b-c_d") == (place != .message))
    }

    @Test func `a token with anything else is escaped in the query and refused as a subprotocol`() throws {
        var options = ConnectOptions()
        options.token = AccessToken("a+b/c=&d", in: .query)
        let plan = try ConnectPlan("ws://example.com/", options: options)
        #expect(plan.target == "/?token=a%2Bb%2Fc%3D%26d")
        options.token = AccessToken("a+b/c=", in: .subprotocol)
        #expect(throws: ClientError.self) { try ConnectPlan("ws://example.com/", options: options) }
    }

    @Test func `every error has a code of its own, words and a remedy`() {
        let refusal = HTTPRefusal(status: 404, reason: "", server: nil, body: .empty)
        let errors: [ClientError] = [
            .urlInvalid("x"), .requestInvalid("x"), .nameNotFound(host: "h", detail: "d"),
            .nameTimedOut(host: "h"),
            .connectionRefused(address: "a"), .connectTimedOut(address: "a"),
            .unreachable(address: "a", detail: "d"),
            .connectFailed(address: "a", detail: "d"), .tlsFailed(code: "TLS-1", words: "w", remedy: "r"),
            .tlsTimedOut(address: "a"),
            .handshakeTimedOut(address: "a"), .handshakeEnded(received: 0), .notHTTP(preview: "p"),
            .portSpeaksTLS,
            .redirected(status: 301, location: "/x"), .refused(refusal),
            .handshakeInvalid(code: "c", words: "w", remedy: "r"),
            .protocolViolation(.invalidUTF8), .connectionLost(detail: "d"), .pingUnanswered(milliseconds: 1),
            .closed, .cancelled,
            .system("s"),
        ]
        #expect(Set(errors.map(\.code)).count == errors.count)
        for error in errors { #expect(!error.description.isEmpty && !error.remedy.isEmpty) }
    }
}
