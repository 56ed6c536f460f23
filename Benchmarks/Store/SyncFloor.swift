import CSystem
import Glibc
import SQLiteStore

/// How often the disk takes a block and says so.
enum SyncFloor {
    /// Writes 4 KiB and waits, in a file that grows and in one that has its size.
    static func measure(_ directory: String, seconds: UInt64) throws(StoreError) {
        for (name, grows) in [("growing file", true), ("file of fixed size", false)] {
            let path = "\(directory)/floor-\(getpid())"
            let file = open(path, O_RDWR | O_CREAT | O_TRUNC, 0o600)
            guard file >= 0 else { throw .system(call: "open", path: path, errno: errno) }
            defer {
                close(file)
                unlink(path)
            }
            let block = [UInt8](repeating: 0x55, count: 4_096)
            let blocks = 1_024
            if !grows {
                for index in 0..<blocks { pwrite(file, block, block.count, off_t(index * block.count)) }
                fsync(file)
            }
            let start = csys_monotonic_nanoseconds()
            var (count, now) = (0, start)
            while now - start < seconds * 1_000_000_000 {
                pwrite(file, block, block.count, off_t((grows ? count : count % blocks) * block.count))
                fdatasync(file)
                count += 1
                now = csys_monotonic_nanoseconds()
            }
            let each = (now - start) / UInt64(max(1, count))
            print("floor, \(name): \(1_000_000_000 / max(1, each)) syncs/s, \(each / 1_000) us each")
        }
    }
}
