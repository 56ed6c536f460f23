import Foundation
import Testing

@testable import Doctor

@Suite("Doctor: the walk through a folder")
struct FileWalkTests {
    /// A folder of these files; removed with the value.
    final class Folder {
        let url = FileManager.default.temporaryDirectory.appending(path: "walk-\(UUID().uuidString)")

        init(_ files: [String: String]) throws {
            for (name, text) in files {
                let file = url.appending(path: name)
                try FileManager.default.createDirectory(
                    at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
                try text.write(to: file, atomically: false, encoding: .utf8)
            }
        }

        deinit { try? FileManager.default.removeItem(at: url) }
    }

    private static func walk(
        _ folder: Folder, _ change: (inout FileWalk.Limits) -> Void = { _ in }
    ) throws -> FileWalk {
        var limits = FileWalk.Limits()
        change(&limits)
        var walk = FileWalk(limits: limits)
        try walk.read(folder.url.path())
        return walk
    }

    @Test("reads every file below, by names relative to it, in order")
    func reads() throws {
        let folder = try Folder([
            "b.conf": "b", "a.conf": "a", "conf.d/c.conf": "c", "node_modules/x.js": "x",
        ])
        let walk = try Self.walk(folder)
        #expect(walk.files.map(\.name) == ["a.conf", "b.conf", "conf.d/c.conf"])
        #expect(walk.files.map(\.text) == ["a", "b", "c"])
        #expect(walk.notes.isEmpty)
    }

    @Test("a file alone is a folder of one")
    func oneFile() throws {
        let folder = try Folder(["a.conf": "a"])
        var walk = FileWalk()
        try walk.read(folder.url.appending(path: "a.conf").path())
        #expect(walk.files.map(\.name) == ["a.conf"])
    }

    @Test("never leaves the folder, and is not caught in circles")
    func links() throws {
        let outside = try Folder(["secret.txt": "s"])
        let folder = try Folder(["a.conf": "a", "inner/b.conf": "b"])
        let manager = FileManager.default
        try manager.createSymbolicLink(
            at: folder.url.appending(path: "out"), withDestinationURL: outside.url)
        try manager.createSymbolicLink(
            atPath: folder.url.appending(path: "passwd").path(), withDestinationPath: "/etc/passwd")
        try manager.createSymbolicLink(
            atPath: folder.url.appending(path: "inner/loop").path(), withDestinationPath: "..")
        try manager.createSymbolicLink(
            atPath: folder.url.appending(path: "dead").path(), withDestinationPath: "nowhere")
        try manager.createSymbolicLink(
            atPath: folder.url.appending(path: "same.conf").path(), withDestinationPath: "a.conf")
        let walk = try Self.walk(folder)
        #expect(walk.files.map(\.name) == ["a.conf", "inner/b.conf", "same.conf"])
        #expect(walk.notes.contains { $0.en.contains("leads out") })
    }

    @Test("sockets, pipes and devices are not read")
    func specialFiles() throws {
        let folder = try Folder(["a.conf": "a"])
        #expect(mkfifo(folder.url.appending(path: "pipe").path(), 0o600) == 0)
        #expect(try Self.walk(folder).files.count == 1)
    }

    @Test("each limit ends the reading and is told")
    func limits() throws {
        let folder = try Folder(["a": "12345", "b": "12345", "c/d/e": "x", "long.log": "head tail"])
        let few = try Self.walk(folder) { $0.files = 1 }
        #expect(few.files.count == 1 && few.notes.contains { $0.en.contains("more than 1 files") })
        let flat = try Self.walk(folder) { $0.depth = 1 }
        #expect(!flat.files.contains { $0.name == "c/d/e" } && flat.notes.contains { $0.en.contains("deep") })
        let short = try Self.walk(folder) { $0.bytesPerFile = 4 }
        #expect(short.files.first?.text == "1234" && short.files.first?.isTruncated == true)
        #expect(short.files.last?.text == "tail", "of a log the end is read")
        let small = try Self.walk(folder) { $0.bytes = 6 }
        #expect(small.files.map(\.bytes.count).reduce(0, +) <= 6 && !small.notes.isEmpty)
    }

    @Test("what is not there, or not to be read, is an error with its reason")
    func errors() {
        var walk = FileWalk()
        #expect(throws: WalkError(path: "/nowhere/at/all", number: ENOENT)) {
            try walk.read("/nowhere/at/all")
        }
        #expect(throws: WalkError.self) { try walk.readFile("/tmp") }
        #expect(throws: WalkError.self) { try walk.read("/dev/null") }
    }
}

@Suite("Doctor: this machine")
struct LocalMachineTests {
    @Test("a listening socket is read as the kernel prints it")
    func listeners() {
        let line: Substring =
            "   0: 0100007F:1F40 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 4242 1 0 100 0 0 10 0"
        #expect(
            SocketTable.listener(line, [4242: "node"])
                == LocalMachine.Listener(port: 8000, address: "127.0.0.1", program: "node"))
        let six: Substring =
            "   1: 00000000000000000000000001000000:0050 00000000000000000000000000000000:0000 0A 0:0 00:0 0 0 0 7 1"
        #expect(
            SocketTable.listener(six, [:]) == LocalMachine.Listener(port: 80, address: "::1", program: nil))
        for bad in [
            "", "0: x y 0A", "0: 0100007F:1F40 00000000:0000 01 a b c d e f", "0: 01:ZZZZ 0 0A 0 0 0 0 0 0",
        ] {
            #expect(SocketTable.listener(bad[...], [:]) == nil)
        }
    }

    @Test("addresses are found in environment files and in the locations that forward Upgrade")
    func candidates() {
        let nginx = """
            http { server { listen 443 ssl; server_name app.example;
              location /ws { proxy_pass http://a; proxy_set_header Upgrade $http_upgrade; }
              location ~ ^/x { proxy_set_header Upgrade $http_upgrade; }
              location / { proxy_pass http://a; } } }
            """
        let machine = LocalMachine(
            nginx: nil,
            nginxFiles: [SourceFile(name: "/etc/nginx/nginx.conf", path: "", bytes: Array(nginx.utf8))],
            listeners: [],
            files: [
                SourceFile(
                    name: ".env", path: "", bytes: Array("A=1\nVITE_WS_URL=\"wss://a.example/s\" # x\n".utf8))
            ],
            programs: [])
        #expect(machine.candidates == ["wss://a.example/s", "wss://app.example/ws"])
    }

    @Test("a program's output is bounded in time and bytes")
    func programs() {
        #expect(LocalProgram.output(of: "/bin/echo", ["a b"]) == Array("a b\n".utf8))
        #expect(LocalProgram.output(of: "/nowhere/x", []) == nil)
        #expect(LocalProgram.output(of: "/bin/cat", ["/dev/zero"], limit: 1000)?.count == 1000)
        #expect(LocalProgram.output(of: "/bin/sleep", ["100"], timeout: .milliseconds(30)) == [])
    }
}
