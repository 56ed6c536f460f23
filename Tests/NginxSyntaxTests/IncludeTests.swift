import Synchronization
import Testing

@testable import NginxSyntax

/// Includes, and the limits that keep hostile input from taking time and memory.
@Suite struct IncludeTests {
    private func load(_ files: [String: String], limits: NginxLimits = NginxLimits()) -> NginxConfiguration {
        NginxConfiguration.load(
            main: "/etc/nginx/nginx.conf", source: NginxMemorySource(files), limits: limits)
    }

    private func codes(_ read: NginxConfiguration) -> [String] { read.problems.map(\.kind.code) }

    @Test func includedFilesStandInTheirPlace() {
        let read = load([
            "/etc/nginx/nginx.conf": "events {}\nhttp {\n include conf.d/*.conf;\n include /opt/last;\n}\n",
            "/etc/nginx/conf.d/b.conf": "server { listen 2; }",
            "/etc/nginx/conf.d/a.conf": "server { listen 1; }",
            "/etc/nginx/conf.d/.hidden.conf": "nonsense;", "/opt/last": "include mime;\ngzip on;",
            "/etc/nginx/mime": "types { a b; }",
        ])
        #expect(read.problems.isEmpty)
        let http = read.root[1]
        #expect(http.block.map(\.name) == ["server", "server", "types", "gzip"])
        #expect(http.block[0].block[0].values == ["1"])
        #expect(http.block[2].includes.map(\.line) == [1, 4])
        #expect(http.block[2].parent == http)
        #expect(http.block[3].source.path == "/opt/last")
        #expect(
            read.files.map(\.path) == [
                "/etc/nginx/nginx.conf", "/etc/nginx/conf.d/a.conf", "/etc/nginx/conf.d/b.conf", "/opt/last",
                "/etc/nginx/mime",
            ])
    }

    @Test func aFileMayBeIncludedTwice() {
        let read = load([
            "/etc/nginx/nginx.conf":
                "events {} http { server { location /a { include p; } location /b { include p; } } }",
            "/etc/nginx/p": "proxy_http_version 1.1;",
        ])
        #expect(read.problems.isEmpty)
        #expect(read.files.count == 2)
        #expect(
            read.all.filter { $0.name == "proxy_http_version" }.map { $0.parent?.value(0) } == ["/a", "/b"])
    }

    @Test func aPatternWithoutFilesIsFineAMissingFileIsNot() {
        #expect(codes(load(["/etc/nginx/nginx.conf": "events {} include x/*.conf;"])).isEmpty)
        #expect(codes(load(["/etc/nginx/nginx.conf": "events {} include x.conf;"])) == ["file-missing"])
        #expect(
            codes(load(["/etc/nginx/nginx.conf": "events {} include x;", "/etc/nginx/x/y": ""])) == [
                "file-unreadable"
            ])
        #expect(codes(load([:])) == ["file-missing"])
    }

    @Test func loopsEnd() {
        let own = load(["/etc/nginx/nginx.conf": "events {} include nginx.conf;"])
        #expect(codes(own) == ["include-loop"])
        let long = load([
            "/etc/nginx/nginx.conf": "events {} include a;", "/etc/nginx/a": "include b;",
            "/etc/nginx/b": "include a;",
        ])
        #expect(
            long.problems.map(\.kind) == [
                .includeLoop(chain: ["/etc/nginx/a", "/etc/nginx/b", "/etc/nginx/a"])
            ])
    }

    @Test func filesThatIncludeTheNextTwiceDoNotGrowWithoutBound() {
        var files = ["/etc/nginx/nginx.conf": "events {} include f0;"]
        for level in 0..<30 {
            files["/etc/nginx/f\(level)"] = "include f\(level + 1); include f\(level + 1);"
        }
        files["/etc/nginx/f30"] = "user a;"
        #expect(codes(load(files)).contains("too-many-includes"))
        for level in 30..<60 { files["/etc/nginx/f\(level)"] = "include f\(level + 1);" }
        var limits = NginxLimits()
        limits.includes = 100_000_000
        limits.directives = 10_000
        #expect(
            codes(load(files, limits: limits)).contains {
                $0 == "too-many-directives" || $0 == "includes-too-deep"
            })
    }

    @Test func tenThousandBlocksInEachOther() {
        let text = String(repeating: "location / {\n", count: 10_000)
        let read = load(["/etc/nginx/nginx.conf": text])
        #expect(codes(read).contains("nesting-too-deep"))
        #expect(read.all.count <= 100)
        #expect(read.files[0].lineCount == 10_001)
    }

    @Test func aHundredMegabytesAreNotRead() {
        struct Huge: NginxFileSource {
            func read(_ path: String, limit: Int) -> Result<[UInt8], NginxReadError> {
                .success([UInt8](repeating: UInt8(ascii: "a"), count: 100 << 20))
            }
            func expand(_ pattern: String) -> [String] { [] }
        }
        let read = NginxConfiguration.load(main: "x", source: Huge())
        #expect(read.problems.map(\.kind) == [.fileTooLarge(path: "x", limit: 16 << 20)])
    }

    @Test func whenTheTimeIsUpReadingStops() {
        var limits = NginxLimits()
        limits.isOver = { true }
        let text = "events {}\nhttp {\n" + String(repeating: "server { listen 80; }\n", count: 10_000) + "}\n"
        let whole = load(["/etc/nginx/nginx.conf": text])
        let part = load(["/etc/nginx/nginx.conf": text], limits: limits)
        #expect(whole.problems.isEmpty && part.problems.isEmpty)
        #expect(part.all.count < whole.all.count / 2)
        for directive in part.all { _ = part.context(of: directive) }
    }

    /// Wherever the time runs out, nothing is reported that the whole configuration is not guilty of.
    @Test func whateverIsJudgedWhenTheTimeIsUpIsTrue() {
        let server =
            "server { listen 80; location / { proxy_pass http://late; limit_conn late 1; set $a $late; } }\n"
        let text =
            "events {}\nhttp {\n" + String(repeating: server, count: 3_000)
            + "upstream late { server 10.0.0.1; }\nlimit_conn_zone $host zone=late:1m;\n"
            + "map $host $late { default 1; }\nproxy_buffers 1 4k;\n}\n"
        let whole = load(["/etc/nginx/nginx.conf": text])
        #expect(!whole.problems.isEmpty)
        for asked in 0..<40 {
            let left = Mutex(asked)
            var limits = NginxLimits()
            limits.isOver = {
                left.withLock {
                    $0 -= 1; return $0 < 0
                }
            }
            let part = load(["/etc/nginx/nginx.conf": text], limits: limits)
            // A tree that was cut while it was read has ends of its own.
            guard part.all.count == whole.all.count else { continue }
            let kinds = Set(whole.problems.map { "\($0.kind) \($0.place)" })
            #expect(part.problems.allSatisfy { kinds.contains("\($0.kind) \($0.place)") })
        }
    }

    @Test func manyDirectivesAndManyProblemsEnd() {
        var limits = NginxLimits()
        limits.directives = 1000
        let text = String(repeating: "a;\n", count: 5000)
        let read = load(["/etc/nginx/nginx.conf": text], limits: limits)
        #expect(codes(read).contains("too-many-directives"))
        #expect(read.problems.count <= limits.problems + 2)
        let faults = load(["/etc/nginx/nginx.conf": String(repeating: "}\n", count: 5000)])
        #expect(codes(faults).contains("too-many-problems"))
        #expect(faults.files[0].lineCount == 5001)
    }

    @Test func binaryAndLongWords() {
        #expect(codes(load(["/etc/nginx/nginx.conf": "\u{0}\u{1}ELF"])).first == "binary-file")
        let fits = String(repeating: "a", count: 4095)
        #expect(codes(load(["/etc/nginx/nginx.conf": "events {}\nenv \(fits);"])).isEmpty)
        #expect(codes(load(["/etc/nginx/nginx.conf": "events {}\nenv \(fits)a;"])) == ["word-too-long"])
        #expect(codes(load(["/etc/nginx/nginx.conf": "events {}\nenv \(fits)\n;"])) == ["word-too-long"])
        #expect(codes(load(["/etc/nginx/nginx.conf": "events {}\n#\(fits)\nuser a;"])) == ["word-too-long"])
        #expect(codes(load(["/etc/nginx/nginx.conf": "events {}\nenv '\(fits.dropFirst(2))';"])).isEmpty)
        #expect(codes(load(["/etc/nginx/nginx.conf": "events {}\nenv '\(fits.dropFirst(1))';"])).isEmpty)
        #expect(
            codes(load(["/etc/nginx/nginx.conf": "events {}\nenv '\(fits.dropFirst(1))' ;"])) == [
                "word-too-long"
            ])
    }

    @Test func dumps() throws {
        let text = """
            nginx: the configuration file /etc/nginx/nginx.conf syntax is ok
            # configuration file /etc/nginx/nginx.conf:
            events {}
            http { include conf.d/*.conf; }

            # configuration file /etc/nginx/conf.d/a.conf:
            server {
                listen 81;
            }

            """
        let dump = try #require(NginxDump(Array(text.utf8)))
        let read = NginxConfiguration.load(main: dump.main, source: dump)
        #expect(read.problems.isEmpty)
        #expect(read.all.map(\.name) == ["events", "http", "include", "server", "listen"])
        #expect(read.files[0].bytes == Array("events {}\nhttp { include conf.d/*.conf; }\n".utf8))
        #expect(read.all.last?.line == 2)
        #expect(NginxDump(Array("events {}".utf8)) == nil)
    }

    @Test(arguments: [
        ("a/b.conf", "a/*.conf", true), ("a/b.conf", "*/*.conf", true), ("a/b.conf", "*", false),
        ("b.conf", "*", true),
        (".b.conf", "*.conf", false), ("b1", "b[0-9]", true), ("bx", "b[!0-9]", true),
        ("b1", "b[!0-9]", false),
        ("ab", "a?", true), ("a", "a?", false), ("a[b", "a[b", true), ("aaaaaaaaab", "*a*a*a*b", true),
        ("a*", "a\\*", true),
    ])
    func patterns(_ path: String, _ pattern: String, _ matches: Bool) {
        #expect(NginxGlob.matches(path, pattern: pattern) == matches)
    }
}
