import Bytes
import EventLoop
import HTTPWire
import Transport

/// Where an answer goes that is made elsewhere: by another loop, the store, or somebody's backend.
///
/// Sendable, and as good as a promise: a connection that is gone meanwhile takes no answer, and one that gets none is
/// told so when its time is up.
struct AnswerSlot: Sendable {
    fileprivate let mailbox: Mailbox<LoopMessage>
    fileprivate let connection: UInt64

    /// Gives the answer; any thread, once.
    func answer(_ response: Response) {
        let connection = connection
        mailbox.post(.perform { $0.connections[connection]?.complete(response) })
    }
}

// Requests whose answer comes later. Nothing behind such a request is read until then, so answers keep their order.
extension Connection {
    /// Where the answer to the request in hand goes.
    var answerSlot: AnswerSlot {
        AnswerSlot(mailbox: loop.peers[loop.index], connection: token)
    }

    /// The answer to a request is made elsewhere: no more input until it is here.
    func awaitAnswer(to head: RequestHead) {
        keepExchange().unanswered = head
        pauseReading()
        setDeadline(after: Self.answerTimeout)
    }

    /// An answer is here.
    ///
    /// One that comes when the connection has given up on it is dropped.
    func complete(_ response: Response) {
        guard phase == .http, let exchange, let head = exchange.unanswered else { return }
        exchange.unanswered = nil
        exchange.handshake = nil
        respond(response, to: head)
        guard phase == .http else { return }
        flushReply()
        guard phase == .http else { return }
        if exchange.inbox.isEmpty && exchange.body == nil { dropExchange() }
        readOn()
    }

    /// Reads again after a wait that was not the peer's fault.
    func readOn() {
        if socket.queuedBytes == 0 { resumeReading() }
        // What TLS holds decrypted the poller cannot see.
        if phase != .closed, socket.hasBufferedBytes, interest.contains(.read) { becameReadable() }
    }

    /// Nobody answered in time.
    func answerTimedOut() {
        complete(
            .problem(
                504, "ANSWER-LATE", "the answer was not ready in time",
                "try again; the server's log tells more"))
    }

    /// Whatever answers has a shorter time of its own; this one is for what nobody thought of.
    private static let answerTimeout: UInt64 = 120_000_000_000
}
