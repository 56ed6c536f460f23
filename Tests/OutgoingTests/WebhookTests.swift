import Bytes
import HTTPWire
import Synchronization
import Testing

@testable import Outgoing

@Suite("Webhooks", .timeLimit(.minutes(5)))
struct WebhookTests {
    @Test("the signature is the documented one, and holds for nothing else")
    func signature() {
        let secret = Array("whsec_test".utf8)
        let body = Array("{\"a\":1}".utf8)
        let header = WebhookSignature.header(secret: secret, body: body, unixSeconds: 1_767_225_600)
        // python3: hmac.new(b"whsec_test", b'1767225600.{"a":1}', "sha256").hexdigest()
        #expect(header == "t=1767225600,v1=6d204545ff126a339c00513d93603299c984074ce1331c3537c3f6c976b49019")
        func holds(_ header: String, _ body: [UInt8], now: Int64) -> Bool {
            WebhookSignature.verifies(header, secret: secret, body: body, now: now)
        }
        #expect(holds(header, body, now: 1_767_225_600) && holds(header, body, now: 1_767_225_900))
        #expect(!holds(header, body, now: 1_767_225_901) && !holds(header, body, now: 1_767_225_299))
        #expect(!holds(header, Array("{\"a\":2}".utf8), now: 1_767_225_600))
        #expect(!holds("t=1767225601" + header.dropFirst(12), body, now: 1_767_225_600))
        #expect(!holds("", body, now: 1) && !holds("t=1,v1=", body, now: 1) && !holds("v1=aa", body, now: 1))
        #expect(holds("t=1767225600,v1=00,\(header.dropFirst(13))", body, now: 1_767_225_600))
    }

    static let answers: [(Int, String?, String)] = [
        (200, nil, "delivered"), (204, nil, "delivered"), (301, nil, "OUT-HOOK-REFUSED"),
        (400, nil, "OUT-HOOK-REFUSED"), (401, nil, "OUT-HOOK-REFUSED"), (404, nil, "OUT-HOOK-REFUSED"),
        (408, nil, "OUT-HOOK-REFUSED"), (410, nil, "OUT-HOOK-REFUSED"), (429, nil, "1.0 seconds"),
        (429, "7", "7.0 seconds"), (429, "100000", "300.0 seconds"), (429, "soon", "1.0 seconds"),
        (503, "Sun, 06 Nov 1994 08:49:42 GMT", "5.0 seconds"),
        (503, "Sun, 06 Nov 1994 08:49:00 GMT", "1.0 seconds"),
        (500, nil, "1.0 seconds"), (502, nil, "1.0 seconds"), (599, nil, "1.0 seconds"),
    ]

    @Test("what is tried again after an answer, and when", arguments: answers)
    func verdicts(_ status: Int, _ retryAfter: String?, _ expected: String) {
        let fields = Fields(retryAfter.map { [("Retry-After", $0)] } ?? [])
        let verdict = WebhookPolicy().judge(
            .success(OutgoingHead(status: status, fields: fields)), attempt: 1, age: .zero,
            unixSeconds: 784_111_777, random: 1_023)
        #expect(Self.text(verdict) == expected)
    }

    @Test(
        "what is tried again after a failure",
        arguments: [
            (.refused(host: "h"), true), (.unresolved(host: "h"), true), (.busy(host: "h", limit: 1), true),
            (.connectionLost(host: "h", sent: true), true),
            (.timedOut(.answer, host: "h", after: .seconds(1)), true),
            (.tlsUnverified(host: "h", verification: 10, reason: ""), true),
            (.truncated(host: "h", status: 200), true),
            (.bodyTooLarge(host: "h", status: 503, limit: 1), true),
            (.bodyTooLarge(host: "h", status: 200, limit: 1), false),
            (.urlInvalid(""), false), (.headerInvalid(name: ""), false), (.cancelled, false),
            (.closed, false),
            (.headTooLarge(host: "h", limit: 1), false),
        ] as [(OutgoingError, Bool)])
    func failures(_ error: OutgoingError, _ isRepeated: Bool) {
        let verdict = WebhookPolicy().judge(
            .failure(error), attempt: 1, age: .zero, unixSeconds: 0, random: 1_023)
        #expect(verdict == (isRepeated ? .again(after: .seconds(1)) : .abandoned(.failed(error))))
    }

    @Test("delays double up to the longest, between a half and all of it")
    func backoff() {
        let policy = WebhookPolicy()
        let longest = (1...9).map { policy.backoff($0, 1_023) }
        let shortest = (1...9).map { policy.backoff($0, 0) }
        #expect(longest == [1, 2, 4, 8, 16, 32, 60, 60, 60].map { .seconds($0) })
        #expect(shortest == longest.map { $0 / 2 })
        #expect(policy.backoff(.max, .max) == .seconds(60))
    }

    @Test("tries and time come to an end")
    func ends() {
        let policy = WebhookPolicy()
        func verdict(_ attempt: Int, _ age: Duration) -> WebhookPolicy.Verdict {
            policy.judge(
                .failure(.refused(host: "h")), attempt: attempt, age: age, unixSeconds: 0, random: 1_023)
        }
        #expect(verdict(8, .zero) == .abandoned(.exhausted(attempts: 8)))
        #expect(verdict(2, .seconds(898)) == .again(after: .seconds(2)))
        #expect(verdict(2, .seconds(899)) == .abandoned(.expired(attempts: 2)))
    }

    @Test("Retry-After in every form")
    func retryAfter() {
        #expect(RetryAfter.unixSeconds("Sun, 06 Nov 1994 08:49:37 GMT") == 784_111_777)
        #expect(RetryAfter.unixSeconds("Thu, 29 Feb 2024 00:00:00 GMT") == 1_709_164_800)
        #expect(RetryAfter.unixSeconds("Thu, 01 Jan 1970 00:00:00 GMT") == 0)
        for wrong in ["", "x", "-1", "1.5", "Sun, 06 Nov 1994 08:49 GMT", "Sun, 32 Nov 1994 08:49:37 GMT"] {
            #expect(RetryAfter.delay(wrong, now: 0) == nil, "\(wrong)")
        }
        #expect(RetryAfter.delay("99999999999999999999", now: 0) == .seconds(1_000_000_000))
    }

    @Test("the queue is bounded, drops what is too much, and sends so many at once")
    func queue() {
        var queue = WebhookQueue(limit: 3, byteLimit: 10, concurrency: 1)
        let now = MonotonicTime.seconds(1)
        let first = queue.add(id: "a", event: "e", body: [1, 2, 3], now: now)
        #expect(first.isTaken && first.steps.map(Self.text) == ["send a 1"])
        #expect(queue.add(id: "b", event: "e", body: [1], now: now).steps == [])
        #expect(!queue.add(id: "x", event: "e", body: [UInt8](repeating: 0, count: 7), now: now).isTaken)
        #expect(queue.add(id: "c", event: "e", body: [1], now: now).isTaken)
        #expect(!queue.add(id: "y", event: "e", body: [], now: now).isTaken)
        #expect(queue.dropped == 2 && queue.count == 3)
        // A failed one makes room for the next, and comes back before those that were never tried.
        #expect(
            queue.settle("a", .again(after: .seconds(1))).map(Self.text) == [
                "wait a 1.0 seconds", "send b 1",
            ])
        #expect(queue.ready("a") == [])
        #expect(queue.settle("b", .delivered).map(Self.text) == ["send a 2"])
        #expect(queue.settle("b", .delivered) == [] && queue.ready("a") == [])
        #expect(queue.settle("a", .abandoned(.refused(400))).map(Self.text) == ["send c 1"])
        #expect(queue.add(id: "d", event: "e", body: [1], now: now).isTaken)
        #expect(queue.close().map(\.id) == ["d"])
        #expect(queue.settle("c", .delivered) == [] && queue.count == 0)
        #expect(queue.delivered == 2 && queue.failed == 2)
        #expect(!queue.add(id: "z", event: "e", body: [], now: now).isTaken)
    }

    @Test("a delivery arrives signed, and again with the same id when the receiver was not able")
    func delivery() async throws {
        let http = try OutgoingHTTP()
        let secret = Array("s".utf8)
        let requests = Log<LocalRequest>()
        let server = try LocalServer { peer in
            while let request = peer.readRequest() {
                requests.add(request)
                peer.answer(requests.all.count == 1 ? "503 Service Unavailable" : "204 No Content")
            }
        }
        defer { server.stop() }
        var policy = WebhookPolicy()
        policy.firstDelay = .milliseconds(10)
        let reports = Log<String>()
        let done = Once<Void>()
        let hook = Webhook(url: server.url, secret: secret, headers: [("Authorization", "Bearer b")])
        let report: @Sendable (WebhookSender.Report) -> Void = { report in
            reports.add(Self.text(report))
            if case .delivered = report { done() }
        }
        let sender = WebhookSender(hook, over: http, policy: policy, report: report, random: { 0 })
        let body = Array("{\"user\":\"u\"}".utf8)
        #expect(sender.deliver(event: "disconnect", body: body))
        await done.value
        #expect(reports.all == ["retried disconnect 1 0.005 seconds OUT-STATUS", "delivered disconnect 2"])
        let counts = sender.counts
        #expect(counts == (waiting: 0, delivered: 1, failed: 0, dropped: 0))
        let seen = requests.all
        #expect(seen.count == 2 && Set(seen.map { $0.fields["sockeye-delivery"] ?? "" }).count == 1)
        for request in seen {
            let signature = request.fields["sockeye-signature"] ?? ""
            let time = Int64(signature.dropFirst(2).prefix { $0 != "," }) ?? 0
            #expect(WebhookSignature.verifies(signature, secret: secret, body: body, now: time))
            #expect(request.body == body && request.fields["sockeye-event"] == "disconnect")
            #expect(request.fields["content-type"] == "application/json")
            #expect(request.fields["authorization"] == "Bearer b")
        }
    }

    @Test("a kept delivery is forgotten when its fate is known, and not when the process ends")
    func keeping() async throws {
        let http = try OutgoingHTTP()
        let server = try LocalServer { peer in
            while let request = peer.readRequest() {
                switch request.fields["sockeye-event"] {
                case "taken": peer.answer("204 No Content")
                case "refused": peer.answer("400 Bad Request")
                default: peer.answer("503 Service Unavailable")
                }
            }
        }
        defer { server.stop() }
        let deeds = Log<String>()
        let settled = Once<Void>()
        let keeper = WebhookSender.Keeper { _, event, _ in
            deeds.add("keep \(event)")
        } forget: { _ in
            deeds.add("forget")
        }
        let reports = Log<String>()
        var policy = WebhookPolicy()
        (policy.firstDelay, policy.longestDelay) = (.seconds(600), .seconds(600))
        let hook = Webhook(url: server.url, secret: nil)
        let sender = WebhookSender(hook, over: http, policy: policy, keeper: keeper) {
            reports.add(Self.text($0))
            if reports.all.count == 3 { settled() }
        }
        for event in ["taken", "refused", "later"] { sender.deliver(event: event, body: []) }
        await settled.value
        #expect(deeds.all.filter { $0 == "forget" }.count == 2)
        #expect(
            Set(deeds.all) == ["keep taken", "keep refused", "keep later", "forget"])
        // What waits for its next try is neither reported nor forgotten.
        sender.close()
        #expect(await http.end())
        #expect(deeds.all.count == 5 && reports.all.count == 3)

        let again = try OutgoingHTTP()
        let delivered = Once<Void>()
        let next = WebhookSender(Webhook(url: server.url, secret: nil), over: again, keeper: keeper) {
            if case .delivered(let id, _, _) = $0, id == "old" { delivered() }
        }
        next.resume(id: "old", event: "taken", body: [], age: .seconds(1_000_000_000))
        await delivered.value
        // What is resumed was kept before.
        #expect(deeds.all.filter { $0.hasPrefix("keep") }.count == 3)
        #expect(deeds.all.filter { $0 == "forget" }.count == 3)
        #expect(await again.end())
    }

    @Test("what cannot be sent at all ends, however much there is of it")
    func closed() async throws {
        let http = try OutgoingHTTP()
        #expect(await http.end())
        let reports = Log<String>()
        let sender = WebhookSender(Webhook(url: "http://127.0.0.1:1/", secret: nil), over: http) {
            reports.add(Self.text($0))
        }
        for _ in 0..<100 { sender.deliver(event: "e", body: []) }
        #expect(reports.all == Array(repeating: "failed e 1 OUT-CLOSED", count: 100))
    }

    @Test("who decides is asked once, and every answer is an answer")
    func deciding() async throws {
        let http = try OutgoingHTTP()
        let server = try LocalServer { peer in
            while peer.readRequest() != nil {
                peer.answer("503 Service Unavailable", "", "{\"allow\":false}")
            }
        }
        defer { server.stop() }
        let once = Once<Result<OutgoingResponse, OutgoingError>>()
        let hook = DecidingWebhook(Webhook(url: server.url, secret: [1]), over: http)
        hook.ask(event: "subscribe", body: Array("{}".utf8)) { once($0) }
        let answer = try await once.value.get()
        #expect(answer.status == 503 && answer.body == Array("{\"allow\":false}".utf8))
        #expect(server.connectionCount == 1)
        #expect(!DecidingWebhook.mayRepeat(.connectionLost(host: "h", sent: true)))
        #expect(!DecidingWebhook.mayRepeat(.unresolved(host: "h")))
        #expect(DecidingWebhook.mayRepeat(.connectionLost(host: "h", sent: false)))
    }

    static func text(_ verdict: WebhookPolicy.Verdict) -> String {
        switch verdict {
        case .abandoned(let end): end.code
        case .again(let delay): "\(delay)"
        case .delivered: "delivered"
        }
    }

    static func text(_ step: WebhookQueue.Step) -> String {
        switch step {
        case .send(let delivery): "send \(delivery.id) \(delivery.attempts)"
        case .wait(let id, let delay): "wait \(id) \(delay)"
        }
    }

    static func text(_ report: WebhookSender.Report) -> String {
        switch report {
        case .delivered(_, let event, let attempt): "delivered \(event) \(attempt)"
        case .dropped(let event): "dropped \(event)"
        case .failed(_, let event, let attempt, let end): "failed \(event) \(attempt) \(end.code)"
        case .retried(_, let event, let attempt, let delay, let error):
            "retried \(event) \(attempt) \(delay) \(error.code)"
        }
    }
}
