import Configuration
import Telemetry
import Testing

@testable import Gateway

@Suite("Origin policy (RFC 6455 §10.2)")
struct AdmissionOriginTests {
    static let production = OriginPolicy(
        allowed: ["https://app.example.com/", "wss://Live.example.com:443", "http://10.0.0.5:8080"],
        profile: .production,
        listeners: ["127.0.0.1:8000"])
    static let development = OriginPolicy(
        allowed: ["http://localhost:3000", "http://127.0.0.1:3000"], profile: .development,
        listeners: ["127.0.0.1:8000", "[::1]:8001", "0.0.0.0:8002", "192.0.2.1:8003", "unix:/run/x.sock"])

    @Test(
        "production lets in what is configured",
        arguments: [
            ("https://app.example.com", true), ("https://APP.example.com:443/", true),
            ("https://live.example.com", true),
            ("http://10.0.0.5:8080", true), ("http://app.example.com", false),
            ("https://app.example.com:8443", false),
            ("https://app.example.com.evil.example", false),
            ("https://evil.example/https://app.example.com", false),
            ("https://app.example.com@evil.example", false), ("http://localhost:3000", false),
            ("http://127.0.0.1:8000", false),
            ("null", false), ("", false), ("https://", false), ("file://", false),
            ("chrome-extension://abc", false),
        ])
    func production(origin: String, isAllowed: Bool) {
        #expect((Self.production.judge([origin]) == .allowed) == isAllowed)
    }

    @Test(
        "development lets in the usual development server and its own page",
        arguments: [
            ("http://localhost:3000", true), ("http://127.0.0.1:3000", true),
            ("http://localhost:3001", false),
            ("http://127.0.0.1:8000", true), ("http://localhost:8000", true), ("http://[::1]:8001", true),
            ("http://localhost:8002", true), ("http://127.1.2.3:8000", true),
            ("https://localhost:8000", true),
            ("http://app.localhost:8000", true), ("http://localhost:8003", false),
            ("http://192.0.2.1:8000", false),
            ("http://127.0.0.1.evil.example:8000", false), ("http://localhost.evil.example:8000", false),
            ("http://evil.example:8000", false),
        ])
    func development(origin: String, isAllowed: Bool) {
        #expect((Self.development.judge([origin]) == .allowed) == isAllowed)
    }

    @Test("No Origin is no browser; two are nobody's")
    func number() {
        #expect(Self.production.judge([]) == .allowed)
        #expect(Self.production.judge(["https://app.example.com", "https://app.example.com"]) != .allowed)
    }

    @Test("A refusal tells all that it rests on, and the exact value to add")
    func inputs() throws {
        guard case .refused(let inputs) = Self.production.judge(["HTTP://App.Example.com:80/"]) else {
            Issue.record("allowed")
            return
        }
        #expect(
            inputs.received == "HTTP://App.Example.com:80/" && inputs.normalized == "http://app.example.com")
        #expect(
            inputs.allowed == ["https://app.example.com", "https://live.example.com", "http://10.0.0.5:8080"])
        #expect(inputs.profile == "production" && inputs.ownLoopbackPorts.isEmpty)
        let remedy = OriginAdvice.remedy(inputs)
        #expect(
            remedy.contains("\"http://app.example.com\"")
                && remedy.contains("only the scheme or port differs"))
        for (value, word) in [
            ("null", "http or https"), ("x", "form"), ("http://localhost:3000", "development"),
        ] {
            guard case .refused(let inputs) = Self.production.judge([value]) else { continue }
            #expect(OriginAdvice.remedy(inputs).contains(word))
        }
    }

    @Test("The client is not told the list in production, the log is")
    func disclosure() throws {
        let refusal = try AdmissionTests.refusal([("Origin", "https://evil.example")])
        #expect(refusal.origin?.allowed == ["https://app.example.com"])
        let buffer = ByteBufferText { refusal.appendJSON(to: $0) }
        #expect(buffer.text.contains("https://evil.example") && !buffer.text.contains("app.example.com"))
        #expect(refusal.logRecord(time: 0).textLine(masking: .init()).contains("app.example.com"))
    }
}
