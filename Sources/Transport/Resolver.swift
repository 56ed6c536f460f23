import CSystem
public import EventLoop
import Synchronization

/// Finds the addresses of a host name, off the loops: getaddrinfo blocks, for many seconds when a name server
/// is silent.
///
/// Its threads exist while there is work, at most `concurrency` of them; further questions wait their turn.
public final class Resolver: Sendable {
    private let concurrency: Int
    private let state = Mutex(State())
    private let lookUp: @Sendable (String, UInt16) -> Result<[SocketAddress], ResolverError>

    private struct State {
        var waiting: [Question] = []
        var running = 0
    }

    /// A resolver of at most so many threads.
    public convenience init(concurrency: Int = 4) {
        self.init(concurrency: concurrency, lookUp: Self.ask)
    }

    /// A resolver with another way to look names up; for tests.
    init(
        concurrency: Int,
        lookUp: @escaping @Sendable (String, UInt16) -> Result<[SocketAddress], ResolverError>
    ) {
        self.concurrency = max(1, concurrency)
        self.lookUp = lookUp
    }

    /// The addresses of a host, best first (RFC 6724), at least one.
    ///
    /// An IP literal is its own answer, at once and without a thread. A question that timed out or was
    /// cancelled goes on on its thread until the system gives up; its answer is dropped.
    /// - Parameters:
    ///   - host: A name of at most 253 bytes, or an IP literal without brackets.
    ///   - timeout: From now, time in the queue included.
    public func resolve(
        host: String, port: UInt16, timeout: Duration = .seconds(10)
    ) async throws(ResolverError) -> [SocketAddress] {
        if let address = SocketAddress(ip: host, port: port) { return [address] }
        guard (1...253).contains(host.utf8.count), !host.utf8.contains(where: { $0 <= 0x20 || $0 == 0x7F })
        else {
            throw .badName(host)
        }
        let question = Question(host: host, port: port)
        try submit(question)
        let answer = await withTaskCancellationHandler {
            await withTaskGroup(of: Void.self) { group in
                group.addTask {
                    try? await Task.sleep(for: timeout)
                    // After an answer this does nothing.
                    question.settle(.failure(.timedOut(host, after: timeout)))
                }
                let answer = await question.answer()
                group.cancelAll()
                return answer
            }
        } onCancel: {
            question.settle(.failure(.cancelled(host)))
        }
        return try answer.get()
    }

    private func submit(_ question: Question) throws(ResolverError) {
        let (isFull, needsThread) = state.withLock { state in
            if state.waiting.count >= Self.queueLimit { return (true, false) }
            state.waiting.append(question)
            guard state.running < concurrency else { return (false, false) }
            state.running += 1
            return (false, true)
        }
        if isFull { throw .busy(question.host, waiting: Self.queueLimit) }
        guard needsThread else { return }
        do {
            try SystemThread(name: "resolver") { self.work() }.detach()
        } catch {
            // With another thread at work all will be answered; with none nobody would ever be.
            let stranded = state.withLock { state in
                state.running -= 1
                guard state.running == 0 else { return [Question]() }
                defer { state.waiting = [] }
                return state.waiting
            }
            for question in stranded { question.settle(.failure(.system(error))) }
        }
    }

    private func work() {
        while true {
            let question: Question? = state.withLock { state in
                while !state.waiting.isEmpty {
                    let question = state.waiting.removeFirst()
                    if !question.isSettled { return question }
                }
                state.running -= 1
                return nil
            }
            guard let question else { return }
            question.settle(lookUp(question.host, question.port))
        }
    }

    /// Asks the system; blocks.
    private static func ask(_ host: String, _ port: UInt16) -> Result<[SocketAddress], ResolverError> {
        withUnsafeTemporaryAllocation(of: csys_address.self, capacity: addressLimit) { addresses in
            let count = csys_resolve(host, port, addresses.baseAddress, Int32(addressLimit))
            switch count {
            case 1...: return .success(addresses.prefix(Int(count)).compactMap { SocketAddress($0) })
            case 0, -1000 - CSYS_RESOLVE_NO_SUCH_NAME: return .failure(.noSuchHost(host))
            case -1000 - CSYS_RESOLVE_TRY_AGAIN: return .failure(.noAnswer(host))
            case (-1000 + 1)...(-1):
                return .failure(.system(SystemError(call: "getaddrinfo", errno: -count, detail: host)))
            default: return .failure(.serverFailed(host))
            }
        }
    }

    /// A question and, once, its answer: whoever settles it first wins.
    private final class Question: Sendable {
        let host: String
        let port: UInt16
        private let state = Mutex(State())

        private struct State {
            var answer: Result<[SocketAddress], ResolverError>?
            var asker: CheckedContinuation<Result<[SocketAddress], ResolverError>, Never>?
        }

        init(host: String, port: UInt16) {
            self.host = host
            self.port = port
        }

        var isSettled: Bool { state.withLock { $0.answer != nil } }

        func settle(_ answer: Result<[SocketAddress], ResolverError>) {
            let asker = state.withLock { state in
                if state.answer == nil { state.answer = answer }
                return state.asker.take()
            }
            // Only the first settling finds an asker, or an answer that was there before the asker.
            asker?.resume(returning: answer)
        }

        func answer() async -> Result<[SocketAddress], ResolverError> {
            await withCheckedContinuation { asker in
                let answer = state.withLock { state in
                    if state.answer == nil { state.asker = asker }
                    return state.answer
                }
                if let answer { asker.resume(returning: answer) }
            }
        }
    }

    private static let addressLimit = 16
    private static let queueLimit = 1_024
}

/// Why a name has no addresses.
public enum ResolverError: Error, Equatable, Sendable, CustomStringConvertible {
    /// Not a name: empty, longer than 253 bytes, or with blanks or control characters.
    case badName(String)
    /// Too many questions wait already.
    case busy(String, waiting: Int)
    /// The task that asked was cancelled.
    case cancelled(String)
    /// No name server answered: it is down, or this machine is not connected.
    case noAnswer(String)
    /// The name does not exist, or has no address.
    case noSuchHost(String)
    /// The name server refused or failed.
    case serverFailed(String)
    /// A system call failed.
    case system(SystemError)
    /// No answer in the time given.
    case timedOut(String, after: Duration)

    /// What happened and what to look at, in words.
    public var description: String {
        switch self {
        case .badName(let host): "'\(host)' is not a host name"
        case .busy(let host, let waiting): "cannot look up '\(host)': \(waiting) names wait already"
        case .cancelled(let host): "looking up '\(host)' was cancelled"
        case .noAnswer(let host):
            "cannot look up '\(host)': no name server answered; check the network and /etc/resolv.conf"
        case .noSuchHost(let host):
            "there is no host '\(host)'; check the spelling, or look at it with 'getent hosts'"
        case .serverFailed(let host): "cannot look up '\(host)': the name server refused or failed"
        case .system(let error): error.description
        case .timedOut(let host, let time): "cannot look up '\(host)': no answer within \(time)"
        }
    }
}
