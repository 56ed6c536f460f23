/// Where files come from: a disk, a bundle of files handed over, the output of `nginx -T`.
///
/// The room itself opens nothing. Paths are those nginx would open: absolute, or relative to wherever the
/// main file's path is.
package protocol NginxFileSource {
    /// The content of a file, of which more than `limit` bytes are not wanted.
    func read(_ path: String, limit: Int) -> Result<[UInt8], NginxReadError>
    /// The files a pattern of glob(3) matches, sorted by bytes; none if none does.
    func expand(_ pattern: String) -> [String]
}

/// Why a file could not be had.
package enum NginxReadError: Error, Equatable, Sendable {
    case notFound
    case isDirectory
    case permissionDenied
    /// Larger than the limit it was asked with.
    case tooLarge
    /// Anything else, in the system's words.
    case failed(String)
}

/// Files held in memory, by path.
package struct NginxMemorySource: NginxFileSource, Sendable {
    /// Content by path.
    private let files: [String: [UInt8]]

    /// A source of these files; of two spellings of one path the first in the order of the alphabet counts.
    package init(_ files: [String: [UInt8]]) {
        self.files = Dictionary(
            files.sorted { $0.key < $1.key }.map { (NginxPath.normalized($0.key), $0.value) },
            uniquingKeysWith: { first, _ in first })
    }

    /// A source of these files.
    package init(_ files: [String: String]) { self.init(files.mapValues { Array($0.utf8) }) }

    package func read(_ path: String, limit: Int) -> Result<[UInt8], NginxReadError> {
        let path = NginxPath.normalized(path)
        if let bytes = files[path] { return bytes.count > limit ? .failure(.tooLarge) : .success(bytes) }
        let folder = path.hasSuffix("/") ? path : path + "/"
        return .failure(files.keys.contains { $0.hasPrefix(folder) } ? .isDirectory : .notFound)
    }

    package func expand(_ pattern: String) -> [String] {
        let pattern = NginxPath.normalized(pattern)
        return files.keys.filter { NginxGlob.matches($0, pattern: pattern) }.sorted()
    }
}
