import HTTPWire
import NginxRouting

// What is said when no rule explains what was seen, and when what was seen says nothing.

extension Reasoning {
    /// The handshake fails before everybody's eyes and no rule says why: that is said, with what was seen.
    static func unexplained(_ findings: [Finding], _ examination: Examination) -> Finding? {
        guard let symptoms = examination.probes?.symptoms,
            !(symptoms[.refused] != nil && isDetour(examination)),
            !findings.contains(where: { $0.severity == .error && $0.confidence >= floor })
        else { return nil }
        let failures = symptoms.filter { $0.key.isFailedHandshake }.values.sorted { $0.text.en < $1.text.en }
        guard let seen = failures.first, symptoms[.upgraded] == nil else {
            return symptoms[.closedAtOnce].map(closedAtOnce)
        }
        if let answer = symptoms[.handshakeStatus(401)] ?? symptoms[.handshakeStatus(403)],
            !examination.subject.hasCredentials, symptoms[.handshakeRedirect] == nil
        {
            return asksForCredentials(answer)
        }
        return Finding(
            .handshakeFails, confidence: 0.95,
            title: Phrase(
                en: "the handshake fails, and nothing that was looked at explains it",
                zh: "握手失败，已查看的内容无法解释原因"),
            explanation: Phrase(
                en: """
                    \(seen.text.en.capitalizedFirst). No rule matches what the files and the answers say, so the cause lies \
                    where the doctor cannot look from here.
                    """,
                zh: "\(seen.text.zh)。文件和应答均不符合任何已知规则，原因位于此处无法查看的位置。"),
            evidence: failures,
            fix: Fix(
                Phrase(
                    en: """
                        Hand over more: --files with the proxy's configuration and the logs of proxy and application, and \
                        --hop backend=ws://ADDRESS:PORT/PATH to repeat the probes behind the proxy.
                        """,
                    zh: """
                        请提供更多信息：用 --files 指定代理配置以及代理与应用的日志，并用 --hop backend=ws://地址:端口/路径 \
                        在代理后面重复探测。
                        """)))
    }

    /// The application asks who is there, and nobody told the doctor what to say: the way there is right.
    static func asksForCredentials(_ seen: Evidence) -> Finding {
        Finding(
            .tokenMissing, .info, confidence: 0.5,
            title: Phrase(
                en: "the handshake is refused without a token, and the doctor was given none",
                zh: "没有令牌时握手被拒绝，而未向诊断提供令牌"),
            explanation: Phrase(
                en: """
                    The answer comes from behind everything that was looked at, and asks for credentials. Whether those of the page are \
                    accepted cannot be seen without them.
                    """,
                zh: "该应答来自已查看的所有环节之后，要求提供凭据。没有凭据就无法判断页面的凭据是否被接受。"),
            evidence: [seen],
            fix: Fix(
                Phrase(
                    en: "Give the page's token with --token @FILE, and with --auth where it travels.",
                    zh: "用 --token @FILE 提供页面的令牌，并用 --auth 指明其位置。")))
    }

    /// The connection opens and the server ends it, and nothing says why: its own log does.
    static func closedAtOnce(_ seen: Evidence) -> Finding {
        Finding(
            .closedAfterOpen, .warning, confidence: 0.7, title: CauseCode.closedAfterOpen.title,
            explanation: Phrase(
                en: """
                    The handshake succeeds, so the way there is right; then the application ends the connection before anything is \
                    said. Its handler failed, or it refuses the client after the handshake.
                    """,
                zh: "握手成功，说明路径正确；随后应用在任何消息之前就结束了连接。处理函数出错，或在握手之后拒绝了客户端。"),
            evidence: [seen],
            fix: Fix(
                Phrase(
                    en: """
                        Read the application's log at this second; the close code says more: 1011 it failed, 1008 and 4xxx it refuses. \
                        Give --token, --auth and --first-message if the application expects them.
                        """,
                    zh:
                        "查看应用此刻的日志；关闭码含义：1011 为应用出错，1008 和 4xxx 为拒绝。如果应用需要令牌或首条消息，请提供 --token、--auth 和 --first-message。"
                )
            ))
    }

    /// Whether `--connect-to` leads to a port that the configuration does not listen on: then silence there says nothing about
    /// the path, only about the flag.
    static func isDetour(_ examination: Examination) -> Bool {
        let subject = examination.subject
        guard let nginx = examination.nginx, nginx.isPortAssumed,
            let way = subject.redirections.first(where: {
                $0.applies(to: subject.url.host, port: subject.url.port)
            }),
            let port = way.addressPort
        else { return false }
        return !nginx.router.listeners.contains { $0.port == Int(port) }
    }

    static func asDetour(_ finding: Finding) -> Finding {
        guard finding.code == .publicPortUnreachable else { return finding }
        var result = finding
        result.severity = .info
        result.evidence.append(
            Evidence(
                .argument,
                Phrase(
                    en: "--connect-to leads there, and the configuration listens elsewhere",
                    zh: "--connect-to 指向该处，而配置监听在别处")))
        return result
    }
}

extension Symptom {
    /// Whether the far side answered at all, so that silence about other symptoms means something.
    var isAnswer: Bool {
        switch self {
        case .handshakeStatus, .handshakePage, .handshakeRedirect, .handshakeInvalid, .upgraded, .exchanged,
            .closedAtOnce:
            true
        case .noAnswer, .pageStatus, .nameUnresolved, .refused, .filtered, .tlsFailed, .certificateRefused,
            .idleCut, .idleSurvived, .originDecides, .tokenDecides, .pollingOnly, .sessionUnknown, .buffered,
            .invalidFrame, .backendWorks, .backendFails:
            false
        }
    }

    /// Whether it says that no WebSocket came about.
    var isFailedHandshake: Bool {
        switch self {
        case .handshakeStatus, .handshakePage, .handshakeRedirect, .handshakeInvalid, .noAnswer,
            .nameUnresolved, .refused, .filtered, .tlsFailed, .certificateRefused:
            true
        case .upgraded, .exchanged, .closedAtOnce, .pageStatus, .idleCut, .idleSurvived, .originDecides,
            .tokenDecides, .pollingOnly, .sessionUnknown, .buffered, .invalidFrame, .backendWorks,
            .backendFails:
            false
        }
    }
}

extension String {
    var capitalizedFirst: String {
        guard let first else { return self }
        return first.uppercased() + dropFirst()
    }
}
