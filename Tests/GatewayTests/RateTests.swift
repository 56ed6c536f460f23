import Configuration
import Foundation
import PubSub
import Synchronization
import Testing

@testable import Gateway

/// What comes too often is refused, told when to come again, and counted.
@Suite(.timeLimit(.minutes(5))) struct RateTests {
    private func rate(
        _ operations: [RateOptions.Operation], per subject: RateOptions.Subject, _ limit: String = "1/h",
        burst: Int = 2, endpoint: String? = nil
    ) -> RateOptions {
        var rate = RateOptions(limit: limit)
        (rate.operations, rate.per, rate.burst, rate.endpoint) = (operations, subject, burst, endpoint)
        return rate
    }

    private func dial(_ server: TestServer, _ user: String = "ada", path: String = "/ws") throws -> Talker {
        Talker(try TestClient(port: server.port, path: "\(path)?token=\(try server.token(user))"))
    }

    static let commands: [(RateOptions.Operation, String)] = [
        (.any, #"{"type":"ping","id":1}"#), (.any, "nonsense"),
        (.any, #"{"type":"unsubscribe","topic":"a"}"#),
        (.call, #"{"type":"call","call":"x","id":1}"#), (.history, #"{"type":"history","topic":"a","id":1}"#),
        (.inbox, #"{"type":"inbox","id":1}"#), (.inbox, #"{"type":"mark_read","ids":[1],"id":1}"#),
        (.presence, #"{"type":"presence","topic":"a","id":1}"#),
        (.publish, #"{"type":"publish","topic":"a","data":1,"id":1}"#),
        (.subscribe, #"{"type":"subscribe","topic":"a","id":1}"#),
    ]

    @Test(arguments: commands, [RateOptions.Subject.address, .connection, .user])
    func `a command over its limit is refused, and the connection goes on`(
        _ row: (operation: RateOptions.Operation, command: String), _ subject: RateOptions.Subject
    ) throws {
        let server = try TestServer(loops: 1) { $0.rates = [rate([row.operation], per: subject)] }
        let talker = try dial(server)
        for _ in 0..<2 { #expect(try talker.ask(row.command).string("code") != "rate_limited") }
        let refusal = try talker.ask(row.command)
        #expect(refusal.string("type") == "error" && refusal.string("code") == "rate_limited")
        let wait = try #require(refusal.integer("retry_after_ms"))
        #expect((1...3_600_000).contains(wait))
        if row.command.contains("\"id\"") { #expect(refusal.integer("id") == 1) }
        // What no limit speaks of is not counted.
        if row.operation != .any { #expect(try talker.ask("ping").text == "pong") }
        let metrics = try metrics(server)
        #expect(metrics.contains("sockeye_rate_limited_total{operation=\"\(row.operation.rawValue)\"} 1"))
    }

    private func metrics(_ server: TestServer) throws -> String {
        try TestClient(
            port: server.port,
            request:
                "GET /metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: Bearer \(try server.token("p"))\r\n\r\n"
        ).readAll()
    }

    @Test func `a bare ping counts, and is refused like a message`() throws {
        let server = try TestServer(loops: 1) { $0.rates = [rate([.any], per: .connection)] }
        let talker = try dial(server)
        #expect(try talker.ask("ping").text == "pong")
        #expect(try talker.ask("ping").text == "pong")
        #expect(try talker.ask("ping").string("code") == "rate_limited")
    }

    @Test(arguments: [1, 4]) func `a user's limit holds across connections and loops`(_ loops: Int) throws {
        let server = try TestServer(loops: loops) {
            $0.rates = [rate([.publish], per: .user, burst: 20)]
        }
        let talkers = try (0..<8).map { _ in try dial(server) }
        var taken = 0
        for number in 0..<80 {
            let answer = try talkers[number % 8].ask(
                #"{"type":"publish","topic":"t\#(number)","data":1,"id":1}"#)
            if answer.string("type") == "published" { taken += 1 }
        }
        #expect(taken == 20)
        // Another user's is another bucket.
        #expect(
            try dial(server, "bob").ask(#"{"type":"publish","topic":"a","data":1,"id":1}"#).string("type")
                == "published")
    }

    @Test func `a connection's limit is its own, and an endpoint's is that endpoint's`() throws {
        let server = try TestServer(loops: 2) {
            $0.endpoints = [EndpointOptions(path: "/ws"), EndpointOptions(path: "/other")]
            $0.rates = [rate([.publish], per: .connection, burst: 1, endpoint: "/ws")]
        }
        let command = #"{"type":"publish","topic":"a","data":1,"id":1}"#
        for _ in 0..<2 {
            let talker = try dial(server)
            #expect(try talker.ask(command).string("type") == "published")
            #expect(try talker.ask(command).string("code") == "rate_limited")
        }
        let other = try dial(server, path: "/other")
        for _ in 0..<5 { #expect(try other.ask(command).string("type") == "published") }
    }

    @Test func `limits follow a reload, and those that did not change go on`() throws {
        let server = try TestServer(loops: 1) {
            $0.rates = [rate([.publish], per: .connection, burst: 1)]
        }
        let talker = try dial(server)
        let command = #"{"type":"publish","topic":"a","data":1,"id":1}"#
        _ = try talker.ask(command)
        #expect(try talker.ask(command).string("code") == "rate_limited")
        var options = Options()
        options.echo = "/echo"
        options.rates = [rate([.publish], per: .connection, burst: 1), rate([.history], per: .user)]
        server.shared.apply(options, connections: 1000)
        #expect(try talker.ask(command).string("code") == "rate_limited")
        options.rates = []
        server.shared.apply(options, connections: 1000)
        #expect(try talker.ask(command).string("type") == "published")
    }

    @Test func `new connections of an address are limited at the handshake`() throws {
        let server = try TestServer(loops: 2) { $0.rates = [rate([.connect], per: .address)] }
        for _ in 0..<2 { _ = try dial(server) }
        let refused = try TestClient(port: server.port, path: "/ws?token=\(try server.token("ada"))")
        #expect(refused.response.hasPrefix("HTTP/1.1 429 "))
        #expect(refused.response.contains("Retry-After: "))
        let list = server.shared.refusals.withLock { $0.totals }
        #expect(list["RATE-LIMITED"] == 1)
        // Requests that want no WebSocket are not counted.
        #expect(
            try TestClient(
                port: server.port, request: "GET /health HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
            )
            .readAll().contains(" 200 "))
    }

    @Test func `new connections of a user are limited, however the token comes`() throws {
        let server = try TestServer(loops: 2) { $0.rates = [rate([.connect], per: .user)] }
        _ = try dial(server)
        let late = Talker(try TestClient(port: server.port, path: "/ws"))
        let auth = #"{"type":"auth","token":"\#(try server.token("ada"))"}"#
        #expect(try late.ask(auth).string("type") == "authenticated")
        // A renewal is no new connection.
        #expect(try late.ask(auth).string("type") == "authenticated")
        #expect(
            try TestClient(port: server.port, path: "/ws?token=\(try server.token("ada"))").response
                .hasPrefix("HTTP/1.1 429 "))
        let last = Talker(try TestClient(port: server.port, path: "/ws"))
        #expect(try last.ask(auth).string("code") == "rate_limited")
        #expect(try last.client.next() == .closed(1013, "too many connections at once"))
        _ = try dial(server, "bob")
    }

    @Test func `requests with a key are limited, a broadcast as often as it has topics`() throws {
        let directory = try TemporaryDirectory()
        let server = try TestServer(loops: 2, store: directory.path) {
            $0.rates = [rate([.publish], per: .key, burst: 5), rate([.history], per: .key, burst: 1)]
        }
        let api = try APICaller(server)
        #expect(try api.post("/api/v1/broadcast", #"{"topics":["a","b","c"],"data":1}"#).status == 200)
        #expect(try api.post("/api/v1/publish", #"{"topic":"a","data":1}"#).status == 200)
        #expect(try api.post("/api/v1/publish", #"{"topic":"a","data":1}"#).status == 200)
        let refused = try api.post("/api/v1/publish", #"{"topic":"a","data":1}"#)
        #expect(refused.status == 429 && refused.code == "rate_limited")
        #expect(try api.get("/api/v1/history?topic=a").status == 200)
        #expect(try api.get("/api/v1/history?topic=a").status == 429)
        #expect(try api.get("/api/v1/presence?topic=a").status == 409)
    }

    @Test(arguments: [
        ("192.0.2.1", "192.0.2.1"), ("::ffff:192.0.2.1", "192.0.2.1"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::"),
        ("::1", "::"),
    ])
    func `an IPv6 client is its network`(_ ip: String, _ name: String) throws {
        #expect(try #require(ProxyTrust.address(ip)).limitName == name)
    }
}

/// The same limits, where clients speak Socket.IO.
@Suite(.timeLimit(.minutes(5))) struct SocketRateTests {
    private func server(_ operation: RateOptions.Operation, per subject: RateOptions.Subject) throws
        -> TestServer
    {
        try TestServer(loops: 2) {
            $0.endpoints = [EndpointOptions(path: "/socket.io", dialect: .socketIO)]
            var namespace = NamespaceOptions(name: "/")
            namespace.open = true
            $0.namespaces = [namespace]
            var event = EventOptions(name: "say")
            event.actions = [.broadcast]
            $0.events = [event]
            var rate = RateOptions(limit: "1/h")
            (rate.operations, rate.per, rate.burst) = ([operation], subject, 2)
            $0.rates = [rate]
        }
    }

    private func next(_ client: TestClient, _ prefix: String) throws -> String {
        while true {
            guard case .text(let text) = try client.next() else { return "" }
            if text.hasPrefix(prefix) { return text }
        }
    }

    @Test(arguments: [RateOptions.Operation.any, .publish], [RateOptions.Subject.address, .connection])
    func `an event over its limit is refused by its acknowledgement`(
        _ operation: RateOptions.Operation, _ subject: RateOptions.Subject
    ) throws {
        let server = try server(operation, per: subject)
        let client = try TestClient(port: server.port, path: "/socket.io/?EIO=4&transport=websocket")
        _ = try next(client, "0")
        client.send("40")
        _ = try next(client, "40")
        for number in 1...2 {
            client.send("42\(number)[\"say\",1]")
            #expect(try next(client, "43\(number)").contains(#""ok":true"#))
        }
        client.send(#"423["say",1]"#)
        #expect(try next(client, "433").contains(#""code":"rate_limited""#))
    }

    @Test func `new sessions of an address are limited, polling and WebSocket alike`() throws {
        let server = try server(.connect, per: .address)
        func poll() throws -> String {
            try TestClient(
                port: server.port,
                request:
                    "GET /socket.io/?EIO=4&transport=polling HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
            ).readAll()
        }
        #expect(try poll().hasPrefix("HTTP/1.1 200 "))
        _ = try TestClient(port: server.port, path: "/socket.io/?EIO=4&transport=websocket")
        let refused = try poll()
        #expect(refused.hasPrefix("HTTP/1.1 429 ") && refused.contains("Retry-After: "))
        #expect(
            try TestClient(port: server.port, path: "/socket.io/?EIO=4&transport=websocket").response
                .hasPrefix("HTTP/1.1 429 "))
    }
}
