import Glibc
package import NginxSyntax

/// Configuration files on this machine's disk, as nginx looks at them.
package struct NginxDisk: NginxFileSource, Sendable {
    package init() {}

    /// The bytes of a regular file.
    ///
    /// Anything else is not opened, so that a pipe or a device under the name of an include cannot hold the reading up.
    package func read(_ path: String, limit: Int) -> Result<[UInt8], NginxReadError> {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { return .failure(Self.error(errno)) }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { return .failure(Self.error(errno)) }
        switch status.st_mode & S_IFMT {
        case S_IFREG: break
        case S_IFDIR: return .failure(.isDirectory)
        default: return .failure(.failed("not a regular file"))
        }
        let size = Int(status.st_size)
        guard size <= limit else { return .failure(.tooLarge) }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(size)
        var chunk = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = Glibc.read(descriptor, &chunk, chunk.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { return .failure(Self.error(errno)) }
            if count == 0 { return .success(bytes) }
            bytes += chunk[..<count]
            // A file may grow while it is read.
            if bytes.count > limit { return .failure(.tooLarge) }
        }
    }

    package func expand(_ pattern: String) -> [String] {
        var result = glob_t()
        defer { globfree(&result) }
        guard Glibc.glob(pattern, 0, nil, &result) == 0, let paths = result.gl_pathv else { return [] }
        return (0..<Int(result.gl_pathc)).compactMap { paths[$0].map { String(cString: $0) } }
    }

    private static func error(_ number: Int32) -> NginxReadError {
        switch number {
        case ENOENT, ENOTDIR: .notFound
        case EACCES: .permissionDenied
        default: .failed(String(cString: strerror(number)))
        }
    }
}
