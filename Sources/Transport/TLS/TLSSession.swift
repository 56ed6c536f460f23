import CTLS

/// One TLS connection over a non-blocking socket.
///
/// Belongs to the loop of its connection. It borrows the descriptor: end the session before, or with, the socket. The
/// process must ignore SIGPIPE, because OpenSSL writes with `write(2)`.
///
/// A server's session sheds OpenSSL's state when the handshake is done: what stays takes about 400 bytes, and neither a
/// buffer nor the context. A client's keeps it, 13 KiB, and holds a buffer of 16 KiB while a record is in flight.
public final class TLSSession {
    private enum Engine {
        case openSSL(OpaquePointer)
        case records(OpaquePointer)
    }

    private var engine: Engine
    /// Keeps the context, and with it what OpenSSL's callbacks point to; nil once there is no OpenSSL.
    private var context: AnyObject?
    /// What the certificate is checked against; nil on the server's side.
    private let expectedName: String?
    /// Whether the session may go over to records alone.
    private var shedsState: Bool
    /// After the handshake, a shutdown or a `send` that met a full socket.
    private var sendWantsWrite = false
    private var receiveWantsWrite = false

    /// Whether the peer ended the stream without saying so (RFC 8446 §6.1).
    ///
    /// Messages that carry their own length do not care; a body that ends with the stream may be cut short.
    public private(set) var isTruncated = false

    /// Whether a call could not go on before the socket is writable.
    public var wantsWrite: Bool {
        if case .records(let records) = engine { return ctls_records_wants_write(records) != 0 }
        return sendWantsWrite || receiveWantsWrite
    }

    /// The server's side.
    ///
    /// - Parameter fileDescriptor: a connected, non-blocking socket from which nothing was read.
    public init(server: TLSServerContext, fileDescriptor: Int32) throws(TLSError) {
        var failure = ctls_failure()
        guard let first = server.directory.first,
            let session = ctls_server_session_new(first, fileDescriptor, &failure)
        else { throw TLSError(failure) }
        engine = .openSSL(session)
        context = server
        expectedName = nil
        shedsState = true
    }

    /// The client's side.
    ///
    /// - Parameters:
    ///   - serverName: a host name (sent as SNI, and checked against the certificate) or an IP address (checked).
    ///     nil: neither; with a context that verifies, that is refused.
    ///   - ticket: from an earlier session with the same server.
    public init(
        client: TLSClientContext, fileDescriptor: Int32, serverName: String?, ticket: TLSTicket? = nil
    ) throws(TLSError) {
        if serverName == nil && client.verifies { throw .serverNameInvalid("") }
        var failure = ctls_failure()
        let name = serverName.map(TLSServerName.init)
        guard
            let session = ctls_client_session_new(
                client.context, fileDescriptor, name?.text, name?.isAddress == true ? 1 : 0, &failure)
        else { throw TLSError(failure, expected: serverName ?? "") }
        if let ticket { _ = ctls_use_ticket(session, ticket.ticket) }
        engine = .openSSL(session)
        context = client
        expectedName = name?.text
        shedsState = false
    }

    deinit {
        switch engine {
        case .openSSL(let session): ctls_session_free(session)
        case .records(let records): ctls_records_free(records)
        }
    }

    /// Takes the handshake as far as it goes without blocking.
    public func handshake() -> TLSHandshakeResult {
        guard case .openSSL(let session) = engine else { return .done }
        var failure = ctls_failure()
        let result = ctls_handshake(session, &failure)
        sendWantsWrite = Int(result) == CTLS_WANT_WRITE
        switch Int(result) {
        case 1:
            shedState(of: session)
            return .done
        case CTLS_WANT_READ: return .wantRead
        case CTLS_WANT_WRITE: return .wantWrite
        default: return .failed(TLSError(failure, expected: expectedName ?? ""))
        }
    }

    private func shedState(of session: OpaquePointer) {
        guard shedsState else { return }
        shedsState = false
        guard let records = ctls_records_take_over(session) else { return }
        engine = .records(records)
        context = nil
    }

    /// Reads from at least one record, if there is one.
    ///
    /// A record may hold more than `buffer` takes, and the end may follow the bytes. Both wait here, where level-triggered
    /// `epoll` does not see them: read again while `hasBufferedBytes`, or until `.wouldBlock`.
    ///
    /// One system call on the server's side; two for each record on the client's.
    public func receive(into buffer: UnsafeMutableRawBufferPointer) -> TLSReadResult {
        guard let base = buffer.baseAddress, buffer.count > 0 else { return .wouldBlock }
        if shedsState, let unfinished = finishHandshake() { return unfinished }
        var failure = ctls_failure()
        var truncated: Int32 = 0
        let result =
            switch engine {
            case .openSSL(let session): ctls_read(session, base, buffer.count, &truncated, &failure)
            case .records(let records): ctls_records_read(records, base, buffer.count, &truncated, &failure)
            }
        receiveWantsWrite = Int(result) == CTLS_WANT_WRITE
        if result > 0 { return .bytes(Int(result)) }
        switch Int(result) {
        case 0:
            if truncated != 0 { isTruncated = true }
            return .end
        case CTLS_WANT_READ: return .wouldBlock
        case CTLS_WANT_WRITE: return .wantWrite
        default: return .failed(TLSError(failure, expected: expectedName ?? ""))
        }
    }

    /// Whether something waits that no readiness of the socket will announce: decrypted bytes, the end or a failure.
    public var hasBufferedBytes: Bool {
        switch engine {
        case .openSSL(let session): ctls_has_pending(session) != 0
        case .records(let records): ctls_records_has_pending(records) != 0
        }
    }

    /// Writes records of at most 16 KiB until all is taken or the socket is full.
    ///
    /// A record that the socket took only in part is kept, and is not counted as taken. So after `.wouldBlock`, or fewer
    /// bytes than given, the next call must begin with the first byte not taken, and give at least as many of those bytes
    /// as the last call did; their address may change.
    ///
    /// One system call for every four records on the server's side, for each on the client's.
    public func send(_ bytes: UnsafeRawBufferPointer) -> TLSWriteResult {
        if shedsState, let unfinished = finishHandshake() {
            if case .failed(let error) = unfinished { return .failed(error) }
            return .wouldBlock
        }
        var written = 0
        sendWantsWrite = false
        while written < bytes.count, let base = bytes.baseAddress {
            var failure = ctls_failure()
            let result =
                switch engine {
                case .openSSL(let session):
                    ctls_write(session, base + written, bytes.count - written, &failure)
                case .records(let records):
                    ctls_records_write(records, base + written, bytes.count - written, &failure)
                }
            if result > 0 {
                written &+= Int(result)
                if written < bytes.count, case .records = engine { return .written(written) }
                continue
            }
            guard Int(result) == CTLS_WANT_READ || Int(result) == CTLS_WANT_WRITE else {
                return .failed(TLSError(failure, expected: expectedName ?? ""))
            }
            // Before the handshake is done, it is the peer we wait for, as often as not.
            sendWantsWrite = Int(result) == CTLS_WANT_WRITE
            return written > 0 ? .written(written) : .wouldBlock
        }
        return .written(written)
    }

    /// Says that nothing more will be sent (close_notify).
    ///
    /// Reading goes on. Does nothing before the handshake is done. Call it when everything is sent. Returns false when the
    /// socket is full: call again when it is writable, or give up and close; a failure needs no answer, since the connection
    /// is over either way.
    @discardableResult
    public func shutdown() -> Bool {
        var failure = ctls_failure()
        let result =
            switch engine {
            case .openSSL(let session): ctls_shutdown(session, &failure)
            case .records(let records): ctls_records_shutdown(records, &failure)
            }
        sendWantsWrite = Int(result) == CTLS_WANT_WRITE
        return !sendWantsWrite
    }

    /// nil: done, or not ours to wait for.
    private func finishHandshake() -> TLSReadResult? {
        switch handshake() {
        case .done: nil
        case .wantRead: .wouldBlock
        case .wantWrite: .wantWrite
        case .failed(let error): .failed(error)
        }
    }
}

extension TLSSession {
    /// The application protocol both agreed on; nil: the client offered none.
    public var alpn: String? {
        var name: UnsafePointer<UInt8>?
        let length =
            switch engine {
            case .openSSL(let session): ctls_alpn(session, &name)
            case .records(let records): ctls_records_alpn(records, &name)
            }
        guard length > 0, let name else { return nil }
        return String(decoding: UnsafeBufferPointer(start: name, count: Int(length)), as: UTF8.self)
    }

    /// `TLSv1.3` or `TLSv1.2`.
    public var version: String {
        switch engine {
        case .openSSL(let session): String(cString: ctls_version(session))
        case .records(let records): String(cString: ctls_records_version(records))
        }
    }

    /// OpenSSL's name, which for TLS 1.3 is the standard's: `TLS_AES_128_GCM_SHA256`, `ECDHE-RSA-AES128-GCM-SHA256`.
    public var cipher: String {
        switch engine {
        case .openSSL(let session): String(cString: ctls_cipher(session))
        case .records(let records): String(cString: ctls_records_cipher(records))
        }
    }

    /// The name the client asked for (SNI).
    public var serverName: String? {
        switch engine {
        case .openSSL(let session): ctls_server_name(session).map { String(cString: $0) }
        case .records(let records): ctls_records_server_name(records).map { String(cString: $0) }
        }
    }

    /// Whether a ticket spared the full handshake.
    public var isResumed: Bool {
        switch engine {
        case .openSSL(let session): ctls_is_resumed(session) != 0
        case .records(let records): ctls_records_is_resumed(records) != 0
        }
    }

    /// What the peer showed, verified or not; nil on the server's side.
    ///
    /// Costs a copy.
    public var peerCertificate: TLSCertificate? {
        guard case .openSSL(let session) = engine else { return nil }
        var certificate = ctls_certificate()
        return ctls_peer_certificate(session, &certificate) != 0 ? TLSCertificate(certificate) : nil
    }

    /// What lets the next session with this server begin faster, on the client's side.
    ///
    /// With TLS 1.3 it comes with the first bytes that are read.
    public var ticket: TLSTicket? {
        guard case .openSSL(let session) = engine else { return nil }
        return ctls_ticket(session).map(TLSTicket.init)
    }

    /// OpenSSL's session and the name asked for, as long as there is one.
    var openSSL: (session: OpaquePointer, name: String?)? {
        guard case .openSSL(let session) = engine else { return nil }
        return (session, expectedName)
    }

    /// Whether OpenSSL's state is gone.
    var isWithoutOpenSSL: Bool {
        if case .records = engine { true } else { false }
    }

    /// Goes over to the next key with the next bytes sent, and asks the peer for its next (RFC 8446 §4.6.3).
    func updateKey(asks: Bool) -> Bool {
        guard case .openSSL(let session) = engine else { return false }
        return ctls_update_key(session, asks ? 1 : 0) == 1
    }
}
