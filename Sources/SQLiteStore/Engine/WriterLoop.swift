internal import CSystem
internal import Glibc

/// The thread that writes: everything that waits goes into one transaction and one wait for the disk.
///
/// While the disk works on one batch the next one gathers, so the batches grow with the load by themselves.
final class WriterLoop {
    private let queue: RequestQueue<StoreWriter>
    private let session: StoreWriter
    private let counters: StoreCounters
    private let observers: StoreObservers
    private let interval: UInt64
    private var watch: ChangeWatch

    private var database: Database { session.database }

    init(
        queue: RequestQueue<StoreWriter>, session: StoreWriter, counters: StoreCounters,
        observers: StoreObservers, interval: UInt64
    ) throws(StoreError) {
        self.queue = queue
        self.session = session
        self.counters = counters
        self.observers = observers
        self.interval = interval
        watch = try ChangeWatch(session)
    }

    /// Runs until the queue is closed and empty.
    func run() {
        var batch: [Request<StoreWriter>] = []
        var nextLook = csys_monotonic_nanoseconds() &+ interval
        while queue.take(&batch) {
            if batch.isEmpty {
                queue.wake.sleep(until: nextLook)
            } else {
                let time = process(batch)
                if batch.count > 1 { gather(after: time) }
                batch.removeAll(keepingCapacity: batch.capacity <= 4_096)
            }
            let now = csys_monotonic_nanoseconds()
            if now >= nextLook {
                nextLook = now &+ interval
                if watch.othersWrote(session) { reportChanges() }
            }
        }
    }

    /// Gives those who were just told a moment to ask again, so that they share the next wait for the disk with those who
    /// asked meanwhile.
    ///
    /// Otherwise publishers who wait for each message fall into groups that wait for each other: of 64, a commit carried 35
    /// to 52, with the moment it carries 64. It is a sixteenth of the wait before, and nothing on a fast disk.
    private func gather(after nanoseconds: UInt64) {
        guard nanoseconds > 320_000 else { return }
        var moment = timespec(tv_sec: 0, tv_nsec: Int(min(nanoseconds / 16, 1_000_000)))
        nanosleep(&moment, nil)
    }

    /// Does a batch, and says how long its transactions took.
    private func process(_ batch: [Request<StoreWriter>]) -> UInt64 {
        let start = csys_monotonic_nanoseconds()
        var told: [Request<StoreWriter>.Told] = []
        told.reserveCapacity(batch.count)
        session.didRecordChange = false
        var failure = attempt(batch[...], &told)
        if let error = failure {
            if batch.count > 1, error != .locked(path: database.path) {
                failure = attemptSingly(batch, &told)
            } else {
                for request in batch { told.append(request.failing(error)) }
            }
        }
        let time = csys_monotonic_nanoseconds() &- start
        counters.count(requests: batch.count)
        observers.onCommit(StoreCommit(requests: batch.count, nanoseconds: time, failure: failure))
        for tell in told { tell() }
        if session.didRecordChange { reportChanges() }
        return time
    }

    /// Does all of it in one transaction.
    ///
    /// A request that fails is undone and told so, the others stay.
    /// - Returns: why nothing of it happened, if the whole transaction is lost; then nothing is added to `told`.
    private func attempt(
        _ batch: ArraySlice<Request<StoreWriter>>, _ told: inout [Request<StoreWriter>.Told]
    ) -> StoreError? {
        let toldBefore = told.count
        do throws(StoreError) {
            try database.beginWriting()
            if batch.count == 1, let request = batch.first {
                told.append(try request.run(session))
            } else {
                for request in batch { told.append(try runGuarded(request)) }
            }
            try database.commit()
            counters.countCommit()
            return nil
        } catch {
            database.rollBack()
            told.removeLast(told.count - toldBefore)
            return error
        }
    }

    private func runGuarded(_ request: Request<StoreWriter>) throws(StoreError) -> Request<StoreWriter>.Told {
        do throws(StoreError) {
            return try database.atomically { () throws(StoreError) in try request.run(session) }
        } catch {
            // SQLite undoes the whole transaction after some errors of the disk.
            guard database.isInTransaction else { throw error }
            return request.failing(error)
        }
    }

    /// A transaction for each request, so that the one the disk has no room for does not take the others with it.
    ///
    /// - Returns: the last failure of the disk.
    private func attemptSingly(
        _ batch: [Request<StoreWriter>], _ told: inout [Request<StoreWriter>.Told]
    ) -> StoreError? {
        var failure: StoreError?
        var failuresInARow = 0
        for index in batch.indices {
            let request = batch[index]
            if let failure, failuresInARow >= Self.patience {
                told.append(request.failing(failure))
                continue
            }
            guard let error = attempt(batch[index...index], &told) else {
                failuresInARow = 0
                continue
            }
            told.append(request.failing(error))
            if error.isOfTheDisk {
                failure = error
                failuresInARow += 1
            }
        }
        return failure
    }

    private func reportChanges() {
        let changes = watch.next(session)
        if !changes.isEmpty { observers.onChange(changes) }
    }

    /// After so many failures of the disk in a row the rest of a batch is not tried: each try may take seconds.
    private static let patience = 8
}

extension StoreError {
    /// Whether the file or the disk is at fault rather than the request.
    fileprivate var isOfTheDisk: Bool {
        switch self {
        case .damaged, .full, .inputOutput, .locked, .sqlite, .unreachable: true
        case .ambiguous, .busy, .closed, .exists, .foreign, .invalid, .newer, .noSharedMemory, .notAFile,
            .openToOthers, .outOfOrder, .staleEpoch, .system, .tooLong, .unknown:
            false
        }
    }
}
