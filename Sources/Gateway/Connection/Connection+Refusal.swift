import Bytes
import HTTPWire
import Tokens
import Transport

// How those who may not come in are told why: answered, logged in one line, kept for the operator.
extension Connection {
    /// Answers a request with a refusal.
    func refuse(_ refusal: Refusal, _ head: RequestHead) {
        loop.shared.lookForProxy(head)
        loop.keep(refusal)
        let keepAlive = head.keepAlive && !loop.isDraining
        refusal.appendAnswer(
            keepAlive: keepAlive, version: head.version, omitBody: head.method == .head,
            allowedOrigin: loop.shared.admission.allowsOrigin(of: head) ? head.fields["origin"] : nil,
            to: loop.reply)
        settle(keepAlive: keepAlive)
    }

    /// A request that is not HTTP, or not within the limits: nothing after it can be understood.
    func refuse(_ error: HTTPError, _ bytes: UnsafeRawBufferPointer) {
        let refusal = loop.shared.admission.malformed(error, bytes, from: origin)
        loop.keep(refusal)
        if refusal.status == 0 { loop.reply.append(TLSSniff.plainPortAlert) }
        refusal.appendAnswer(keepAlive: false, to: loop.reply)
        goodbye()
    }

    /// A plain HTTP client dialled a TLS port: it is answered in plain HTTP, once.
    func becomePlainOnTLSPort() {
        let refusal = loop.shared.admission.plainOnTLSPort(from: origin)
        loop.keep(refusal)
        refusal.appendAnswer(keepAlive: false, to: loop.reply)
        goodbye()
        // The request was only looked at so far: taken now, or closing over it would reset the answer.
        becameReadable()
    }

    /// Time is up for a request: silently when none was begun, with 408 when one was (RFC 9110 §15.5.9).
    func requestTimedOut() {
        if exchange?.unanswered != nil { return answerTimedOut() }
        guard let exchange, exchange.inbox.count > 0 || exchange.body != nil else { return end(.timedOut) }
        let limit = Duration.nanoseconds(Int64(clamping: loop.shared.limits.handshakeTimeout))
        let refusal = loop.shared.admission.timeout(limit, from: origin)
        loop.keep(refusal)
        refusal.appendAnswer(keepAlive: false, to: loop.reply)
        goodbye()
    }

    /// After an answer: time for the next request begins, or the end.
    func settle(keepAlive: Bool) {
        if keepAlive { setDeadline(after: loop.shared.limits.keepAliveTimeout) } else { goodbye() }
    }

    /// Sends the replies and ends.
    func goodbye() {
        flushReplyNow()
        endAfterFlush()
    }

    /// Where the client is, as refusals tell it.
    var origin: Peer {
        let plan = loop.plans[Int(listener)]
        return Peer(address: peer.description, listener: plan.address.description, isTLS: plan.tls)
    }
}
