import Configuration
import Foundation
import JSON
import SQLiteStore
import Testing

@testable import Gateway

/// Notifications: stored, pushed to every window, kept while nobody is there, read once for all windows.
@Suite(.timeLimit(.minutes(5)), .serialized) struct InboxTests {
    private let directory: TemporaryDirectory

    init() throws { directory = try TemporaryDirectory() }

    private func serve(_ loops: Int = 1, _ configure: (inout Options) -> Void = { _ in }) throws -> TestServer
    {
        try TestServer(loops: loops, store: directory.path, configure)
    }

    private func dial(_ server: TestServer, _ user: String = "ada", _ path: String = "/ws") throws -> Talker {
        Talker(try TestClient(port: server.port, path: "\(path)?token=\(try server.token(user))"))
    }

    /// Proves that nothing was sent before the answer to a ping.
    private func isSilent(_ talker: Talker) throws -> Bool {
        try talker.ask(#"{"type":"ping"}"#).string("type") == "pong"
    }

    @Test(arguments: [1, 3]) func `every window hears at once, and nobody else`(_ loops: Int) throws {
        let server = try serve(loops)
        let api = try APICaller(server)
        let windows = try (0..<6).map { _ in try dial(server) }
        let other = try dial(server, "bob")
        for talker in windows + [other] { #expect(try isSilent(talker)) }
        for number in 1...3 {
            let answer = try api.post("/api/v1/notify", #"{"user":"ada","data":{"n": \#(number)}}"#)
            #expect(answer.body == #"{"id":\#(number),"unread":\#(number)}"#)
            for window in windows {
                let heard = try window.hear()
                #expect(heard.string("type") == "notification" && heard.integer("id") == number)
                #expect(
                    heard.text.contains(#""data":{"n": \#(number)},"unread":\#(number)}"#), "\(heard.text)")
            }
        }
        #expect(try isSilent(other))
    }

    @Test(arguments: [1, 3]) func `what came while nobody was there is told at connect, unless it is read`(
        _ loops: Int
    ) throws {
        for restarts in [false, true] {
            var server = try serve(loops)
            let user = restarts ? "eve" : "ada"
            for number in 1...3 {
                _ = try APICaller(server).post("/api/v1/notify", #"{"user":"\#(user)","data":\#(number)}"#)
            }
            if restarts { server = try serve(loops) }
            let first = try dial(server, user)
            let inbox = try first.hear()
            #expect(inbox.string("type") == "inbox" && inbox.integer("unread") == 3)
            let ids = inbox.numbers("id")
            #expect(ids.count == 3 && ids == ids.sorted(by: >), "\(inbox.text)")
            #expect(inbox.numbers("data") == [3, 2, 1])

            let second = try dial(server, user)
            #expect(try second.hear().numbers("id") == ids)
            let marked = try second.ask(#"{"type":"mark_read","ids":[\#(ids[1]),999999],"id":"x"}"#)
            #expect(marked.text == #"{"type":"marked_read","ids":[\#(ids[1])],"unread":2,"id":"x"}"#)
            #expect(try first.hear().text == #"{"type":"marked_read","ids":[\#(ids[1])],"unread":2}"#)

            #expect(try dial(server, user).hear().numbers("id") == [ids[0], ids[2]])
            let all = try first.ask(#"{"type":"mark_read","up_to":\#(ids[0])}"#)
            #expect(all.text == #"{"type":"marked_read","up_to":\#(ids[0]),"unread":0}"#)
            #expect(try second.hear().text == all.text)
            #expect(try isSilent(try dial(server, user)))
            // Marked twice is told to who asks alone.
            #expect(
                try first.ask(#"{"type":"mark_read","ids":[\#(ids[0])]}"#).text
                    == #"{"type":"marked_read","ids":[],"unread":0}"#)
            #expect(try isSilent(second))
        }
    }

    @Test func `the inbox can be read in pages, over a WebSocket and over HTTP`() throws {
        let server = try serve(2)
        let api = try APICaller(server)
        for number in 1...5 { _ = try api.post("/api/v1/notify", #"{"user":"ada","data":\#(number)}"#) }
        let client = try dial(server)
        #expect(try client.hear().integer("unread") == 5)
        _ = try client.ask(#"{"type":"mark_read","ids":[4]}"#)
        let page = try client.ask(#"{"type":"inbox","limit":2,"id":7}"#)
        #expect(page.numbers("data") == [5, 4] && page.text.hasSuffix(#""complete":false,"id":7}"#))
        #expect(page.text.contains(#""read_at":"#))
        let next = try client.ask(#"{"type":"inbox","limit":3,"before":4}"#)
        #expect(next.numbers("data") == [3, 2, 1] && next.text.hasSuffix(#""complete":true}"#))
        #expect(try client.ask(#"{"type":"inbox","unread":true}"#).numbers("data") == [5, 3, 2, 1])

        let seen = try api.get("/api/v1/notifications?user=ada&limit=2&unread=true")
        #expect(seen["unread"]?.integerValue == 4 && seen["complete"]?.boolValue == false)
        #expect(seen["notifications", "1", "data"]?.integerValue == 3)
        let rest = try api.get("/api/v1/notifications?user=ada&before=2")
        #expect(rest["notifications", "0", "id"]?.integerValue == 1 && rest["complete"]?.boolValue == true)
        #expect(try api.get("/api/v1/notifications?user=nobody")["unread"]?.integerValue == 0)
    }

    @Test func `a key is stored once, what has expired is gone`() throws {
        let server = try serve()
        let api = try APICaller(server)
        let body = #"{"user":"ada","data":1,"key":"k"}"#
        #expect(try api.post("/api/v1/notify", body).body == #"{"id":1,"unread":1}"#)
        #expect(try api.post("/api/v1/notify", body).body == #"{"id":1,"unread":1,"duplicate":true}"#)
        let answer = try api.post("/api/v1/notify", #"{"user":"ada","data":2,"ttl":60}"#)
        #expect(answer["unread"]?.integerValue == 2)
        let shown = try api.get("/api/v1/notifications?user=ada")
        let created = shown["notifications", "0", "created_at"]?.integerValue ?? 0
        let end = shown["notifications", "0", "expires_at"]?.integerValue ?? 0
        #expect((59...61).contains(end - created))

        // One that ended long ago, as the store has it.
        let outside = try DirectStore(path: directory.path + "/" + Store.fileName)
        try outside.write { session throws(StoreError) in
            _ = try session.notify("bob", data: Array("1".utf8), expiresAt: 2000, now: 1000)
        }
        #expect(try isSilent(try dial(server, "bob")))
    }

    @Test(arguments: [1, 3]) func `what another process stores is pushed as well`(_ loops: Int) throws {
        let server = try serve(loops)
        let windows = try (0..<3).map { _ in try dial(server) }
        for window in windows { #expect(try isSilent(window)) }
        let outside = try DirectStore(path: directory.path + "/" + Store.fileName)
        for number in 1...2 {
            try outside.write { session throws(StoreError) in
                _ = try session.notify("ada", data: Array("\(number)".utf8), now: Int64(number) * 1000)
            }
            for window in windows {
                let heard = try window.hear()
                #expect(heard.integer("data") == number && heard.integer("created_at") == number)
            }
        }
        // Marked elsewhere: the windows are told what is left.
        try outside.write { session throws(StoreError) in
            _ = try session.markRead(.ids([1]), of: "ada", now: 3000)
        }
        for window in windows {
            let inbox = try window.hear()
            #expect(inbox.string("type") == "inbox" && inbox.numbers("id") == [2])
        }
    }

    @Test func `an endpoint may leave pushes out, and still answers`() throws {
        let server = try serve(2) {
            var quiet = EndpointOptions(path: "/quiet")
            quiet.notifications = false
            $0.endpoints.append(quiet)
        }
        let api = try APICaller(server)
        _ = try api.post("/api/v1/notify", #"{"user":"ada","data":1}"#)
        let quiet = try dial(server, "ada", "/quiet")
        #expect(try isSilent(quiet))
        let loud = try dial(server)
        #expect(try loud.hear().string("type") == "inbox")
        #expect(try quiet.ask(#"{"type":"inbox"}"#).integer("unread") == 1)
        let marked = try quiet.ask(#"{"type":"mark_read","up_to":1}"#)
        #expect(try marked.integer("unread") == 0 && loud.hear().text == marked.text)
    }

    @Test func `a session that begins with a message is welcomed, once`() throws {
        let server = try serve()
        _ = try APICaller(server).post("/api/v1/notify", #"{"user":"ada","data":1}"#)
        let client = Talker(try TestClient(port: server.port, path: "/ws"))
        #expect(try client.ask(#"{"type":"inbox"}"#).string("code") == "authentication_required")
        let token = try server.token("ada")
        #expect(try client.ask(#"{"type":"auth","token":"\#(token)"}"#).string("type") == "authenticated")
        #expect(try client.hear().string("type") == "inbox")
        #expect(try client.ask(#"{"type":"auth","token":"\#(token)"}"#).string("type") == "authenticated")
        #expect(try isSilent(client))
    }

    @Test func `a server without a store says so`() throws {
        let server = try TestServer(loops: 1)
        let client = try dial(server)
        for command in [#"{"type":"inbox"}"#, #"{"type":"mark_read","up_to":1}"#] {
            #expect(try client.ask(command).string("code") == "store_unavailable")
        }
    }

    @Test func `who does not read is closed, and memory stays bounded`() throws {
        let server = try serve(1) {
            $0.outboundHigh = 64 << 10; $0.outboundLow = 1 << 10
        }
        let client = try dial(server)
        let api = try APICaller(server)
        let words = String(repeating: "x", count: 200 << 10)
        // More than the kernel's buffers take.
        for _ in 0..<100 {
            _ = try api.post("/api/v1/notify", #"{"user":"ada","data":"\#(words)"}"#)
            if try api.get("/api/v1/connections")["count"]?.integerValue == 0 { break }
        }
        #expect(try api.get("/api/v1/connections")["count"]?.integerValue == 0)
        withExtendedLifetime(client) {}
    }

    @Test(arguments: [
        #"{"type":"mark_read"}"#, #"{"type":"mark_read","ids":[]}"#, #"{"type":"mark_read","ids":[1.5]}"#,
        #"{"type":"mark_read","ids":["1"]}"#, #"{"type":"mark_read","ids":[1],"up_to":1}"#,
        #"{"type":"mark_read","up_to":-1}"#, #"{"type":"mark_read","ids":1}"#, #"{"type":"inbox","limit":0}"#,
        #"{"type":"inbox","limit":1001}"#, #"{"type":"inbox","unread":1}"#, #"{"type":"inbox","before":"1"}"#,
        #"{"type":"mark_read","ids":[\#(Array(repeating: "1", count: 1001).joined(separator: ","))]}"#,
        #"{"type":"mark_read","up_to":99999999999999999999}"#,
    ]) func `what cannot be meant is refused`(_ command: String) throws {
        guard case .failure(let error, _) = decode(command) else {
            Issue.record("\(command) was understood")
            return
        }
        #expect([.missingMember, .wrongMemberType].contains(error.code), "\(command): \(error)")
    }
}
