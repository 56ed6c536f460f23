import Configuration
import Foundation
import Glibc
import JSON
import Outgoing
import SQLiteStore
import Synchronization
import Testing
import Tokens
import WebSocketWire

@testable import Gateway

/// Webhooks, told and asked over real connections: on one loop, and across several.
@Suite(.timeLimit(.minutes(2)), .serialized) final class WebhookTests {
    /// Kept for as long as the test.
    private var servers: [TestServer] = []

    private func server(_ loops: Int = 1, _ hooks: [WebhookOptions]) throws -> TestServer {
        let server = try TestServer(loops: loops) { $0.webhooks = hooks }
        servers.append(server)
        return server
    }

    private func hook(
        _ backend: Backend, _ events: [WebhookOptions.Event], decide: Bool = false,
        _ change: (inout WebhookOptions) -> Void = { _ in }
    ) -> WebhookOptions {
        var hook = WebhookOptions(url: backend.url("/hook"))
        (hook.events, hook.decide) = (events, decide)
        change(&hook)
        return hook
    }

    private func dial(_ server: TestServer, _ user: String = "ada") throws -> Talker {
        Talker(try TestClient(port: server.port, path: "/ws?token=\(try server.token(user))"))
    }

    /// Waits for as many requests of a backend.
    private func bodies(_ backend: Backend, _ count: Int) -> [String] {
        for _ in 0..<1000 where backend.bodies.count < count { usleep(10_000) }
        return backend.bodies
    }

    @Test(arguments: [1, 3]) func `events are told, signed, and tried again until they are taken`(
        _ loops: Int
    )
        throws
    {
        let directory = try TemporaryDirectory()
        try Data("s3cret \nrest".utf8).write(to: URL(filePath: directory.path + "/secret"))
        let refused = Atomic<Int>(0)
        let unsigned = Atomic<Int>(0)
        let backend = try Backend { request in
            let isSigned = WebhookSignature.verifies(
                request.field("Sockeye-Signature") ?? "", secret: Array("s3cret".utf8),
                body: Array(request.body.utf8), now: Int64(Date().timeIntervalSince1970))
            if !isSigned { unsigned.add(1, ordering: .relaxed) }
            let isFirst = refused.add(1, ordering: .relaxed).oldValue == 0
            request.answer("", status: isFirst ? "503 Busy" : "200 OK")
        }
        let server = try server(
            loops,
            [
                hook(backend, [.connect, .subscribe, .publish, .disconnect]) {
                    $0.secretFile = directory.path + "/secret"
                }
            ])
        do {
            let client = try dial(server)
            _ = try client.ask(#"{"type":"subscribe","topic":"t"}"#)
            _ = try client.ask(#"{"type":"publish","topic":"t","data":[1, 2]}"#)
        }
        let all = bodies(backend, 5).joined(separator: "\n")
        for part in [
            #""event":"connect""#, #""event":"subscribe""#, #""topic":"t","data":[1, 2]}"#,
            #""event":"disconnect""#, #""user":"ada""#, #""endpoint":"/ws""#,
        ] {
            #expect(all.contains(part), "\(part) is missing in \(all)")
        }
        #expect(backend.bodies.count == 5 && unsigned.load(ordering: .relaxed) == 0)
        for _ in 0..<500 where server.shared.hooks.counts.delivered < 4 { usleep(10_000) }
        #expect(server.shared.hooks.counts.delivered == 4)
    }

    @Test(arguments: [true, false], [1, 3])
    func `connect is decided, with topics to begin with`(_ byMessage: Bool, _ loops: Int) throws {
        let backend = try Backend { request in
            if request.body.contains(#""user":"eve""#) {
                request.answer(#"{"allow":false,"code":"no_plan","message":"no plan"}"#)
            } else {
                request.answer(#"{"allow":true,"subscribe":["given"]}"#)
            }
        }
        let server = try server(loops, [hook(backend, [.connect], decide: true)])
        if byMessage {
            let client = Talker(try TestClient(port: server.port, path: "/ws"))
            client.say(#"{"type":"auth","token":"\#(try server.token("ada"))","id":1}"#)
            // What comes behind waits its turn.
            client.say(#"{"type":"subscribe","topic":"own"}"#)
            #expect(try client.hear().string("type") == "authenticated")
            #expect(Set(try (0..<2).map { _ in try client.hear().string("topic") }) == ["given", "own"])
            let eve = Talker(try TestClient(port: server.port, path: "/ws"))
            let error = try eve.ask(#"{"type":"auth","token":"\#(try server.token("eve"))","id":1}"#)
            #expect(error.string("code") == "no_plan" && error.string("message") == "no plan")
            #expect(try eve.client.next() == .closed(3506, "denied"))
        } else {
            let client = try dial(server)
            #expect(client.client.status == 101)
            #expect(try client.hear().string("topic") == "given")
            #expect(try client.ask(#"{"type":"subscribe","topic":"own"}"#).string("topic") == "own")
            let eve = try TestClient(port: server.port, path: "/ws?token=\(try server.token("eve"))")
            #expect(eve.status == 403)
        }
        #expect(backend.bodies.allSatisfy { $0.contains(#""claims":{"#) })
    }

    @Test func `commands behind a handshake that waits are carried out after it, in their order`() throws {
        let gate = Gate()
        let backend = try Backend { request in
            _ = gate.wait()
            request.answer(#"{"allow":true}"#)
        }
        let server = try server(1, [hook(backend, [.connect], decide: true)])
        let token = try server.token("ada")
        let client = try TestClient(port: server.port, request: "")
        var bytes = Array(
            """
            GET /ws?token=\(token) HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
            Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n
            """.utf8)
        for number in 1...3 {
            bytes += client.frame(.text, Array(#"{"type":"ping","id":\#(number)}"#.utf8))
        }
        client.write(bytes)
        gate.open()
        var text = ""
        while !text.contains(#""id":3}"#) { text += String(decoding: try client.readSome(), as: UTF8.self) }
        #expect(text.hasPrefix("HTTP/1.1 101 "))
        let ids = text.components(separatedBy: #""type":"pong","id":"#).dropFirst().map { $0.prefix(1) }
        #expect(ids == ["1", "2", "3"])
    }

    @Test(arguments: [1, 3]) func `subscribe and publish are decided, in order, and data may be replaced`(
        _ loops: Int
    ) throws {
        let backend = try Backend { request in
            if request.body.contains("secret") {
                request.answer(#"{"allow":false}"#)
            } else if request.body.contains(#""data":"raw""#) {
                request.answer(#"{"allow":true,"data":{"clean" : 1}}"#)
            } else {
                request.answer(#"{"allow":true}"#)
            }
        }
        let server = try server(loops, [hook(backend, [.subscribe, .publish], decide: true)])
        let client = try dial(server)
        client.say(#"{"type":"subscribe","topic":"secret","id":1}"#)
        client.say(#"{"type":"subscribe","topic":"t","id":2}"#)
        client.say(#"{"type":"publish","topic":"t","data":"raw"}"#)
        client.say(#"{"type":"publish","topic":"t","data":2}"#)
        client.say(#"{"type":"publish","topic":"t","data":"secret"}"#)
        client.say(#"{"type":"ping","id":9}"#)
        // Answers come in the order of the commands, messages in that of the topic. A topic that is at home on another loop may say
        // something a little later than what was asked after it is answered.
        let heard = try (0..<6).map { _ in try client.hear() }
        let messages = heard.filter { $0.string("type") == "message" }
        let answers = heard.filter { $0.string("type") != "message" }
        try #require(messages.count == 2 && answers.count == 4, "\(heard.map(\.text))")
        #expect(answers[0].string("code") == "denied" && answers[0].integer("id") == 1)
        #expect(answers[1].string("type") == "subscribed" && answers[1].integer("id") == 2)
        #expect(answers[2].string("code") == "denied" && answers[3].integer("id") == 9)
        #expect(messages[0].text.hasSuffix(#""offset":1,"data":{"clean" : 1}}"#))
        #expect(messages[1].text.hasSuffix(#""offset":2,"data":2}"#))
        if loops == 1 { #expect(heard[2].text == messages[0].text && heard[3].text == messages[1].text) }
        #expect(server.shared.hooks.counts.decisions.allowed == 3)
        #expect(server.shared.hooks.counts.decisions.denied == 2)
    }

    @Test(arguments: ["", "{}", "[1]", #"{"allow":1}"#, "nonsense", #"{"allow":true,"subscribe":[7]}"#])
    func `an answer that decides nothing denies, or allows where it is configured`(_ body: String) throws {
        let backend = try Backend { $0.answer(body) }
        for (fallback, status) in [(WebhookOptions.Fallback.deny, 503), (.allow, 101)] {
            let server = try server(1, [hook(backend, [.connect], decide: true) { $0.onFailure = fallback }])
            let client = try TestClient(port: server.port, path: "/ws?token=\(try server.token("ada"))")
            #expect(client.status == status)
        }
    }

    @Test func `a backend that is late or gone denies with a code`() throws {
        let gate = Gate()
        let backend = try Backend { _ in _ = gate.wait() }
        let server = try server(
            2,
            [
                hook(backend, [.publish, .subscribe], decide: true) { $0.timeout = .milliseconds(100) }
            ])
        let client = try dial(server)
        let late = try client.ask(#"{"type":"publish","topic":"t","data":1,"id":4}"#)
        #expect(late.string("code") == "backend_unavailable" && late.integer("id") == 4)
        backend.stop()
        let gone = try client.ask(#"{"type":"subscribe","topic":"t","id":5}"#)
        #expect(gone.string("code") == "backend_unavailable" && gone.integer("id") == 5)
        gate.open()
        #expect(server.shared.hooks.counts.decisions.failed == 2)
    }

    @Test func `a server may go while a command waits`() throws {
        let (came, gate) = (Gate(), Gate())
        let backend = try Backend { request in
            came.open()
            _ = gate.wait()
            request.answer(#"{"allow":true}"#)
        }
        let server = try server(2, [hook(backend, [.publish], decide: true)])
        let client = try dial(server)
        client.say(#"{"type":"publish","topic":"t","data":1,"id":4}"#)
        client.client.write(client.client.frame(.close, [0x03, 0xE8]))
        #expect(came.wait())
        server.drain()
        gate.open()
        #expect(try client.hear().string("type") == "going_away")
        let goodbye = try client.client.next()
        guard case .closed(1001, _) = goodbye else {
            Issue.record("no goodbye: \(goodbye)")
            return
        }
        #expect(try client.client.next() == .end)
    }

    @Test(arguments: [1, 3])
    func `what is given and what a key publishes is told, and nobody is asked`(_ loops: Int) throws {
        let directory = try TemporaryDirectory()
        let told = try Backend { $0.answer("") }
        let asked = try Backend { $0.answer(#"{"allow":false}"#) }
        let server = try TestServer(loops: loops, store: directory.path) {
            $0.endpoints = [EndpointOptions(path: "/ws", subscribe: ["given:{user}"])]
            $0.webhooks = [
                hook(told, [.subscribe, .publish]), hook(asked, [.subscribe, .publish], decide: true),
            ]
        }
        servers.append(server)
        let client = try dial(server)
        #expect(try client.hear().string("topic") == "given:ada")
        let api = try APICaller(server)
        #expect(try api.post("/api/v1/publish", #"{"topic":"given:ada","data":{"a": 1}}"#).status == 200)
        #expect(try client.hear().text.hasSuffix(#""data":{"a": 1}}"#))
        #expect(try api.post("/api/v1/broadcast", #"{"topics":["x","y"],"data":2}"#).status == 200)
        let events = try bodies(told, 4).map { try JSONValue.parse($0) }
        let subscription = try #require(events.first { $0["event"]?.stringValue == "subscribe" })
        #expect(subscription["topic"]?.stringValue == "given:ada")
        #expect(subscription["automatic"]?.boolValue == true && subscription["user"]?.stringValue == "ada")
        let published = events.filter { $0["event"]?.stringValue == "publish" }
        #expect(Set(published.compactMap { $0["topic"]?.stringValue }) == ["given:ada", "x", "y"])
        for event in published {
            #expect(event["key"]?.stringValue?.hasPrefix("test-") == true && event["user"] == nil)
        }
        #expect(asked.bodies.isEmpty)
    }

    @Test func `events of a durable webhook are delivered by the next server, with their ids`() throws {
        let directory = try TemporaryDirectory()
        let ids = Mutex<[String]>([])
        let backend = try Backend { request in
            let id = request.field("Sockeye-Delivery") ?? ""
            let isFirstLife = ids.withLock { ids in
                defer { ids.append(id) }
                return ids.isEmpty
            }
            request.answer("", status: isFirstLife ? "503 Busy" : "200 OK")
        }
        let hooks = [hook(backend, [.connect]) { $0.durable = true }]
        func stored() throws -> Int {
            let name = TokenHash(of: hooks[0].url).hex
            return try DirectStore(path: directory.path + "/" + Store.fileName).read {
                session throws(StoreError) in try session.deliveries(for: name, limit: 100).count
            }
        }
        do {
            let server = try TestServer(loops: 1, store: directory.path) { $0.webhooks = hooks }
            _ = try dial(server)
            // It failed, and waits a second for its next try: longer than this server lives.
            for _ in 0..<1000 where ids.withLock({ $0.isEmpty }) { usleep(10_000) }
            server.shared.hooks.close()
            server.shared.outgoing?.shutdown()
            server.shared.store?.close()
        }
        #expect(try stored() == 1)
        let server = try TestServer(loops: 1, store: directory.path) { $0.webhooks = hooks }
        servers.append(server)
        for _ in 0..<1000 where server.shared.hooks.counts.delivered < 1 { usleep(10_000) }
        #expect(ids.withLock { $0.count == 2 && Set($0).count == 1 })
        for _ in 0..<500 where try stored() > 0 { usleep(10_000) }
        #expect(try stored() == 0)
    }

    @Test func `a queue that is full drops, and counts it`() throws {
        let gate = Gate()
        let backend = try Backend { _ in _ = gate.wait() }
        let server = try server(1, [hook(backend, [.publish])])
        let client = try dial(server)
        for number in 1...1100 { client.say(#"{"type":"publish","topic":"t","data":\#(number)}"#) }
        _ = try client.ask(#"{"type":"ping"}"#)
        #expect(server.shared.hooks.counts.dropped == 76)
        for _ in 0..<8 { gate.open() }
    }
}
