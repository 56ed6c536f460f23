import CSystem
import Glibc
import SQLiteStore

/// Durable publishing against what the disk allows: `StoreBench [DIRECTORY [SECONDS]]`.
///
/// First the floor: the same disk, one file, a write and an fdatasync in turn. Then publishers with one message each in
/// flight, who send the next one when the last is on the disk: their loop is a thread of its own, as in the server. Then
/// one publisher who keeps many in flight, for the cost of a message when the disk is not the limit.
@main
struct StoreBench {
    static func main() {
        let arguments = CommandLine.arguments
        let directory = arguments.count > 1 ? arguments[1] : "."
        let seconds = arguments.count > 2 ? UInt64(arguments[2]) ?? 3 : 3
        do throws(StoreError) {
            try SyncFloor.measure(directory, seconds: seconds)
            for publishers in [1, 64, 512, 4_096] {
                try publish(directory, publishers: publishers, topics: 4, seconds: seconds)
            }
            try publish(directory, publishers: 64, topics: 64, seconds: seconds)
            try publish(directory, publishers: 64, topics: 4, seconds: seconds, lookupsRead: false)
            try openings(directory)
        } catch {
            print("\(error.code): \(error)")
            exit(1)
        }
    }

    private static func publish(
        _ directory: String, publishers: Int, topics: Int, seconds: UInt64, lookupsRead: Bool = true
    ) throws(StoreError) {
        let path = "\(directory)/bench-\(getpid()).sqlite"
        defer { for suffix in ["", "-wal", "-shm"] { unlink(path + suffix) } }
        let store = try Store(path: path)
        let bench = PublishBench(store: store, topics: topics, lookupsRead: lookupsRead)
        bench.run(publishers: publishers, nanoseconds: seconds * 1_000_000_000)
        store.close()
    }

    private static func openings(_ directory: String) throws(StoreError) {
        let path = "\(directory)/bench-\(getpid()).sqlite"
        defer { for suffix in ["", "-wal", "-shm"] { unlink(path + suffix) } }
        var times: [UInt64] = []
        for _ in 0..<6 {
            let start = csys_monotonic_nanoseconds()
            let store = try Store(path: path)
            times.append(csys_monotonic_nanoseconds() - start)
            store.close()
        }
        let existing = times.dropFirst().map { "\($0 / 1_000)" }.joined(separator: ", ")
        print("opening: a new file \(times[0] / 1_000) us, then \(existing) us")
    }
}
