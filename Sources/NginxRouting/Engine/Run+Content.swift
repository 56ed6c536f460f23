import NginxSyntax

/// From the access phase to the handler.
extension Run {
    func access() {
        phase = .content
        if !isSubrequest {
            noteLimits()
            guard checkAccess() else { return }
        }
        tryFiles()
    }

    private func noteLimits() {
        for name in ["limit_conn", "limit_req"] {
            for line in level.effective(name) { trace.gates.append(.limit(line)) }
        }
    }

    /// Whether the request goes on.
    private func checkAccess() -> Bool {
        var refusal: (Int, Outcome.AnswerReason, Statement)?
        var mayPass = false
        if let (isAllowed, line) = addressRule() {
            trace.gates.append(.access(allowed: isAllowed, line))
            if isAllowed == nil { assume(.address) }
            if isAllowed == false { refusal = (403, .denied, line) } else { mayPass = true }
        }
        if let line = level.value("auth_basic"), line.text(0) != "off" {
            let has = headers.contains { $0.name.lowercased() == "authorization" && !$0.value.isEmpty }
            trace.gates.append(.basicAuthentication(hasCredentials: has, line))
            if !has { refusal = (401, .unauthorized, line) } else { mayPass = true }
        }
        if let line = level.value("auth_request"), line.text(0) != "off" {
            trace.gates.append(.authRequest(Subrequest(subrequest(line)), line))
            mayPass = true
        }
        for name in ["auth_jwt", "access_by_lua", "access_by_lua_block", "access_by_lua_file", "js_access"] {
            guard let line = level.value(name), line.text(0) != "off" else { continue }
            trace.gates.append(.module(line))
            mayPass = true
        }
        let isAny = level.value("satisfy")?.text(0) == "any"
        guard let (status, reason, line) = refusal, request.stopsAtGates, !(isAny && mayPass) else {
            return true
        }
        finalize(status, outcome: answer(status, reason, line))
        return false
    }

    /// The first `allow` or `deny` that fits the client's address.
    private func addressRule() -> (isAllowed: Bool?, Statement)? {
        // Both kinds make one list in the order of the file.
        var here: Level? = level
        while let found = here, found.own("allow").isEmpty, found.own("deny").isEmpty { here = found.parent }
        guard let block = here?.statement?.block else { return nil }
        let client = request.clientAddress.flatMap { IPAddress($0) }
        for line in block where line.name == "allow" || line.name == "deny" {
            let isAllowed = line.name == "allow"
            if line.text(0) == "all" { return (isAllowed, line) }
            guard let client else { return (nil, line) }
            if let network = IPAddress.Network(line.text(0)), network.contains(client) {
                return (isAllowed, line)
            }
        }
        return nil
    }

    private func subrequest(_ line: Statement) -> RequestTrace {
        let run = Run(router: router, request: request, files: files)
        run.isSubrequest = true
        run.listener = listener
        run.server = server
        run.headers = headers
        run.host = host
        run.original = original
        run.original.isQuoted = false
        run.original.hasPlus = false
        run.method = "GET"
        let target = evaluate(Template(line.arguments.first ?? ""))
        let mark = target.bytes.index(of: 0x3F) ?? target.bytes.count
        run.uri = target.bytes[0..<mark]
        run.arguments = target.bytes.dropping(mark + 1)
        run.isInternal = true
        run.validUnparsedURI = false
        run.uriChanges = max(1, uriChanges)
        run.values = values
        run.trace.choice = trace.choice
        run.enterServerLevel()
        run.resume()
        return run.trace
    }

    // MARK: try_files

    private func tryFiles() {
        guard let line = level.own("try_files").last, line.arguments.count >= 2,
            let last = line.arguments.last
        else {
            return
        }
        var tried: [TriedFile] = []
        guard let root = rootPath() else { return fail(500, .aliasAfterRewrite) }
        for word in line.arguments.dropLast() {
            let isDirectory = word.bytes.last == 0x2F
            let template = Template(isDirectory ? word[0..<(word.count - 1)] : word)
            var name = evaluate(template).bytes
            if let prefix = aliasPrefix, !template.isConstant, name.hasPrefix(prefix) {
                name = name.dropping(prefix.count)
            }
            let path = root + name
            var kind = files(absolute(path))
            if kind == .unknown {
                // The root folder is there, and so is the page a try_files falls back to: without them the configuration
                // would make no sense at all.
                let isRoot = isDirectory && name.bytes.allSatisfy { $0 == 0x2F }
                let isThere = isRoot || !isDirectory && triedFallbacks.contains(name)
                assume(.file(path, exists: isThere))
                kind = isRoot ? .directory : isThere ? .file : .missing
            }
            tried.append(TriedFile(path: path, isDirectory: isDirectory, found: kind))
            guard kind == (isDirectory ? .directory : .file) else { continue }
            if let prefix = aliasPrefix {
                uri = uri[0..<prefix.count] + name
            } else if !isAliasPattern {
                uri = name
            } else if !isDirectory {
                uri = name
                addURIToAlias = true
            }
            step(.tried(tried, .found(uri)), line)
            return
        }
        if last.bytes.first == 0x3D, let status = last.dropping(1).number {
            step(.tried(tried, .status(status)), line)
            return finalize(status, outcome: answer(status, .tryFilesCode, line))
        }
        var target = evaluate(Template(last)).bytes
        if let prefix = aliasPrefix, !Template(last).isConstant, target.hasPrefix(prefix) {
            target = target.dropping(prefix.count)
        }
        step(.tried(tried, .fallback(target)), line)
        if target.bytes.first == 0x40 { return enterNamed(target) }
        let mark = target.index(of: 0x3F) ?? target.count
        triedFallbacks.append(target[0..<mark])
        redirect(to: target[0..<mark], arguments: target.dropping(mark + 1), by: .tryFiles, line)
    }

    // MARK: content

    func content() {
        if let handler { return pass(to: handler) }
        if uri.bytes.last == 0x2F { return index() }
        guard ["GET", "HEAD", "POST"].contains(method) else {
            return finalize(405, outcome: answer(405, .methodNotAllowed, nil))
        }
        guard let path = filePath() else { return fail(500, .aliasAfterRewrite) }
        switch files(absolute(path)) {
        case .missing:
            finalize(404, outcome: answer(404, .noFile, level.value("root") ?? level.value("alias")))
        case .directory:
            var target = Escaping.escape(uri, Escaping.uri) + "/"
            if !arguments.isEmpty { target = target + "?" + arguments }
            finalize(301, outcome: answer(301, .slashRedirect, nil, location: Evaluated(target)))
        case .file:
            // Only answers of their own take a body.
            if method == "POST" { return finalize(405, outcome: answer(405, .methodNotAllowed, nil)) }
            end(.file(path: path, found: .file))
        case .unknown:
            assume(.file(path, exists: true))
            end(.file(path: path, found: .unknown))
        }
    }

    private func pass(to handler: Statement) {
        switch handler.name {
        case "proxy_pass":
            guard let pass = configured(handler.name) else { return fail(500, .handlerWithoutTarget) }
            proxy(pass)
        case "grpc_pass", "fastcgi_pass", "uwsgi_pass", "scgi_pass", "memcached_pass":
            guard let handler = configured(handler.name) else { return fail(500, .handlerWithoutTarget) }
            end(
                .passed(
                    protocol: String(handler.name.dropLast(5)),
                    target: evaluate(Template(handler.arguments.first ?? "")), handler))
        default: end(.module(handler))
        }
    }

    /// The line that says where to pass: of the level in force, or of the location around an `if`.
    ///
    /// A handler set by an earlier `if` does not bring its target along.
    private func configured(_ name: String) -> Statement? {
        var here: Level? = level
        while let found = here {
            if let line = found.own(name).last { return line }
            if found.kind == .location { return nil }
            here = found.parent
        }
        return nil
    }

    private func index() {
        guard ["GET", "HEAD", "POST"].contains(method) else {
            return finalize(403, outcome: answer(403, .forbidden, nil))
        }
        let line = level.value("index")
        let names = level.effective("index").flatMap(\.arguments)
        for name in names.isEmpty ? ["index.html"] : names {
            let template = Template(name)
            let name = evaluate(template).bytes
            // A constant absolute name is gone to before a path on the disk is asked for, so that no alias stands in its way.
            if template.isConstant, name.bytes.first == 0x2F {
                return redirect(to: name, arguments: arguments, by: .index, line)
            }
            guard let folder = filePath() else { return fail(500, .aliasAfterRewrite) }
            if name.bytes.first == 0x2F { return redirect(to: name, arguments: arguments, by: .index, line) }
            switch files(absolute(folder + name)) {
            case .file: return redirect(to: uri + name, arguments: arguments, by: .index, line)
            case .directory: return redirect(to: uri + name, arguments: arguments, by: .index, line)
            case .missing:
                if files(absolute(folder)) == .missing {
                    return finalize(404, outcome: answer(404, .noFile, line))
                }
            case .unknown:
                // Most roots have an index; what answers is a page either way.
                assume(.file(folder + name, exists: true))
                return end(.file(path: folder + name, found: .unknown))
            }
        }
        if level.isOn("autoindex", default: false) {
            guard let folder = filePath() else { return fail(500, .aliasAfterRewrite) }
            return end(.file(path: folder, found: .directory))
        }
        finalize(403, outcome: answer(403, .forbidden, line))
    }

    // MARK: paths

    /// The beginning of the URI that `alias` replaces; nil: there is no alias, or its location is a pattern.
    private var aliasPrefix: ByteString? {
        guard let (line, level) = rootLine, line.name == "alias" else { return nil }
        return level.replacedPrefix.map { uri[0..<$0.count] }
    }
    private var isAliasPattern: Bool {
        guard let (line, level) = rootLine, line.name == "alias" else { return false }
        return level.replacedPrefix == nil
    }

    /// The `root` or `alias` in force, and where it stands: the two are one value.
    private var rootLine: (Statement, Level)? {
        var here: Level? = level
        while let found = here {
            if let line = found.own("alias").last ?? found.own("root").last { return (line, found) }
            here = found.parent
        }
        return nil
    }

    /// What stands before the names of files; nil: alias behind a rewrite, which nginx refuses.
    private func rootPath(isRewriteAllowed: Bool = false) -> ByteString? {
        guard let (line, _) = rootLine else { return absolute("html") }
        if line.name == "alias", !validLocation, !isRewriteAllowed { return nil }
        var folder = line.arguments.first ?? "html"
        if line.name == "root", folder.bytes.last == 0x2F { folder.bytes.removeLast() }
        let path = evaluate(Template(folder)).bytes
        // "root /;" is left empty, which is the root of the file system.
        return path.isEmpty && line.name == "root" ? "" : absolute(path)
    }

    /// The file of the current URI (`ngx_http_map_uri_to_path`); nil: alias behind a rewrite.
    func filePath() -> ByteString? {
        guard let root = rootPath() else { return nil }
        if let prefix = aliasPrefix { return root + uri.dropping(prefix.count) }
        if isAliasPattern { return addURIToAlias ? root + uri : root }
        return root + uri
    }

    /// `$document_root`.
    func documentRoot() -> ByteString { rootPath(isRewriteAllowed: true) ?? absolute("html") }
}
