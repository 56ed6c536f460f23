import HTTPWire
import Synchronization
import Testing

@testable import Outgoing

@Suite("Answers taken whole", .timeLimit(.minutes(5)))
struct WholeTests {
    @Test("method, fields and body arrive; status, fields and body come back")
    func roundTrip() async throws {
        let http = try OutgoingHTTP()
        let seen = Once<LocalRequest>()
        let server = try LocalServer { peer in
            guard let request = peer.readRequest() else { return }
            seen(request)
            peer.answer("201 Created", "X-A: 1\r\nX-A:  two \r\n", "made")
        }
        defer { server.stop() }
        var request = OutgoingRequest(
            "POST", server.url + "a/b?c=d", headers: [("X-B", "v w"), ("X-Empty", "")],
            body: Array("hello".utf8))
        request.totalTimeout = .seconds(20)
        let answer = try await http.response(request)
        #expect(answer.status == 201 && answer.body == Array("made".utf8))
        #expect(answer.head.fields.values(of: "x-a") == ["1", "two"])
        let got = await seen.value
        #expect(got.line == "POST /a/b?c=d HTTP/1.1" && got.body == Array("hello".utf8))
        #expect(
            got.fields["x-b"] == "v w" && got.fields["x-empty"] == "" && got.fields["user-agent"] == "Sockeye"
        )
        // Nothing libcurl would add by itself.
        #expect(got.fields["content-type"] == nil && got.fields["expect"] == nil)
        #expect(got.fields["accept-encoding"] == nil && got.fields["cookie"] == nil)
    }

    @Test("methods and bodies", arguments: ["GET", "HEAD", "DELETE", "PUT", "PATCH", "OPTIONS", "POST"])
    func methods(_ method: String) async throws {
        let http = try OutgoingHTTP()
        let seen = Log<String>()
        let server = try LocalServer { peer in
            while let request = peer.readRequest() {
                seen.add("\(request.line) \(request.fields["content-length"] ?? "-")")
                peer.answer("200 OK", "", method == "HEAD" ? "" : "x")
            }
        }
        defer { server.stop() }
        _ = try await http.response(OutgoingRequest(method, server.url))
        _ = try await http.response(OutgoingRequest(method, server.url, body: method == "HEAD" ? nil : []))
        let first = seen.all.first ?? ""
        #expect(first.hasPrefix("\(method) / HTTP/1.1 "))
        if method != "HEAD" { #expect(seen.all.last == "\(method) / HTTP/1.1 0") }
    }

    @Test("a connection is used again")
    func reuse() async throws {
        var options = OutgoingOptions()
        options.idleConnectionLifetime = .seconds(60)
        let http = try OutgoingHTTP(options)
        let server = try LocalServer { peer in
            while peer.readRequest() != nil { peer.answer() }
        }
        defer { server.stop() }
        for _ in 0..<5 { _ = try await http.response(OutgoingRequest("GET", server.url)) }
        #expect(server.connectionCount == 1)
    }

    @Test("interim answers and trailers are not shown")
    func interim() async throws {
        let http = try OutgoingHTTP()
        let server = try LocalServer { peer in
            guard peer.readRequest() != nil else { return }
            peer.send("HTTP/1.1 103 Early Hints\r\nX-Early: 1\r\n\r\n")
            peer.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nX-Late: 2\r\n\r\n")
            peer.chunk("ab")
            peer.send("0\r\nX-Trailer: 3\r\n\r\n")
        }
        defer { server.stop() }
        let answer = try await http.response(OutgoingRequest("GET", server.url))
        #expect(answer.status == 200 && answer.body == Array("ab".utf8))
        #expect(answer.head.fields["X-Early"] == nil && answer.head.fields["X-Late"] == "2")
        #expect(answer.head.fields["X-Trailer"] == nil)
    }

    @Test("a redirect is the answer, unless asked otherwise")
    func redirects() async throws {
        let http = try OutgoingHTTP()
        let server = try LocalServer { peer in
            while let request = peer.readRequest() {
                switch request.line.split(separator: " ")[1] {
                case "/once": peer.answer("302 Found", "Location: /end\r\n", "moved")
                case "/ftp": peer.answer("302 Found", "Location: ftp://127.0.0.1/\r\n")
                case "/loop": peer.answer("307 Temporary Redirect", "Location: /loop\r\n")
                default: peer.answer("200 OK", "", "end")
                }
            }
        }
        defer { server.stop() }
        var request = OutgoingRequest("GET", server.url + "once")
        #expect(try await http.response(request).status == 302)
        request.redirectLimit = 3
        let answer = try await http.response(request)
        #expect(answer.status == 200 && answer.body == Array("end".utf8))
        request.url = server.url + "loop"
        #expect(await http.failure(request)?.code == "OUT-REDIRECTS")
        request.url = server.url + "ftp"
        #expect(await http.failure(request)?.code == "OUT-REDIRECT")
    }

    @Test("500 requests at once, never more than 50 of them under way")
    func fiveHundred() async throws {
        var options = OutgoingOptions()
        options.concurrency = 50
        options.hostConcurrency = 50
        let http = try OutgoingHTTP(options)
        let inside = Mutex((now: 0, most: 0))
        let full = Latch()
        let server = try LocalServer { peer in
            while peer.readRequest() != nil {
                let isFull = inside.withLock { inside in
                    inside.now += 1
                    inside.most = max(inside.most, inside.now)
                    return inside.most == 50
                }
                // Nobody is answered before fifty were here together.
                if isFull { full.open() }
                _ = full.wait(.seconds(20))
                inside.withLock { $0.now -= 1 }
                peer.answer("200 OK", "", "x")
            }
        }
        defer { server.stop() }
        let statuses = await withTaskGroup(of: Int.self) { group in
            for _ in 0..<500 {
                group.addTask { (try? await http.response(OutgoingRequest("GET", server.url)).status) ?? 0 }
            }
            var statuses: [Int] = []
            for await status in group { statuses.append(status) }
            return statuses
        }
        #expect(statuses.count == 500 && statuses.allSatisfy { $0 == 200 })
        #expect(inside.withLock { $0.most } == 50)
        #expect(server.connectionCount <= 100)
        #expect(http.count == 0)
    }

    @Test("a full host does not hold up another, and a full queue says so at once")
    func busy() async throws {
        var options = OutgoingOptions()
        (options.hostConcurrency, options.hostQueueLimit) = (1, 1)
        let http = try OutgoingHTTP(options)
        let hanging = try LocalServer { peer in
            _ = peer.readRequest()
            _ = peer.waitForClose()
        }
        let quick = try LocalServer { peer in
            while peer.readRequest() != nil { peer.answer() }
        }
        defer {
            hanging.stop()
            quick.stop()
        }
        // Cancelled, however long a busy machine takes to come to that.
        var request = OutgoingRequest("GET", hanging.url)
        (request.totalTimeout, request.idleTimeout) = (nil, nil)
        let ends = Log<String>()
        let done = Once<Void>()
        var ids: [TransferID] = []
        for _ in 0..<2 {
            ids.append(
                try http.perform(request) { result in
                    if case .failure(let error) = result { ends.add(error.code) }
                    if ends.all.count == 2 { done() }
                })
        }
        #expect(throws: OutgoingError.busy(host: "127.0.0.1:\(hanging.port)", limit: 1)) {
            try http.perform(OutgoingRequest("GET", hanging.url)) { _ in }
        }
        #expect(try await http.response(OutgoingRequest("GET", quick.url)).status == 200)
        // The one that waits goes first, so that it never begins.
        for id in ids.reversed() { http.cancel(id) }
        await done.value
        #expect(ends.all == ["OUT-CANCELLED", "OUT-CANCELLED"])
        #expect(hanging.connectionCount <= 1)
    }
}
