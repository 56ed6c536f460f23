import Doctor
import Testing

@Suite("Doctor: model")
struct ModelTests {
    @Test("an nginx version is read as people write it")
    func versions() {
        #expect(NginxVersion("1.25.3") == NginxVersion(1, 25, 3))
        #expect(NginxVersion("nginx/1.22.1") == NginxVersion(1, 22, 1))
        #expect(NginxVersion("1.25") == NginxVersion(1, 25))
        #expect(NginxVersion("1.29.7 (Ubuntu)") == NginxVersion(1, 29, 7))
        for text in ["", "1", "one", "1.", "1.2.", "1.2.3.4", "99999999999999999999.1"] {
            #expect(NginxVersion(text) == nil, "\(text)")
        }
    }

    @Test("codes are words in kebab case, each once")
    func codes() {
        let codes = CauseCode.allCases.map(\.rawValue)
        #expect(Set(codes).count == codes.count)
        for code in codes { #expect(code.utf8.allSatisfy { $0 == 0x2D || $0.isDigitOrSmall }, "\(code)") }
    }
}

extension UInt8 {
    fileprivate var isDigitOrSmall: Bool { (0x30...0x39).contains(self) || (0x61...0x7A).contains(self) }
}

@Suite("Doctor: --connect-to")
struct RedirectionTests {
    @Test("four parts, any of them empty")
    func parts() {
        #expect(
            Redirection("App.example:443:127.0.0.1:8443")
                == Redirection(host: "app.example", port: 443, address: "127.0.0.1", addressPort: 8443))
        #expect(Redirection(":::8080") == Redirection(host: "", port: nil, address: "", addressPort: 8080))
        #expect(
            Redirection("[::1]:80:[fe80::2]:90")
                == Redirection(host: "::1", port: 80, address: "fe80::2", addressPort: 90))
        for text in ["", "a", "a:1:b", "a:1:b:2:3", "a:x:b:1", "a:0:b:1", "a:1:b:70000", "[a:1:b:2"] {
            #expect(Redirection(text) == nil, "\(text)")
        }
    }

    @Test("applies to its host and port, an empty part to all")
    func applies() {
        let one = Redirection(host: "a", port: 80, address: "b", addressPort: 1)
        #expect(one.applies(to: "a", port: 80))
        #expect(!one.applies(to: "a", port: 81) && !one.applies(to: "b", port: 80))
        let any = Redirection(host: "", port: nil, address: "b", addressPort: 1)
        #expect(any.applies(to: "x", port: 9))
    }
}
