import Glibc
import Testing

@testable import SQLiteStore

/// A directory of its own that goes when it is let go.
final class StateFolder: Sendable {
    let path: String

    init() {
        var template = Array("/tmp/sockeye-store-XXXXXX".utf8CString)
        path = template.withUnsafeMutableBufferPointer { buffer in
            guard let base = buffer.baseAddress, let made = mkdtemp(base) else { return "/tmp" }
            return String(cString: made)
        }
    }

    var file: String { "\(path)/\(Store.fileName)" }

    var names: Set<String> {
        guard let directory = opendir(path) else { return [] }
        defer { closedir(directory) }
        var names: Set<String> = []
        while let entry = readdir(directory) {
            names.insert(
                withUnsafePointer(to: &entry.pointee.d_name) {
                    $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
                })
        }
        return names.subtracting([".", ".."])
    }

    deinit {
        for name in names { unlink("\(path)/\(name)") }
        rmdir(path)
    }
}

/// The error a call throws, or nil.
func failure<R>(_ body: () throws(StoreError) -> R) -> StoreError? {
    do throws(StoreError) {
        _ = try body()
        return nil
    } catch {
        return error
    }
}

/// 32 bytes that stand for a hash.
func hash(_ seed: UInt8) -> [UInt8] { [UInt8](repeating: seed, count: 32) }
