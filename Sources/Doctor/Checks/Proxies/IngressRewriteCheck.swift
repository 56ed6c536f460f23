import HTTPWire

/// `rewrite-target` without captures: every path below the rule's becomes one and the same.
struct IngressRewriteCheck: Check {
    func findings(_ examination: Examination) -> [Finding] {
        let path = examination.subject.path
        let matching = examination.files.routes.filter {
            $0.takes(host: examination.subject.url.host, path: path)
        }
        guard let route = matching.max(by: { $0.path.utf8.count < $1.path.utf8.count }),
            let rewrite = route.rewriteTarget,
            !rewrite.path.contains("$"), rewrite.path != path, path != route.path
        else { return [] }
        return [
            Finding(
                .proxyPassUriRewritesPath, confidence: 0.85,
                title: say(
                    "rewrite-target turns \(path) into \(rewrite.path)",
                    "rewrite-target 把 \(path) 变成了 \(rewrite.path)"),
                explanation: say(
                    "Since ingress-nginx 0.22 the rewrite target is the whole new path; only what capture groups of the rule's path hold is kept of the old one. Without $1 or $2 every path below \(route.path) reaches the backend as \(rewrite.path).",
                    "自 ingress-nginx 0.22 起，rewrite-target 就是完整的新路径，只有规则路径中捕获组的内容会保留。没有 $1 或 $2 时，\(route.path) 下的所有路径到达后端时都是 \(rewrite.path)。"
                ),
                evidence: [
                    .file(
                        "rewrite-target: \(rewrite.path)", "rewrite-target: \(rewrite.path)",
                        at: rewrite.place),
                    .file("the rule's path is \(route.path)", "规则路径为 \(route.path)", at: route.place),
                ], place: rewrite.place,
                fix: Fix(
                    "write path: \(route.path == "/" ? "" : route.path)(/|$)(.*) with pathType ImplementationSpecific and rewrite-target: /$2, or leave the annotation out",
                    "改为 path: \(route.path == "/" ? "" : route.path)(/|$)(.*)（pathType ImplementationSpecific）并使用 rewrite-target: /$2，或删除该注解"
                ),
                predicts: [.handshakeStatus(404), .handshakeStatus(400)], excludedBy: [.upgraded])
        ]
    }
}
