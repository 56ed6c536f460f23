import NginxSyntax

/// Whether nginx would start with the configuration at all.
struct ConfigurationCheck: Check {
    func findings(_ examination: Examination) -> [Finding] {
        guard let nginx = examination.nginx else { return [] }
        var findings: [Finding] = []
        for problem in nginx.files.configuration.problems.prefix(20) {
            switch problem.kind {
            case .unknownVariable(let name): findings.append(undefined(name, problem, nginx, examination))
            case .misplacedDirective(name: "map", _, _): findings.append(misplaced(problem, nginx))
            default: if let one = refused(problem, nginx) { findings.append(one) }
            }
        }
        return findings
    }

    /// nginx -t refuses it: nothing is served, or a reload keeps the old configuration.
    private let consequence = Evidence.known(
        "nginx refuses the whole configuration for it: it does not start, and a reload keeps the old one",
        "nginx 会因此拒绝整个配置：无法启动，重载则继续使用旧配置")

    /// The image's own nginx.conf is in force, and that defines nothing: only a file of conf.d is mounted into the official image.
    private func isStock(_ examination: Examination) -> Bool {
        examination.files.services.contains { service in
            let image = service.image.lowercased()
            let name = image.before(":") ?? image
            let mounts = service.volumes.compactMap { $0.after(":") }.filter { $0.hasPrefix("/etc/nginx") }
            return (name == "nginx" || name.hasSuffix("/nginx") || name.hasSuffix("nginx-unprivileged"))
                && !mounts.isEmpty
                && mounts.allSatisfy {
                    ($0.hasPrefix("/etc/nginx/conf.d/") && $0.holds(".conf")) || $0.holds("/ssl")
                        || $0.holds("/cert")
                }
        }
    }

    private func undefined(
        _ name: String, _ problem: NginxProblem, _ nginx: NginxEvidence, _ examination: Examination
    ) -> Finding {
        let place = nginx.files.place(problem.place)
        let http = nginx.files.configuration.root.first { $0.name == "http" }
        let isConnection = nginx.files.configuration.all.contains {
            $0.name == "proxy_set_header" && $0.value(0)?.lowercased() == "connection"
                && $0.value(1)?.lowercased() == "$\(name)"
        }
        var patch: String?
        if isConnection, let http {
            patch = nginx.patch { patch in
                patch.insert(
                    ["map $http_upgrade $\(name) {", "    default upgrade;", "    ''      close;", "}"],
                    .startOf(http))
            }
        }
        // A vhost handed over alone says nothing about the http block it belongs to.
        // Where nginx itself says so, no other file defines it.
        let isLogged = examination.files.events(.variableUnknown).contains { $0.value == name }
        let isStock = isLogged || isStock(examination)
        let isPiece = nginx.files.isPartial && nginx.files.missing.isEmpty && !isStock
        let isPartial = nginx.files.isPartial && !isStock
        return Finding(
            .mapVariableUndefined, isPiece ? .info : isPartial ? .warning : .error,
            confidence: isPartial ? 0.5 : 0.95,
            title: Phrase(en: "$\(name) is used and defined nowhere", zh: "使用了未定义的变量 $\(name)"),
            explanation: Phrase(
                en: """
                    The line uses $\(name), which is no variable of nginx and which no map, set or other directive defines. nginx \
                    answers with: unknown "\(name)" variable.
                    """,
                zh: "该行使用了 $\(name)，它不是 nginx 自带变量，也没有 map、set 等指令定义它。nginx 会报告：unknown \"\(name)\" variable。"
            ),
            evidence: [
                Evidence(.file, Phrase(en: "here $\(name) is used", zh: "此处使用了 $\(name)"), at: place),
                consequence,
            ] + missing(nginx), place: place,
            fix: Fix(
                en: isConnection
                    ? "in the http block: map $http_upgrade $\(name) { default upgrade; '' close; }"
                    : "define $\(name) with map (in http) or set, or correct the name",
                zh: isConnection
                    ? "在 http 块中添加：map $http_upgrade $\(name) { default upgrade; '' close; }"
                    : "在 http 中用 map 或用 set 定义 $\(name)，或更正名称",
                patch: patch), hop: "nginx", predicts: [.refused, .noAnswer])
    }

    private func misplaced(_ problem: NginxProblem, _ nginx: NginxEvidence) -> Finding {
        let place = nginx.files.place(problem.place)
        let configuration = nginx.files.configuration
        let map = configuration.all.first { $0.place == problem.place }
        let http = configuration.root.first { $0.name == "http" }
        var patch: String?
        if let map, let http, map.hasBlock {
            let head =
                (["map"]
                + map.arguments.map { String(decoding: map.source.bytes(in: $0.range), as: UTF8.self) })
                .joined(separator: " ")
            let lines = map.block.map { entry in
                "    " + String(decoding: entry.source.bytes(in: entry.range), as: UTF8.self)
            }
            patch = nginx.patch { patch in
                patch.remove(map) && patch.insert([head + " {"] + lines + ["}"], .startOf(http))
            }
        }
        return Finding(
            .mapMisplaced, confidence: 0.95,
            title: Phrase(en: "map stands where nginx does not allow it", zh: "map 放在了 nginx 不允许的位置"),
            explanation: Phrase(
                en: """
                    A map belongs into the http block, beside the servers: it defines a variable for all of them. Inside a \
                    server or location nginx answers with: "map" directive is not allowed here.
                    """,
                zh:
                    "map 应放在 http 块中、与各 server 并列：它为所有 server 定义变量。放在 server 或 location 内，nginx 会报告：\"map\" directive is not allowed here。"
            ),
            evidence: [Evidence(.file, problem.kind.words, at: place), consequence], place: place,
            fix: Fix(
                en: "move the map block to the http level", zh: "将 map 块移到 http 层", patch: patch),
            hop: "nginx",
            predicts: [.refused, .noAnswer])
    }

    private func refused(_ problem: NginxProblem, _ nginx: NginxEvidence) -> Finding? {
        guard let (severity, confidence) = weight(problem, nginx) else { return nil }
        let place = nginx.files.place(problem.place)
        var evidence = [Evidence(.file, problem.kind.words, at: place)]
        if let other = problem.other {
            evidence.append(
                Evidence(
                    .file, Phrase(en: "the other place it concerns", zh: "与之相关的另一处"),
                    at: nginx.files.place(other)))
        }
        if severity == .error { evidence.append(consequence) }
        var remedy = problem.kind.remedy
        if case .unknownDirective(let name) = problem.kind, let nearest = nearest(name) {
            remedy = Phrase(en: "write \"\(nearest)\"", zh: "改为 \"\(nearest)\"")
        }
        return Finding(
            .proxyConfigInvalid, severity, confidence: confidence,
            title: problem.kind.words,
            explanation: Phrase(
                en: "nginx -t would stop here: \(problem.kind.words.en).",
                zh: "nginx -t 会在此处停止：\(problem.kind.words.zh)。"),
            evidence: evidence, place: place, fix: Fix(remedy), hop: "nginx", predicts: [.refused, .noAnswer])
    }

    /// How sure it is that nginx refuses it; nil: it is none of its faults.
    private func weight(_ problem: NginxProblem, _ nginx: NginxEvidence) -> (Severity, Double)? {
        let hasForeignModules = nginx.files.configuration.all.contains { $0.name == "load_module" }
        switch problem.kind {
        case .missingSection: return nil
        case .fileMissing(let path):
            // What was not handed over is not missing on the server.
            return nginx.files.missing.contains { path.hasSuffix($0) } || nginx.files.isPartial
                ? nil : (.error, 0.9)
        case .fileTooLarge, .includesTooDeep, .tooManyIncludes, .nestingTooDeep, .tooManyDirectives,
            .tooManyProblems, .wordTooLong:
            return (.info, 0.5)
        case .unknownDirective(let name):
            if nearest(name) != nil { return (.error, 0.9) }
            return hasForeignModules ? (.info, 0.4) : (.warning, 0.5)
        case .undefinedName: return nginx.files.isPartial ? (.info, 0.4) : (.error, 0.85)
        case .certificateMissing: return nginx.files.isPartial ? (.info, 0.4) : (.error, 0.85)
        default: return (.error, 0.9)
        }
    }

    /// The directive somebody meant, if one letter is wrong, missing, too many or swapped.
    private func nearest(_ name: String) -> String? {
        let word = Array(name.utf8)
        guard word.count > 3, word.count < 64 else { return nil }
        return DirectiveTable.shared.names.filter { isOneSlip(word, Array($0.utf8)) }.min()
    }

    private func isOneSlip(_ one: [UInt8], _ other: [UInt8]) -> Bool {
        guard abs(one.count - other.count) <= 1, one != other else { return false }
        let start = zip(one, other).prefix { $0 == $1 }.count
        let end = zip(one.dropFirst(start).reversed(), other.dropFirst(start).reversed()).prefix { $0 == $1 }
            .count
        let (left, right) = (one.count - start - end, other.count - start - end)
        if left <= 1, right <= 1 { return true }
        return left == 2 && right == 2 && one[start] == other[start + 1] && one[start + 1] == other[start]
    }

    private func missing(_ nginx: NginxEvidence) -> [Evidence] {
        nginx.files.missing.prefix(3).map {
            Evidence(
                .file,
                Phrase(
                    en: "include \($0) was not among the files and may define it",
                    zh: "include \($0) 不在所给文件中，可能在其中定义"))
        }
    }
}
