import Foundation
import Glibc
import Telemetry
import Testing
import WebSocketWire

@testable import Gateway

/// The reference page and the code are about the same events.
@Suite("docs/logs.md") struct LogDocumentTests {
    @Test func `every event has its row, and no other has`() throws {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let pattern =
            #/(?:connectionLevel|\.(?:debug|info|warning|error)),\s*"([a-z]+(?:-[a-z]+)*)"|event: "([a-z-]+)"/#
        var events: Set<String> = []
        for room in ["Gateway", "sockeye"] {
            let files = FileManager.default.enumerator(atPath: root.path + "/Sources/" + room)
            while let name = files?.nextObject() as? String {
                guard name.hasSuffix(".swift") else { continue }
                for match in try TextFile.readOwn("Sources/\(room)/\(name)").matches(of: pattern) {
                    if let event = match.output.1 ?? match.output.2 { events.insert(String(event)) }
                }
            }
        }
        let rows = try TextFile.readOwn("docs/logs.md").split(separator: "\n").compactMap { line in
            line.firstMatch(of: #/^\| `([a-z]+(?:-[a-z]+)*)` \| [a-z]+ \|/#).map { String($0.output.1) }
        }
        #expect(Set(rows).count == rows.count)
        #expect(events.count > 20)
        #expect(Set(rows) == events, "\(Set(rows).symmetricDifference(events).sorted())")
    }
}

/// What an operator reads of a connection.
@Suite(.timeLimit(.minutes(1))) struct ConnectionLogTests {
    private let pipe = LogSinkTests.pipe()

    private func server(connections: Bool) throws -> TestServer {
        let settings = LogSettings()
        let log = LogSink(
            LogStream(descriptor: pipe.write), level: .info, connections: connections, settings: settings)
        return try TestServer(loops: 1, log: log)
    }

    /// The events of a server that has ended, each with its message.
    private func lines(_ server: consuming TestServer) -> [String] {
        server.shared.log.close()
        Glibc.close(pipe.write)
        return LogSinkTests.Reader(pipe.read).lines.map { line in
            // Behind time and level, before the fields.
            let words = line.split(separator: " ", omittingEmptySubsequences: true).dropFirst(2)
            return words.prefix { !$0.contains("=") }.joined(separator: " ")
        }
    }

    @Test func `with a token in the query`() throws {
        let server = try server(connections: true)
        let talker = Talker(try TestClient(port: server.port, path: "/ws?token=\(try server.token("ada"))"))
        _ = try talker.ask(#"{"type":"subscribe","topic":"news"}"#)
        talker.say("ping")
        _ = try talker.client.next()
        talker.client.write(talker.client.frame(.close, [0x03, 0xE8]))
        while try talker.client.next() != .end {}
        let lines = lines(server)
        let client = try #require(lines.first { $0.hasPrefix("connection-opened") }?.split(separator: " ")[3])
        #expect(
            lines == [
                "connection-attempt: new connection attempt",
                "token-presented: verifying the token in the query (***)",
                "authenticated: user ada (ID ada) authenticated",
                "connection-opened: WebSocket client \(client) connected (user: ada)",
                "message-received: received message from user ada: subscribe",
                "subscribed: user ada subscribed, total connections: 1",
                "message-received: received message from user ada: ping",
                "connection-closing: closed by the peer",
            ])
    }

    @Test func `with a token in the first message`() throws {
        let server = try server(connections: true)
        let talker = Talker(try TestClient(port: server.port, path: "/ws"))
        _ = try talker.ask(#"{"type":"auth","token":"\#(try server.token("ada"))"}"#)
        #expect(
            lines(server).map { $0.prefix { $0 != ":" } } == [
                "connection-attempt", "token-absent", "connection-opened", "message-received",
                "authenticated",
            ])
    }

    @Test func `nothing where nobody asked`() throws {
        let server = try server(connections: false)
        let talker = Talker(try TestClient(port: server.port, path: "/ws?token=\(try server.token("ada"))"))
        _ = try talker.ask(#"{"type":"subscribe","topic":"news"}"#)
        #expect(lines(server).isEmpty)
    }
}
