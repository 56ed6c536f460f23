import Bytes
import SQLiteStore
import Testing
import Tokens

@testable import Gateway

/// Who may use the HTTP API.
@Suite(.timeLimit(.minutes(5))) struct APIKeyTests {
    private let directory: TemporaryDirectory
    private let server: TestServer
    private let outside: DirectStore

    init() throws {
        directory = try TemporaryDirectory()
        var routes = RouteTable()
        routes["/keyed"] = [Route(for: .key) { _, _ in .json(200, Array("{}".utf8)) }]
        routes["/both"] = [Route(for: .user) { _, _ in .json(200, Array("{}".utf8)) }]
        outside = try DirectStore(path: directory.path + "/" + Store.fileName)
        server = try TestServer(loops: 1, store: directory.path, routes: routes)
    }

    private func key(_ form: OpaqueToken.Form = .key) throws -> OpaqueToken {
        let secret = try #require(SigningSecret.random())
        return try #require(OpaqueToken(form, random: secret.bytes))
    }

    private func ask(_ path: String, _ field: String?) throws -> String {
        let fields = field.map { $0 + "\r\n" } ?? ""
        return try TestClient(
            port: server.port,
            request: "GET \(path) HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\(fields)\r\n"
        ).readAll()
    }

    /// Asks until the answer holds `wanted`: what another process wrote is seen a little later.
    private func asked(_ path: String, _ field: String, until wanted: String) throws -> String {
        var text = ""
        for _ in 0..<2000 {
            text = try ask(path, field)
            if text.contains(wanted) { return text }
        }
        return text
    }

    @Test func `what is no key in force opens nothing, and is told why`() throws {
        #expect(try ask("/keyed", nil).contains(#""code":"API-KEY-MISSING""#))
        #expect(try ask("/keyed", "X-API-Key: nonsense").contains(#""code":"API-KEY-MALFORMED""#))
        let token = try server.token("ada")
        let answer = try ask("/keyed", "Authorization: Bearer \(token)")
        #expect(answer.hasPrefix("HTTP/1.1 401 ") && answer.contains(#""code":"API-KEY-MALFORMED""#))
        let (users, made) = (try key(.token).text, try key().text)
        #expect(try ask("/keyed", "X-API-Key: \(users)").contains(#""code":"API-KEY-MALFORMED""#))
        #expect(try ask("/keyed", "X-API-Key: \(made)").contains(#""code":"API-KEY-UNKNOWN""#))
    }

    @Test func `a key made and revoked by another process opens and closes the door`() throws {
        let key = try key()
        _ = try outside.write { session throws(StoreError) in
            try session.addAPIKey(hash: key.hash.bytes, name: "backend", now: 1000)
        }
        #expect(
            try asked("/keyed", "X-API-Key: \(key.text)", until: " 200 ").hasPrefix("HTTP/1.1 200 "))
        #expect(try ask("/keyed", "Authorization: Bearer \(key.text)").hasPrefix("HTTP/1.1 200 "))
        #expect(try ask("/both", "Authorization: Bearer \(key.text)").hasPrefix("HTTP/1.1 200 "))
        _ = try outside.write { session throws(StoreError) in
            try session.revokeAPIKey("backend", now: 2000)
        }
        let answer = try asked("/keyed", "X-API-Key: \(key.text)", until: " 401 ")
        #expect(answer.contains(#""code":"API-KEY-REVOKED""#) && answer.contains("backend"), "\(answer)")
        #expect(!answer.contains(key.text))
    }

    @Test func `a key made by another process is known at its first use`() throws {
        for number in 0..<5 {
            let key = try key()
            _ = try outside.write { session throws(StoreError) in
                try session.addAPIKey(hash: key.hash.bytes, name: "new \(number)", now: 1000)
            }
            #expect(try ask("/keyed", "X-API-Key: \(key.text)").hasPrefix("HTTP/1.1 200 "))
        }
    }

    @Test func `keys that nobody made cost the store few questions`() throws {
        let store = try Store(path: directory.path + "/" + Store.fileName)
        let keys = try APIKeys(store, StoreChanges())
        let known = try key()
        _ = try outside.write { session throws(StoreError) in
            try session.addAPIKey(hash: known.hash.bytes, name: "made", now: 1000)
        }
        func lookUp(_ key: OpaqueToken, at time: MonotonicTime) -> APIKeys.Verdict {
            let answer = Answer<APIKeys.Verdict>()
            keys.lookUp(key.text, now: time) { answer.put($0) }
            return answer.take()
        }
        for _ in 0..<100 { #expect(lookUp(try key(), at: .zero) == .unknown) }
        // Over the bound nobody asks, and a second later there is room again.
        #expect(lookUp(known, at: .zero) == .unknown)
        #expect(
            lookUp(known, at: .seconds(1)) == .good(APIKeys.Bearer(name: "made", hash: known.hash)))
        store.close()
    }

    @Test func `a key that the store cannot be asked about is neither good nor unknown`() throws {
        let store = try Store(path: directory.path + "/" + Store.fileName)
        let keys = try APIKeys(store, StoreChanges())
        store.close()
        let answer = Answer<APIKeys.Verdict>()
        keys.lookUp(try key().text, now: .zero) { answer.put($0) }
        #expect(answer.take() == .undecided(.closed))
        let response = Response.denial(.undecided(.busy(waiting: 4096, bytes: 0)))
        #expect(response.status == 503 && response.fields.contains { $0 == ("Retry-After", "5") })
        #expect(String(decoding: response.body, as: UTF8.self).contains(#""code":"API-KEY-UNDECIDED""#))
    }

    @Test func `keys of an earlier life are known from the start, and their use is noted`() throws {
        let key = try key()
        _ = try outside.write { session throws(StoreError) in
            try session.addAPIKey(hash: key.hash.bytes, name: "old", now: 1000)
        }
        let store = try Store(path: directory.path + "/" + Store.fileName)
        let keys = try APIKeys(store, StoreChanges())
        #expect(keys.judge(key.text, now: 100_000) == .good(APIKeys.Bearer(name: "old", hash: key.hash)))
        let record = try store.readNow { session throws(StoreError) in
            try session.apiKey(hash: key.hash.bytes)
        }
        // The note is written by another thread than the one that reads.
        #expect(record?.lastUsedAt == nil || record?.lastUsedAt == 100_000)
        store.close()
        let kept = try outside.read { session throws(StoreError) in try session.apiKey(hash: key.hash.bytes) }
        #expect(kept?.lastUsedAt == 100_000)
    }
}
