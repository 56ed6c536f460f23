public import Bytes

/// A connected stream on a ``StreamLoop``, used by one task: at most one call awaits at a time.
///
/// Close it on every way out: nobody else does before the loop ends.
public struct LoopSocket: Sendable {
    private let loop: StreamLoop
    private let token: UInt64

    /// Connects to one address.
    ///
    /// - Returns: the stream, or why there is none: an errno, or silence until `deadline`.
    public static func connect(
        to address: SocketAddress, on loop: StreamLoop, deadline: MonotonicTime
    ) async -> Result<LoopSocket, DialError.Reason> {
        await loop.connect(to: address, deadline: deadline).map { LoopSocket(loop: loop, token: $0) }
    }

    /// Speaks TLS from here on.
    ///
    /// - Parameters:
    ///   - context: with ``TLSClientContext/init(observing:caFile:)`` no certificate is refused.
    ///   - serverName: goes out as SNI when it is a host name; nil: no SNI.
    public func startTLS(
        _ context: TLSClientContext, serverName: String?, deadline: MonotonicTime
    ) async -> TLSOutcome {
        await loop.startTLS(token, context, serverName: serverName, deadline: deadline)
    }

    /// Sends, or queues what the kernel does not take; never waits.
    ///
    /// A failure is told by the ``receive(deadline:)`` that follows, after what has arrived before it.
    public func send(_ bytes: [UInt8]) async { await loop.send(token, bytes) }

    /// Waits for the next bytes, at most 64 KiB, or what came instead of them.
    public func receive(deadline: MonotonicTime) async -> StreamRead {
        await loop.receive(token, deadline: deadline)
    }

    /// Bytes that the other side has not taken yet.
    public var queuedBytes: Int { get async { await loop.queuedBytes(token) } }

    /// Ends our sending side; reading goes on.
    public func shutdownWrite() async { await loop.shutdownWrite(token) }

    /// Closes the stream; a second call does nothing.
    public func close() async { await loop.close(token) }
}

/// What a wait for bytes gave.
public enum StreamRead: Equatable, Sendable {
    /// At least one byte.
    case bytes([UInt8])
    /// The peer ended its side in order.
    ///
    /// `isTruncated`: under TLS, without saying so (RFC 8446 §6.1).
    case end(isTruncated: Bool)
    /// The connection broke, by errno: `ECONNRESET` for a reset.
    case failed(Int32)
    /// TLS broke: an alert, or what is no TLS record.
    case tlsFailed(TLSError)
    /// Nothing came before the deadline.
    case timedOut
}

/// How a TLS handshake of a client went.
public enum TLSOutcome: Equatable, Sendable {
    case secured(TLSObservation)
    case failed(TLSError)
    /// The other side stayed silent until the deadline.
    case timedOut
}

/// What a client sees of a session.
public struct TLSObservation: Equatable, Sendable {
    /// `TLSv1.3` or `TLSv1.2`.
    public let version: String
    /// As ``TLSSession/cipher``.
    public let cipher: String
    /// What the server chose of the protocols offered; nil: none.
    public let alpn: String?
    /// What the server showed; nil: no certificate at all.
    public let certificate: TLSCertificate?
    /// What a client that verifies would have said; nil: there is no certificate.
    public let verification: TLSVerification?

    init(_ session: TLSSession) {
        version = session.version
        cipher = session.cipher
        alpn = session.alpn
        certificate = session.peerCertificate
        verification = session.verification
    }
}
