import Testing

@testable import Configuration

@Suite("ConfigurationLoader")
struct LoaderTests {
    static func load(
        _ file: String = "", _ environment: [String: String] = [:],
        _ flags: [(name: String, value: String)] = []
    ) throws(ConfigurationError) -> ConfigurationLoader.Loaded {
        var environment = environment
        environment["HOME"] = environment["HOME"] ?? "/home/ada"
        return try ConfigurationLoader.load(
            contents: Array(file.utf8), path: "s.toml", environment: environment, flags: flags)
    }

    /// The texts of all problems, each with its hint behind an arrow.
    static func problems(
        _ file: String = "", _ environment: [String: String] = [:],
        _ flags: [(name: String, value: String)] = []
    ) -> [String] {
        do {
            _ = try load(file, environment, flags)
            return []
        } catch {
            return error.problems.map { $0.text + ($0.hint.map { " -> " + $0 } ?? "") }
        }
    }

    @Test("without anything gives the defaults")
    func defaults() throws {
        let loaded = try Self.load()
        var expected = Options()
        expected.state = "/home/ada/.local/state/sockeye"
        #expect(loaded.options == expected)
        #expect(loaded.warnings.isEmpty && loaded.sources.isEmpty)
        #expect(loaded.options.listeners == [ListenerOptions(address: "127.0.0.1:8000")])
        #expect(loaded.options.allEndpoints.map(\.path) == ["/ws"])
    }

    @Test("flags win over the environment, the environment over the file")
    func precedence() throws {
        let file = "loops = 1\nlog.format = \"text\"\nlimits.subscriptions = 10"
        let environment = ["SOCKEYE_LOOPS": "2", "SOCKEYE_LOG_FORMAT": "json"]
        let loaded = try Self.load(file, environment, [("--loops", "3")])
        #expect(loaded.options.loops == 3)
        #expect(loaded.options.logFormat == .json)
        #expect(loaded.options.maxSubscriptions == 10)
        #expect(loaded.source(of: "loops").description == "--loops")
        #expect(loaded.source(of: "log.format").description == "SOCKEYE_LOG_FORMAT")
        #expect(loaded.source(of: "limits.subscriptions").description == "s.toml:3:8")
        #expect(loaded.source(of: "state") == .standard)
    }

    @Test("a file that is no TOML is told with its place")
    func syntax() {
        let problems = Self.problems("loops = 1\nstate = \"open\n")
        #expect(problems.count == 1)
        #expect(problems.first?.hasPrefix("s.toml:2:") == true, "\(problems)")
        #expect(problems.first?.contains("[CFG-001]") == true, "\(problems)")
    }

    /// Input that trips an assertion inside toml++: marzer/tomlplusplus issue 294, pull request 301.
    @Test(
        "malformed table names are told, not died of",
        arguments: ["[[[", "[[[1]]]", "[&", "[[=", "[[[a]]]", "[[[]]"])
    func malformedNames(_ name: String) {
        let problems = Self.problems("loops = 1\n\n" + name + "\nstate = \"x\"\n")
        #expect(problems.count == 1)
        #expect(problems.first?.hasPrefix("s.toml:3:") == true, "\(problems)")
    }

    @Test("a key of 33 parts is refused, a string of any number of dots is not")
    func deepKeys() {
        let problems = Self.problems("\n" + String(repeating: "a.", count: 32) + "b = 1")
        #expect(problems.first?.hasPrefix("s.toml:2:1: a key has more than 32 parts") == true, "\(problems)")
        let dots = String(repeating: ".", count: 100)
        #expect(Self.problems("state = \"/\(dots)\\\"\(dots)\" # \(dots)").isEmpty)
        #expect(Self.problems("state = '/\(dots)'\necho = \"\"\"/x\"\"\"").isEmpty)
    }

    @Test("bytes that are no TOML never stop the process")
    func hostileFiles() {
        let seed = UInt64.random(in: 0 ... .max)
        var generator = SeededGenerator(state: seed)
        let pieces = [
            "[", "]", "[[", "]]", "\"", "'", "=", "\n", ".", "{", "}", ",", "a", "listen", "tls", "1", "#",
            "\u{0}", "é", "\\",
        ]
        for _ in 0..<3000 {
            let text = (0..<Int.random(in: 0...30, using: &generator)).map { _ in
                pieces.randomElement(using: &generator) ?? ""
            }
            _ = Self.problems(text.joined())
        }
        _ = Self.problems(String(repeating: "[", count: 100_000))
        _ = Self.problems("a = " + String(repeating: "[", count: 100_000))
        _ = Self.problems(String(repeating: "a.", count: 50_000) + "b = 1")
        _ = Self.problems("\"\"\"\n" + String(repeating: "'#=' . ", count: 50_000) + "b = 1")
        let parts = String(repeating: "\"=\".", count: 31)
        _ = Self.problems(String(repeating: "\(parts)b = { ", count: 1000))
        let bytes = (0..<4096).map { _ in UInt8.random(in: 0 ... .max, using: &generator) }
        _ = try? ConfigurationLoader.load(contents: bytes, path: "s.toml")
    }

    @Test("a missing file is told as such")
    func missingFile() {
        let error = #expect(throws: ConfigurationError.self) {
            _ = try ConfigurationLoader.load(file: "/nonexistent/s.toml", environment: [:], flags: [])
        }
        #expect(error?.isUnreadable == true)
        #expect(error?.problems.first?.text.contains("No such file or directory") == true)
        let directory = #expect(throws: ConfigurationError.self) {
            _ = try ConfigurationLoader.load(file: nil, environment: ["SOCKEYE_CONFIG": "/"], flags: [])
        }
        #expect(directory?.isUnreadable == true)
    }
}

/// A generator that a seed makes repeat (SplitMix64).
struct SeededGenerator: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var word = state
        word = (word ^ word >> 30) &* 0xbf58_476d_1ce4_e5b9
        word = (word ^ word >> 27) &* 0x94d0_49bb_1331_11eb
        return word ^ word >> 31
    }
}
