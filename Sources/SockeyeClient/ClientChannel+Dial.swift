import Bytes
import CSystem
import EventLoop
import Glibc
import HTTPWire
import Transport

/// What a channel keeps until it is open, beside the dialer.
struct DialState {
    /// When everything must be over.
    let deadline: MonotonicTime
    /// The begin of the part under way.
    var startedAt: MonotonicTime
    var timings: ConnectTimings
    var address: SocketAddress?
    var security: String?
}

extension ClientChannel {
    func startDialling(_ now: MonotonicTime) {
        guard let progress = dialer?.start(now: now) else { return }
        dialled(progress, now)
    }

    /// The socket being connected is decided, or its time is over.
    func continueDialling(_ now: MonotonicTime) {
        guard let progress = dialer?.finish(now: now) else { return }
        dialled(progress, now)
    }

    private func dialled(_ progress: Dialer.Progress, _ now: MonotonicTime) {
        switch progress {
        case .connecting(let descriptor, let deadline):
            do {
                // A dialer that goes on to another address closes the old descriptor, and may well get its
                // number again.
                reactor.loop.deregister(descriptor)
                try reactor.loop.register(descriptor, token: token, .write)
            } catch {
                return end(.failed(.system("\(error)")))
            }
            interest = .write
            reactor.setDeadline(self, deadline)
        case .connected(let address):
            socket = dialer?.takeSocket()
            dialer = nil
            dial?.address = address
            connected(now)
        case .failed(let error):
            end(.failed(ClientError(error, authority: plan.url.authority)))
        }
    }

    private func connected(_ now: MonotonicTime) {
        reactor.setDeadline(self, dial?.deadline)
        if let dial {
            self.dial?.timings.tcp = now - dial.startedAt
            self.dial?.startedAt = now
        }
        guard plan.isSecure else { return sendRequest(now) }
        phase = .securing
        do {
            let context = try reactor.tlsContext(for: plan)
            let descriptor = socket?.fileDescriptor ?? -1
            socket?.startTLS(
                try TLSSession(client: context, fileDescriptor: descriptor, serverName: plan.url.host))
        } catch {
            return end(.failed(ClientError(error)))
        }
        secure(now)
    }

    /// One more step of the TLS handshake.
    func secure(_ now: MonotonicTime) {
        switch socket?.handshake() {
        case .done:
            // Not the time of the turn: the arithmetic of the handshake is part of what it took.
            let now = EventLoop.now()
            if let dial {
                self.dial?.timings.tls = now - dial.startedAt
                self.dial?.security = socket?.tls.map { "\($0.version) \($0.cipher)" }
            }
            sendRequest(now)
        case .wantRead: setInterest(.read)
        case .wantWrite: setInterest(.write)
        case .failed(let error): end(.failed(ClientError(error)))
        case nil: break
        }
    }

    private func sendRequest(_ now: MonotonicTime) {
        phase = .upgrading
        dial?.startedAt = now
        let handshake = ClientHandshake(plan: plan, nonce: reactor.keys.nonce())
        self.handshake = handshake
        takeOutput().append(handshake.request)
        setInterest(.read)
        flush()
    }

    /// Time is up before the connection was open.
    func dialTimedOut(_ now: MonotonicTime) {
        let address = dial?.address?.description ?? plan.url.authority
        switch phase {
        case .dialing: continueDialling(now)
        case .securing: end(.failed(.tlsTimedOut(address: address)))
        case .upgrading:
            if let handshake, handshake.isReadingRefusal { return end(.failed(handshake.ended())) }
            end(.failed(.handshakeTimedOut(address: address)))
        case .open, .closing, .closed: break
        }
    }
}

extension ClientError {
    init(_ error: TLSError) {
        self = .tlsFailed(code: error.code, words: "\(error)", remedy: error.remedy)
    }

    init(_ error: DialError, authority: String) {
        switch error {
        case .noAddress: self = .connectFailed(address: authority, detail: "there is no address")
        case .timedOut(let attempts), .unreachable(let attempts):
            var addresses: [String] = []
            for attempt in attempts where !addresses.contains("\(attempt.address)") {
                addresses.append("\(attempt.address)")
            }
            let names = addresses.isEmpty ? authority : addresses.joined(separator: " and ")
            // The last address tells for all: names with several mostly fail the same way at each.
            switch attempts.last?.reason {
            case .timedOut, nil, .refused(ETIMEDOUT): self = .connectTimedOut(address: names)
            case .refused(ECONNREFUSED): self = .connectionRefused(address: names)
            case .refused(let number):
                let detail = String(cString: csys_error_text(number))
                switch number {
                case EHOSTUNREACH, ENETUNREACH, ENETDOWN, EHOSTDOWN:
                    self = .unreachable(address: names, detail: detail)
                default: self = .connectFailed(address: names, detail: detail)
                }
            }
        }
    }

    init(_ error: ResolverError) {
        switch error {
        case .timedOut(let host, _), .noAnswer(let host): self = .nameTimedOut(host: host)
        case .cancelled: self = .cancelled
        case .system(let error): self = .system("\(error)")
        case .badName(let host): self = .nameNotFound(host: host, detail: "it is no host name")
        case .noSuchHost(let host): self = .nameNotFound(host: host, detail: "no such host")
        case .serverFailed(let host):
            self = .nameNotFound(host: host, detail: "the name server refused or failed")
        case .busy(let host, _):
            self = .nameNotFound(host: host, detail: "too many names are being looked up")
        }
    }
}
