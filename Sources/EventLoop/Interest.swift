import CSystem

/// What a descriptor is watched for.
///
/// Level-triggered unless `news` is asked for: the loop reports a condition at every turn for as long as it
/// lasts, so an owner that stops reading must also drop `read`. Errors and hang-ups are reported whatever is asked for.
public struct Interest: OptionSet, Sendable, Hashable {
    /// The bits, our own and not the kernel's.
    public let rawValue: UInt32

    /// An interest of these bits.
    @inlinable
    public init(rawValue: UInt32) { self.rawValue = rawValue }

    // Computed, not stored: a stored constant of another module is asked for by a call, several times a message.

    /// There is something to read, or somebody to accept.
    @inlinable
    public static var read: Interest { Interest(rawValue: 1) }
    /// The socket takes bytes, or a connect has been decided.
    @inlinable
    public static var write: Interest { Interest(rawValue: 2) }
    /// Do not report that the peer closed its sending side.
    ///
    /// That condition never ends, so an owner that has seen it and still has bytes to send would spin on it.
    @inlinable
    public static var ignoringReadHangup: Interest { Interest(rawValue: 4) }

    /// Report what lasts once, and again when more comes (`EPOLLET`): for who looks at bytes and leaves them.
    ///
    /// A registration or update reports what is there already.
    @inlinable
    public static var news: Interest { Interest(rawValue: 8) }

    /// The kernel's bits: `EPOLLRDHUP` unless refused.
    var events: UInt32 {
        var events: UInt32 = 0
        if contains(.read) { events |= csys_epoll_in() }
        if contains(.write) { events |= csys_epoll_out() }
        if !contains(.ignoringReadHangup) { events |= csys_epoll_read_hangup() }
        if contains(.news) { events |= csys_epoll_edge() }
        return events
    }
}

/// One ready descriptor, read in place from the memory epoll filled.
///
/// Several may hold at once: bytes and the end of the stream often arrive together, so read first.
public struct ReadyEvent: Sendable {
    // The layout of struct epoll_event, which the kernel packs on x86-64 alone; EventLoop.init holds us to
    // it.
    private var events: UInt32
    #if !arch(x86_64)
        private var padding: UInt32 = 0
    #endif
    private var tokenFirst: UInt32
    private var tokenSecond: UInt32

    /// An event as the loop would report it; for tests of owners.
    public init(
        token: UInt64, _ interest: Interest, isReadHangup: Bool = false, isHangup: Bool = false,
        isError: Bool = false
    ) {
        events = 0
        (tokenFirst, tokenSecond) = unsafeBitCast(token, to: (UInt32, UInt32).self)
        if interest.contains(.read) { events |= Self.input }
        if interest.contains(.write) { events |= Self.output }
        if isReadHangup { events |= Self.readHangup }
        if isHangup { events |= Self.hangup }
        if isError { events |= Self.error }
    }

    /// The token the descriptor was registered with.
    public var token: UInt64 { unsafeBitCast((tokenFirst, tokenSecond), to: UInt64.self) }
    /// There are bytes to read, the end of the stream, or a connection to accept.
    public var isReadable: Bool { events & Self.input != 0 }
    /// The socket takes bytes, or its connect has been decided.
    public var isWritable: Bool { events & Self.output != 0 }
    /// The peer has closed its sending side; what it sent before may still be unread.
    public var isReadHangup: Bool { events & Self.readHangup != 0 }
    /// Both directions are over.
    public var isHangup: Bool { events & Self.hangup != 0 }
    /// The socket has an error, to be had by reading or from SO_ERROR.
    public var isError: Bool { events & Self.error != 0 }

    // The same values on every Linux architecture (include/uapi/linux/eventpoll.h); EventLoop.init holds us
    // to it.
    static let input: UInt32 = 0x001
    static let output: UInt32 = 0x004
    static let error: UInt32 = 0x008
    static let hangup: UInt32 = 0x010
    static let readHangup: UInt32 = 0x2000
}
