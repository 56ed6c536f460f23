import NginxRouting
import NginxSyntax

/// A firewall module in the way of the upgrade.
struct FirewallCheck: Check {
    func findings(_ examination: Examination) -> [Finding] {
        guard let nginx = examination.nginx else { return [] }
        let logged = examination.files.events(.firewallDenied)
        for trace in nginx.handshakes {
            guard
                let line = Self.switches.lazy.compactMap({ trace.level?.value($0) }).first(where: { isOn($0) }
                )
            else { continue }
            return [
                Finding(
                    .wafModuleBlocksWs, confidence: logged.isEmpty ? 0.6 : 0.95,
                    title: Phrase(
                        en: "a firewall module (\(line.name)) judges the handshake",
                        zh: "防火墙模块 (\(line.name)) 会检查握手"),
                    explanation: Phrase(
                        en: """
                            \(line.name) is on where the socket is. Such modules hold back answers to look at them, and their rule sets \
                            refuse what an ordinary request has not: an upgrade, no Accept header, binary data. The handshake gets \
                            403, or a 101 after which nothing arrives.
                            """,
                        zh:
                            "socket 所在处启用了 \(line.name)。此类模块会缓存响应进行检查，其规则集会拒绝普通请求没有的内容：升级、缺少 Accept 头、二进制数据。握手会得到 403，或得到 101 之后收不到任何数据。"
                    ),
                    evidence: logged.prefix(1).map { .logged($0) } + [nginx.quoted(line)],
                    place: nginx.place(line),
                    fix: Fix(
                        en:
                            "in the location of the socket: \(line.name) off; (or exclude the rule that the audit log names)",
                        zh: "在 socket 的 location 中设置 \(line.name) off;（或排除审计日志指出的规则）",
                        patch: patch(line, trace, nginx)),
                    hop: "nginx",
                    predicts: [.handshakeStatus(403), .handshakeStatus(400), .handshakeStatus(406)])
            ]
        }
        return []
    }

    private static let switches = [
        "modsecurity", "ModSecurityEnabled", "coraza", "SecRulesEnabled", "app_protect_enable",
    ]

    /// naxsi's switch takes no word.
    private func isOn(_ line: Statement) -> Bool {
        line.arguments.isEmpty || line.text(0).lowercased() == "on"
    }

    private func patch(_ line: Statement, _ trace: RequestTrace, _ nginx: NginxEvidence) -> String? {
        guard !line.arguments.isEmpty, let block = trace.block else { return nil }
        return line.directive.parent == block.directive
            ? nginx.patch(line, to: "off") : nginx.patch(adding: ["\(line.name) off;"], to: block)
    }
}
