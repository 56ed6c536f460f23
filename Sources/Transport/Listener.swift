import CSystem
public import EventLoop
import Glibc

/// A socket that accepts streams.
///
/// Several loops on one TCP port: each makes its own listener with `reusePort`, and the kernel spreads
/// connections over them; call `requireUnused` once before, for sharing a port also means that a second
/// server would join in unnoticed. A Unix socket cannot be bound twice: one loop accepts, and hands
/// descriptors to the others.
///
/// An IPv6 listener takes IPv6 alone (`IPV6_V6ONLY`), whatever `net.ipv6.bindv6only` says: `[::]` and
/// `0.0.0.0` can both be listened on, and no client shows up as `::ffff:192.0.2.1`. Accepted TCP sockets
/// inherit `TCP_NODELAY`.
public struct Listener: ~Copyable {
    /// The address listened on; the port is the real one when 0 was asked for.
    public let boundAddress: SocketAddress
    private let descriptor: Descriptor
    /// Held so that it can be closed when nothing else can be opened, see `accept`; nil when it was lost.
    private var reserve: Descriptor?
    /// The file of a Unix socket we made, to be removed by us alone; inode 0 when there is none to remove.
    private let device: UInt64
    private let inode: UInt64

    /// What ended a run of `accept`.
    public enum Outcome: Equatable, Sendable {
        /// Nobody waits any more.
        case drained
        /// The limit was reached; the loop will report the listener again.
        case more
        /// Process or system is out of descriptors (`EMFILE`, `ENFILE`): pause accepting for a while and say
        /// so.
        ///
        /// So many connections were accepted by way of the reserve and closed at once, so that their clients
        /// know.
        case descriptorsExhausted(refused: Int)
        /// Accepting failed for another reason (`ENOBUFS`, `ENOMEM`): pause for a while and say so.
        case failed(Int32)
    }

    /// Listens.
    ///
    /// The file of a Unix socket gets mode 0660; one left behind by a process that is gone is replaced.
    /// - Parameters:
    ///   - reusePort: Lets the listeners of other loops share the port. Without meaning for a Unix socket.
    ///   - backlog: Connections the kernel keeps waiting; it cuts this at `net.core.somaxconn`.
    /// - Throws: `SystemError` with the address in `detail`: EADDRINUSE, EACCES, EADDRNOTAVAIL, EMFILE,
    ///   ENAMETOOLONG…
    public init(_ address: SocketAddress, reusePort: Bool = false, backlog: Int32 = 4_096) throws(SystemError)
    {
        // First, so that no file is left behind when it is what cannot be had.
        let reserve = Descriptor(try SystemError.check(csys_open_null(), "open", "/dev/null"))
        let socket = try Self.bind(address, reusePort: reusePort)
        let text = address.description
        var (device, inode): (UInt64, UInt64) = (0, 0)
        if case .unix(let path) = address {
            _ = csys_file_is_socket(path, &device, &inode)
            try SystemError.check(csys_file_mode(path, 0o660), "chmod", text)
        }
        try SystemError.check(csys_listen(socket.rawValue, backlog), "listen", text)
        boundAddress = try SocketAddress.of(socket.rawValue, "getsockname", csys_local_address)
        descriptor = socket
        self.reserve = consume reserve
        self.device = device
        self.inode = inode
    }

    /// Listens by a socket that a service manager opened; it is owned, and the file of a Unix socket stays the manager's.
    ///
    /// - Throws: `SystemError`, EINVAL when it is no listening stream socket.
    public init(inherited fileDescriptor: Int32, name: String) throws(SystemError) {
        let socket = Descriptor(fileDescriptor)
        let bound = try Self.address(inherited: fileDescriptor, name: name)
        // Accepted sockets inherit it.
        if case .unix = bound {} else { _ = csys_set_no_delay(fileDescriptor) }
        let reserve = Descriptor(try SystemError.check(csys_open_null(), "open", "/dev/null"))
        boundAddress = bound
        descriptor = socket
        self.reserve = consume reserve
        device = 0
        inode = 0
    }

    /// Where a socket listens that a service manager opened, which is made ready for `init(inherited:name:)`.
    ///
    /// - Throws: `SystemError`, EINVAL when it is no listening stream socket.
    public static func address(inherited fileDescriptor: Int32, name: String) throws(SystemError)
        -> SocketAddress
    {
        try SystemError.check(csys_service_adopt(fileDescriptor), "listen", name)
        return try SocketAddress.of(fileDescriptor, "getsockname", csys_local_address)
    }

    deinit {
        if inode != 0, case .unix(let path) = boundAddress {
            // Another server may have replaced the file by its own meanwhile.
            var (device, inode): (UInt64, UInt64) = (0, 0)
            if csys_file_is_socket(path, &device, &inode) == 1, device == self.device, inode == self.inode {
                _ = csys_file_unlink(path)
            }
        }
    }

    /// Makes sure that nobody listens on a TCP address, before listeners with `reusePort` are made for it.
    ///
    /// - Throws: `SystemError`, EADDRINUSE above all.
    public static func requireUnused(_ address: SocketAddress) throws(SystemError) {
        if case .unix = address { return }
        _ = try bind(address, reusePort: false)
    }

    /// The descriptor, to be registered for `Interest.read`.
    public var fileDescriptor: Int32 { descriptor.rawValue }

    /// Accepts at most `limit` connections and hands each over, non-blocking, to be owned by `body`.
    ///
    /// The limit is what keeps a storm of connections from starving those that are open.
    public mutating func accept(limit: Int = 64, _ body: (Int32, SocketAddress) -> Void) -> Outcome {
        var peer = csys_address()
        for _ in 0..<max(1, limit) {
            let made = csys_accept(fileDescriptor, &peer)
            if made >= 0 {
                body(made, SocketAddress(peer) ?? .unix(path: ""))
                continue
            }
            switch -made {
            case EAGAIN: return .drained
            case EMFILE, ENFILE: return .descriptorsExhausted(refused: refuse(limit: limit))
            // The client left while it waited, or a firewall spoke: theirs to retry (accept(2), "Error
            // handling").
            case ECONNABORTED, EINTR, EPROTO, EPERM, ENETDOWN, ENOPROTOOPT, EHOSTDOWN, ENONET, EHOSTUNREACH,
                EOPNOTSUPP, ENETUNREACH, ETIMEDOUT:
                continue
            case let error: return .failed(error)
            }
        }
        return .more
    }

    /// Gives the reserve away for a moment, to accept and close whoever waits: else they wait for nothing,
    /// and a level-triggered loop spins on them.
    private mutating func refuse(limit: Int) -> Int {
        var refused = 0
        while refused < max(1, limit) {
            reserve = nil
            let made = csys_accept(fileDescriptor, nil)
            if made >= 0 {
                _ = csys_close(made)
                refused += 1
            }
            // Nothing when another thread was faster: then a later refusal finds no room either, until one does.
            let opened = csys_open_null()
            if opened >= 0 { reserve = Descriptor(opened) }
            if made < 0 { break }
        }
        return refused
    }

    private static func bind(_ address: SocketAddress, reusePort: Bool) throws(SystemError) -> Descriptor {
        let text = address.description
        let family: Int32
        switch address {
        case .v4: family = CSYS_FAMILY_V4
        case .v6: family = CSYS_FAMILY_V6
        case .unix(let path):
            guard SocketAddress.isUsablePath(path) else {
                throw SystemError(call: "bind", errno: ENAMETOOLONG, detail: text)
            }
            family = CSYS_FAMILY_UNIX
        }
        let socket = Descriptor(try SystemError.check(csys_socket_create(UInt16(family)), "socket", text))
        let fd = socket.rawValue
        if case .unix(let path) = address {
            // The socket's own mode becomes the file's, less the umask: never wider than this, not even for a
            // moment.
            try SystemError.check(csys_descriptor_mode(fd, 0o660), "fchmod", text)
            try removeStaleFile(path, address)
        } else {
            try SystemError.check(csys_set_reuse_address(fd), "setsockopt SO_REUSEADDR", text)
            if reusePort { try SystemError.check(csys_set_reuse_port(fd), "setsockopt SO_REUSEPORT", text) }
            if case .v6 = address {
                try SystemError.check(csys_set_v6_only(fd), "setsockopt IPV6_V6ONLY", text)
            }
            try SystemError.check(csys_set_no_delay(fd), "setsockopt TCP_NODELAY", text)
        }
        try SystemError.check(address.withNative { csys_bind(fd, $0) }, "bind", text)
        return socket
    }

    /// Removes the file of a server that is gone: a socket that refuses connections.
    ///
    /// Anything else stays.
    private static func removeStaleFile(_ path: String, _ address: SocketAddress) throws(SystemError) {
        var (device, inode): (UInt64, UInt64) = (0, 0)
        switch csys_file_is_socket(path, &device, &inode) {
        case 1: break
        case 0:
            throw SystemError(
                call: "bind", errno: EEXIST, detail: "\(address), which is a file and no socket")
        default: return
        }
        let probe = Descriptor(
            try SystemError.check(csys_socket_create(UInt16(CSYS_FAMILY_UNIX)), "socket", path))
        let answer = address.withNative { csys_connect(probe.rawValue, $0) }
        if answer == -ECONNREFUSED {
            try SystemError.check(csys_file_unlink(path), "unlink", path)
        } else if answer == 0 || answer == -EAGAIN || answer == -EINPROGRESS {
            throw SystemError(call: "bind", errno: EADDRINUSE, detail: "\(address), where a server answers")
        }  // else bind says what is wrong
    }
}
