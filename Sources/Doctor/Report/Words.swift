/// The report's own words.
enum Words {
    static let verdicts: [Diagnosis.Verdict: Phrase] = [
        .broken: Phrase(en: "broken", zh: "故障"),
        .degraded: Phrase(en: "works, with risks", zh: "可用，但有隐患"),
        .healthy: Phrase(en: "healthy", zh: "正常"),
        .unknown: Phrase(
            en: "unknown: nothing that was looked at says anything about this path", zh: "未知：已查看的内容均无法说明此路径"),
    ]
    static let severities: [Severity: Phrase] = [
        .error: Phrase(en: "error", zh: "错误"),
        .warning: Phrase(en: "warning", zh: "警告"),
        .info: Phrase(en: "note", zh: "提示"),
    ]
    static let sources: [Evidence.Source: Phrase] = [
        .argument: Phrase(en: "as given", zh: "输入"),
        .file: Phrase(en: "file", zh: "文件"),
        .knowledge: Phrase(en: "because", zh: "原理"),
        .log: Phrase(en: "log", zh: "日志"),
        .probe: Phrase(en: "probe", zh: "探测"),
    ]
    static let hops: [Hop.Kind: Phrase] = [
        .backend: Phrase(en: "backend", zh: "后端"),
        .balancer: Phrase(en: "balancer", zh: "负载均衡"),
        .browser: Phrase(en: "browser", zh: "浏览器"),
        .cdn: Phrase(en: "CDN", zh: "CDN"),
        .network: Phrase(en: "network", zh: "网络"),
        .proxy: Phrase(en: "proxy", zh: "代理"),
        .tunnel: Phrase(en: "tunnel", zh: "隧道"),
    ]
    static let why = Phrase(en: "Why", zh: "依据")
    static let fix = Phrase(en: "Fix", zh: "修复")
    static let more = Phrase(en: "More", zh: "详情")
    static let hop = Phrase(en: "at", zh: "位置")
    static let sure = Phrase(en: "sure", zh: "确定")
    static let likely = Phrase(en: "likely", zh: "很可能")
    static let possible = Phrase(en: "possible", zh: "可能")
    static let goesAwayWith = Phrase(en: "goes away with", zh: "随此项解决：")
    static let verified = Phrase(en: "Checked and right", zh: "已检查且正常")
    static let notLookedAt = Phrase(en: "To know", zh: "说明")
    static let recognised = Phrase(en: "Files read", zh: "已读取的文件")
    static let unrecognised = Phrase(en: "Not recognised, not used", zh: "未识别，未使用")
    static let nothing = Phrase(en: "nothing to repair", zh: "无需修复")
    static let finding = Phrase(en: "Finding", zh: "结论")

    /// How certain a finding is, in a word.
    static func certainty(_ confidence: Double) -> Phrase {
        confidence >= 0.9 ? sure : confidence >= 0.6 ? likely : possible
    }
}
