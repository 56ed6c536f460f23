import NginxRouting
import Testing

@testable import Doctor

/// A limit that is over from the start: what every loop does when it asks the clock.
@Suite struct `Examinations that run out of time` {
    private func over<Result>(_ body: () throws -> Result) rethrows -> (Result, TimeLimit) {
        let limit = TimeLimit(.zero)
        return (try TimeLimit.$current.withValue(limit, operation: body), limit)
    }

    @Test func `work is cut in its own name, in order`() {
        let limit = TimeLimit(.zero)
        #expect(limit.cut.isEmpty)
        #expect(limit.isOver(for: .rules))
        #expect(limit.isOver(for: .walk))
        #expect(limit.cut == [.walk, .rules])
        #expect(!TimeLimit(.seconds(3600)).isOver(for: .walk))
        #expect(!TimeLimit.isOver(for: .walk))
    }

    @Test func `reading ends before the rules, and these before the report`() {
        let limit = TimeLimit(.seconds(20))
        #expect(limit.lastReading == limit.end - .milliseconds(500))
        let short = TimeLimit(.milliseconds(400))
        #expect(short.lastReading == short.end - .milliseconds(100))
    }

    @Test func `files are left`() {
        let (evidence, limit) = over { FileEvidence([Bench.file("nginx.conf", Bench.nginx())]) }
        #expect(evidence.recognised.isEmpty)
        #expect(limit.cut == [.files])
    }

    @Test func `a long log is left in the middle`() {
        let line = #"10.0.0.1 - - [12/May/2026:10:01:02 +0000] "GET /ws HTTP/1.1" 400 0 "-" "-""# + "\n"
        let file = Bench.file("access.log", String(repeating: line, count: 5_000))
        #expect(LogReader(file).accesses.first?.count == 5_000)
        let (reader, limit) = over { LogReader(file) }
        #expect((reader.accesses.first?.count ?? 0) < 5_000)
        #expect(limit.cut == [.files])
    }

    @Test func `half an nginx configuration is none`() throws {
        let long = Bench.nginx() + String(repeating: "# a\nserver { listen 81; }\n", count: 4_000)
        let inquiry = Inquiry(try Subject("ws://app.example/ws"), now: Bench.now)
        let (examination, limit) = over {
            Examiner.examination(of: [Bench.file("nginx.conf", long)], inquiry)
        }
        #expect(examination.nginx == nil && examination.files.nginx == nil)
        #expect(limit.cut.contains(.nginx))
        #expect(Examiner.examination(of: [Bench.file("nginx.conf", long)], inquiry).nginx != nil)
    }

    @Test func `a router that was not built to its end routes nothing`() throws {
        // Read in time, and then so much to build that the time is over.
        let server = "server { listen 80; server_name app.example; location ~ a { return 204; } }\n"
        let long = "events { }\nhttp {\n" + String(repeating: server, count: 400) + "}\n"
        let file = Bench.file("nginx.conf", long)
        let inquiry = Inquiry(try Subject("ws://app.example/ws"), now: Bench.now)
        let whole = try #require(Examiner.examination(of: [file], inquiry).nginx)
        let (router, limit) = over {
            NginxRouter(whole.files.configuration) { TimeLimit.isOver(for: .nginx) }
        }
        #expect(router.servers.count < whole.router.servers.count)
        #expect(limit.cut == [.nginx])
    }

    @Test func `the diagnosis says so, and calls nothing healthy`() throws {
        let examination = try Bench.examination("ws://app.example/ws", [("nginx.conf", Bench.nginx())])
        #expect(Reasoning.diagnosis(of: examination).verdict != .unknown)
        let (diagnosis, _) = over { Reasoning.diagnosis(of: examination) }
        #expect(diagnosis.verdict == .unknown)
        #expect(diagnosis.findings.map(\.code) == [.timeRanOut])
        #expect(diagnosis.findings.first?.severity == .info)
        #expect(diagnosis.findings.first?.evidence.map(\.text.en) == ["not all rules were asked"])
    }

    @Test func `a whole examination ends in a report`() async throws {
        var subject = try Subject("ws://app.example/ws")
        subject.isOffline = true
        subject.timeout = .zero
        var inquiry = Inquiry(subject, now: Bench.now)
        inquiry.files = [Bench.file("nginx.conf", Bench.nginx())]
        let diagnosis = try await Examiner.examine(inquiry) { _ in }
        #expect(diagnosis.verdict == .unknown)
        #expect(diagnosis.findings.map(\.code) == [.timeRanOut])
    }

    @Test func `a suspicion from some of the files counts half, one that was seen as before`() {
        let suspicion = Samples.finding(.upgradeHeadersMissing, confidence: 0.9)
        #expect(Reasoning.unsure(suspicion).confidence == 0.45)
        let seen = Samples.finding(.upgradeHeadersMissing, confidence: 0.9, evidence: [Samples.seen("400")])
        #expect(Reasoning.unsure(seen).confidence == 0.9)
    }

    @Test func `nothing in time is a report as well`() throws {
        let diagnosis = Reasoning.nothingInTime(try Subject("ws://app.example/ws"))
        #expect(diagnosis.verdict == .unknown && diagnosis.url == "ws://app.example/ws")
        #expect(JSONReport(diagnosis, language: .chinese).text.contains("time-ran-out"))
    }
}
