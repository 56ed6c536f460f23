/// Turns evidence into a diagnosis.
///
/// 1. Every check is asked; a fault that hides others does not stop the search.
/// 2. What is said twice is said once (``merged(_:)``).
/// 3. What the probes saw raises or lowers each suspicion (``weighed(_:against:)``).
/// 4. What goes away with another finding is folded under it (``Folding``).
/// 5. The decisive finding comes first (``ordered(_:)``).
/// 6. The verdict follows from what is left.
package enum Reasoning {
    /// Below it a finding is a mention and decides nothing.
    static let floor = 0.3

    package static func diagnosis(of examination: Examination, notes: [Phrase] = []) -> Diagnosis {
        var raw: [Finding] = []
        for check in CheckList.all {
            if TimeLimit.isOver(for: .rules) { break }
            raw += check.findings(examination)
        }
        let cut = TimeLimit.current?.cut ?? []
        if cut.contains(where: { $0 != .rules }) { raw = raw.map(unsure) }
        let symptoms = examination.probes?.symptoms ?? [:]
        var findings = merged(raw).map { weighed($0, against: symptoms) }
            .map { proved($0, by: examination.probes) }
        findings = ordered(Folding.folded(tempered(findings)))
        if let last = unexplained(findings, examination) { findings.append(last) }
        var verdict = verdict(findings, examination)
        if !cut.isEmpty {
            findings.append(timeRanOut(cut))
            let isSeen = findings.contains { finding in
                finding.severity == .error && finding.evidence.contains { $0.source == .probe }
            }
            if !isSeen { verdict = .unknown }
        }
        return Diagnosis(
            url: examination.subject.given, verdict: verdict,
            hops: PathPicture.hops(of: examination, findings: findings), findings: findings,
            verified: verified(examination), notes: notes + Assumptions.notes(examination),
            recognised: examination.files.recognised,
            unrecognised: examination.files.unrecognised)
    }

    // MARK: Merging

    /// One finding for each cause and station: the most certain one, with the evidence of all.
    static func merged(_ findings: [Finding]) -> [Finding] {
        var result: [Finding] = []
        for finding in findings {
            guard let twin = result.firstIndex(where: { isSame($0, finding) }) else {
                result.append(finding)
                continue
            }
            let (strong, weak) =
                result[twin].confidence >= finding.confidence
                ? (result[twin], finding) : (finding, result[twin])
            var one = strong
            one.evidence += weak.evidence.filter { !strong.evidence.contains($0) }
            one.severity = min(strong.severity, weak.severity)
            one.consequenceOf = strong.consequenceOf ?? weak.consequenceOf
            one.hop = strong.hop ?? weak.hop
            one.predicts.formUnion(weak.predicts)
            one.excludedBy.formIntersection(weak.excludedBy)
            result[twin] = one
        }
        return result
    }

    /// The same cause at two stations is two faults, each with its own fix; at one, or where a log or the wire names none, it
    /// is one fault seen twice.
    private static func isSame(_ one: Finding, _ other: Finding) -> Bool {
        guard one.code == other.code else { return false }
        guard let hop = one.hop, let otherHop = other.hop, hop != otherHop else { return true }
        return one.place == nil || other.place == nil || one.place?.file == other.place?.file
    }

    // MARK: Weighing

    /// A suspicion held against what was seen.
    static func weighed(_ finding: Finding, against symptoms: [Symptom: Evidence]) -> Finding {
        guard !symptoms.isEmpty else { return finding }
        var result = finding
        if let contradiction = first(of: finding.excludedBy, in: symptoms) {
            result.evidence.append(
                Evidence(
                    .probe,
                    Phrase(
                        en: "but this speaks against it: \(contradiction.text.en)",
                        zh: "但与此相反：\(contradiction.text.zh)")))
            result.severity = .info
            result.confidence = finding.confidence * 0.2
            return result
        }
        if let confirmation = first(of: finding.predicts, in: symptoms) {
            if !result.evidence.contains(where: { $0.text == confirmation.text }) {
                result.evidence.append(
                    Evidence(
                        .probe,
                        Phrase(
                            en: "confirmed by the probe: \(confirmation.text.en)",
                            zh: "探测已证实：\(confirmation.text.zh)")))
            }
            result.confidence = 1 - (1 - finding.confidence) * 0.25
            // A risk that was seen to come true is a fault.
            if finding.severity == .warning { result.severity = .error }
        } else if !finding.predicts.isEmpty, symptoms.keys.contains(where: \.isAnswer) {
            // The path answered, and otherwise than expected: something else decides before this does.
            result.confidence = finding.confidence * 0.8
        }
        return result
    }

    /// A suspicion about what the proxy sends, where the backend itself has shown it to be right.
    static func proved(_ finding: Finding, by probes: ProbeEvidence?) -> Finding {
        guard finding.severity != .info, let proof = probes?.confirmation(of: finding.code) else {
            return finding
        }
        var result = finding
        if !result.evidence.contains(proof) { result.evidence.append(proof) }
        result.confidence = max(result.confidence, 0.97)
        return result
    }

    /// In an order that does not depend on hashing.
    private static func first(of wanted: Set<Symptom>, in symptoms: [Symptom: Evidence]) -> Evidence? {
        wanted.compactMap { symptoms[$0] }.min { $0.text.en < $1.text.en }
    }

    /// Suspicions that only explain what nothing else does, once something else does.
    static func tempered(_ findings: [Finding]) -> [Finding] {
        let isExplained = findings.contains {
            $0.severity == .error && !$0.isLastResort && $0.confidence >= 0.6
        }
        guard isExplained else { return findings }
        return findings.map { finding in
            var finding = finding
            if finding.isLastResort { finding.severity = max(finding.severity, finding.whenExplained) }
            return finding
        }
    }

    // MARK: Order

    /// Causes before consequences, errors before warnings before mentions, and among equals what the
    /// handshake meets first on its way, provided it is as good as certain.
    static func ordered(_ findings: [Finding]) -> [Finding] {
        let order = findings.enumerated().sorted { left, right in
            let (one, other) = (rank(left.element), rank(right.element))
            return one == other ? left.offset < right.offset : one.lexicographicallyPrecedes(other)
        }
        return order.map(\.element)
    }

    private static func rank(_ finding: Finding) -> [Int] {
        [
            finding.severity == .info ? 1 : 0, finding.consequenceOf == nil ? 0 : 1,
            finding.severity == .error ? 0 : 1, finding.confidence >= 0.6 ? 0 : 1,
            finding.code.stage.rawValue,
            -Int((finding.confidence * 100).rounded()),
        ]
    }

    // MARK: The end

    private static func verdict(_ findings: [Finding], _ examination: Examination) -> Diagnosis.Verdict {
        let weighty = findings.filter { $0.confidence >= floor }
        // A last resort explains a failure; that there is one, it does not prove.
        if weighty.contains(where: { $0.severity == .error && !$0.isLastResort }) { return .broken }
        if findings.contains(where: { $0.severity != .info }) { return .degraded }
        if isDetour(examination), examination.nginx?.verified.isEmpty == false { return .healthy }
        // Good news needs a witness: the wire, or a configuration that was followed to the end.
        if examination.probes?.symptoms[.upgraded] != nil { return .healthy }
        // Refused for want of credentials alone, at the end of a way that was followed through the configuration.
        let isWayRight = examination.nginx.map { !$0.verified.isEmpty } ?? false
        if isWayRight, findings.contains(where: { $0.code == .tokenMissing && $0.severity == .info }) {
            return .healthy
        }
        if examination.probes == nil, !verified(examination).isEmpty { return .healthy }
        return .unknown
    }

    private static func verified(_ examination: Examination) -> [Evidence] {
        (examination.nginx?.verified ?? []) + examination.files.verified
            + (examination.probes?.verified ?? [])
    }
}
