import NginxRouting
import NginxSyntax

/// Authentication by the proxy in front of a socket: `auth_request` and `auth_basic`.
struct AuthenticationCheck: Check {
    func findings(_ examination: Examination) -> [Finding] {
        guard let nginx = examination.nginx else { return [] }
        var findings: [Finding] = []
        // A log in which every handshake of the path opens.
        let passes =
            examination.seesHandshakes
            && !examination.files.accesses.contains {
                $0.path == examination.subject.path && $0.status >= 300
            }
        for trace in nginx.handshakes {
            // `satisfy any` with an `allow` lets clients of that address through.
            let mayPass =
                trace.level?.value("satisfy")?.text(0) == "any"
                && trace.gates.contains {
                    if case .access(let allowed, _) = $0 { allowed != false } else { false }
                }
            for gate in trace.gates {
                switch gate {
                case .authRequest(let subrequest, let statement):
                    findings += [
                        carriesUpgrade(subrequest.trace, statement, nginx, passes: passes),
                        mayPass ? nil : asksElsewhere(subrequest.trace, statement, trace, nginx, examination),
                    ].compactMap(\.self)
                case .basicAuthentication(let hasCredentials, let statement)
                where !hasCredentials && !mayPass:
                    findings.append(basic(statement, nginx, examination))
                case .access, .basicAuthentication, .module, .limit: break
                }
            }
        }
        return findings
    }

    // MARK: auth_request

    private func asksElsewhere(
        _ subrequest: RequestTrace, _ statement: Statement, _ trace: RequestTrace, _ nginx: NginxEvidence,
        _ examination: Examination
    ) -> Finding? {
        let path = examination.subject.path
        let refused = examination.files.accesses.filter {
            [301, 302, 303, 401, 403].contains($0.status) && $0.path == path
        }
        let succeeded = examination.files.accesses.contains { $0.status == 101 && $0.path == path }
        let login = trace.level?.effective("error_page").first {
            $0.arguments.contains("401") || $0.arguments.contains("403")
        }
        let ownToken = hasOwnToken(examination)
        let answersItself: Bool
        if case .answered(let answer) = subrequest.outcome {
            answersItself = answer.status >= 400
        } else {
            answersItself = false
        }
        let (severity, confidence): (Severity, Double)
        if answersItself {
            (severity, confidence) = (.error, 0.9)
        } else if (!refused.isEmpty && !succeeded) || isRefused(examination) {
            (severity, confidence) = (.error, 0.85)
        } else if !refused.isEmpty {
            // Some pass with a session, and others, without one, do not.
            (severity, confidence) = (.error, 0.75)
        } else if let place = ownToken, place != .cookie {
            (severity, confidence) = (.error, 0.65)
        } else {
            // With a session it passes; when that ends, the socket is sent to a form it cannot show.
            (severity, confidence) = login == nil || succeeded ? (.info, 0.45) : (.warning, 0.5)
        }
        var evidence = [nginx.quoted(statement)]
        if let proxied = subrequest.proxied { evidence.append(nginx.quoted(proxied.pass)) }
        if let login { evidence.append(nginx.quoted(login)) }
        evidence += refused.prefix(1).map {
            Evidence(
                .log,
                Phrase(
                    en: "\($0.path) was answered \($0.status) \($0.count) times",
                    zh: "\($0.path) 有 \($0.count) 次返回 \($0.status)"),
                at: $0.place)
        }
        return Finding(
            .authRequestBlocksHandshake, severity, confidence: confidence,
            title: Phrase(
                en: "the handshake must pass auth_request \(statement.text(0)) first",
                zh: "握手必须先通过 auth_request \(statement.text(0))"),
            explanation: Phrase(
                en: """
                    nginx asks \(statement.text(0)) whether the request may pass. A client that has only the application's own token, not the \
                    session cookie of the sign-on, gets its 401\(login == nil ? "" : ", or is sent to a login page"), and a WebSocket \
                    client follows no redirect and shows no form.
                    """,
                zh:
                    "nginx 先询问 \(statement.text(0)) 请求是否放行。只有应用自己的令牌而没有单点登录会话 Cookie 的客户端会得到 401\(login == nil ? "" : "，或被转到登录页")，而 WebSocket 客户端不会跟随重定向，也无法显示表单。"
            ),
            evidence: evidence, place: nginx.place(statement),
            fix: Fix(
                en:
                    "in the location of the socket: auth_request off; (the application checks its own token there), or have the sign-on accept that token",
                zh: "在 socket 的 location 中设置 auth_request off;（由应用校验自己的令牌），或让单点登录接受该令牌",
                patch: nginx.patch(adding: ["auth_request off;"], to: ownBlock(trace, statement))),
            hop: "nginx", predicts: [.handshakeStatus(401), .handshakeStatus(403), .handshakeRedirect])
    }

    /// Whether a probe of the handshake was refused or sent elsewhere as a sign-on does it.
    private func isRefused(_ examination: Examination) -> Bool {
        let symptoms: [Symptom] = [.handshakeStatus(401), .handshakeStatus(403), .handshakeRedirect]
        return symptoms.contains { examination.probes?.symptoms[$0] != nil }
    }

    /// The location of the socket if the line stands further out, so that one of its own can switch it off.
    private func ownBlock(_ trace: RequestTrace, _ statement: Statement) -> Statement? {
        guard let block = trace.block, statement.directive.parent != block.directive else { return nil }
        return block.name == "location" ? block : nil
    }

    private func carriesUpgrade(
        _ subrequest: RequestTrace, _ statement: Statement, _ nginx: NginxEvidence, passes: Bool
    ) -> Finding? {
        guard let proxied = subrequest.proxied else { return nil }
        let lines = proxied.headers.filter { header in
            let value = header.value.bytes.text.lowercased()
            switch header.name.lowercased() {
            case "upgrade": return !value.isEmpty
            case "connection": return value.contains("upgrade")
            default: return false
            }
        }
        guard !lines.isEmpty else { return nil }
        let sources = lines.compactMap(\.statement)
        return Finding(
            // The service does not mind where all get through.
            .authSubrequestCarriesUpgrade, passes ? .info : .error, confidence: passes ? 0.4 : 0.65,
            title: Phrase(
                en: "the subrequest of auth_request carries the upgrade headers", zh: "auth_request 的子请求带有升级头"
            ),
            explanation: Phrase(
                en: """
                    The subrequest to \(statement.text(0)) inherits the handshake's headers: the authentication service gets \
                    \(lines.map { "\($0.name): \($0.value.bytes.text)" }.joined(separator: " and ")) with an ordinary GET. Servers answer \
                    that with 400 or 426, or try to upgrade, and nginx refuses the handshake for it.
                    """,
                zh:
                    "发往 \(statement.text(0)) 的子请求继承了握手的请求头：认证服务会在普通 GET 中收到 \(lines.map { "\($0.name): \($0.value.bytes.text)" }.joined(separator: " 和 "))。服务器会返回 400 或 426，或尝试升级，nginx 因此拒绝握手。"
            ),
            evidence: [nginx.quoted(statement), nginx.quoted(proxied.pass)]
                + sources.map { nginx.quoted($0) },
            place: nginx.place(sources.first ?? proxied.pass),
            fix: Fix(
                en:
                    "in the location of the subrequest: proxy_set_header Upgrade \"\"; proxy_set_header Connection \"\"; proxy_pass_request_body off; proxy_set_header Content-Length \"\";",
                zh:
                    "在子请求的 location 中：proxy_set_header Upgrade \"\"; proxy_set_header Connection \"\"; proxy_pass_request_body off; proxy_set_header Content-Length \"\";",
                patch: own(subrequest, sources, nginx)),
            hop: "nginx", predicts: [.handshakeStatus(500), .handshakeStatus(400), .handshakeStatus(403)])
    }

    /// Lines in the subrequest's location, unless the ones at fault stand there themselves: then they are
    /// changed.
    private func own(_ subrequest: RequestTrace, _ sources: [Statement], _ nginx: NginxEvidence) -> String? {
        let block = subrequest.block
        if let block, !sources.isEmpty, sources.allSatisfy({ $0.directive.parent == block.directive }) {
            return nginx.patch { patch in
                sources.allSatisfy { line in
                    let words = Array(line.directive.arguments)
                    return words.count == 2 && patch.replace(words[1], of: line.directive, with: "\"\"")
                }
            }
        }
        return nginx.patch(
            adding: ["proxy_set_header Upgrade \"\";", "proxy_set_header Connection \"\";"], to: block)
    }

    /// Where the application's own token travels, if it has one.
    private func hasOwnToken(_ examination: Examination) -> TokenPlace? {
        let subject = examination.subject
        if let place = subject.tokenPlace {
            return subject.token == nil && place != .firstMessage ? nil : place
        }
        if subject.firstMessage != nil { return .firstMessage }
        let query = (subject.query ?? "").lowercased()
        let names = [
            "token=", "access_token=", "jwt=", "auth=", "authorization=", "apikey=", "api_key=", "key=",
        ]
        if names.contains(where: { query.hasPrefix($0) || query.contains("&" + $0) }) { return .query }
        return subject.token == nil ? nil : .query
    }

    // MARK: auth_basic

    private func basic(_ statement: Statement, _ nginx: NginxEvidence, _ examination: Examination) -> Finding
    {
        let page = nginx.page.gates.contains { if case .basicAuthentication = $0 { true } else { false } }
        let refused = examination.files.accesses.filter {
            $0.status == 401 && $0.path == examination.subject.path
        }
        return Finding(
            .basicAuthBlocksHandshake, confidence: !refused.isEmpty ? 0.9 : page ? 0.65 : 0.8,
            title: Phrase(
                en: "the handshake needs a user name and password (auth_basic)", zh: "握手需要用户名和密码 (auth_basic)"
            ),
            explanation: Phrase(
                en: """
                    nginx answers 401 unless the handshake carries Authorization: Basic. A script cannot add it to a WebSocket, no \
                    browser asks for it there\(page ? ", and only some send what was typed for the page" : ", and the page itself is not behind it, so nothing was typed before").
                    """,
                zh:
                    "握手不带 Authorization: Basic 时 nginx 返回 401。脚本无法为 WebSocket 添加该头，浏览器也不会为它弹窗\(page ? "，只有部分浏览器会沿用页面输入过的凭据" : "，而页面本身不受保护，也就没有输入过凭据")。"
            ),
            evidence: [nginx.quoted(statement)]
                + refused.prefix(1).map {
                    Evidence(
                        .log,
                        Phrase(
                            en: "\($0.path) was answered 401 \($0.count) times",
                            zh: "\($0.path) 有 \($0.count) 次返回 401"),
                        at: $0.place)
                }, place: nginx.place(statement),
            fix: Fix(
                en: "in the location of the socket: auth_basic off; and let the application check its token",
                zh: "在 socket 的 location 中设置 auth_basic off;，由应用校验令牌",
                patch: ownBlock(nginx.handshake, statement).flatMap {
                    nginx.patch(adding: ["auth_basic off;"], to: $0)
                }
                    ?? nginx.patch(statement, to: "off")),
            hop: "nginx", predicts: [.handshakeStatus(401)])
    }
}
