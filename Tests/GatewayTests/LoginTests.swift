import Bytes
import Configuration
import CSystem
import Foundation
import JSON
import SQLiteStore
import Testing
import Tokens

@testable import Gateway

/// Passwords for tokens.
@Suite(.timeLimit(.minutes(1))) struct LoginTests {
    private let directory: TemporaryDirectory
    private let server: TestServer
    private let outside: DirectStore

    init() throws {
        directory = try TemporaryDirectory()
        outside = try DirectStore(path: directory.path + "/" + Store.fileName)
        server = try TestServer(loops: 2, store: directory.path) {
            $0.login.path = "/login"
            $0.login.attempts = 3
            $0.login.ttl = .seconds(3600)
            $0.allowedOrigins = ["https://app.example.com"]
            $0.token.audience = ["app"]
        }
        let cheap = try #require(PasswordHash.Cost(logarithm: 10, blockSize: 1, passes: 1))
        let hash = try PasswordHash("påss word&", salt: Array(0..<16), cost: cheap).text
        try outside.write { session throws(StoreError) in
            try session.addUser("ada", password: hash, claims: #"{"role":"x","sub":"eve"}"#, now: 0)
            try session.addUser("bob", password: hash, now: 0)
            try session.setDisabled(true, user: "bob")
        }
    }

    private func post(
        _ body: String, type: String? = "application/x-www-form-urlencoded", _ fields: [String] = [],
        method: String = "POST"
    ) throws -> (status: Int, head: String, json: JSONValue?) {
        var lines = ["\(method) /login HTTP/1.1", "Host: x", "Connection: close"]
        lines += ["Content-Length: \(body.utf8.count)"] + fields
        if let type { lines.append("Content-Type: \(type)") }
        let text = try TestClient(
            port: server.port, request: lines.joined(separator: "\r\n") + "\r\n\r\n" + body
        ).readAll()
        let halves = text.components(separatedBy: "\r\n\r\n")
        return (
            Int(text.split(separator: " ")[1]) ?? 0, halves[0], try? JSONValue.parse(halves[1])
        )
    }

    private static let good = "username=ada&password=p%C3%A5ss+word%26"

    @Test func `a right password gets a token that opens a WebSocket`() throws {
        let multipart = """
            --x\r\nContent-Disposition: form-data; name="username"\r\n\r\nada\r\n--x\r\n\
            Content-Disposition: form-data; name="password"\r\n\r\npåss word&\r\n--x--\r\n
            """
        for (body, type) in [
            (Self.good, nil), (Self.good, "application/x-www-form-urlencoded; charset=utf-8"),
            (#"{"username":"ada","password":"påss word&"}"#, "application/json"),
            (multipart, "multipart/form-data; boundary=x"),
        ] {
            let answer = try post(body, type: type)
            #expect(answer.status == 200, "\(type ?? "")")
            #expect(answer.head.contains("Cache-Control: no-store"))
            #expect(answer.json?["token_type"]?.stringValue == "bearer")
            #expect(answer.json?["expires_in"]?.integerValue == 3600)
            let token = try #require(answer.json?["access_token"]?.stringValue)
            let identity = try server.shared.tokens.acceptance.verify(
                token, now: csys_unix_milliseconds() / 1000)
            #expect(identity.user == "ada" && identity.claim("role") == "x" && identity.tokenID != nil)
            #expect(try TestClient(port: server.port, path: "/ws?token=\(token)").status == 101)
        }
    }

    @Test func `a cheap hash is made anew at a good login`() throws {
        #expect(try post(Self.good).status == 200)
        var text = ""
        while !text.hasPrefix("$scrypt$ln=15,") {
            text = try outside.read { session throws(StoreError) in try session.user("ada")?.password ?? "" }
        }
        #expect(try post(Self.good).status == 200)
    }

    @Test func `what is wrong is refused, and the same for users who exist and who do not`() throws {
        let wrong = try post("username=ada&password=x")
        let nobody = try post("username=eve&password=x")
        #expect(wrong.status == 401 && wrong.json?["code"]?.stringValue == "LOGIN-FAILED")
        #expect(wrong.json == nobody.json && nobody.status == 401)
        let disabled = try post(Self.good.replacing("ada", with: "bob"))
        #expect(disabled.status == 401 && disabled.json?["code"]?.stringValue == "LOGIN-DISABLED")
        // Without the right password nobody learns that.
        #expect(try post("username=bob&password=x").json == wrong.json)
        for (body, type, status) in [
            ("username=ada", "application/x-www-form-urlencoded", 400),
            ("%", "application/x-www-form-urlencoded", 400),
            ("username=a&username=b&password=c", "application/x-www-form-urlencoded", 400),
            (#"{"username":1,"password":"x"}"#, "application/json", 400), ("[", "application/json", 400),
            ("x", "text/plain", 415), ("", "application/json", 400), ("--", "multipart/form-data", 400),
        ] {
            let answer = try post(body, type: type)
            #expect(answer.status == status && answer.json?["code"]?.stringValue == "LOGIN-FORM", "\(body)")
        }
        #expect(try post("", type: nil, method: "GET").status == 405)
    }

    @Test func `attempts in vain are limited by user and by address, those that succeed are not`() throws {
        for _ in 0..<6 { #expect(try post(Self.good).status == 200) }
        /// Tries until it may not be tried any more; a slow machine forgives some attempts meanwhile.
        func attempts(_ user: (Int) -> String) throws -> (
            refused: Int, last: (status: Int, head: String, json: JSONValue?)
        ) {
            for count in 0..<100 {
                let answer = try post("username=\(user(count))&password=x")
                if answer.status != 401 { return (count, answer) }
            }
            return (100, try post(Self.good))
        }
        let user = try attempts { _ in "ada" }
        #expect((3..<10).contains(user.refused) && user.last.status == 429)
        #expect(user.last.json?["code"]?.stringValue == "LOGIN-LIMIT")
        #expect(user.last.head.contains("Retry-After: "))
        // Other users are let, until the address has tried too often; another address behind the proxy is not touched.
        let address = try attempts { "u\($0)" }
        #expect((5..<50).contains(address.refused) && address.last.status == 429)
        let elsewhere = try post("username=v&password=x", ["X-Forwarded-For: 10.0.0.1, 203.0.113.9"])
        #expect(elsewhere.status == 401)
    }

    @Test func `pages of allowed origins may log in, others may not`() throws {
        let origin = "Origin: https://app.example.com"
        let preflight = try post(
            "", type: nil, [origin, "Access-Control-Request-Method: POST"], method: "OPTIONS")
        #expect(preflight.status == 204)
        for field in [
            "Access-Control-Allow-Origin: https://app.example.com", "Access-Control-Allow-Methods: POST",
            "Access-Control-Allow-Headers: Content-Type",
        ] {
            #expect(preflight.head.contains(field), "\(preflight.head)")
        }
        let answer = try post(Self.good, [origin])
        #expect(answer.status == 200)
        #expect(answer.head.contains("Access-Control-Allow-Origin: https://app.example.com"))
        let wrong = try post("username=ada&password=x", [origin])
        #expect(wrong.status == 401 && wrong.head.contains("Access-Control-Allow-Origin: "))
        for method in ["POST", "OPTIONS"] {
            let other = try post(Self.good, ["Origin: https://evil.example.com"], method: method)
            #expect(other.status == 403 && !other.head.contains("Access-Control-Allow-Origin"))
        }
    }

    @Test func `without a key that signs the login gives opaque tokens, or the server does not start`() throws
    {
        let pem = """
            -----BEGIN PUBLIC KEY-----
            MCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=
            -----END PUBLIC KEY-----
            """
        let path = directory.path + "/public.pem"
        try pem.write(toFile: path, atomically: false, encoding: .utf8)
        var options = Options()
        options.login.path = "/login"
        var entry = KeyOptions()
        entry.pemFile = path
        options.keys = [entry]
        #expect(throws: TokenSetupError.noSigner) {
            _ = try TokenSetup(options) { () throws(StateError) in server.key }
        }
        let other = try TestServer(loops: 1, store: directory.path) {
            $0.keys = [entry]
            $0.login.path = "/login"
            $0.token.opaque = true
        }
        let text = try TestClient(
            port: other.port,
            request:
                "POST /login HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: \(Self.good.utf8.count)\r\n\r\n\(Self.good)"
        ).readAll()
        let body = try JSONValue.parse(text.components(separatedBy: "\r\n\r\n")[1])
        let token = try #require(body["access_token"]?.stringValue)
        #expect(token.hasPrefix("sk_"))
        #expect(try TestClient(port: other.port, path: "/ws?token=\(token)").status == 101)
    }
}

@Suite struct LoginPartTests {
    @Test func `attempts come back one by one`() {
        var limit = AttemptLimit(perMinute: 3)
        var now = MonotonicTime(nanoseconds: 1_000_000_000_000)
        for _ in 0..<3 { #expect(limit.take("a", now: now) == nil) }
        #expect(limit.take("a", now: now) == .seconds(20))
        #expect(limit.take("b", now: now) == nil)
        now = now + .seconds(20)
        #expect(limit.take("a", now: now) == nil)
        #expect(limit.take("a", now: now) == .seconds(20))
        limit.forgive("a", now: now)
        #expect(limit.take("a", now: now) == nil)
        now = now + .seconds(60)
        for _ in 0..<3 { #expect(limit.take("a", now: now) == nil) }
    }

    @Test func `the names that are known are bounded, and who was tried most is known longest`() {
        var limit = AttemptLimit(perMinute: 10, capacity: 100)
        let now = MonotonicTime(nanoseconds: 1_000_000_000_000)
        for _ in 0..<10 { #expect(limit.take("ada", now: now) == nil) }
        for name in 0..<1000 { #expect(limit.take("u\(name)", now: now) == nil) }
        #expect(limit.take("ada", now: now) != nil)
    }

    @Test func `a pool does what it took, refuses what is too much, and ends`() throws {
        let pool = try PasswordPool(threads: 2, limit: 2)
        let (gate, began) = (DispatchSemaphore(value: 0), DispatchSemaphore(value: 0))
        for _ in 0..<2 {
            #expect(
                pool.add {
                    began.signal()
                    gate.wait()
                })
            began.wait()
        }
        #expect(pool.add {})
        #expect(pool.add {})
        #expect(!pool.add {})
        for _ in 0..<2 { gate.signal() }
        pool.close()
        #expect(!pool.add {})
    }
}
