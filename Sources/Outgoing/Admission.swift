/// How many requests there are, waiting ones included: who may still come in is known on the caller's thread.
struct Admission: Sendable {
    private(set) var isClosed = false
    private(set) var total = 0
    private var hosts: [String: Int] = [:]
    private let totalLimit: Int
    private let hostLimit: Int
    private let queueLimit: Int
    private let hostQueueLimit: Int

    init(_ options: OutgoingOptions) {
        totalLimit = options.concurrency + options.queueLimit
        hostLimit = options.hostConcurrency + options.hostQueueLimit
        queueLimit = options.queueLimit
        hostQueueLimit = options.hostQueueLimit
    }

    /// Counts a request in.
    mutating func admit(_ request: PreparedRequest) throws(OutgoingError) {
        if isClosed { throw .closed }
        if total >= totalLimit { throw .busy(host: request.host, limit: queueLimit) }
        let same = hosts[request.origin] ?? 0
        if same >= hostLimit { throw .busy(host: request.host, limit: hostQueueLimit) }
        total += 1
        hosts[request.origin] = same + 1
    }

    /// Counts a request out.
    mutating func release(_ origin: String) {
        total -= 1
        let left = (hosts[origin] ?? 1) - 1
        hosts[origin] = left > 0 ? left : nil
    }

    /// False when it was closed already.
    mutating func close() -> Bool {
        defer { isClosed = true }
        return !isClosed
    }
}
