import Bytes
import Testing
import Tokens

@Suite("Opaque tokens and API keys")
struct OpaqueTokenTests {
    private let bytes = (0..<32).map { UInt8($0) }

    @Test("tokens of each form are read back", arguments: OpaqueToken.Form.allCases)
    func forms(_ form: OpaqueToken.Form) throws {
        let token = try #require(OpaqueToken(form, random: bytes))
        #expect(token.text == form.rawValue + "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8")
        #expect(OpaqueToken(token.text) == token && OpaqueToken(token.text)?.form == form)
        #expect(token.display == token.text.prefix(8) + "…" && "\(token)" == token.display)
        #expect(!"\(token)".contains("AwQFBgc"))
        for count in [0, 31, 33] {
            #expect(OpaqueToken(form, random: [UInt8](repeating: 1, count: count)) == nil)
        }
        for bad in [
            String(token.text.dropLast()), token.text + "A", " " + token.text, token.text + "\n",
            token.text + "=",
            String(token.text.dropLast()) + "9", form.rawValue, "x" + token.text.dropFirst(),
            token.text.uppercased(),
        ] {
            #expect(OpaqueToken(bad) == nil || OpaqueToken(bad)?.form == .plain, "\(bad)")
            #expect(OpaqueToken(bad) != token)
        }
    }

    @Test("bytes that spell a prefix stay a plain token")
    func prefixes() throws {
        for text in ["sk_", "skk_"] {
            let spelled = text + String(repeating: "A", count: 43 - text.utf8.count)
            let bytes = try #require(Base64.decode(Array(spelled.utf8), alphabet: .url))
            let token = try #require(OpaqueToken(.plain, random: bytes))
            #expect(token.text == spelled && OpaqueToken(spelled)?.form == .plain)
        }
    }

    @Test("hashes: FIPS 180-4 examples, hex there and back, equality")
    func hashes() throws {
        #expect(
            TokenHash(of: "abc").hex == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
        #expect(TokenHash(of: "").hex == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
        let hash = TokenHash(of: "abc")
        #expect(TokenHash(hex: hash.hex) == hash && TokenHash(hex: hash.hex.uppercased()) == hash)
        #expect(TokenHash(of: "abd") != hash && Set([hash, TokenHash(of: "abc")]).count == 1)
        for bad in [
            "", "00", hash.hex + "0", String(hash.hex.dropLast()) + "g", String(hash.hex.dropLast(2)) + "é",
        ] {
            #expect(TokenHash(hex: bad) == nil)
        }
        let token = try #require(OpaqueToken(.key, random: bytes))
        #expect(token.hash == TokenHash(of: token.text))
    }

    @Test("short tokens of other makers are not shown at all")
    func display() {
        #expect(OpaqueToken.display("0123456789") == "…" && OpaqueToken.display("") == "…")
        #expect(OpaqueToken.display("0123456789012345678901234") == "01234567…")
    }
}
