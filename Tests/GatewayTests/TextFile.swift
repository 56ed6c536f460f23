import Glibc

/// Reads a text file of the repository.
enum TextFile {
    struct Unreadable: Error { let path: String }

    /// The repository's own file of that name, such as `docs/metrics.md`.
    static func readOwn(_ name: String) throws -> String {
        try read("/" + #filePath.split(separator: "/").dropLast(3).joined(separator: "/") + "/" + name)
    }

    static func read(_ path: String) throws -> String {
        guard let file = fopen(path, "r") else { throw Unreadable(path: path) }
        defer { fclose(file) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = fread(&chunk, 1, chunk.count, file)
            if count == 0 { return String(decoding: bytes, as: UTF8.self) }
            bytes += chunk[..<count]
        }
    }
}
