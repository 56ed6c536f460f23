import Testing

@testable import Doctor

/// Findings and diagnoses made up for tests.
enum Samples {
    static func finding(
        _ code: CauseCode, _ severity: Severity = .error, confidence: Double = 0.8, place: FilePlace? = nil,
        consequenceOf: CauseCode? = nil, hop: String? = nil, predicts: Set<Symptom> = [],
        excludedBy: Set<Symptom> = [], evidence: [Evidence]? = nil, patch: String? = nil
    ) -> Finding {
        Finding(
            code, severity, confidence: confidence, title: code.title, explanation: code.summary,
            evidence: evidence
                ?? [
                    Evidence(
                        .file, Phrase(en: "it says \(code.rawValue)", zh: "内容为 \(code.rawValue)"), at: place)
                ],
            place: place, fix: Fix(Phrase(en: "repair it", zh: "修复它"), patch: patch),
            consequenceOf: consequenceOf, hop: hop, predicts: predicts, excludedBy: excludedBy)
    }

    static func seen(_ text: String) -> Evidence { Evidence(.probe, Phrase(en: text, zh: "看到：\(text)")) }

    static func diagnosis(
        _ findings: [Finding], verdict: Diagnosis.Verdict = .broken, hops: [Hop]? = nil,
        url: String = "ws://app.example/ws"
    ) -> Diagnosis {
        Diagnosis(
            url: url, verdict: verdict,
            hops: hops
                ?? [
                    Hop("browser", .browser, state: .passes),
                    Hop(
                        "nginx", .proxy, address: "127.0.0.1:80",
                        place: FilePlace(file: "nginx.conf", line: 12),
                        state: .broken), Hop("backend", .backend, address: "127.0.0.1:8000"),
                ], findings: findings,
            verified: [Evidence(.probe, Phrase(en: "the name resolves", zh: "名称可以解析"))],
            notes: [Phrase(en: "nginx 1.22 is assumed", zh: "假定为 nginx 1.22")],
            recognised: [
                FileEvidence.Recognition(
                    file: "nginx.conf", kind: Phrase(en: "nginx configuration", zh: "nginx 配置"))
            ],
            unrecognised: ["photo.png"])
    }

    /// One of everything a report must lay out.
    static let full = diagnosis([
        finding(
            .upgradeHeadersMissing, confidence: 0.95,
            place: FilePlace(file: "nginx.conf", line: 12, column: 9),
            hop: "nginx", patch: "--- nginx.conf\n+++ nginx.conf\n@@ -12,1 +12,2 @@\n a\n+b\n"),
        finding(.originRejected, confidence: 0.7, consequenceOf: .upgradeHeadersMissing),
        finding(.readTimeoutTooShort, .warning, confidence: 0.5),
        finding(.tokenInLog, .info, confidence: 0.99),
    ])
}
