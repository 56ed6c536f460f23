import Configuration
import Foundation
import SQLiteStore
import Testing

@testable import Gateway

/// What topics remember, asked over real connections: on one loop, and across several.
@Suite(.timeLimit(.minutes(5)), .serialized) struct TopicMemoryTests {
    private static func options(_ options: inout Options) {
        var kept = TopicOptions(pattern: "kept:*")
        kept.history = 3
        kept.presence = true
        kept.presenceLinger = .zero
        var durable = TopicOptions(pattern: "durable:*")
        durable.history = 100
        durable.durable = true
        options.topics = [kept, durable]
    }

    private func dial(_ server: TestServer, _ user: String = "ada") throws -> Talker {
        Talker(try TestClient(port: server.port, path: "/ws?token=\(try server.token(user))"))
    }

    @Test(arguments: [1, 3]) func `who comes back gets what was missed, in order, before what is new`(
        _ loops: Int
    )
        throws
    {
        let server = try TestServer(loops: loops, Self.options)
        let publisher = try dial(server)
        let first = try publisher.ask(#"{"type":"subscribe","topic":"kept:a"}"#)
        let epoch = try #require(first.string("epoch"))
        for number in 1...3 { publisher.say(#"{"type":"publish","topic":"kept:a","data":\#(number)}"#) }
        for number in 1...3 { #expect(try publisher.hear().integer("offset") == number) }

        let returned = try dial(server)
        let answer = try returned.ask(
            #"{"type":"subscribe","topic":"kept:a","since":{"epoch":"\#(epoch)","offset":1},"id":1}"#)
        #expect(answer.text.contains(#""offset":3,"recovered":true,"id":1}"#), "\(answer.text)")
        publisher.say(#"{"type":"publish","topic":"kept:a","data":4}"#)
        #expect(try (0..<3).map { _ in try returned.hear().integer("offset") } == [2, 3, 4])

        for (since, reason) in [
            (#"{"epoch":"\#(epoch)","offset":0}"#, "history_too_short"),
            (#"{"epoch":"\#(epoch)","offset":9}"#, "position_ahead"),
            (#"{"epoch":"zzz","offset":4}"#, "epoch_changed"),
        ] {
            let refused = try dial(server).ask(#"{"type":"subscribe","topic":"kept:a","since":\#(since)}"#)
            #expect(refused.text.contains(#""recovered":false,"reason":"\#(reason)""#), "\(refused.text)")
        }
        let nothing = try dial(server)
        let plain = try nothing.ask(#"{"type":"subscribe","topic":"other"}"#)
        let other = try #require(plain.string("epoch"))
        nothing.say(#"{"type":"publish","topic":"other","data":1}"#)
        _ = try nothing.hear()
        let refused = try dial(server).ask(
            #"{"type":"subscribe","topic":"other","since":{"epoch":"\#(other)","offset":0}}"#)
        #expect(refused.text.contains(#""reason":"no_history""#), "\(refused.text)")
    }

    @Test(arguments: [1, 3]) func `the past can be read, a key is published once`(_ loops: Int) throws {
        let server = try TestServer(loops: loops, Self.options)
        let client = try dial(server)
        #expect(
            try client.ask(#"{"type":"history","topic":"kept:b","id":1}"#).text
                == #"{"type":"history","topic":"kept:b","epoch":null,"offset":0,"messages":[],"complete":true,"id":1}"#
        )
        for number in 1...4 {
            #expect(
                try client.ask(
                    #"{"type":"publish","topic":"kept:b","data":\#(number),"key":"k\#(number)","id":1}"#
                )
                .integer("offset") == number)
        }
        let again = try client.ask(#"{"type":"publish","topic":"kept:b","data":5,"key":"k2","id":1}"#)
        #expect(again.text.hasSuffix(#""offset":2,"duplicate":true,"id":1}"#), "\(again.text)")
        let page = try client.ask(#"{"type":"history","topic":"kept:b","limit":2,"newest_first":true}"#)
        #expect(
            page.numbers("offset") == [4, 4, 3] && page.text.contains(#""complete":false"#), "\(page.text)")
        #expect(
            try client.ask(#"{"type":"publish","topic":"plain","data":1,"key":"k","id":1}"#).text
                .contains(#""code":"key_refused""#))
        client.say(#"{"type":"subscribe","topic":"kept:b","history":2}"#)
        #expect(try (0..<3).map { _ in try client.hear().integer("offset") } == [4, 3, 4])
    }

    @Test(arguments: [1, 3]) func `it is told who is there, who comes and who goes`(_ loops: Int) throws {
        let server = try TestServer(loops: loops, Self.options)
        let watcher = try dial(server, "ada")
        let joined = try watcher.ask(#"{"type":"subscribe","topic":"kept:c","presence":true}"#)
        #expect(
            joined.text.contains(
                #""presence":{"users":[{"user":"ada","connections":1}],"count":1,"complete":true"#),
            "\(joined.text)")
        var bobs = try (0..<2).map { _ in try dial(server, "bob") }
        for bob in bobs { _ = try bob.ask(#"{"type":"subscribe","topic":"kept:c"}"#) }
        #expect(
            try watcher.hear().text == #"{"type":"presence","topic":"kept:c","joined":{"user":"bob"}}"#)
        #expect(
            try watcher.ask(#"{"type":"presence","topic":"kept:c"}"#).text
                .contains(#"{"user":"bob","connections":2}"#))
        // One of two windows closes: bob is still there. Messages keep their order with what is told of users.
        bobs.removeLast()
        watcher.say(#"{"type":"publish","topic":"kept:c","data":1}"#)
        #expect(try watcher.hear().string("type") == "message")
        bobs[0].say(#"{"type":"unsubscribe","topic":"kept:c"}"#)
        let left = try watcher.hear()
        #expect(
            left.text.hasPrefix(#"{"type":"presence","topic":"kept:c","left":{"user":"bob","last_seen":"#))
        #expect(
            try watcher.ask(#"{"type":"presence","topic":"plain"}"#).text
                .contains(#""code":"presence_not_kept""#))
    }

    @Test(arguments: [1, 3]) func `a durable topic survives the server`(_ loops: Int) throws {
        let directory = try TemporaryDirectory()
        var epoch = ""
        do {
            let server = try TestServer(loops: loops, store: directory.path, Self.options)
            let client = try dial(server)
            epoch = try #require(
                try client.ask(#"{"type":"subscribe","topic":"durable:a"}"#).string("epoch"))
            for number in 1...5 {
                client.say(
                    #"{"type":"publish","topic":"durable:a","data":\#(number),"key":"k\#(number)","id":\#(number)}"#
                )
            }
            let heard = try (0..<10).map { _ in try client.hear() }
            #expect(
                heard.filter { $0.string("type") == "message" }.map { $0.integer("offset") } == [
                    1, 2, 3, 4, 5,
                ])
            #expect(
                heard.filter { $0.string("type") == "published" }.map { $0.integer("id") } == [1, 2, 3, 4, 5])
        }
        let server = try TestServer(loops: loops, store: directory.path, Self.options)
        let client = try dial(server)
        let answer = try client.ask(
            #"{"type":"subscribe","topic":"durable:a","since":{"epoch":"\#(epoch)","offset":2}}"#)
        #expect(answer.text.contains(#""epoch":"\#(epoch)","offset":5,"recovered":true"#), "\(answer.text)")
        #expect(try (0..<3).map { _ in try client.hear().integer("offset") } == [3, 4, 5])
        let again = try client.ask(#"{"type":"publish","topic":"durable:a","data":9,"key":"k4","id":1}"#)
        #expect(again.text.contains(#""offset":4,"duplicate":true"#), "\(again.text)")
        client.say(#"{"type":"publish","topic":"durable:a","data":6}"#)
        #expect(try client.hear().integer("offset") == 6)
    }

    @Test func `without a store a durable topic says so`() throws {
        let server = try TestServer(loops: 1, Self.options)
        let client = try dial(server)
        for command in [
            #"{"type":"subscribe","topic":"durable:a","id":1}"#,
            #"{"type":"publish","topic":"durable:a","data":1,"id":1}"#,
            #"{"type":"history","topic":"durable:a","id":1}"#,
        ] {
            let answer = try client.ask(command)
            #expect(answer.text.contains(#""code":"store_unavailable""#) && answer.integer("id") == 1)
        }
    }

    @Test func `rights are asked for every operation`() throws {
        let server = try TestServer(loops: 1) {
            Self.options(&$0)
            var open = RightOptions(topic: "kept:*")
            open.allow = [.subscribe, .publish]
            var own = RightOptions(topic: "room:{claim.room}")
            own.allow = [.subscribe, .publish, .presence, .history]
            $0.rights = [open, own]
            $0.endpoints[0].subscribe = ["user:{user}", "room:{claim.room}"]
        }
        let client = try dial(server)
        // The token has no room: only the user's own topic is joined from the start.
        #expect(try client.hear().string("topic") == "user:ada")
        for (command, isAllowed) in [
            (#"{"type":"subscribe","topic":"kept:a","id":1}"#, true),
            (#"{"type":"subscribe","topic":"kept:a","presence":true,"id":1}"#, false),
            (#"{"type":"subscribe","topic":"kept:a","history":3,"id":1}"#, false),
            (#"{"type":"subscribe","topic":"kept:a","since":{"epoch":"z","offset":1},"id":1}"#, false),
            (#"{"type":"history","topic":"kept:a","id":1}"#, false),
            (#"{"type":"presence","topic":"kept:a","id":1}"#, false),
            (#"{"type":"subscribe","topic":"room:1","id":1}"#, false),
            (#"{"type":"publish","topic":"anything","data":1,"id":1}"#, false),
            (#"{"type":"history","topic":"user:ada","id":1}"#, true),
            (#"{"type":"publish","topic":"user:bob","data":1,"id":1}"#, false),
        ] {
            let answer = try client.ask(command)
            #expect(
                answer.text.contains(#""code":"topic_forbidden""#) != isAllowed, "\(command): \(answer.text)")
        }
    }

    @Test func `a path may be one user's own`() throws {
        let server = try TestServer(loops: 1) {
            $0.endpoints = [EndpointOptions(path: "/ws/{user_email}", userParameter: "user_email")]
        }
        let token = try server.token("ada@example.com")
        #expect(try TestClient(port: server.port, path: "/ws/ada@example.com?token=\(token)").status == 101)
        #expect(try TestClient(port: server.port, path: "/ws/ada%40example.com?token=\(token)").status == 101)
        let stranger = try TestClient(port: server.port, path: "/ws/bob@example.com?token=\(token)")
        #expect(stranger.status == 403)
        let late = Talker(try TestClient(port: server.port, path: "/ws/bob@example.com"))
        #expect(
            try late.ask(#"{"type":"auth","token":"\#(token)"}"#).text.contains(#""code":"path_user""#))
        #expect(try late.client.next() == .closed(3502, "token refused"))
    }
}
