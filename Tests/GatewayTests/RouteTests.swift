import Foundation
import HTTPWire
import Testing

@testable import Gateway

/// Requests with bodies, and answers that are made elsewhere.
@Suite(.timeLimit(.minutes(5))) struct RouteTests {
    private let server: TestServer

    init() throws {
        var routes = RouteTable()
        routes["/length"] = [
            Route(.post, bodyLimit: 1000) { request, _ in .json(200, Array("\(request.body.count)".utf8)) }
        ]
        routes["/late"] = [
            Route(.post, bodyLimit: 1000) { request, connection in
                let (slot, body) = (connection.answerSlot, request.body)
                Thread { slot.answer(.json(200, body)) }.start()
                return nil
            }
        ]
        server = try TestServer(loops: 2, routes: routes)
    }

    private func post(_ path: String, _ body: String, _ fields: String = "") -> String {
        "POST \(path) HTTP/1.1\r\nHost: x\r\nContent-Length: \(body.utf8.count)\r\n\(fields)\r\n\(body)"
    }

    /// Everything that is answered to `request`, which asks for the end of the connection.
    private func conversation(_ request: String) throws -> String {
        try TestClient(port: server.port, request: request).readAll()
    }

    @Test func `a route gets the whole body, however it is framed`() throws {
        let text = try conversation(
            post("/length", String(repeating: "x", count: 1000))
                + "POST /length HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"
                + post("/length", "", "Connection: close\r\n"))
        #expect(
            text.components(separatedBy: "\r\n\r\n").dropFirst().map { $0.prefix { $0.isNumber } } == [
                "1000", "5", "0",
            ])
    }

    @Test func `a body over the route's limit is refused before it is read`() throws {
        let text = try conversation("POST /length HTTP/1.1\r\nHost: x\r\nContent-Length: 1001\r\n\r\n")
        #expect(text.hasPrefix("HTTP/1.1 413 "), "\(text)")
    }

    @Test func `late answers keep the order of the requests`() throws {
        let text = try conversation(
            post("/late", "one") + "GET /health HTTP/1.1\r\nHost: x\r\n\r\n" + post("/late", "two")
                + post("/length", "four", "Connection: close\r\n"))
        let bodies = text.components(separatedBy: "\r\n\r\n").dropFirst().map {
            $0.components(separatedBy: "HTTP/1.1")[0]
        }
        #expect(bodies == ["one", #"{"status":"ok"}"#, "two", "4"])
    }

    @Test func `a path is answered by the methods it has`() throws {
        let text = try conversation("GET /late HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        #expect(text.hasPrefix("HTTP/1.1 405 "))
        #expect(text.contains("Allow: POST, OPTIONS\r\n"), "\(text)")
    }

    @Test func `an answer for a connection that has gone is dropped`() throws {
        for _ in 0..<20 { _ = try TestClient(port: server.port, request: post("/late", "x")) }
        #expect(try conversation(post("/length", "ok", "Connection: close\r\n")).hasSuffix("2"))
    }
}
