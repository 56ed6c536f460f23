import NginxSyntax

/// State of one pass through rewrite rules (`ngx_http_script_engine_t`).
struct Script {
    /// Captures are escaped: at the start of a pass, and in the target of a redirect.
    var quotes = true
    /// Captures are escaped since a `?` was passed in a replacement.
    ///
    /// Never reset within a pass.
    var isArguments = false
}

/// The rules of the rewrite module.
extension Run {
    func run(_ rules: [RewriteRule], isServer: Bool) {
        guard !rules.isEmpty else { return }
        var script = Script()
        _ = execute(rules, &script)
    }

    /// Whether the rules behind go on.
    private func execute(_ rules: [RewriteRule], _ script: inout Script) -> Bool {
        for rule in rules {
            switch rule {
            case .rewrite(let rewrite):
                guard self.rewrite(rewrite, &script) else { return false }
            case .set(let variable, let template, let statement):
                noteLostCapture(template, statement, variable: variable)
                let value = evaluate(template, &script)
                step(.set(variable: variable, value), statement)
                assign(variable, value)
            case .test(let condition, let inner, let level, let statement):
                let holds = test(condition, &script, statement)
                step(.tested(holds), statement)
                guard holds == true else { continue }
                if let level { enter(level) }
                guard execute(inner, &script) else { return false }
            case .answer(let status, let template, let statement):
                answer(status, template, statement)
                return false
            case .leave:
                if uriChanged {
                    validLocation = false
                    uriChanged = false
                }
                return false
            }
        }
        return true
    }

    private func assign(_ variable: String, _ value: Evaluated) {
        switch variable {
        case "args":
            arguments = value.bytes
            validUnparsedURI = false
        case "limit_rate": break
        default: values[variable] = value
        }
    }

    private func rewrite(_ rewrite: RewriteRule.Rewrite, _ script: inout Script) -> Bool {
        guard let pattern = rewrite.pattern, matches(pattern, uri) else {
            captures = []
            return true
        }
        areCapturesRewrites = true
        if rewrite.redirect == nil {
            isInternal = true
            validUnparsedURI = false
            if rewrite.breaks {
                validLocation = false
                uriChanged = false
            } else {
                uriChanged = true
            }
        }
        script.quotes = rewrite.redirect != nil
        measure(rewrite.replacement)
        var path = Evaluated("")
        var query: Evaluated?
        for piece in rewrite.replacement.pieces {
            if piece == .arguments {
                script.isArguments = true
                query = Evaluated("")
                continue
            }
            let part = evaluate(piece, script)
            if query == nil { path.append(part) } else { query?.append(part) }
        }
        script.quotes = false
        if let status = rewrite.redirect {
            var target = Evaluated(Escaping.unescapeRedirect(path.bytes), unknown: path.unknown)
            if rewrite.addsArguments, !arguments.isEmpty {
                target.bytes.append(rewrite.replacement.hasQuestionMark ? 0x26 : 0x3F)
                target.bytes.append(arguments)
            }
            step(.returned(status: status, text: target), rewrite.statement)
            finalize(status, outcome: answer(status, .rewriteRedirect, rewrite.statement, location: target))
            return false
        }
        if var query {
            if rewrite.addsArguments, !arguments.isEmpty {
                query.bytes.append(0x26)
                query.bytes.append(arguments)
            }
            arguments = query.bytes
        } else if !rewrite.addsArguments {
            arguments = ""
        }
        step(
            .rewritten(from: uri, to: path.bytes, arguments: arguments, searchesAgain: !rewrite.breaks),
            rewrite.statement)
        uri = path.bytes
        if uri.isEmpty {
            fail(500, .emptyURI)
            return false
        }
        return !rewrite.isLast
    }

    private func answer(_ status: Int, _ template: Template?, _ statement: Statement) {
        // Before it answers by a text or redirect, nginx reads the body away.
        if status < 400 || template?.source.isEmpty == false, !bodyLength.isEmpty { bodyLength = "0" }
        let text = template.map { evaluate($0) }
        step(.returned(status: status, text: text), statement)
        if [301, 302, 303, 307, 308].contains(status) {
            finalize(status, outcome: answer(status, .returned, statement, location: text ?? Evaluated("")))
        } else if status >= 400, template == nil || template?.source.isEmpty == true {
            finalize(status, outcome: answer(status, .returned, statement))
        } else if status == 444 {
            finalize(status, outcome: answer(status, .returned, statement))
        } else {
            // A text of its own is sent as it is: error_page has no say.
            let code = errorStatus.flatMap { $0 > 0 ? $0 : nil } ?? status
            end(absolute(answer(code, .returned, statement, text: text), status: code))
        }
    }

    private func test(_ condition: RewriteRule.Condition, _ script: inout Script, _ statement: Statement)
        -> Bool?
    {
        func decide(_ values: [Evaluated], _ holds: () -> Bool) -> Bool? {
            let unknown = values.flatMap(\.unknown)
            if unknown.isEmpty { return holds() }
            assume(.condition(variables: unknown, statement.place))
            return nil
        }
        switch condition {
        case .isSet(let template):
            let value = evaluate(template, &script)
            return decide([value]) { !value.bytes.isEmpty && value.bytes != "0" }
        case .equal(let left, let right, let isNegated):
            let left = evaluate(left, &script)
            let right = evaluate(right, &script)
            return decide([left, right]) { (left.bytes == right.bytes) != isNegated }
        case .match(let template, let pattern, let isNegated):
            let value = evaluate(template, &script)
            return decide([value]) {
                guard let pattern, matches(pattern, value.bytes) else {
                    captures = []
                    return isNegated
                }
                return !isNegated
            }
        case .file(let test, let template, let isNegated):
            let value = evaluate(template, &script)
            return decide([value]) {
                let kind = look(at: value.bytes)
                let holds =
                    switch test {
                    case .file: kind == .file
                    case .directory: kind == .directory
                    case .exists, .executable: kind == .file || kind == .directory
                    }
                return holds != isNegated
            }
        case .invalid: return nil
        }
    }

    /// What is at a path; where nobody knows, it is taken to be missing, and that is noted.
    func look(at path: ByteString) -> FileKind {
        if path.isEmpty { return .missing }
        let kind = files(absolute(path))
        guard kind == .unknown else { return kind }
        assume(.file(path, exists: false))
        return .missing
    }

    /// A path below the prefix, unless it is absolute.
    func absolute(_ path: ByteString) -> ByteString {
        path.bytes.first == 0x2F ? path : ByteString(router.configuration.prefix) + path
    }
}
