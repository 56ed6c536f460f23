import Configuration
import Foundation
import HTTPWire
import JSON
import Testing
import Tokens

@testable import Gateway

/// The HTTP API, asked as a backend asks it.
@Suite(.timeLimit(.minutes(5)), .serialized) struct APITests {
    private let directory: TemporaryDirectory

    init() throws { directory = try TemporaryDirectory() }

    private func serve(_ loops: Int = 1) throws -> TestServer {
        try TestServer(loops: loops, store: directory.path, Self.options)
    }

    private static func options(_ options: inout Options) {
        var kept = TopicOptions(pattern: "kept:*")
        (kept.history, kept.keys, kept.presence) = (10, 10, true)
        options.topics = [kept]
        options.endpoints[0].stats = "/ws/stats"
    }

    private func dial(_ server: TestServer, _ user: String) throws -> Talker {
        Talker(try TestClient(port: server.port, path: "/ws?token=\(try server.token(user))"))
    }

    @Test(arguments: [1, 3]) func `a message is delivered byte for byte, and once per key`(_ loops: Int)
        throws
    {
        let server = try serve(loops)
        let (api, client) = (try APICaller(server), try dial(server, "ada"))
        let epoch = try client.ask(#"{"type":"subscribe","topic":"kept:a"}"#).string("epoch") ?? ""
        let data = #"{"n": 1.50e2,  "s":"\u00e9é"}"#
        for (body, duplicate) in [("", ""), ("", #","duplicate":true"#)] {
            let answer = try api.post(
                "/api/v1/publish", #"{"topic":"kept:a","key":"k","data":\#(data)\#(body)}"#)
            #expect(answer.status == 200)
            #expect(answer.body == #"{"topic":"kept:a","epoch":"\#(epoch)","offset":1\#(duplicate)}"#)
        }
        #expect(try client.hear().text == #"{"type":"message","topic":"kept:a","offset":1,"data":\#(data)}"#)
        let refused = try api.post("/api/v1/publish", #"{"topic":"plain","key":"k","data":1}"#)
        #expect(refused.status == 409 && refused.code == "key_refused")
    }

    @Test(arguments: [1, 3]) func `a broadcast reaches every topic, and answers in their order`(
        _ loops: Int
    ) throws {
        let server = try serve(loops)
        let (api, client) = (try APICaller(server), try dial(server, "ada"))
        let topics = (0..<20).map { "t\($0)" }
        for topic in topics { _ = try client.ask(#"{"type":"subscribe","topic":"\#(topic)"}"#) }
        let list = topics.map { "\"\($0)\"" }.joined(separator: ",")
        let answer = try api.post("/api/v1/broadcast", #"{"topics":[\#(list)],"data":[1, 2]}"#)
        #expect(answer.status == 200)
        for (index, topic) in topics.enumerated() {
            #expect(answer["results", "\(index)", "topic"]?.stringValue == topic)
            #expect(answer["results", "\(index)", "offset"]?.integerValue == 1)
        }
        let heard = try Set(topics.map { _ in try client.hear().string("topic") })
        #expect(heard == Set(topics))
    }

    @Test func `the past and who is there are told as over a WebSocket`() throws {
        let server = try serve(2)
        let (api, client) = (try APICaller(server), try dial(server, "ada"))
        let epoch = try client.ask(#"{"type":"subscribe","topic":"kept:b"}"#).string("epoch") ?? ""
        for number in 1...3 {
            #expect(try api.post("/api/v1/publish", #"{"topic":"kept:b","data":\#(number)}"#).status == 200)
        }
        let history = try api.get("/api/v1/history?topic=kept%3Ab&epoch=\(epoch)&offset=1&limit=1")
        #expect(
            history["messages", "0", "data"]?.integerValue == 2 && history["complete"]?.boolValue == false)
        let newest = try api.get("/api/v1/history?topic=kept:b&newest_first=true")
        #expect(newest["messages", "0", "offset"]?.integerValue == 3)
        #expect(try api.get("/api/v1/history?topic=kept:b&epoch=zzz&offset=1").status == 409)
        #expect(try api.get("/api/v1/history?topic=kept:b&offset=1").code == "position_unknown")

        let there = try api.get("/api/v1/presence?topic=kept:b")
        #expect(there.body.contains(#""users":[{"user":"ada","connections":1}],"count":1,"complete":true"#))
        #expect(try api.get("/api/v1/presence?topic=plain").code == "presence_not_kept")
    }

    @Test(arguments: [1, 3]) func `connections are listed and ended, one or all of a user`(_ loops: Int)
        throws
    {
        let server = try serve(loops)
        let api = try APICaller(server)
        let clients = try ["ada", "ada", "bob"].map { try dial(server, $0) }
        for client in clients {
            _ = try client.ask(#"{"type":"subscribe","topic":"kept:c","presence":true}"#)
        }
        let all = try api.get("/api/v1/connections")
        #expect(all["count"]?.integerValue == 3 && all["complete"]?.boolValue == true)
        #expect(all["connections", "0", "subscriptions"]?.integerValue == 1)
        let some = try api.get("/api/v1/connections?user=ada&limit=1")
        #expect(some["count"]?.integerValue == 2 && some["complete"]?.boolValue == false)

        let bob = try api.get("/api/v1/connections?user=bob")["connections", "0", "id"]?.stringValue ?? ""
        let one = try api.post(
            "/api/v1/disconnect", #"{"connection":"\#(bob)","code":4007,"reason":"moved"}"#)
        #expect(one.body == #"{"closed":1}"#)
        #expect(try Self.close(of: clients[2]) == .closed(4007, "moved"))
        #expect(try api.post("/api/v1/disconnect", #"{"connection":"\#(bob)"}"#).status == 404)
        #expect(try api.post("/api/v1/disconnect", #"{"user":"ada"}"#).body == #"{"closed":2}"#)
        for client in clients.prefix(2) {
            #expect(try Self.close(of: client) == .closed(3505, "disconnected by the operator"))
        }
        #expect(try api.post("/api/v1/disconnect", #"{"user":"ada"}"#).body == #"{"closed":0}"#)
        #expect(try api.post("/api/v1/disconnect", #"{"connection":"999-1"}"#).code == "connection_unknown")
    }

    /// The close frame, past whatever was said before.
    private static func close(of talker: Talker) throws -> TestClient.Event {
        while true {
            let event = try talker.client.next()
            switch event {
            case .closed, .end: return event
            default: continue
            }
        }
    }

    @Test func `a token that is made is accepted`() throws {
        let server = try serve(1)
        let api = try APICaller(server)
        let answer = try api.post(
            "/api/v1/tokens", #"{"user":"zoë","ttl":60,"claims":{"team":"blue","level":3}}"#)
        let token = try #require(answer["token"]?.stringValue)
        let client = Talker(try TestClient(port: server.port, path: "/ws?token=\(token)"))
        #expect(try client.ask(#"{"type":"subscribe","topic":"user:zoë"}"#).string("type") == "subscribed")
        for body in [
            #"{"user":"a","ttl":0}"#, #"{"user":"","ttl":1}"#, #"{"user":"a","ttl":1,"claims":{"exp":1}}"#,
            #"{"user":"a","ttl":1,"claims":{"a":1,"a":2}}"#, #"{"user":"a","ttl":1,"claims":[]}"#,
        ] { #expect(try api.post("/api/v1/tokens", body).status == 400, "\(body)") }
    }

    @Test func `tokens are taken back: one, by its id, or all of a user`() throws {
        let server = try serve(2)
        let api = try APICaller(server)
        func mint(_ user: String) throws -> String {
            try #require(
                api.post("/api/v1/tokens", #"{"user":"\#(user)","ttl":60}"#)["token"]?.stringValue)
        }
        let (one, other, third) = (try mint("ada"), try mint("ada"), try mint("bob"))
        let clients = try [one, other, third].map {
            Talker(try TestClient(port: server.port, path: "/ws?token=\($0)"))
        }
        for client in clients { #expect(try client.ask(#"{"type":"ping"}"#).string("type") == "pong") }
        #expect(
            try api.post("/api/v1/tokens/revoke", #"{"token":"\#(one)"}"#).body == #"{"revoked":true}"#)
        #expect(try Self.close(of: clients[0]) == .closed(3504, "token revoked"))
        #expect(try clients[1].ask(#"{"type":"ping"}"#).string("type") == "pong")
        #expect(try api.post("/api/v1/tokens/revoke", #"{"user":"ada"}"#).status == 200)
        #expect(try Self.close(of: clients[1]) == .closed(3504, "token revoked"))
        #expect(try clients[2].ask(#"{"type":"ping"}"#).string("type") == "pong")
        #expect(try TestClient(port: server.port, path: "/ws?token=\(other)").status == 403)

        let plain = try TokenMint.mint(
            user: "cy", ttl: 60, now: Int64(Date().timeIntervalSince1970), key: server.key)
        #expect(try api.post("/api/v1/tokens/revoke", #"{"token":"\#(plain)"}"#).code == "token_without_id")
        #expect(try api.post("/api/v1/tokens/revoke", "{}").code == "not_exactly_one")
    }

    @Test func `an endpoint tells its statistics where it was told to`() throws {
        let server = try serve(2)
        let client = try dial(server, "ada")
        _ = try client.ask(#"{"type":"subscribe","topic":"t"}"#)
        let api = try APICaller(server)
        let token = "Authorization: Bearer \(try server.token("ada"))\r\n"
        #expect(
            try api.get("/ws/stats", fields: token).body == #"{"connections":1,"subscriptions":1}"#)
        #expect(try api.get("/ws/stats", fields: "").status == 401)
        #expect(throws: ServeError.self) {
            _ = try TestServer(loops: 1, store: directory.path) { $0.endpoints[0].stats = "/health" }
        }
    }

    struct Mistake: CustomTestStringConvertible, Sendable {
        var path = "publish"
        var body: String
        var status = 400
        var code: String
        var testDescription: String { "\(path) \(body.prefix(60)): \(code)" }
    }

    static let mistakes = [
        Mistake(body: "", code: "malformed_json"),
        Mistake(body: "[]", code: "not_an_object"),
        Mistake(body: "[", code: "malformed_json"),
        Mistake(body: #"{"topic":"t","data":1"#, code: "malformed_json"),
        Mistake(body: #"{"topic":"t","data":1}x"#, code: "malformed_json"),
        Mistake(body: #"{"topic":"t"}"#, code: "missing_member"),
        Mistake(body: #"{"data":1}"#, code: "missing_member"),
        Mistake(body: #"{"topic":1,"data":1}"#, code: "wrong_member_type"),
        Mistake(body: #"{"topic":"","data":1}"#, code: "topic_empty"),
        Mistake(body: #"{"topic":"\u0001t","data":1}"#, code: "topic_control_character"),
        Mistake(
            body: #"{"topic":"\#(String(repeating: "t", count: 256))","data":1}"#, code: "topic_too_long"),
        Mistake(body: #"{"topic":"t","data":1,"topic":"t"}"#, code: "duplicate_member"),
        Mistake(body: #"{"topic":"t","data":1,"\u0074opic":"t"}"#, code: "duplicate_member"),
        Mistake(body: #"{"topic":"t","dta":1}"#, code: "unknown_member"),
        Mistake(body: #"{"topic":"t","data":1,"key":""}"#, code: "wrong_member_type"),
        Mistake(body: #"{"topic":"t","data":1,"key":null}"#, code: "wrong_member_type"),
        Mistake(body: #"{"topic":"t","data":01}"#, code: "malformed_json"),
        Mistake(
            body: #"{"topic":"t","data":"\#(String(repeating: "x", count: 256 << 10))"}"#, status: 413,
            code: "data_too_long"),
        Mistake(
            body: #"{"topic":"t","data":\#(String(repeating: "[", count: 100_000))"#, code: "malformed_json"),
        Mistake(path: "broadcast", body: #"{"topics":[],"data":1}"#, code: "wrong_member_type"),
        Mistake(path: "broadcast", body: #"{"topics":["a","a"],"data":1}"#, code: "wrong_member_type"),
        Mistake(path: "broadcast", body: #"{"topics":["a",1],"data":1}"#, code: "wrong_member_type"),
        Mistake(path: "disconnect", body: "{}", code: "not_exactly_one"),
        Mistake(path: "disconnect", body: #"{"user":"a","connection":"0-1"}"#, code: "not_exactly_one"),
        Mistake(path: "disconnect", body: #"{"user":"a","code":1000}"#, code: "wrong_member_type"),
        Mistake(path: "disconnect", body: #"{"user":"a","code":1e999}"#, code: "wrong_member_type"),
        Mistake(path: "disconnect", body: #"{"connection":"0"}"#, code: "wrong_member_type"),
    ]

    @Test(arguments: mistakes) func `what is wrong is told`(_ mistake: Mistake) throws {
        let server = try serve(1)
        let answer = try APICaller(server).post("/api/v1/\(mistake.path)", mistake.body)
        #expect(answer.status == mistake.status && answer.code == mistake.code, "\(answer.body.prefix(300))")
        #expect(answer["message"]?.stringValue != nil && answer["remedy"]?.stringValue != nil)
    }

    @Test func `what is unknown is named, with what was probably meant`() throws {
        let server = try serve(1)
        let api = try APICaller(server)
        let member = try api.post("/api/v1/publish", #"{"topic":"t","daat":1}"#)
        #expect(member["remedy"]?.stringValue == #"did you mean "data"?"#)
        for (query, code) in [
            ("topc=t", "unknown_parameter"), ("", "missing_parameter"),
            ("topic=a&topic=b", "duplicate_parameter"),
            ("topic=t&limit=0", "wrong_parameter"), ("topic=t&limit=1.5", "wrong_parameter"),
            ("topic=t&newest_first=yes", "wrong_parameter"), ("topic=%01", "topic_control_character"),
        ] {
            let answer = try api.get("/api/v1/history?\(query)")
            #expect(answer.status == 400 && answer.code == code, "\(query): \(answer.body)")
        }
    }

    @Test func `nobody without a key is answered, and methods are told`() throws {
        let server = try serve(1)
        let api = try APICaller(server)
        for path in ["connections", "refusals", "stats", "history?topic=t"] {
            #expect(try api.get("/api/v1/\(path)", fields: "").status == 401, "\(path)")
        }
        #expect(try api.post("/api/v1/publish", "{}", fields: "").status == 401)
        #expect(try api.get("/api/v1/publish").status == 405)
        #expect(try api.get("/api/v1/nothing").status == 404)
        #expect(try api.get("/api/v1/refusals")["total"]?.integerValue != nil)
    }

    @Test func `the description names every route and refers to what is there`() throws {
        let server = try serve(1)
        let answer = try APICaller(server).get("/api/v1/openapi.json", fields: "")
        #expect(answer.status == 200 && answer["openapi"]?.stringValue == "3.1.0")
        let paths = try #require(answer["paths"]?.objectValue?.members)
        #expect(paths.contains { $0.key == "/api/v1/publish" && $0.value["post"] != nil })
        for path in paths {
            let methods = path.value.objectValue?.members.map { $0.key.uppercased() } ?? []
            #expect(server.shared.routes[path.key].map(\.method.name) == methods)
        }
    }
}

/// Holds docs/http-api.md to the code.
@Suite("docs/http-api.md") struct APIDocumentTests {
    @Test func `every operation has its section with a call, every code its row`() throws {
        let text = try TextFile.readOwn("docs/http-api.md")
        let server = try TestServer(loops: 1)
        let answer = try TestClient(
            port: server.port,
            request: "GET /api/v1/openapi.json HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
        ).readAll()
        let document = try JSONValue.parse(answer.components(separatedBy: "\r\n\r\n")[1])
        var sections: Set<String> = []
        for path in document["paths"]?.objectValue?.members ?? [] {
            for method in path.value.objectValue?.members ?? [] {
                sections.insert("### \(method.key.uppercased()) \(path.key)")
            }
        }
        let parts = text.components(separatedBy: "\n### ").dropFirst().map { "### " + $0 }
        #expect(Set(parts.map { String($0.prefix { $0 != "\n" }) }) == sections)
        for part in parts { #expect(part.contains("\ncurl "), "\(part.prefix(60))") }

        let rows = text.split(separator: "\n").filter { $0.hasPrefix("| `") }
            .compactMap { $0.split(separator: "`").dropFirst().first.map(String.init) }
        #expect(rows == APIError.Code.allCases.map(\.rawValue))
    }
}
