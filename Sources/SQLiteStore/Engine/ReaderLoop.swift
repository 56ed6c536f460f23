/// The thread that reads, so that no answer waits while the writer waits for the disk.
///
/// Each batch sees one state of the file: everything acknowledged before its requests were made, at least.
final class ReaderLoop {
    private let queue: RequestQueue<StoreReader>
    private let session: StoreReader

    init(queue: RequestQueue<StoreReader>, session: StoreReader) {
        self.queue = queue
        self.session = session
    }

    /// Runs until the queue is closed and empty.
    func run() {
        var batch: [Request<StoreReader>] = []
        while queue.take(&batch) {
            if batch.isEmpty {
                queue.wake.sleep(until: nil)
            } else {
                process(batch)
                batch.removeAll(keepingCapacity: batch.capacity <= 4_096)
            }
        }
    }

    private func process(_ batch: [Request<StoreReader>]) {
        do throws(StoreError) {
            try session.database.beginReading()
        } catch {
            for request in batch { request.fail(error) }
            return
        }
        defer { session.database.rollBack() }
        for request in batch {
            do throws(StoreError) {
                let tell = try request.run(session)
                tell()
            } catch {
                request.fail(error)
            }
        }
    }
}
