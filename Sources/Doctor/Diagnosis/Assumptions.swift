import HTTPWire

/// What the diagnosis rests on beyond what was seen: said in the report, so that nobody has to guess.
enum Assumptions {
    static func notes(_ examination: Examination) -> [Phrase] {
        var notes: [Phrase] = []
        if let nginx = examination.nginx {
            if !nginx.isReleaseKnown {
                notes.append(
                    Phrase(
                        en: "which nginx it is was not said: the defaults of 1.22 apply (--nginx-version)",
                        zh: "未指明 nginx 版本：按 1.22 的默认值判断（--nginx-version）"))
            }
            if nginx.isPortAssumed {
                let port = examination.subject.url.port
                notes.append(
                    Phrase(
                        en: """
                            no server block listens on \(port): what is in front (a container's published port, a tunnel, a \
                            balancer) is taken to lead to this nginx
                            """,
                        zh: "没有 server 监听 \(port) 端口：假定前面的容器端口映射、隧道或负载均衡会转到这个 nginx"))
            }
            if !nginx.files.missing.isEmpty {
                let names = nginx.files.missing.prefix(6).joined(separator: ", ")
                notes.append(
                    Phrase(
                        en: "included and not handed over: \(names); what they define is not known",
                        zh: "被包含但未提供：\(names)；其中的定义未知"))
            }
        }
        if examination.probes == nil {
            notes.append(
                Phrase(
                    en: "nothing was dialled (--offline): what only the wire shows is not in this report",
                    zh: "未进行任何连接（--offline）：只有在网络上才能看到的问题不在此报告中"))
        }
        return notes
    }
}
