import Bytes
import Testing

@testable import Doctor

/// Whatever the bytes are, files are read to an end, and the checks say something or nothing.
@Suite("Hostile files")
struct HostileFileTests {
    static let names = [
        ".env", "Caddyfile", "Dockerfile", "Gemfile", "Procfile", "a.html", "a.ini", "a.js", "a.json",
        "a.log", "a.py", "a.service",
        "a.toml", "a.txt", "a.yml", "console.txt", "ecosystem.config.js", "haproxy.cfg", "package.json",
        "requirements.txt",
        "site.conf", "token.expectations.json", "token.txt", "main.go", "runtime.exs", "lb.tf", "default.vcl",
        "lighttpd.conf", "web.config", "vercel.json", "netlify.toml", "_redirects", "firebase.json",
        "dig.txt",
    ]

    private func read(_ name: String, _ bytes: [UInt8]) throws {
        var subject = try Subject(
            "wss://app.example/socket.io/?EIO=4&transport=polling&token=%3Ctoken.txt%3E")
        subject.pageOrigin = "https://app.example"
        let evidence = FileEvidence.gather(
            [SourceFile(name: name, path: name, bytes: bytes)], subject: &subject)
        let examination = Examination(subject: subject, files: evidence, now: Bench.now)
        for check in FileChecks.all { _ = check.findings(examination) }
        _ = evidence.hops.count + evidence.verified.count
        #expect(evidence.recognised.count + evidence.unrecognised.count == 1)
    }

    static let shapes: [String: [UInt8]] = [
        "nothing": [], "a NUL": [0], "no UTF-8": [0xC3, 0x28, 0xA0, 0xFF, 0x0A, 0xFE],
        "quotes": Array(repeating: 0x22, count: 5000),
        "braces": Array(repeating: 0x7B, count: 50_000), "brackets": Array(repeating: 0x5B, count: 50_000),
        "one long line": Array(repeating: 0x61, count: 300_000),
        "line ends": Array(repeating: 0x0A, count: 100_000),
        "carriage returns": Array(repeating: 0x0D, count: 100_000),
        "equals signs": Array(String(repeating: "=\n", count: 20_000).utf8),
        "numbers too large": Array(
            "a=99999999999999999999\nport: 99999999999999999999\ntimeout tunnel 9e999s\n{\"exp\": 1e400}\nsetInterval(()=>ws.send(1),1e308)\n"
                .utf8),
        "a token of dots": Array(repeating: 0x2E, count: 100_000),
        "a request without end": Array(
            ("GET / HTTP/1.1\n" + String(repeating: "a: b\n", count: 20_000)).utf8),
        "sections": Array(String(repeating: "<Location />\n", count: 20_000).utf8),
        "interpolation of itself": Array("[a]\nb = %(b)s%(b)s\nc = %(d)s\nd = %(c)s\n".utf8),
        "defaults of themselves": Array(
            "defaults a from a\n timeout tunnel 1s\ndefaults b from a\nbackend x from b\n server s 1\nlisten y\n bind :1\n"
                .utf8),
    ]

    @Test(arguments: names, shapes.keys.sorted())
    func shape(_ name: String, _ shape: String) throws {
        try read(name, Self.shapes[shape] ?? [])
    }

    @Test("samples with bytes cut, doubled and changed", arguments: [UInt64(20_261_130), 7, 99])
    func mutations(_ seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        for _ in 0..<100 {
            let samples =
                FileCheckTests.client + FileCheckTests.origin + FileCheckTests.backend
                + FileCheckTests.proxies + FileCheckTests.reach
            let sample = samples[Int(random.next() % UInt64(samples.count))]
            for (name, text) in sample.files {
                var bytes = Array(text.utf8)
                for _ in 0...(random.next() % 6) where !bytes.isEmpty {
                    let at = Int(random.next() % UInt64(bytes.count))
                    switch random.next() % 4 {
                    case 0: bytes.remove(at: at)
                    case 1: bytes[at] = UInt8(truncatingIfNeeded: random.next())
                    case 2: bytes.insert(contentsOf: bytes[..<at].suffix(40), at: at)
                    default: bytes.removeSubrange(at..<min(bytes.count, at + 30))
                    }
                }
                try read(name, bytes)
            }
        }
    }

    @Test("of a log longer than the limit the end is read")
    func longLog() throws {
        let line = Array("1.2.3.4 - - [x] \"GET /ws HTTP/1.1\" 101 0\n".utf8)
        var bytes: [UInt8] = []
        while bytes.count < 200_000 { bytes += line }
        bytes += Array(
            "connect() to 1.2.3.4:80 failed (13: Permission denied) while connecting to upstream\n".utf8)
        let reader = LogReader(SourceFile(name: "a.log", path: "a.log", bytes: bytes), limit: 65_536)
        #expect(reader.events.map(\.kind) == [.permissionDenied])
        #expect(reader.events.first?.place.line == 200_000 / line.count + 2)
        #expect(reader.accesses.first.map { $0.count <= 65_536 / line.count + 1 } == true)
    }

    @Test("another file of more than 4 MiB is not read")
    func longFile() throws {
        try read("a.yml", Array(repeating: 0x61, count: 5 << 20))
    }
}
