import HTTPWire

/// What lines written by hand do to the handshake: Connection set in a snippet of an ingress, connections that
/// HAProxy denies.
struct HandWrittenLineCheck: Check {
    /// Windows and devices of one user, and users behind one address, are more than this.
    private static let few = 10

    func findings(_ examination: Examination) -> [Finding] {
        let subject = examination.subject
        let matching = examination.files.routes.filter {
            $0.takes(host: subject.url.host, path: subject.path)
        }
        let route = matching.max { $0.path.utf8.count < $1.path.utf8.count }
        var findings: [Finding] = []
        if let set = route?.connectionValue {
            findings.append(
                Finding(
                    .connectionHeaderWrongValue, confidence: 0.8,
                    title: say("a snippet sets Connection: \(set.value)", "配置片段把 Connection 设为 \(set.value)"),
                    explanation: say(
                        "ingress-nginx sets Connection for sockets by itself; a line of the snippet adds another, without the word upgrade, and the backend gets no handshake (RFC 6455 §4.2.1).",
                        "ingress-nginx 会自行为套接字设置 Connection；片段又加上一行不含 upgrade 的值，后端收到的就不是握手（RFC 6455 §4.2.1）。"
                    ),
                    evidence: [.file("the snippet", "该片段", at: set.place)], place: set.place,
                    fix: Fix("take the line out of the snippet", "从片段中删除该行"), hop: "kubernetes ingress",
                    predicts: [.handshakeStatus(400), .handshakeStatus(426)], excludedBy: [.upgraded]))
        }
        return findings + haproxy(examination)
    }

    /// `deny if { sc_conn_cur(0) gt N }`.
    private func haproxy(_ examination: Examination) -> [Finding] {
        examination.files.haproxy.flatMap(\.sections).compactMap { section in
            for line in section.lines {
                guard line.words.contains("deny") || line.words.contains("reject"),
                    let at = line.words.firstIndex(where: {
                        $0.hasPrefix("sc_conn_cur(") || $0.hasPrefix("sc0_conn_cur")
                            || $0.hasPrefix("src_conn_cur")
                    }),
                    let count = line.words[at...].lazy.compactMap({ Int($0) }).first, count <= Self.few
                else { continue }
                let text = line.words.joined(separator: " ")
                return few(count, .file(text, text, at: line.place))
            }
            return nil
        }
    }

    private func few(_ count: Int, _ evidence: Evidence) -> Finding {
        Finding(
            .limitConnTooLow, .warning, confidence: 0.65,
            title: say("one address may hold \(count) connections", "每个地址最多 \(count) 个连接"),
            explanation: say(
                "Connections are counted for as long as they live, and sockets live long: users behind one address, or with several windows, reach the limit and are refused.",
                "连接在存续期间一直计数，而套接字存活很久：同一地址的多个用户或多个窗口会达到上限并被拒绝。"),
            evidence: [evidence], place: evidence.place,
            fix: Fix("raise the limit for the socket's path, or count by user", "提高套接字路径的上限，或按用户计数"),
            predicts: [.handshakeStatus(503), .handshakeStatus(429)])
    }
}
