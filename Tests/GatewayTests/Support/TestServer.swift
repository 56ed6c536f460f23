import Bytes
import Configuration
import EventLoop
import Foundation
import Outgoing
import SQLiteStore
import Telemetry
import Testing
import Tokens
import Transport

@testable import Gateway

/// A gateway in this process, on loopback, with as many loops as a test wants.
final class TestServer: @unchecked Sendable {
    let key: TokenKey
    let port: UInt16
    let shared: ServerShared
    /// What opens the HTTP API, where there is a store.
    let apiKey: String?
    private let workers: [Worker]
    private let mailboxes: [Mailbox<LoopMessage>]

    init(
        loops count: Int, store: String? = nil, routes: RouteTable = RouteTable(),
        log: LogSink = LogSink(level: .error),
        _ configure: (inout Options) -> Void = { _ in }
    ) throws {
        var options = Options()
        options.echo = "/echo"
        options.listen = [ListenEntry(address: "127.0.0.1:0")]
        configure(&options)
        let key = try #require(TokenKey(hs256: (0..<32).map { UInt8($0) }))
        let address = try Listener(SocketAddress(parsing: "127.0.0.1:0")).boundAddress
        let plans = [
            ListenerPlan(
                address: address, tls: false, proxyProtocol: options.proxyProtocol, sharesPort: count > 1,
                sharesByMail: false)
        ]
        apiKey = try store.map(Self.makeKey)
        let changes = StoreChanges()
        let latency = StoreLatency()
        var storeOptions = StoreOptions()
        storeOptions.changeInterval = 20
        let shared = try ServerShared(
            options: options, listeners: [address.description], connections: 1000,
            tokens: TokenSetup(options) { () throws(StateError) in key }, tls: nil,
            log: log,
            store: try store.map {
                try Store(
                    path: $0 + "/" + Store.fileName, options: storeOptions, onChange: changes.report,
                    onCommit: latency.record)
            }, changes: changes, storeLatency: latency, routes: routes)
        let loops = try (0..<count).map { try EventLoop(name: "test-\($0)") }
        let mailboxes = loops.map { loop in Mailbox<LoopMessage> { loop.wake() } }
        shared.tokens.start(mailboxes)
        workers = try loops.enumerated().map { index, loop in
            try Worker(index: index, loop: loop, shared: shared, peers: mailboxes, plans: plans)
        }
        for worker in workers { try worker.start() }
        self.key = key
        self.shared = shared
        self.mailboxes = mailboxes
        port = try #require(address.port)
    }

    /// Puts a key of the HTTP API into the store of a directory.
    private static func makeKey(_ directory: String) throws -> String {
        let secret = try #require(SigningSecret.random())
        let key = try #require(OpaqueToken(.key, random: secret.bytes))
        try DirectStore(path: directory + "/" + Store.fileName).write { session throws(StoreError) in
            _ = try session.addAPIKey(hash: key.hash.bytes, name: "test-\(key.display)", now: 0)
        }
        return key.text
    }

    deinit {
        for worker in workers { worker.loop.stop() }
        for worker in workers { worker.loop.join() }
        shared.outgoing?.shutdown()
    }

    func token(_ user: String, ttl: Int64 = 600) throws -> String {
        try TokenMint.mint(user: user, ttl: ttl, now: Int64(Date().timeIntervalSince1970), key: key)
    }

    /// Keeps the loops from taking a turn while something is done, so that all of it is there in the next one.
    func hold<R>(_ body: () throws -> R) rethrows -> R {
        let (held, released) = (DispatchSemaphore(value: 0), DispatchSemaphore(value: 0))
        for mailbox in mailboxes {
            mailbox.post(
                .perform { _ in
                    held.signal()
                    released.wait()
                })
        }
        for _ in mailboxes { held.wait() }
        defer { for _ in mailboxes { released.signal() } }
        return try body()
    }

    /// Says goodbye to everybody, and waits until they are gone.
    func drain() {
        let group = DispatchGroup()
        for mailbox in mailboxes {
            group.enter()
            mailbox.post(.drain { group.leave() })
        }
        group.wait()
    }
}
