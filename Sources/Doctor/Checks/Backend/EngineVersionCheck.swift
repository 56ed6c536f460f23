import HTTPWire

/// Versions of Socket.IO on both sides: a client of 2 (Engine.IO 3) and a server of 3 or 4 (Engine.IO 4) do not talk.
struct EngineVersionCheck: Check {
    func findings(_ examination: Examination) -> [Finding] {
        let server = server(examination)
        let client = client(examination)
        var evidence = [server?.evidence, client?.evidence].compactMap(\.self)
        let refused = examination.files.events(.unsupportedEngineVersion).first
        let answered = examination.files.responses.first {
            $0.body.holds("Unsupported protocol version") || ($0.body.holds("\"code\":5") && $0.status == 400)
        }
        if let refused { evidence.append(.log(refused)) }
        if let answered {
            evidence.append(
                .file(
                    "the answer: \(Masking.excerpt(answered.body, 120))",
                    "响应：\(Masking.excerpt(answered.body, 120))", at: answered.place))
        }
        if refused == nil, answered == nil {
            guard let server, let client, server.version != client.version else { return [] }
            // Engine.IO 4 servers take version 3 only when they are told to.
            if server.version == 4, client.version == 3, allowsOld(examination) { return [] }
        }
        let clientWords = client.map { "Engine.IO \($0.version)" } ?? "another Engine.IO"
        let serverWords = server.map { "Engine.IO \($0.version)" } ?? "its own"
        return [
            Finding(
                .eioVersionMismatch, confidence: refused != nil || answered != nil ? 0.96 : 0.9,
                title: say(
                    "the client speaks \(clientWords), the server \(serverWords)",
                    "客户端使用 \(clientWords)，服务器使用 \(serverWords)"),
                explanation: say(
                    "Socket.IO 2 speaks Engine.IO 3, Socket.IO 3 and 4 speak Engine.IO 4; EIO= in the address tells. A server answers the other version with 400, {\"code\":5,\"message\":\"Unsupported protocol version\"}, unless allowEIO3 is set, and an old server never does.",
                    "Socket.IO 2 使用 Engine.IO 3，Socket.IO 3 和 4 使用 Engine.IO 4；地址中的 EIO= 表明版本。除非设置 allowEIO3，服务器会以 400 {\"code\":5,\"message\":\"Unsupported protocol version\"} 回应另一版本，旧服务器则完全不支持。"
                ),
                evidence: evidence,
                place: server?.place ?? client?.place ?? refused?.place ?? answered?.place,
                fix: server.map { $0.version == 3 } == true
                    ? Fix(
                        "update the server to Socket.IO 3 or 4, or use a client of version 2",
                        "把服务器升级到 Socket.IO 3 或 4，或使用 2 版客户端")
                    : Fix(
                        "use a client of the server's major version, or set allowEIO3: true on the server",
                        "使用与服务器相同主版本的客户端，或在服务器设置 allowEIO3: true"),
                hop: "backend", predicts: [.handshakeStatus(400)], excludedBy: [.exchanged])
        ]
    }

    private typealias Side = (version: Int, evidence: Evidence, place: FilePlace?)

    /// Which Engine.IO the server's package speaks.
    private func server(_ examination: Examination) -> Side? {
        for list in examination.files.packages {
            if let package = list["socket.io"], let major = package.major {
                return side(
                    major >= 3 ? 4 : 3, "the server has socket.io \(package.version)",
                    "服务器使用 socket.io \(package.version)", package.place)
            }
            if let package = list["engine.io"], let major = package.major {
                return side(
                    major >= 4 ? 4 : 3, "the server has engine.io \(package.version)",
                    "服务器使用 engine.io \(package.version)", package.place)
            }
            // python-socketio 5 and Flask-SocketIO 5 speak Engine.IO 4, those before 3.
            for name in ["python-socketio", "flask-socketio", "python-engineio"] {
                guard let package = list[name], let major = package.major else { continue }
                let isNew = major >= (name == "python-engineio" ? 4 : 5)
                return side(
                    isNew ? 4 : 3, "the server has \(name) \(package.version)",
                    "服务器使用 \(name) \(package.version)", package.place)
            }
        }
        return nil
    }

    private func client(_ examination: Examination) -> Side? {
        for list in examination.files.packages {
            if let package = list["socket.io-client"], let major = package.major {
                return side(
                    major >= 3 ? 4 : 3, "the client has socket.io-client \(package.version)",
                    "客户端使用 socket.io-client \(package.version)", package.place)
            }
        }
        for group in examination.files.accesses {
            if let version = Self.engine(group.query) {
                return side(
                    version, "a client asks with EIO=\(version)", "客户端以 EIO=\(version) 请求", group.place)
            }
        }
        guard case .socketIO(let address) = examination.subject.dialect,
            examination.subject.url.target.holds("EIO=")
        else { return nil }
        let version = address.engineVersion
        return (version, .argument("the address says EIO=\(version)", "地址中为 EIO=\(version)"), nil)
    }

    private func side(_ version: Int, _ en: String, _ zh: String, _ place: FilePlace) -> Side {
        (version, .file(en, zh, at: place), place)
    }

    private func allowsOld(_ examination: Examination) -> Bool {
        examination.files.servers.contains { $0.allowsEIO3 == true }
            || examination.files.settings.contains {
                $0.bareName == "alloweio3" && $0.value.lowercased() == "true"
            }
    }

    static func engine(_ query: String) -> Int? {
        query.split(separator: "&").first { $0.hasPrefix("EIO=") }.flatMap { Int($0.dropFirst(4)) }
    }
}
