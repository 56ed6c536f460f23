public import Bytes
import CSystem
import EventLoop
import Glibc

/// Connects to the first of several addresses that answers, one after the other, without blocking.
///
/// It owns the time and the sockets, its owner the loop:
/// ```swift
/// var dialer = Dialer(addresses, now: now)
/// switch dialer.start(now: now) {
/// case .connecting(let fd, let deadline): // register fd for write, and call `finish` when ready or late
/// case .connected: let socket = dialer.takeSocket()
/// case .failed(let error): …
/// }
/// ```
/// When `finish` gives another `connecting`, its descriptor is a new one, to be registered anew; the old is
/// closed.
public struct Dialer: ~Copyable {
    /// Where the attempt stands.
    public enum Progress: Equatable, Sendable {
        /// Call `finish` when the descriptor is writable, hung up or in error, and at the deadline.
        case connecting(fileDescriptor: Int32, deadline: MonotonicTime)
        /// The socket is ready for `takeSocket`.
        case connected(SocketAddress)
        /// No address is left, or no time.
        case failed(DialError)
    }

    private let addresses: [SocketAddress]
    private let source: SocketAddress?
    private let attemptTimeout: Duration
    private let deadline: MonotonicTime
    private var attempts: [DialError.Attempt] = []
    /// The address being tried is `addresses[attempts.count]`.
    private var socket: Int32 = -1
    private var attemptDeadline = MonotonicTime.zero
    private var isConnected = false

    /// Prepares; nothing happens before `start`.
    ///
    /// - Parameters:
    ///   - addresses: Tried in this order; `Resolver` gives them in that of RFC 6724.
    ///   - source: The address to connect from, port 0 for any; nil leaves it to the kernel.
    ///   - attemptTimeout: For each address; a silent one would use up the time of all.
    ///   - totalTimeout: For all of them together, from `now`.
    public init(
        _ addresses: [SocketAddress], from source: SocketAddress? = nil,
        attemptTimeout: Duration = .seconds(5),
        totalTimeout: Duration = .seconds(15),
        now: MonotonicTime
    ) {
        self.addresses = addresses
        self.source = source
        self.attemptTimeout = attemptTimeout
        deadline = now + totalTimeout
    }

    deinit {
        if socket >= 0 { _ = csys_close(socket) }
    }

    /// Begins with the first address.
    public mutating func start(now: MonotonicTime) -> Progress {
        precondition(socket < 0 && attempts.isEmpty, "a dialer starts once")
        return next(now: now)
    }

    /// Looks whether the connection is made, refused or overdue, and goes on to the next address where it
    /// must.
    ///
    /// May be called at any time; answers `connecting` with the same descriptor when nothing is decided yet.
    public mutating func finish(now: MonotonicTime) -> Progress {
        guard socket >= 0, attempts.count < addresses.count else { return .failed(.noAddress) }
        let address = addresses[attempts.count]
        if isConnected { return .connected(address) }
        let error = csys_socket_error(socket)
        if error != 0 { return give(up: .refused(abs(error)), now: now) }
        var peer = csys_address()
        if csys_peer_address(socket, &peer) == 0 { return settle(address, now: now) }
        if now >= attemptDeadline { return give(up: .timedOut, now: now) }
        return .connecting(fileDescriptor: socket, deadline: attemptDeadline)
    }

    /// The connected socket, once; nil before `connected`.
    public mutating func takeSocket() -> StreamSocket? {
        guard isConnected, socket >= 0 else { return nil }
        let taken = socket
        socket = -1
        return StreamSocket(fileDescriptor: taken)
    }

    private mutating func next(now: MonotonicTime) -> Progress {
        guard attempts.count < addresses.count else {
            return .failed(attempts.isEmpty ? .noAddress : .unreachable(attempts))
        }
        if now >= deadline { return .failed(.timedOut(attempts)) }
        let address = addresses[attempts.count]
        let made = address.withNative { csys_socket_create($0.pointee.family) }
        guard made >= 0 else { return give(up: .refused(-made), now: now) }
        socket = made
        if address.port != nil { _ = csys_set_no_delay(made) }
        if let source {
            // The port is chosen with the peer known, so a source has its whole range of ports for each peer
            // (ip(7)).
            var one: Int32 = 1
            _ = setsockopt(
                made, Int32(IPPROTO_IP), IP_BIND_ADDRESS_NO_PORT, &one, socklen_t(MemoryLayout<Int32>.size))
            let bound = source.withNative { csys_bind(made, $0) }
            guard bound == 0 else { return give(up: .refused(-bound), now: now) }
        }
        let result = address.withNative { csys_connect(made, $0) }
        if result == 0 { return settle(address, now: now) }
        guard result == -EINPROGRESS else { return give(up: .refused(-result), now: now) }
        attemptDeadline = min(deadline, now + attemptTimeout)
        return .connecting(fileDescriptor: made, deadline: attemptDeadline)
    }

    private mutating func settle(_ address: SocketAddress, now: MonotonicTime) -> Progress {
        // A connect to a free port of our own range can meet itself (TCP's simultaneous open): nobody listens
        // there.
        var (local, peer) = (csys_address(), csys_address())
        if address.port != nil, csys_local_address(socket, &local) == 0,
            csys_peer_address(socket, &peer) == 0,
            let local = SocketAddress(local), local == SocketAddress(peer)
        {
            return give(up: .refused(ECONNREFUSED), now: now)
        }
        isConnected = true
        return .connected(address)
    }

    private mutating func give(up reason: DialError.Reason, now: MonotonicTime) -> Progress {
        if socket >= 0 { _ = csys_close(socket) }
        socket = -1
        attempts.append(DialError.Attempt(address: addresses[attempts.count], reason: reason))
        if reason == .timedOut && now >= deadline { return .failed(.timedOut(attempts)) }
        return next(now: now)
    }
}

/// Why no address could be connected to.
public enum DialError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The list of addresses is empty.
    case noAddress
    /// The time for all attempts is over; these were made.
    case timedOut([Attempt])
    /// Each address failed.
    case unreachable([Attempt])

    /// One address that was tried.
    public struct Attempt: Equatable, Sendable {
        /// Where to.
        public let address: SocketAddress
        /// Why not.
        public let reason: Reason
    }

    /// Why one address failed.
    public enum Reason: Error, Equatable, Sendable {
        /// The kernel or the other side said no: an errno.
        case refused(Int32)
        /// Nobody answered: a firewall that drops packets, or a machine that is off.
        case timedOut
    }

    /// What happened at each address, in words.
    public var description: String {
        switch self {
        case .noAddress: "there is no address to connect to"
        case .timedOut(let attempts): "no connection in time\(Self.list(attempts))"
        case .unreachable(let attempts): "cannot connect\(Self.list(attempts))"
        }
    }

    private static func list(_ attempts: [Attempt]) -> String {
        let words = attempts.map { attempt in
            switch attempt.reason {
            case .timedOut: "\(attempt.address): no answer"
            case .refused(let error):
                SystemError(call: attempt.address.description, errno: error).description
            }
        }
        return words.isEmpty ? "" : ": " + words.joined(separator: "; ")
    }
}
