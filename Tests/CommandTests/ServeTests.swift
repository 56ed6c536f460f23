import Foundation
import Testing

/// The server as a process: how it begins, and how it ends.
@Suite("sockeye serve")
struct ServeTests {
    /// A running server; reading from it waits.
    struct Server {
        let process = Process()
        let errors = Pipe()
        let state: URL

        init(_ flags: [String]) throws {
            state = FileManager.default.temporaryDirectory.appending(path: "sockeye-\(UUID().uuidString)")
            process.executableURL = Player.program
            process.arguments =
                ["serve", "--listen", "127.0.0.1:0", "--state", state.path(), "--loops", "1"] + flags
            process.environment = ["PATH": "/usr/bin:/bin"]
            process.standardError = errors
            process.standardInput = FileHandle.nullDevice
            try process.run()
        }

        /// Everything it said up to a line feed.
        func firstLine() -> String {
            var line = Data()
            while line.last != UInt8(ascii: "\n"),
                let byte = try? errors.fileHandleForReading.read(upToCount: 1)
            { line += byte }
            return String(decoding: line, as: UTF8.self)
        }

        /// Ends it by a signal; the rest of what it said, and its status.
        func end(_ signal: Int32) throws -> (text: String, status: Int32) {
            kill(process.processIdentifier, signal)
            let rest = try errors.fileHandleForReading.readToEnd() ?? Data()
            process.waitUntilExit()
            try? FileManager.default.removeItem(at: state)
            return (String(decoding: rest, as: UTF8.self), process.terminationStatus)
        }
    }

    @Test("says one line when it is ready, and ends in order", arguments: [SIGTERM, SIGINT])
    func lifeCycle(_ signal: Int32) throws {
        let server = try Server(["--echo", "/echo", "--log-level", "warning"])
        let line = server.firstLine()
        #expect(
            line.hasPrefix("sockeye: ready on http://127.0.0.1:")
                && line.hasSuffix("/ (WebSocket at /ws, /echo)\n"))
        let secret = try FileManager.default.attributesOfItem(
            atPath: server.state.appending(path: "signing-secret").path())
        #expect(secret[.posixPermissions] as? Int == 0o600)
        let (text, status) = try server.end(signal)
        #expect(text.isEmpty && status == 0)
    }

    @Test("with a JSON log everything is JSON")
    func jsonLog() throws {
        let server = try Server(["--log-format", "json"])
        let line = server.firstLine()
        #expect(
            line.contains("\"level\":\"info\",\"event\":\"ready\",\"message\":\"ready on http://127.0.0.1:"))
        let (text, status) = try server.end(SIGTERM)
        #expect(status == 0)
        for line in (line + text).split(separator: "\n") {
            #expect(throws: Never.self) { try JSONSerialization.jsonObject(with: Data(line.utf8)) }
        }
    }
}
