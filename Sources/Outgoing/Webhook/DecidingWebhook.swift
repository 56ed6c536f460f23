import Bytes
import EventLoop
import Glibc

/// A webhook whose answer decides: may this one connect, subscribe, publish; what is the reply to this call.
///
/// Somebody waits for it, so there is one try, and one more only when the connection broke before any of the request had left, all
/// within one time limit.
public struct DecidingWebhook: Sendable {
    /// Where it asks; its `timeout` is for both tries together.
    public let hook: Webhook
    private let http: OutgoingHTTP

    /// A webhook that asks over `http`.
    public init(_ hook: Webhook, over http: OutgoingHTTP) {
        self.hook = hook
        self.http = http
    }

    /// Asks.
    ///
    /// Any answer is an answer, whatever its status: what it means is the caller's to say. The completion comes exactly once, on
    /// the outgoing thread, or before this returns when the request could not even be begun.
    /// - Parameter body: JSON.
    public func ask(
        event: String, body: [UInt8],
        _ completion: @escaping @Sendable (Result<OutgoingResponse, OutgoingError>) -> Void
    ) {
        let id = Webhook.makeID()
        let deadline = EventLoop.now() + hook.timeout
        send(event, id, body, deadline) { result in
            guard case .failure(let error) = result, Self.mayRepeat(error), EventLoop.now() < deadline else {
                return completion(result)
            }
            send(event, id, body, deadline, completion)
        }
    }

    private func send(
        _ event: String, _ id: String, _ body: [UInt8], _ deadline: MonotonicTime,
        _ completion: @escaping @Sendable (Result<OutgoingResponse, OutgoingError>) -> Void
    ) {
        let request = hook.request(
            event: event, id: id, body: body, unixSeconds: Int64(time(nil)),
            timeout: deadline - EventLoop.now())
        do throws(OutgoingError) {
            try http.perform(request, completion)
        } catch {
            completion(.failure(error))
        }
    }

    /// What broke off before anything had left.
    ///
    /// A refusal counts: of a name with several addresses libcurl tells the first one's errno, and so a reset by the second looks like
    /// a refusal by the first.
    static func mayRepeat(_ error: OutgoingError) -> Bool {
        switch error {
        case .connectionLost(_, let sent): !sent
        case .refused, .tlsFailed: true
        default: false
        }
    }
}
