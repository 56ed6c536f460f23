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
