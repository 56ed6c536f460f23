import Bytes
import EventLoop
import Transport

extension HopProbe {
    /// The handshake as the page would ask for it.
    var wanted: HandshakeRequest {
        var request = HandshakeRequest(target: question.target, origin: question.origin)
        request.subprotocols = question.subprotocols
        request.fields = question.fields
        return request
    }

    /// The page, the path and the handshake, side by side; then what their answers call for.
    func ask(_ seen: inout HopEvidence) async {
        progress(Phrase(en: "\(name): handshake", zh: "\(name)：WebSocket 握手"))
        async let page = client.exchange(client.request("/"))
        async let plain = plainAnswer()
        async let opening = talk()
        (seen.handshake, seen.conversation) = await opening
        seen.page = await page
        (seen.plain, seen.stream) = await plain
        if [429, 503].contains(seen.handshake?.exchange.status) {
            // Perhaps only because of the others that were asked at the same time: once more, alone.
            let (attempt, conversation) = await talk()
            if attempt.isUpgraded { (seen.handshake, seen.conversation) = (attempt, conversation) }
        }
        if Self.isSpeechless(seen.handshake?.exchange.outcome) {
            await identify(&seen)
            guard seen.speech == nil else { return }
        }
        if seen.handshake?.isUpgraded == true {
            await afterUpgrade(&seen)
        } else if seen.handshake != nil {
            await afterRefusal(&seen)
        }
        if case .socketIO(let address) = question.subject.dialect { seen.engine = await engine(address) }
        if question.isPublic {
            seen.browser = await browser(seen)
            if question.looksForLimits || Self.hintsAtLimits(seen) { seen.burst = await burst() }
        }
        if question.idle > .zero, seen.handshake?.isUpgraded == true { seen.idle = await idle() }
    }

    /// What a plain GET asks for: polling where there is such a thing.
    var plainTarget: String {
        if case .socketIO(let address) = question.subject.dialect { return address.pollingTarget }
        return question.target
    }

    // MARK: After the answer

    private func afterUpgrade(_ seen: inout HopEvidence) async {
        async let compressed = compression()
        if question.isPublic {
            async let sizes = sizes(isEchoing: seen.conversation?.isEcho(of: Self.greeting) == true)
            seen.sizes = await sizes
        }
        seen.compressed = await compressed
    }

    private func afterRefusal(_ seen: inout HopEvidence) async {
        guard question.isPublic, let status = seen.handshake?.exchange.status else { return }
        // These come before anybody has looked at Origin or token.
        guard ![429, 502, 503, 504].contains(status) else { return }
        progress(Phrase(en: "\(name): what would be accepted", zh: "\(name)：寻找可被接受的握手"))
        seen.variants = await attempts(variants(for: status))
    }

    /// Whether what came is no HTTP answer at all, so that the port may speak something else.
    static func isSpeechless(_ outcome: HTTPOutcome?) -> Bool {
        switch outcome {
        case .foreign, .closed, .silent: true
        case .answered, .malformed, .unreachable, .tlsFailed, nil: false
        }
    }

    /// Finds out what the port speaks.
    private func identify(_ seen: inout HopEvidence) async {
        if case .foreign(let bytes)? = seen.handshake?.exchange.outcome {
            seen.speech = PortSpeech(firstBytes: bytes)
            return
        }
        // The plain request may have been answered where the handshake was not: then the port speaks HTTP.
        if seen.page?.answer != nil || seen.plain?.answer != nil { return }
        var announced = client
        announced.preface = Array("PROXY TCP4 127.0.0.1 127.0.0.1 40000 80\r\n".utf8)
        let client = client
        let announcing = announced
        async let afterProxyLine = announcing.exchange(announcing.request("/"), within: .seconds(2))
        async let overTLS =
            client.endpoint.isSecure
            ? nil : client.exchange(client.request("/"), secure: true, within: .seconds(2))
        if await afterProxyLine.answer != nil { seen.speech = .proxyProtocol }
        if let secure = await overTLS {
            seen.otherScheme = secure
            if secure.answer != nil { seen.speech = .tls }
        }
    }

    private static func hintsAtLimits(_ seen: HopEvidence) -> Bool {
        [429, 503].contains(seen.handshake?.exchange.status) || [429, 503].contains(seen.plain?.status)
    }

    // MARK: Talking

    /// What a probe says to see whether anything comes back: no server takes it for a command.
    static let greeting = #"{"type":"ping"}"#

    /// Opens the WebSocket, says what the client would say first, and listens for a moment.
    private func talk() async -> (HandshakeAttempt, Conversation?) {
        var client = client
        // Nobody expects a socket of a page: an answer that takes long is the page's own.
        if question.subject.dialect == .page { client.patience.answer = .seconds(2) }
        let (attempt, socket) = await client.handshake(wanted)
        guard let socket else { return (attempt, nil) }
        var conversation = Conversation()
        await converse(socket, &conversation)
        conversation.age = EventLoop.now() - socket.openedAt
        await socket.close()
        return (attempt, conversation)
    }

    /// First only what no server can mind; then, when it is still there, the greeting.
    private func converse(_ socket: ProbeSocket, _ conversation: inout Conversation) async {
        if let first = question.subject.firstMessage { await socket.send(first) }
        let start = EventLoop.now()
        await socket.ping()
        (conversation.events, conversation.end) = await listen(
            to: socket, after: client.limit(client.patience.reply)
        ) {
            conversation.pong = EventLoop.now() - start
        }
        // On Socket.IO the greeting would be a packet of a wrong type, and after a first message nobody expects it.
        guard conversation.end == .byUs, question.isPublic, question.subject.dialect == .webSocket,
            question.subject.firstMessage == nil
        else { return }
        await socket.send(Self.greeting)
        await socket.ping()
        let (events, end) = await listen(to: socket, after: client.limit(client.patience.reply)) {}
        (conversation.afterGreeting, conversation.endAfterGreeting) = (events, end)
    }

    /// What comes until `deadline`, or until a moment after the first pong: who refuses a token after the 101 does so at once.
    private func listen(
        to socket: ProbeSocket, after deadline: MonotonicTime, pong: () -> Void
    ) async -> ([Conversation.Event], Conversation.End) {
        var events: [Conversation.Event] = []
        var until = deadline
        while true {
            switch await socket.next(until: until) {
            case .event(let event):
                if event == .pong, !events.contains(.pong) {
                    pong()
                    until = min(until, client.limit(Self.grace))
                }
                if events.count < Self.eventLimit { events.append(event) }
            case .end(let end): return (events, end)
            case .silence: return (events, .byUs)
            }
        }
    }

    /// How long after the pong a close may still come.
    static let grace: Duration = .milliseconds(150)
    private static let eventLimit = 100

    /// Offers compression and says something, so that something comes back.
    private func compression() async -> CompressedConversation {
        var request = wanted
        request.offersDeflate = true
        let (attempt, socket) = await client.handshake(request)
        guard let socket else { return CompressedConversation(attempt: attempt, conversation: nil) }
        var conversation = Conversation()
        if let first = question.subject.firstMessage {
            await socket.send(first, compresses: true)
        } else if question.subject.dialect == .webSocket {
            await socket.send(Self.greeting, compresses: true)
        }
        await socket.ping()
        (conversation.events, conversation.end) = await listen(
            to: socket, after: client.limit(client.patience.reply)
        ) {}
        conversation.age = EventLoop.now() - socket.openedAt
        await socket.close()
        return CompressedConversation(attempt: attempt, conversation: conversation)
    }
}

extension Conversation {
    /// Whether a message holds what was sent: whole, or behind a prefix.
    func isEcho(of text: String) -> Bool { messages.contains { $0.hasSuffix(text) } }
}
