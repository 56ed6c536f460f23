// What is said when the time was up before everything was looked at.

extension Reasoning {
    /// That the time ran out, and over what.
    static func timeRanOut(_ cut: [TimeLimit.Work]) -> Finding {
        Finding(
            .timeRanOut, .info, confidence: 1, title: CauseCode.timeRanOut.title,
            explanation: Phrase(
                en:
                    "What was not looked at may hold the cause, or show that a suspicion is none. Nothing is called healthy that was not seen.",
                zh: "未查看的部分可能包含原因，也可能说明某个怀疑不成立；没有看到的不会被判定为正常。"),
            evidence: cut.map { Evidence(.knowledge, $0.words) },
            fix: Fix(
                en: "Give it longer (--timeout), or fewer files (--files).",
                zh: "用 --timeout 延长时间，或用 --files 减少文件。"))
    }

    /// A suspicion from files that were not all read: what speaks against it may be among the others.
    static func unsure(_ finding: Finding) -> Finding {
        guard finding.evidence.allSatisfy({ $0.source != .probe }) else { return finding }
        var finding = finding
        finding.confidence /= 2
        return finding
    }

    /// The whole diagnosis where nothing came of the examination in time.
    package static func nothingInTime(_ subject: Subject) -> Diagnosis {
        Diagnosis(
            url: subject.given, verdict: .unknown, hops: [], findings: [timeRanOut([])], verified: [],
            notes: [],
            recognised: [], unrecognised: [])
    }
}

extension TimeLimit.Work {
    /// In half a line: what was not done.
    var words: Phrase {
        switch self {
        case .walk: Phrase(en: "not all files were read", zh: "未读取全部文件")
        case .files: Phrase(en: "not all that was read was understood", zh: "未分析完已读取的内容")
        case .nginx: Phrase(en: "the nginx configuration was not followed to its end", zh: "未完整分析 nginx 配置")
        case .rules: Phrase(en: "not all rules were asked", zh: "未检查全部规则")
        }
    }
}
