import Bytes
import CSystem
import Glibc

/// One connected stream: TCP or a Unix socket, plain or with TLS.
///
/// Small, because there is one per connection: a descriptor and two references, and at rest neither a buffer
/// nor any other memory. Bytes the kernel does not take are queued; the queue is freed when it has drained,
/// and its owner bounds it by looking at `queuedBytes`. Confined to its loop. Closed on deinit.
///
/// With TLS, the first reads and writes carry out the handshake unless `handshake` did.
public struct StreamSocket: ~Copyable {
    /// -1 once closed; the kernel then answers EBADF.
    private var descriptor: Int32
    @usableFromInline var link: TLSLink?
    /// What waits for the kernel; never empty, nil at rest.
    private var queue: ByteBuffer?

    /// Takes over a connected, non-blocking descriptor.
    ///
    /// - Parameter tls: A session made for this descriptor.
    public init(fileDescriptor: Int32, tls: TLSSession? = nil) {
        descriptor = fileDescriptor
        link = tls.map(TLSLink.init)
    }

    deinit {
        if descriptor >= 0 { _ = csys_close(descriptor) }
    }

    /// The descriptor, for registering with a loop and for calls that borrow it; -1 once closed.
    public var fileDescriptor: Int32 { descriptor }

    // MARK: TLS

    /// The TLS session, nil while the stream is plain.
    public var tls: TLSSession? { link?.session }

    /// Why TLS ended the connection, after a `.failed(EPROTO)`.
    public var tlsFailure: TLSError? { link?.failure }

    /// Turns a plain stream into one with TLS, before anything is queued.
    public mutating func startTLS(_ session: TLSSession) {
        precondition(link == nil && queue == nil, "TLS starts on a fresh stream")
        link = TLSLink(session)
    }

    /// Takes the TLS handshake as far as it goes without blocking; a plain stream is done.
    public mutating func handshake() -> TLSHandshakeResult {
        guard let link else { return .done }
        let result = link.session.handshake()
        if case .failed(let error) = result { link.failure = error }
        return result
    }

    // MARK: Reading

    /// Reads what is there, at most `buffer.count` bytes (at least 1).
    ///
    /// One system call when plain.
    public mutating func receive(into buffer: UnsafeMutableRawBufferPointer) -> ReadResult {
        if link != nil { return receiveDecrypted(into: buffer) }
        return Self.readResult(csys_receive(descriptor, buffer.baseAddress, buffer.count))
    }

    /// Apart, so that a plain read does not pay for the room that the results of TLS take.
    @inline(never)
    private mutating func receiveDecrypted(into buffer: UnsafeMutableRawBufferPointer) -> ReadResult {
        link?.receive(into: buffer) ?? .end
    }

    /// Whether TLS holds decrypted bytes, the end or a failure, which raise no event: read again before the next turn.
    @inlinable
    public var hasBufferedBytes: Bool { link != nil && hasDecryptedBytes }

    @usableFromInline
    var hasDecryptedBytes: Bool { link?.session.hasBufferedBytes ?? false }

    /// Looks at the first bytes without taking them, below TLS: to tell TLS, HTTP and the PROXY protocol
    /// apart.
    public borrowing func peek(into buffer: UnsafeMutableRawBufferPointer) -> ReadResult {
        Self.readResult(csys_peek(descriptor, buffer.baseAddress, buffer.count))
    }

    /// Milliseconds since data last went in either direction, also when the peer has just gone; nil where it is not TCP.
    ///
    /// One system call.
    public borrowing func idleMilliseconds() -> UInt32? {
        UInt32(exactly: csys_idle_milliseconds(descriptor))
    }

    /// Milliseconds since the peer's system acknowledged anything of what was sent, 0 when it has acknowledged all; nil
    /// where it is not TCP.
    ///
    /// Tells a peer that is gone without a word from one that has nothing to say. Two system calls at most.
    public borrowing func unheardMilliseconds() -> UInt32? {
        UInt32(exactly: csys_unheard_milliseconds(descriptor))
    }

    // MARK: Writing

    /// Bytes that wait in the queue.
    public var queuedBytes: Int { queue?.count ?? 0 }

    /// Whether to watch for `Interest.write`: something is queued, or TLS must write before it can go on.
    ///
    /// When the loop then says writable: `flush`, and with TLS `receive` as well, which may be what waits to
    /// write.
    public var wantsWrite: Bool { queue != nil || link?.session.wantsWrite ?? false }

    /// Sends at once when nothing is queued, and queues a copy of what is not taken.
    ///
    /// One system call at most when plain; none and no heap when something is queued already or all is taken.
    public mutating func send(_ bytes: UnsafeRawBufferPointer) -> WriteResult {
        if queue != nil || link != nil { return sendOtherwise(bytes) }
        guard bytes.count > 0 else { return .sent }
        let sent = csys_send(descriptor, bytes.baseAddress, bytes.count)
        if sent == bytes.count { return .sent }
        if sent < 0 {
            if -sent != Int(EAGAIN) { return .failed(Int32(truncatingIfNeeded: -sent)) }
            return enqueue(bytes)
        }
        return enqueue(UnsafeRawBufferPointer(rebasing: bytes[sent...]))
    }

    /// Behind what is queued, or through TLS.
    @inline(never)
    private mutating func sendOtherwise(_ bytes: UnsafeRawBufferPointer) -> WriteResult {
        if let queue {
            queue.append(bytes)
            return .queued
        }
        guard bytes.count > 0, let link else { return .sent }
        return send(bytes, through: link)
    }

    /// Sends several parts as one: a header and a shared body, say.
    ///
    /// One `sendmsg` of up to 1,024 parts when plain.
    public mutating func send(_ parts: UnsafeBufferPointer<UnsafeRawBufferPointer>) -> WriteResult {
        if queue != nil || link != nil || parts.count > Self.partLimit {
            return sendOneByOne(parts)
        }
        var total = 0
        let sent = withUnsafeTemporaryAllocation(of: iovec.self, capacity: parts.count) { vectors in
            for (index, part) in parts.enumerated() {
                total += part.count
                let base = UnsafeMutableRawPointer(mutating: part.baseAddress)
                vectors.initializeElement(at: index, to: iovec(iov_base: base, iov_len: part.count))
            }
            return total == 0 ? 0 : csys_send_parts(descriptor, vectors.baseAddress, parts.count)
        }
        if sent == total { return .sent }
        if sent < 0 && -sent != Int(EAGAIN) { return .failed(Int32(truncatingIfNeeded: -sent)) }
        var taken = max(0, sent)
        let queue = ByteBuffer(capacity: total - taken)
        for part in parts {
            let skipped = min(taken, part.count)
            taken -= skipped
            queue.append(UnsafeRawBufferPointer(rebasing: part[skipped...]))
        }
        self.queue = queue
        return .queued
    }

    /// Sends from the queue, when the loop says that the socket takes bytes.
    ///
    /// One system call when plain.
    public mutating func flush() -> WriteResult {
        guard let queue else { return .sent }
        if let link { return flush(queue, through: link) }
        let sent = csys_send(descriptor, queue.bytes.baseAddress, queue.count)
        if sent < 0 && -sent != Int(EAGAIN) { return fail(Int32(truncatingIfNeeded: -sent)) }
        queue.removeFirst(max(0, sent))
        return settle(queue)
    }

    /// Queues bytes without trying to send them: the rest of something whose beginning was sent past this
    /// type.
    public mutating func queue(_ rest: UnsafeRawBufferPointer) {
        if let queue { queue.append(rest) } else { _ = enqueue(rest) }
    }

    // MARK: Ending

    /// Ends our side of the stream, after a close_notify with TLS; reading goes on.
    ///
    /// What is queued is lost: flush first.
    public mutating func shutdownWrite() {
        queue = nil
        link?.session.shutdown()
        _ = csys_shutdown_write(descriptor)
    }

    /// Closes now rather than on deinit; what is queued is lost, what the kernel has is still sent.
    public mutating func close() {
        queue = nil
        link = nil
        if descriptor >= 0 { _ = csys_close(descriptor) }
        descriptor = -1
    }

    /// Closes with a reset: the peer learns at once, and the kernel keeps neither unsent bytes nor a
    /// TIME_WAIT.
    public mutating func reset() {
        _ = csys_linger_zero(descriptor)
        close()
    }

    // MARK: Parts

    private mutating func enqueue(_ rest: UnsafeRawBufferPointer) -> WriteResult {
        let queue = ByteBuffer(capacity: rest.count)
        queue.append(rest)
        self.queue = queue
        return .queued
    }

    private mutating func sendOneByOne(_ parts: UnsafeBufferPointer<UnsafeRawBufferPointer>) -> WriteResult {
        // Joined first: with TLS every part would be a record of its own.
        let queue = self.queue ?? ByteBuffer()
        let wasQueued = self.queue != nil
        for part in parts { queue.append(part) }
        guard queue.count > 0 else { return .sent }
        self.queue = queue
        return wasQueued ? .queued : flush()
    }

    private mutating func send(_ bytes: UnsafeRawBufferPointer, through link: TLSLink) -> WriteResult {
        switch link.session.send(bytes) {
        case .written(bytes.count): return .sent
        // The session wants the same bytes again, in front: so they are queued, and the queue only ever grows
        // behind.
        case .written(let count): return enqueue(UnsafeRawBufferPointer(rebasing: bytes[count...]))
        case .wouldBlock: return enqueue(bytes)
        case .failed(let error): return fail(link.fail(error))
        }
    }

    private mutating func flush(_ queue: ByteBuffer, through link: TLSLink) -> WriteResult {
        switch link.session.send(queue.bytes) {
        case .written(let count): queue.removeFirst(count)
        case .wouldBlock: break
        case .failed(let error): return fail(link.fail(error))
        }
        return settle(queue)
    }

    private mutating func settle(_ queue: ByteBuffer) -> WriteResult {
        if queue.count > 0 { return .queued }
        self.queue = nil
        return .sent
    }

    private mutating func fail(_ error: Int32) -> WriteResult {
        queue = nil
        return .failed(error)
    }

    private static func readResult(_ count: Int) -> ReadResult {
        if count > 0 { return .bytes(count) }
        if count == 0 { return .end }
        return -count == Int(EAGAIN) ? .wouldBlock : .failed(Int32(truncatingIfNeeded: -count))
    }

    /// What one sendmsg takes (IOV_MAX).
    private static let partLimit = 1_024
}

/// A session and how it failed: results carry an errno alone, so that they stay two words without references.
@usableFromInline
final class TLSLink {
    let session: TLSSession
    var failure: TLSError?

    init(_ session: TLSSession) { self.session = session }

    func receive(into buffer: UnsafeMutableRawBufferPointer) -> ReadResult {
        switch session.receive(into: buffer) {
        case .bytes(let count): .bytes(count)
        case .wouldBlock, .wantWrite: .wouldBlock
        case .end: .end
        case .failed(let error): .failed(fail(error))
        }
    }

    func fail(_ error: TLSError) -> Int32 {
        failure = error
        return error.errno
    }
}
