/// Apache speaking `ws://` without the module for it.
struct ApacheModuleCheck: Check {
    func findings(_ examination: Examination) -> [Finding] {
        if let event = examination.files.events(.apacheNoHandler).first {
            return [finding([.log(event)], event.place, 0.95)]
        }
        return examination.files.apache.compactMap { apache in
            let mapping = apache.mappings.first { $0.target.hasPrefix("ws:") || $0.target.hasPrefix("wss:") }
            let modules = apache.modules
            guard let mapping, !modules.isEmpty, !modules.contains("proxy_wstunnel_module"),
                modules.contains("proxy_module") || modules.contains("proxy_http_module")
            else { return nil }
            return finding(
                [
                    .file(
                        "\(mapping.target) needs a handler for the scheme ws",
                        "\(mapping.target) 需要 ws 协议的处理模块", at: mapping.place),
                    .file(
                        "no line loads proxy_wstunnel_module", "没有加载 proxy_wstunnel_module",
                        at: apache.all("loadmodule").first?.place),
                ], mapping.place, 0.88)
        }
    }

    private func finding(_ evidence: [Evidence], _ place: FilePlace?, _ confidence: Double) -> Finding {
        Finding(
            .apacheWstunnelModuleMissing, confidence: confidence,
            title: say("Apache has no module for ws://", "Apache 缺少处理 ws:// 的模块"),
            explanation: say(
                "ws:// and wss:// targets are handled by mod_proxy_wstunnel; without it Apache answers 500 with AH01144, \"No protocol handler was valid for the URL\". From 2.4.47 on mod_proxy_http tunnels too, for http:// targets with upgrade=websocket.",
                "ws:// 和 wss:// 目标由 mod_proxy_wstunnel 处理；没有它，Apache 会返回 500 并记录 AH01144 “No protocol handler was valid for the URL”。从 2.4.47 起，mod_proxy_http 也可以对带 upgrade=websocket 的 http:// 目标做隧道。"
            ),
            evidence: evidence, place: place,
            fix: Fix(
                "a2enmod proxy_wstunnel, then reload Apache; or on 2.4.47 and later ProxyPass … http://… upgrade=websocket",
                "执行 a2enmod proxy_wstunnel 并重新加载 Apache；或在 2.4.47 及以上使用 ProxyPass … http://… upgrade=websocket"
            ),
            predicts: [.handshakeStatus(500), .handshakeStatus(503)], excludedBy: [.upgraded])
    }
}
