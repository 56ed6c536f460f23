import Foundation
import JSON
import Testing

@testable import Gateway

/// Calls the HTTP API as a backend would, one connection per call.
struct APICaller {
    let port: UInt16
    let key: String

    init(_ server: TestServer) throws {
        port = server.port
        key = try #require(server.apiKey)
    }

    /// An answer.
    struct Answer {
        let status: Int
        let body: String

        /// A value inside the body: `"results"`, `"0"`, `"code"`.
        subscript(path: String...) -> JSONValue? {
            var value = try? JSONValue.parse(body)
            for step in path {
                value =
                    value?.arrayValue.flatMap { all in
                        Int(step).flatMap { all.indices.contains($0) ? all[$0] : nil }
                    } ?? value?[step]
            }
            return value
        }

        var code: String? { self["code"]?.stringValue }
    }

    func get(_ path: String, fields: String? = nil) throws -> Answer {
        try ask("GET \(path) HTTP/1.1\r\nHost: x\r\n\(fields ?? authorization)Connection: close\r\n\r\n")
    }

    func post(_ path: String, _ body: String, fields: String? = nil) throws -> Answer {
        try ask(
            "POST \(path) HTTP/1.1\r\nHost: x\r\n\(fields ?? authorization)Connection: close\r\n"
                + "Content-Type: application/json\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)")
    }

    private func ask(_ request: String) throws -> Answer {
        let text = try TestClient(port: port, request: request).readAll()
        let parts = text.components(separatedBy: "\r\n\r\n")
        let status = try #require(text.split(separator: " ").dropFirst().first.flatMap { Int($0) })
        return Answer(status: status, body: parts.dropFirst().joined(separator: "\r\n\r\n"))
    }

    private var authorization: String { "Authorization: Bearer \(key)\r\n" }
}
