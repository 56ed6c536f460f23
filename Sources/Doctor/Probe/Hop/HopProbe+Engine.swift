import Bytes
import EngineIOWire
import JSON
import SocketIOWire
import Transport

extension HopProbe {
    /// Several sessions as clients hold them, and what the first of them calls for.
    func engine(_ address: SocketIOAddress) async -> EngineEvidence {
        progress(Phrase(en: "\(name): Socket.IO", zh: "\(name)：Socket.IO 会话"))
        var seen = EngineEvidence()
        async let direct = webSocketSession(address)
        let count = question.isPublic ? Self.sessionCount : 1
        let probe = self
        seen.sessions = await withTaskGroup(of: EngineSession.self) { group in
            for index in 0..<count {
                // One upgrade is enough: the others are there to meet other nodes.
                group.addTask { await probe.session(address, upgrades: index == 0) }
            }
            var all: [EngineSession] = []
            for await one in group { all.append(one) }
            return all.sorted { ($0.upgrade != nil ? 0 : 1) < ($1.upgrade != nil ? 0 : 1) }
        }
        (seen.webSocketOpening, seen.webSocketConnect) = await direct
        guard question.isPublic else { return seen }
        if seen.sessions.contains(where: { $0.unknownCount > 0 }) {
            seen.onOneConnection = await session(address, isOnOneConnection: true)
            if let cookies = Self.cookies(of: seen.sessions) {
                seen.withCookies = await session(address, cookies: cookies)
            }
        }
        let first = seen.sessions.first
        if first?.opening == nil {
            if first?.isVersion3 == true || first?.refusal != nil || !seen.isMet {
                let other = address.engineVersion == 4 ? 3 : 4
                var changed = address
                changed.engineVersion = other
                seen.otherVersion = (other, await poll(changed.pollingTarget))
            }
            if !seen.isMet, address.enginePath != "/socket.io/" {
                var changed = address
                changed.enginePath = "/socket.io/"
                seen.otherPath = (changed.enginePath, await poll(changed.pollingTarget))
            }
        }
        return seen
    }

    /// How many sessions are held; with two nodes and chance alone, one in 64 would meet a single node throughout.
    private static let sessionCount = 4

    private func poll(_ target: String, fields: [WireField] = []) async -> HTTPExchange {
        var fields = fields + question.fields
        if let origin = question.origin { fields.append(WireField("Origin", origin)) }
        return await client.exchange(client.request(target, fields: fields))
    }

    // MARK: A session by polling

    private func session(
        _ address: SocketIOAddress, upgrades: Bool = false, cookies: String? = nil,
        isOnOneConnection: Bool = false
    ) async -> EngineSession {
        var line: LoopSocket?
        if isOnOneConnection, case .success(let socket) = await client.open() { line = socket }
        let extra = cookies.map { [WireField("Cookie", $0)] } ?? []
        var session = EngineSession(open: await send(line, "GET", address.pollingTarget, extra))
        session.read()
        if let opening = session.opening, address.engineVersion == 4 {
            let target = "\(address.pollingTarget)&sid=\(opening.sid.filter(Self.isPlain))"
            let packet = Self.connectPacket(address, auth: auth)
            session.post = await send(line, "POST", target, extra, body: packet)
            session.poll = await send(line, "GET", target, extra)
            session.connect = session.poll?.answer.flatMap { Self.outcome(in: $0.body, address.namespace) }
            if upgrades { await upgrade(&session, address, sid: opening.sid.filter(Self.isPlain)) }
        } else if let opening = session.opening {
            // Engine.IO 3 enters the default namespace by itself: two polls show whether the session is known.
            let target = "\(address.pollingTarget)&sid=\(opening.sid.filter(Self.isPlain))"
            session.poll = await send(line, "GET", target, extra)
            if upgrades { await upgrade(&session, address, sid: opening.sid.filter(Self.isPlain)) }
        }
        await line?.close()
        return session
    }

    /// What may stand in a query as it is; an id made of other characters is nobody's.
    private static func isPlain(_ character: Character) -> Bool {
        character.isASCII && (character.isLetter || character.isNumber || "-_.~".contains(character))
    }

    private func send(
        _ line: LoopSocket?, _ method: String, _ target: String, _ extra: [WireField], body: [UInt8] = []
    ) async -> HTTPExchange {
        var fields = extra + question.fields
        if let origin = question.origin { fields.append(WireField("Origin", origin)) }
        if !body.isEmpty { fields.append(WireField("Content-Type", "text/plain;charset=UTF-8")) }
        var request = client.request(target, method: method, fields: fields, keepsAlive: line != nil)
        request.body = body
        guard let line else { return await client.exchange(request, within: Self.pollTime) }
        return await client.converse(line, request, within: Self.pollTime).exchange
    }

    /// A poll may wait for as long as a ping interval when there is nothing to say; after CONNECT there is.
    private static let pollTime: Duration = .seconds(3)

    private func upgrade(_ session: inout EngineSession, _ address: SocketIOAddress, sid: String) async {
        var request = wanted
        request.target = "\(address.handshakeTarget)&sid=\(sid)"
        let (attempt, socket) = await client.handshake(request)
        session.upgrade = attempt
        guard let socket else { return }
        await socket.send("\(EnginePackets.probe)")
        let until = client.limit(client.patience.reply)
        var isAnswered = false
        while !isAnswered, case .event(let event) = await socket.next(until: until) {
            if case .message(_, "\(EnginePackets.probeAnswer)", _, _) = event { isAnswered = true }
        }
        session.isProbeAnswered = isAnswered
        await socket.close()
    }

    // MARK: A session by WebSocket alone

    private func webSocketSession(_ address: SocketIOAddress) async -> (EngineOpening?, NamespaceOutcome?) {
        let (_, socket) = await client.handshake(wanted)
        guard let socket else { return (nil, nil) }
        var opening: EngineOpening?
        var outcome: NamespaceOutcome?
        let until = client.limit(client.patience.reply)
        while outcome == nil {
            switch await socket.next(until: until) {
            case .event(.message(_, let text, _, _)):
                if opening == nil {
                    opening = Self.opening(in: text)
                    if opening == nil { outcome = .closed }
                    let packet = Self.connectPacket(address, auth: auth)
                    if address.engineVersion == 4 {
                        await socket.send(String(decoding: packet, as: UTF8.self))
                    }
                } else {
                    outcome = Self.outcome(in: Array(text.utf8), address.namespace)
                }
            case .event: continue
            case .end: outcome = .closed
            case .silence: outcome = .silent
            }
        }
        await socket.close()
        return (opening, opening == nil ? nil : outcome)
    }

    /// The `auth` of CONNECT; empty: none.
    private var auth: String {
        guard question.subject.tokenPlace == .socketIO, let token = question.subject.token else { return "" }
        let buffer = ByteBuffer()
        var object = JSONObjectWriter(buffer)
        object.member("token", token)
        object.end()
        return String(decoding: buffer.bytes, as: UTF8.self)
    }

    // MARK: Packets

    static func connectPacket(_ address: SocketIOAddress, auth: String) -> [UInt8] {
        let buffer = ByteBuffer()
        buffer.append(byte: EnginePacketType.message.rawValue)
        var (namespace, auth) = (address.namespace, auth)
        namespace.withUTF8 { name in
            auth.withUTF8 { auth in
                SocketEncoder.appendConnect(
                    namespace: UnsafeRawBufferPointer(name), auth: UnsafeRawBufferPointer(auth), to: buffer)
            }
        }
        return buffer.array
    }

    static func opening(in text: String) -> EngineOpening? {
        Array(text.utf8).withUnsafeBytes { bytes in
            guard let packet = try? EnginePacket(text: bytes), packet.type == .open else { return nil }
            return try? EngineOpening(json: packet.data)
        }
    }

    /// What a payload says about entering `namespace`; nil: nothing.
    static func outcome(in payload: [UInt8], _ namespace: String) -> NamespaceOutcome? {
        payload.withUnsafeBytes { bytes in
            var reader = EnginePayload.Reader(bytes, packetLimit: 1_000)
            let scratch = ByteBuffer()
            while let packet = try? reader.next(scratch: scratch) {
                if packet.type == .close { return .closed }
                guard packet.type == .message, !packet.isBinary,
                    let inner = try? SocketPacket(packet.data, isValidUTF8: true)
                else { continue }
                if inner.type == .connect { return .connected }
                if let refusal = SocketRefusal(inner) {
                    return .refused(Excerpt.line(refusal.message, limit: 200))
                }
                if inner.type == .disconnect { return .closed }
            }
            return nil
        }
    }

    /// The cookies that sessions were given, as a client would send them back; nil: none.
    private static func cookies(of sessions: [EngineSession]) -> String? {
        guard let answer = sessions.compactMap({ $0.open.answer }).first else { return nil }
        let pairs = answer.values(of: "Set-Cookie").map { String($0.prefix { $0 != ";" }) }
        return pairs.isEmpty ? nil : pairs.joined(separator: "; ")
    }
}

extension EngineSession {
    /// Reads the answer to the first request.
    mutating func read() {
        guard let answer = open.answer else { return }
        if answer.status == 200 {
            opening = HopProbe.opening(in: answer.text)
            guard opening == nil else { return }
            // `97:0{"sid":…}` of Engine.IO 3, which counts characters.
            let digits = answer.text.prefix { $0.isASCII && $0.isNumber }
            let rest = answer.text.dropFirst(digits.count)
            guard (1...6).contains(digits.count), rest.hasPrefix(":0{"), let count = Int(digits) else {
                return
            }
            isVersion3 = true
            opening = HopProbe.opening(in: String(rest.dropFirst().prefix(count)))
            return
        }
        if let json = answer.json, let code = json["code"]?.integerValue,
            let message = json["message"]?.stringValue
        {
            refusal = EngineRefusalWords(
                code: Int(truncatingIfNeeded: code), message: Excerpt.line(message, limit: 200))
        }
    }
}
