import Bytes
import EventLoop
import Transport
import WebSocketWire

extension HopProbe {
    // MARK: Sizes

    /// How long messages and header fields may be.
    ///
    /// Messages only where the server sends back what it gets: otherwise nothing tells a lost one from one that was taken.
    func sizes(isEchoing: Bool) async -> SizeEvidence {
        var seen = SizeEvidence()
        async let headers = headerSizes()
        if isEchoing {
            progress(Phrase(en: "\(name): long messages", zh: "\(name)：长消息"))
            for size in [1 << 10, 16 << 10, 64 << 10, 256 << 10, 1 << 20] {
                if client.isOver { break }
                if let end = await echo(size) {
                    seen.lost = (size, end)
                    break
                }
                seen.echoed = size
            }
            while let lost = seen.lost, let echoed = seen.echoed,
                lost.bytes - echoed > max(256, lost.bytes / 16), !client.isOver
            {
                let middle = (lost.bytes + echoed) / 2
                if let end = await echo(middle) { seen.lost = (middle, end) } else { seen.echoed = middle }
            }
        }
        (seen.header, seen.refusedHeader) = await headers
        return seen
    }

    /// nil: a message of `size` bytes came back.
    private func echo(_ size: Int) async -> Conversation.End? {
        let (_, socket) = await client.handshake(wanted)
        guard let socket else { return .lost(.silent) }
        await socket.send(.text, [UInt8](repeating: UInt8(ascii: "x"), count: size))
        let until = client.limit(client.patience.reply * 2)
        var end: Conversation.End?
        listening: while true {
            switch await socket.next(until: until) {
            case .event(.message(_, _, let bytes, _)) where bytes >= size: break listening
            case .event: continue
            case .end(let how):
                end = how
                break listening
            case .silence:
                end = .lost(.silent)
                break listening
            }
        }
        await socket.close()
        return end
    }

    /// Header fields as long as tokens and cookies get.
    private func headerSizes() async -> (Int?, (bytes: Int, outcome: HTTPOutcome)?) {
        let client = client
        let wanted = wanted
        let sizes = [1 << 10, 4 << 10, 6 << 10, 12 << 10]
        let attempts = await withTaskGroup(of: (Int, HandshakeAttempt).self) { group in
            for size in sizes {
                group.addTask {
                    var request = wanted
                    request.fields.append(WireField("X-Sockeye-Probe", String(repeating: "x", count: size)))
                    return (size, await client.attempt(request))
                }
            }
            var all: [(Int, HandshakeAttempt)] = []
            for await one in group { all.append(one) }
            return all.sorted { $0.0 < $1.0 }
        }
        let taken = attempts.prefix { $0.1.isUpgraded }.last?.0
        let refused = attempts.first { !$0.1.isUpgraded }.map {
            (bytes: $0.0, outcome: $0.1.exchange.outcome)
        }
        return (taken, refused)
    }

    // MARK: Numbers

    /// A few handshakes held open at once: enough to meet a limit that a page with some windows meets.
    func burst() async -> BurstEvidence {
        progress(Phrase(en: "\(name): several at once", zh: "\(name)：同时多个连接"))
        let client = client
        let wanted = wanted
        let statuses = await withTaskGroup(of: (Int, ProbeSocketBox?).self) { group in
            for _ in 0..<Self.burstCount {
                group.addTask {
                    let (attempt, socket) = await client.handshake(wanted)
                    return (attempt.exchange.status ?? 0, socket.map(ProbeSocketBox.init))
                }
            }
            var all: [Int: Int] = [:]
            var held: [ProbeSocketBox] = []
            for await (status, socket) in group {
                all[status, default: 0] += 1
                if let socket { held.append(socket) }
            }
            for box in held { await box.close() }
            return all
        }
        return BurstEvidence(count: Self.burstCount, statuses: statuses)
    }

    private static let burstCount = 12

    // MARK: Time

    /// Opens a WebSocket and says nothing, until it is cut or the limit is reached.
    func idle() async -> IdleEvidence {
        let (_, socket) = await client.handshake(wanted)
        let limit = min(question.idle, client.deadline - EventLoop.now())
        guard let socket else { return IdleEvidence(limit: .zero, end: nil, pings: 0, pingInterval: nil) }
        let start = EventLoop.now()
        let until = client.limit(limit)
        var pings = 0
        var (lastPing, longest) = (start, Duration.zero)
        var end: (age: Duration, how: Conversation.End)?
        watching: while true {
            let now = EventLoop.now()
            let seconds = (now - start).components.seconds
            progress(
                Phrase(
                    en: "\(name): idle for \(seconds) s of \(limit.components.seconds) s",
                    zh: "\(name)：已空闲 \(seconds) 秒，共 \(limit.components.seconds) 秒"))
            switch await socket.next(until: min(until, now + .seconds(1))) {
            case .event(.ping):
                pings += 1
                longest = max(longest, EventLoop.now() - lastPing)
                lastPing = EventLoop.now()
            case .event: continue
            case .end(let how):
                end = (EventLoop.now() - start, how)
                break watching
            case .silence: if EventLoop.now() >= until { break watching }
            }
        }
        await socket.close()
        return IdleEvidence(limit: limit, end: end, pings: pings, pingInterval: pings > 1 ? longest : nil)
    }
}

/// Carries a socket out of the task that opened it, which does not touch it any more.
private final class ProbeSocketBox: @unchecked Sendable {
    private let socket: ProbeSocket
    init(_ socket: ProbeSocket) { self.socket = socket }
    func close() async { await socket.close() }
}
