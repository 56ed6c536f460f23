import Foundation
import Testing
import WebSocketWire

@testable import Gateway

/// What the server counts is what happened.
@Suite(.timeLimit(.minutes(5))) struct MetricsTests {
    private let server: TestServer

    init() throws { server = try TestServer(loops: 2) }

    private func get(_ path: String) throws -> String {
        try TestClient(
            port: server.port,
            request: "GET \(path) HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
                + "Authorization: Bearer \(try server.token("operator"))\r\n\r\n"
        ).readAll()
    }

    /// Two subscribers and a publisher, three messages, one of whom then leaves in good order.
    private func converse() throws -> [TestClient] {
        let clients = try (0..<3).map { _ in
            try TestClient(port: server.port, path: "/ws?token=\(try server.token("ada"))")
        }
        for client in clients.prefix(2) {
            client.send(#"{"type":"subscribe","topic":"t"}"#)
            _ = try client.next()
        }
        for _ in 0..<3 { clients[2].send(#"{"type":"publish","topic":"t","data":1}"#) }
        for client in clients.prefix(2) { for _ in 0..<3 { _ = try client.next() } }
        clients[2].write(clients[2].frame(.close, [0x03, 0xE8]))
        while try clients[2].next() != .end {}
        return clients
    }

    @Test func `Prometheus is told what happened`() throws {
        let clients = try converse()
        let text = try get("/metrics")
        for line in [
            "sockeye_connections{endpoint=\"/ws\"} 2", "sockeye_subscriptions{endpoint=\"/ws\"} 2",
            "sockeye_connections_opened_total 3", "sockeye_messages_received_total 5",
            "sockeye_published_total 3", "sockeye_delivered_total 6", "sockeye_closes_total{code=\"1000\"} 1",
        ] {
            #expect(text.contains("\n\(line)\n"), "\(line) is missing in\n\(text)")
        }
        withExtendedLifetime(clients) {}
    }

    @Test func `every counter is in the sum over the loops`() {
        func check<Counts: LoopCounts>(_ counts: Counts) {
            let stored = Mirror(reflecting: counts).children.filter { $0.value is UInt64 }
            #expect(Set(Counts.counters).count == stored.count, "of \(stored.compactMap(\.label))")
            var (sum, other) = (counts, counts)
            for (number, counter) in Counts.counters.enumerated() {
                sum[keyPath: counter] = UInt64(number)
                other[keyPath: counter] = 1000
            }
            sum.add(other)
            for (number, counter) in Counts.counters.enumerated() {
                #expect(sum[keyPath: counter] == 1000 + UInt64(number))
            }
        }
        check(LoopMetrics(endpoints: 1))
        check(EngineMetrics())
    }

    @Test func `the store tells how long its commits take`() throws {
        let directory = try TemporaryDirectory()
        let server = try TestServer(loops: 1, store: directory.path)
        let api = try APICaller(server)
        #expect(try api.post("/api/v1/notify", #"{"user":"ada","data":1}"#).status == 200)
        let text = try api.get("/metrics").body
        let count = text.firstMatch(of: #/sockeye_store_commit_seconds_count (\d+)/#).map { $0.output.1 }
        #expect(Int(count ?? "") ?? 0 >= 1)
        for name in ["sockeye_store_requests_total ", "sockeye_store_waiting{kind=\"write\"} 0"] {
            #expect(text.contains("\n" + name))
        }
        #expect(text.contains("sockeye_store_failures_total{reason=\"disk\"} 0"))
    }

    @Test func `every metric has help and type, and is told once`() throws {
        let text = try get("/metrics").components(separatedBy: "\r\n\r\n")[1]
        var announced: Set<String> = []
        for line in text.split(separator: "\n") {
            let words = line.split(separator: " ")
            if line.hasPrefix("# TYPE ") {
                #expect(announced.insert(String(words[2])).inserted)
            } else if !line.hasPrefix("#") {
                let name = words[0].prefix { $0 != "{" }
                let family = ["_bucket", "_sum", "_count"].reduce(String(name)) {
                    $0.hasSuffix($1) && !announced.contains($0) ? String($0.dropLast($1.count)) : $0
                }
                #expect(announced.contains(family), "\(line)")
                #expect(Double(words[words.count - 1]) != nil, "\(line)")
            }
        }
        #expect(announced.count >= 15)
    }

    @Test func `a histogram's buckets grow and end in its count`() throws {
        let text = try get("/metrics")
        let buckets = text.split(separator: "\n").filter { $0.hasPrefix("sockeye_turn_seconds_bucket") }
            .compactMap { $0.split(separator: " ").last.flatMap { Int($0) } }
        let count = try #require(
            text.split(separator: "\n").first { $0.hasPrefix("sockeye_turn_seconds_count") }?
                .split(separator: " ").last.flatMap { Int($0) })
        #expect(buckets.count == 16 && buckets == buckets.sorted() && buckets.last == count)
    }

    @Test func `the same numbers are told in JSON`() throws {
        let clients = try converse()
        let text = try get("/api/v1/stats")
        #expect(text.contains(#""connections":2,"subscriptions":2,"opened":3"#), "\(text)")
        #expect(text.contains(#""endpoints":[{"path":"/ws","connections":2,"subscriptions":2}"#), "\(text)")
        withExtendedLifetime(clients) {}
    }

    @Test(arguments: ["/metrics", "/api/v1/stats"])
    func `nobody without a token is told`(_ path: String) throws {
        let text = try TestClient(
            port: server.port, request: "GET \(path) HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
        ).readAll()
        #expect(text.hasPrefix("HTTP/1.1 401 "))
    }
}

/// The reference page and the metrics are about the same things.
@Suite("docs/metrics.md") struct MetricsDocumentTests {
    @Test func `every metric has its row, and no other has`() throws {
        let directory = try TemporaryDirectory()
        let server = try TestServer(loops: 1, store: directory.path)
        let text = try TestClient(
            port: server.port,
            request: "GET /metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
                + "Authorization: Bearer \(try server.token("operator"))\r\n\r\n"
        ).readAll()
        let told = text.split(separator: "\n").filter { $0.hasPrefix("# TYPE ") }
            .map { $0.split(separator: " ")[2...3].joined(separator: " ") }
        let rows = try TextFile.readOwn("docs/metrics.md").split(separator: "\n")
            .filter { $0.hasPrefix("| `sockeye_") }
            .map { row in
                let cells = row.split(separator: "|").map { $0.filter { $0 != "`" && $0 != " " } }
                return "\(cells[0]) \(cells[1])"
            }
        #expect(rows == told)
    }
}
