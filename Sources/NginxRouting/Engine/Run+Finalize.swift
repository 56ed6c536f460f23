import NginxSyntax

/// Ending a request, and the pages for errors (`ngx_http_finalize_request`, `ngx_http_special_response_handler`).
extension Run {
    /// Ends with an outcome that no error page can change.
    func end(_ outcome: Outcome) {
        trace.outcome = outcome
        phase = .done
    }

    /// Ends with a status; an `error_page` for it starts the request over.
    func finalize(_ status: Int, outcome: Outcome) {
        guard status >= 300 || status == 201 || status == 204 else { return end(outcome) }
        errorStatus = status
        if case .answered(let answer) = outcome, let location = answer.location { leftLocation = location }
        let pages = level.effective("error_page")
        if !errorPageUsed, !pages.isEmpty, uriChanges != 0 {
            if !level.isOn("recursive_error_pages", default: false) { errorPageUsed = true }
            for page in pages {
                guard let entry = ErrorPage(page), entry.statuses.contains(status) else { continue }
                return show(entry, status, page)
            }
        }
        if status >= 494, status <= 497 { errorStatus = 400 }
        end(absolute(outcome, status: errorStatus ?? status))
    }

    private func show(_ page: ErrorPage, _ status: Int, _ statement: Statement) {
        let override = page.override ?? ((494...497).contains(status) ? 400 : nil)
        if let override { errorStatus = override }
        let target = evaluate(page.target)
        step(.errorPage(status: status, target: target, override: override), statement)
        switch target.bytes.bytes.first {
        case 0x2F:
            let mark = target.bytes.index(of: 0x3F) ?? target.bytes.count
            if method != "HEAD" { method = "GET" }
            redirect(
                to: target.bytes[0..<mark], arguments: target.bytes.dropping(mark + 1), by: .errorPage,
                statement)
        case 0x40: enterNamed(target.bytes)
        default:
            let redirects: Set<Int> = [301, 302, 303, 307, 308]
            let code = override.flatMap { redirects.contains($0) ? $0 : nil } ?? 302
            errorStatus = code
            end(absolute(answer(code, .errorPageRedirect, statement, location: target), status: code))
        }
    }

    /// An answer with the status that counts and, for a redirect to a path, with scheme and host before it.
    func absolute(_ outcome: Outcome, status: Int) -> Outcome {
        guard case .answered(let answer) = outcome else { return outcome }
        return .answered(
            Outcome.Answer(
                status: status, location: (answer.location ?? leftLocation).map(absolute), text: answer.text,
                statement: answer.statement, reason: answer.reason))
    }

    private func absolute(_ target: Evaluated) -> Evaluated {
        guard target.bytes.bytes.first == 0x2F, level.isOn("absolute_redirect", default: true), let listener
        else {
            return target
        }
        var prefix = Evaluated(listener.isSecure ? "https://" : "http://")
        if level.isOn("server_name_in_redirect", default: false) {
            prefix.append(Evaluated(server?.primaryName ?? ""))
        } else {
            prefix.append(host.isEmpty ? value(of: "server_addr") : Evaluated(host))
        }
        let standard = listener.isSecure ? 443 : 80
        if level.isOn("port_in_redirect", default: true), listener.port != standard, listener.port != 0 {
            prefix.append(Evaluated(ByteString(":\(listener.port)")))
        }
        prefix.append(target)
        return prefix
    }
}

/// One `error_page` line.
struct ErrorPage {
    let statuses: [Int]
    /// `=200`; 0 for `=` alone, which takes the answer's own status; nil: the error's stays.
    let override: Int?
    let target: Template

    init?(_ statement: Statement) {
        var words = statement.arguments
        guard let last = words.popLast() else { return nil }
        target = Template(last)
        if let mark = words.last, mark.bytes.first == 0x3D {
            words.removeLast()
            override = mark.count > 1 ? mark.dropping(1).number : 0
        } else {
            override = nil
        }
        statuses = words.compactMap(\.number)
    }
}
