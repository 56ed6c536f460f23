import CTLS

/// What came of a step of the handshake.
public enum TLSHandshakeResult: Equatable, Sendable {
    case done
    /// Call again when the socket is readable.
    case wantRead
    /// Call again when the socket is writable.
    case wantWrite
    case failed(TLSError)
}

/// What came of reading.
public enum TLSReadResult: Equatable, Sendable {
    /// At least one.
    case bytes(Int)
    /// Call again when the socket is readable.
    case wouldBlock
    /// A key update has to be answered first: call again when the socket is writable.
    case wantWrite
    /// The peer sends no more. Sending may still work. See `isTruncated`.
    case end
    case failed(TLSError)
}

/// What came of writing.
public enum TLSWriteResult: Equatable, Sendable {
    /// How many of the bytes are taken; fewer than given: the socket is full, call again when it is writable.
    case written(Int)
    /// None is taken: call again when the socket is writable, with the same bytes in front (see `send`).
    case wouldBlock
    case failed(TLSError)
}

/// One TLS connection over a non-blocking socket.
///
/// Belongs to the loop of its connection. It borrows the descriptor: end the session before, or with, the socket. The
/// process must ignore SIGPIPE, because OpenSSL writes with `write(2)`.
///
/// At rest it holds no buffers: OpenSSL takes 16 KiB for a record while it is in flight, and gives them back.
public final class TLSSession {
    private let session: OpaquePointer
    /// Keeps the context, and with it what OpenSSL's callbacks point to.
    private let context: AnyObject
    private let expectedName: String?

    /// Whether a call could not go on before the socket is writable.
    public var wantsWrite: Bool { sendWantsWrite || receiveWantsWrite }
    /// After the handshake, a shutdown or a `send` that met a full socket.
    private var sendWantsWrite = false
    private var receiveWantsWrite = false
    /// Whether the peer ended the stream without saying so (RFC 8446 §6.1): messages that carry their own length do not
    /// care; a body that ends with the stream may be cut short.
    public private(set) var isTruncated = false

    /// The server's side.
    ///
    /// - Parameter fileDescriptor: a connected, non-blocking socket from which nothing was read.
    public init(server: TLSServerContext, fileDescriptor: Int32) throws(TLSError) {
        var failure = ctls_failure()
        guard let first = server.directory.first,
            let session = ctls_server_session_new(first, fileDescriptor, &failure)
        else { throw TLSError(failure) }
        self.session = session
        context = server
        expectedName = nil
    }

    /// The client's side.
    ///
    /// - Parameter serverName: a host name (sent as SNI, and checked against the certificate) or an IP address (checked).
    ///   nil: neither; with a context that verifies, that is refused.
    public init(client: TLSClientContext, fileDescriptor: Int32, serverName: String?) throws(TLSError) {
        if serverName == nil && client.verifies { throw .serverNameInvalid("") }
        var failure = ctls_failure()
        let name = serverName.map(TLSServerName.init)
        guard
            let session = ctls_client_session_new(
                client.context, fileDescriptor, name?.text, name?.isAddress == true ? 1 : 0, &failure)
        else { throw TLSError(failure, expected: serverName ?? "") }
        self.session = session
        context = client
        expectedName = name?.text
    }

    deinit { ctls_session_free(session) }

    /// Takes the handshake as far as it goes without blocking.
    public func handshake() -> TLSHandshakeResult {
        var failure = ctls_failure()
        let result = ctls_handshake(session, &failure)
        sendWantsWrite = Int(result) == CTLS_WANT_WRITE
        return switch Int(result) {
        case 1: .done
        case CTLS_WANT_READ: .wantRead
        case CTLS_WANT_WRITE: .wantWrite
        default: .failed(TLSError(failure, expected: expectedName ?? ""))
        }
    }

    /// Reads from at most one record.
    ///
    /// A record may hold more than `buffer` takes. The rest waits here, where level-triggered `epoll` does not see it: read
    /// again while `hasBufferedBytes`, or until `.wouldBlock`. With a buffer of 16 KiB nothing ever waits.
    public func receive(into buffer: UnsafeMutableRawBufferPointer) -> TLSReadResult {
        guard let base = buffer.baseAddress, buffer.count > 0 else { return .wouldBlock }
        var failure = ctls_failure()
        var truncated: Int32 = 0
        let result = ctls_read(session, base, buffer.count, &truncated, &failure)
        receiveWantsWrite = Int(result) == CTLS_WANT_WRITE
        if result > 0 { return .bytes(Int(result)) }
        switch Int(result) {
        case 0:
            isTruncated = truncated != 0
            return .end
        case CTLS_WANT_READ: return .wouldBlock
        case CTLS_WANT_WRITE: return .wantWrite
        default: return .failed(TLSError(failure))
        }
    }

    /// Whether decrypted bytes wait that no readiness of the socket will announce.
    public var hasBufferedBytes: Bool { ctls_has_pending(session) != 0 }

    /// Writes records of at most 16 KiB until all is taken or the socket is full.
    ///
    /// A record that the socket took only in part is kept, and is not counted as taken. So after `.wouldBlock`, or fewer
    /// bytes than given, the next call must begin with the first byte not taken, and give at least as many of those bytes
    /// as the last call did; their address may change.
    public func send(_ bytes: UnsafeRawBufferPointer) -> TLSWriteResult {
        var written = 0
        sendWantsWrite = false
        while written < bytes.count, let base = bytes.baseAddress {
            var failure = ctls_failure()
            let result = ctls_write(session, base + written, bytes.count - written, &failure)
            if result > 0 {
                written &+= Int(result)
                continue
            }
            guard Int(result) == CTLS_WANT_READ || Int(result) == CTLS_WANT_WRITE else {
                return .failed(TLSError(failure))
            }
            sendWantsWrite = true
            return written > 0 ? .written(written) : .wouldBlock
        }
        return .written(written)
    }

    /// Says that nothing more will be sent (close_notify).
    ///
    /// Reading goes on. Does nothing before the handshake is done. Call it when everything is sent. Returns false when the socket is full: call again when it is writable, or give up
    /// and close; a failure needs no answer, since the connection is over either way.
    @discardableResult
    public func shutdown() -> Bool {
        var failure = ctls_failure()
        sendWantsWrite = Int(ctls_shutdown(session, &failure)) == CTLS_WANT_WRITE
        return !sendWantsWrite
    }
}

extension TLSSession {
    /// The application protocol both agreed on; nil: the client offered none.
    public var alpn: String? {
        var name: UnsafePointer<UInt8>?
        let length = ctls_alpn(session, &name)
        guard length > 0, let name else { return nil }
        return String(decoding: UnsafeBufferPointer(start: name, count: Int(length)), as: UTF8.self)
    }

    /// `TLSv1.3` or `TLSv1.2`.
    public var version: String { String(cString: ctls_version(session)) }
    /// The standard's name: `TLS_AES_128_GCM_SHA256`.
    public var cipher: String { String(cString: ctls_cipher(session)) }
    /// The name the client asked for (SNI).
    public var serverName: String? { ctls_server_name(session).map { String(cString: $0) } }
    /// Whether a ticket spared the full handshake.
    public var isResumed: Bool { ctls_is_resumed(session) != 0 }
    /// Whether the kernel encrypts.
    ///
    /// Only where it has the `tls` module and the cipher.
    public var kernelSend: Bool { ctls_kernel_send(session) != 0 }
    /// Whether the kernel decrypts.
    ///
    /// OpenSSL 3.0 does that for TLS 1.2 only.
    public var kernelReceive: Bool { ctls_kernel_receive(session) != 0 }

    /// What the peer showed, verified or not; nil on the server's side.
    ///
    /// Costs a copy.
    public var peerCertificate: TLSCertificate? {
        var certificate = ctls_certificate()
        return ctls_peer_certificate(session, &certificate) != 0 ? TLSCertificate(certificate) : nil
    }
}
