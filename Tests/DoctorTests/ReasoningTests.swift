import Testing

@testable import Doctor

@Suite("Doctor: reasoning")
struct ReasoningTests {
    // MARK: Merging

    @Test("the same cause from two sources is one finding with the evidence of both")
    func merging() {
        let weak = Samples.finding(.upgradeHeadersMissing, .warning, confidence: 0.5)
        let strong = Samples.finding(
            .upgradeHeadersMissing, confidence: 0.9, place: FilePlace(file: "a", line: 1),
            evidence: [Samples.seen("400")])
        let merged = Reasoning.merged([weak, strong])
        #expect(merged.count == 1)
        #expect(merged.first?.confidence == 0.9)
        #expect(merged.first?.severity == .error)
        #expect(merged.first?.evidence.count == 2)
        #expect(merged.first?.place?.file == "a")
    }

    @Test("the same cause at two stations is two faults, in a log and at a line of one station one")
    func stations() {
        let one = Samples.finding(
            .upgradeHeadersMissing, place: FilePlace(file: "outer.conf", line: 1), hop: "nginx")
        let other = Samples.finding(
            .upgradeHeadersMissing, place: FilePlace(file: "haproxy.cfg", line: 1), hop: "haproxy")
        let log = Samples.finding(.upgradeHeadersMissing, place: FilePlace(file: "error.log", line: 7))
        #expect(Reasoning.merged([one, other]).count == 2)
        #expect(Reasoning.merged([one, log]).count == 1)
    }

    // MARK: Weighing

    @Test("what the probe saw as predicted raises confidence and is told")
    func confirmed() {
        let finding = Samples.finding(
            .upgradeHeadersMissing, confidence: 0.8, predicts: [.handshakeStatus(400)])
        let weighed = Reasoning.weighed(finding, against: [.handshakeStatus(400): Samples.seen("status 400")])
        #expect(weighed.confidence > 0.94)
        #expect(weighed.severity == .error)
        #expect(weighed.evidence.last?.text.en == "confirmed by the probe: status 400")
        let risk = Samples.finding(.readTimeoutTooShort, .warning, predicts: [.idleCut])
        #expect(Reasoning.weighed(risk, against: [.idleCut: Samples.seen("cut")]).severity == .error)
    }

    @Test("what the probe saw against it makes it a mention")
    func contradicted() {
        let finding = Samples.finding(.upgradeHeadersMissing, confidence: 0.8, excludedBy: [.upgraded])
        let weighed = Reasoning.weighed(
            finding, against: [.upgraded: Samples.seen("101"), .exchanged: Samples.seen("echo")])
        #expect(weighed.severity == .info)
        #expect(weighed.confidence < 0.2)
    }

    @Test("an answer other than predicted lowers it; silence about it, or no probe, changes nothing")
    func unsupported() {
        let finding = Samples.finding(.spaFallbackSwallowsWs, confidence: 0.8, predicts: [.handshakePage])
        let other = Reasoning.weighed(finding, against: [.handshakeStatus(403): Samples.seen("403")])
        #expect(other.confidence < 0.8 && other.severity == .error)
        #expect(Reasoning.weighed(finding, against: [.filtered: Samples.seen("no answer")]) == finding)
        #expect(Reasoning.weighed(finding, against: [:]) == finding)
    }

    // MARK: Folding

    @Test("a consequence is shown under its cause, if that was found")
    func folding() {
        let origin = Samples.finding(.originRejected)
        let host = Samples.finding(.hostHeaderLost)
        #expect(Folding.folded([origin, host]).first?.consequenceOf == .hostHeaderLost)
        #expect(Folding.folded([origin]).first?.consequenceOf == nil)
        let doubtful = Samples.finding(.hostHeaderLost, confidence: 0.2)
        #expect(Folding.folded([origin, doubtful]).first?.consequenceOf == nil)
    }

    @Test("what a server block does that was never meant is no fault of its own")
    func eclipsed() {
        let other = Samples.finding(.locationDoesNotCoverPath)
        let folded = Folding.folded([other, Samples.finding(.wrongServerBlock)])
        #expect(folded.first?.severity == .info && folded.first?.consequenceOf == .wrongServerBlock)
        #expect(Folding.folded([other, Samples.finding(.wrongServerBlock, confidence: 0.4)]).first == other)
    }

    @Test("a cause that nobody found, itself, or a circle is no cause")
    func circles() {
        let alone = Samples.finding(.tokenMissing, consequenceOf: .mixedContent)
        #expect(Folding.folded([alone]).first?.consequenceOf == nil)
        let own = Samples.finding(.tokenMissing, consequenceOf: .tokenMissing)
        #expect(Folding.folded([own]).first?.consequenceOf == nil)
        let one = Samples.finding(.tokenMissing, consequenceOf: .tokenExpired)
        let two = Samples.finding(.tokenExpired, consequenceOf: .tokenMissing)
        let folded = Folding.folded([one, two])
        #expect(folded.contains { $0.consequenceOf == nil })
    }

    @Test("no cause in the table is its own consequence, not even through others")
    func tableHasNoCircles() {
        for start in Folding.causes.keys {
            var seen: Set<CauseCode> = []
            var next = Folding.causes[start] ?? []
            while let code = next.popLast() {
                #expect(code != start, "\(start.rawValue)")
                if seen.insert(code).inserted { next += Folding.causes[code] ?? [] }
            }
        }
    }

    // MARK: Order

    @Test("decisive first: causes, errors, certain ones, and what the handshake meets first")
    func order() {
        let findings = [
            Samples.finding(.tokenInLog, .info), Samples.finding(.readTimeoutTooShort, .warning),
            Samples.finding(.originRejected, consequenceOf: .hostHeaderLost),
            Samples.finding(.hostHeaderLost),
            Samples.finding(.tokenExpired, confidence: 0.9), Samples.finding(.mixedContent, confidence: 0.4),
            Samples.finding(.spaFallbackSwallowsWs),
        ]
        #expect(
            Reasoning.ordered(findings).map(\.code) == [
                .spaFallbackSwallowsWs, .hostHeaderLost, .tokenExpired, .mixedContent, .readTimeoutTooShort,
                .originRejected, .tokenInLog,
            ])
    }

    @Test("the order does not depend on the order they come in")
    func stable() {
        let findings = CauseCode.allCases.map { Samples.finding($0) }
        let seed = UInt64.random(in: 0 ... .max)
        print("order: seed \(seed)")
        var state = seed
        for _ in 0..<20 {
            var shuffled = findings
            for index in shuffled.indices {
                state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                shuffled.swapAt(index, Int(state >> 33) % shuffled.count)
            }
            let stages = Reasoning.ordered(shuffled).map(\.code.stage)
            #expect(stages == stages.sorted())
        }
    }

    // MARK: Verdict

    private static func examination(_ symptoms: [Symptom]? = nil) throws -> Examination {
        var examination = Examination(subject: try Subject("ws://app.example/ws"), now: 1_800_000_000)
        if let symptoms {
            var probes = ProbeEvidence()
            for symptom in symptoms { probes.symptoms[symptom] = Samples.seen("\(symptom)") }
            examination.probes = probes
        }
        return examination
    }

    @Test("nothing looked at: unknown; an upgrade that was seen: healthy; a failure nobody explains: said so")
    func verdicts() throws {
        #expect(Reasoning.diagnosis(of: try Self.examination()).verdict == .unknown)
        #expect(Reasoning.diagnosis(of: try Self.examination([.upgraded])).verdict == .healthy)
        let guarded = Reasoning.diagnosis(of: try Self.examination([.handshakeStatus(401)]))
        #expect(guarded.findings.map(\.severity) == [.info] && guarded.verdict == .unknown)
        let failed = Reasoning.diagnosis(of: try Self.examination([.handshakeStatus(418)]))
        #expect(failed.verdict == .broken)
        #expect(failed.findings.contains { $0.code == .handshakeFails })
    }
}
