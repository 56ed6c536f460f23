import Testing

@testable import Configuration

@Suite("Listeners and certificates")
struct ListenerTests {
    static func listeners(
        _ file: String = "", _ environment: [String: String] = [:],
        _ flags: [(name: String, value: String)] = []
    ) throws -> [ListenerOptions] {
        try LoaderTests.load(file, environment, flags).options.listeners
    }

    @Test("an address is plain without a certificate, and speaks TLS with one")
    func tlsFollowsTheCertificate() throws {
        let two: [(name: String, value: String)] = [("--listen", "0.0.0.0:1"), ("--listen", "[::]:2")]
        #expect(try Self.listeners("", [:], two).map(\.tls) == [false, false])
        let pair: [(name: String, value: String)] = [("--tls-cert", "c"), ("--tls-key", "k")]
        #expect(try Self.listeners("", [:], two + pair).map(\.tls) == [true, true])
        #expect(try Self.listeners("", [:], pair).map(\.tls) == [true])
        #expect(
            try Self.listeners("[[tls]]\ncert = \"c\"\nkey = \"k\"", [:], two).map(\.tls) == [true, true])
    }

    @Test("an entry may say otherwise")
    func entriesDecide() throws {
        let file = """
            proxy_protocol = true
            tls = [{ cert = "c", key = "k" }]
            listen = ["0.0.0.0:443", { address = "127.0.0.1:8000", tls = false, proxy_protocol = false }]
            """
        #expect(
            try Self.listeners(file) == [
                ListenerOptions(address: "0.0.0.0:443", tls: true, proxyProtocol: true),
                ListenerOptions(address: "127.0.0.1:8000", tls: false, proxyProtocol: false),
            ])
    }

    @Test("a stronger source replaces the addresses of a weaker one")
    func replaces() throws {
        let file = "listen = [\"127.0.0.1:1\", \"127.0.0.1:2\"]"
        let environment = ["SOCKEYE_LISTEN": "127.0.0.1:3, unix:/run/s.sock"]
        #expect(try Self.listeners(file).map(\.address) == ["127.0.0.1:1", "127.0.0.1:2"])
        #expect(try Self.listeners(file, environment).map(\.address) == ["127.0.0.1:3", "unix:/run/s.sock"])
        #expect(
            try Self.listeners(file, environment, [("--listen", "127.0.0.1:4")]).map(\.address) == [
                "127.0.0.1:4"
            ])
    }

    @Test("certificates and keys belong together by their order")
    func pairs() throws {
        let flags: [(name: String, value: String)] = [
            ("--tls-cert", "a.pem"), ("--tls-cert", "b.pem"), ("--tls-key", "a.key"), ("--tls-key", "b.key"),
        ]
        let options = try LoaderTests.load("", [:], flags).options
        #expect(
            options.tls == [
                TLSIdentity(certificate: "a.pem", key: "a.key"),
                TLSIdentity(certificate: "b.pem", key: "b.key"),
            ])
        let environment = ["SOCKEYE_TLS_CERT": "a.pem", "SOCKEYE_TLS_KEY": "a.key"]
        #expect(
            try LoaderTests.load("", environment).options.tls == [
                TLSIdentity(certificate: "a.pem", key: "a.key")
            ])
        #expect(
            LoaderTests.problems("", [:], Array(flags.dropLast())) == [
                "--tls-cert: 2 given, but 1 of --tls-key [CFG-004] "
                    + "-> give as many of --tls-key as of --tls-cert, in the same order"
            ])
        #expect(
            LoaderTests.problems("", [:], [("--tls-key", "k")]) == [
                "--tls-key: 1 given, but 0 of --tls-cert [CFG-004] "
                    + "-> give as many of --tls-cert as of --tls-key, in the same order"
            ])
    }

    @Test("a variable of another make is a warning, one of Kubernetes is nothing")
    func strangers() throws {
        let environment = [
            "SOCKEYE_LOPS": "2", "SOCKEYE_PORT": "tcp://10.0.0.1:8000", "SOCKEYE_PORT_8000_TCP": "x",
            "SOCKEYE_SERVICE_HOST": "10.0.0.1", "SOCKEYE_TOKEN": "x",
        ]
        let warnings = try LoaderTests.load("", environment).warnings
        #expect(warnings.map(\.place) == [.environment("SOCKEYE_LOPS")])
        #expect(warnings.first?.hint == "did you mean SOCKEYE_LOOPS?")
    }

    @Test("production without origins and certificates nobody uses are doubtful")
    func doubts() throws {
        let file = """
            profile = "production"
            tls = [{ cert = "c", key = "k" }]
            listen = [{ address = "[::1]:1", tls = false }]
            """
        let warnings = try LoaderTests.load(file).warnings
        #expect(
            warnings.map(\.place) == [
                .file("s.toml", line: 2, column: 1), .file("s.toml", line: 1, column: 1),
            ])
    }

    @Test("development lets the pages of a development server in, production does not")
    func origins() throws {
        let flags: [(name: String, value: String)] = [("--origin", "HTTPS://App.Example.com:443/")]
        let development = try LoaderTests.load("", [:], flags).options
        #expect(
            development.effectiveOrigins == [
                "https://app.example.com", "http://localhost:3000", "http://127.0.0.1:3000",
            ])
        let production = try LoaderTests.load("profile = \"production\"", [:], flags).options
        #expect(production.effectiveOrigins == ["https://app.example.com"])
    }
}
