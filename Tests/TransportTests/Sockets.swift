import CSystem
import EventLoop
import Glibc
import Testing

@testable import Transport

/// Two connected stream sockets, with small buffers on request so that writes come out partial.
struct StreamPair: ~Copyable {
    var near: StreamSocket
    var far: StreamSocket

    init(bufferBytes: Int32? = nil) throws {
        var ends: [Int32] = [-1, -1]
        let kind = Int32(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue)
        guard socketpair(AF_UNIX, kind, 0, &ends) == 0 else {
            throw SystemError(call: "socketpair", errno: errno)
        }
        if var bufferBytes {
            let size = socklen_t(MemoryLayout<Int32>.size)
            for fd in ends {
                setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &bufferBytes, size)
                setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &bufferBytes, size)
            }
        }
        near = StreamSocket(fileDescriptor: ends[0])
        far = StreamSocket(fileDescriptor: ends[1])
    }
}

extension StreamSocket {
    mutating func send(_ bytes: [UInt8]) -> WriteResult { bytes.withUnsafeBytes { send($0) } }

    mutating func send(parts: [[UInt8]]) -> WriteResult {
        let flat = parts.flatMap { $0 }
        return flat.withUnsafeBytes { flat in
            var offset = 0
            let pointers = parts.map { part in
                defer { offset += part.count }
                return UnsafeRawBufferPointer(rebasing: flat[offset..<(offset + part.count)])
            }
            return pointers.withUnsafeBufferPointer { send($0) }
        }
    }

    /// Appends what one read gives.
    mutating func receive(into bytes: inout [UInt8], limit: Int = 65_536) -> ReadResult {
        let result = withUnsafeTemporaryAllocation(byteCount: limit, alignment: 1) { buffer in
            let result = receive(into: buffer)
            if case .bytes(let count) = result { bytes += buffer[..<count] }
            return result
        }
        return result
    }
}

/// Compares long streams, and says where they part: a difference of megabytes takes minutes to work out.
func expectSame(_ got: [UInt8], _ expected: [UInt8], _ comment: String = "") {
    let parting = zip(got, expected).enumerated().first { $1.0 != $1.1 }?.offset
    guard got.count != expected.count || parting != nil else { return }
    Issue.record("\(got.count) of \(expected.count) bytes, first difference at \(parting ?? -1) \(comment)")
}

/// Waits until a descriptor is ready, ten seconds at most unless told.
func awaitReady(_ fileDescriptor: Int32, toWrite: Bool = false, milliseconds: Int32 = 10_000) -> Bool {
    var wanted = pollfd(fd: fileDescriptor, events: Int16(toWrite ? POLLOUT : POLLIN), revents: 0)
    return poll(&wanted, 1, milliseconds) == 1
}

/// A directory of its own that goes when it is let go.
final class TemporaryDirectory {
    let path: String

    init() {
        var template = Array("/tmp/sockeye-XXXXXX".utf8CString)
        path = template.withUnsafeMutableBufferPointer { buffer in
            guard let base = buffer.baseAddress, let made = mkdtemp(base) else { return "/tmp" }
            return String(cString: made)
        }
    }

    func file(_ name: String) -> String { "\(path)/\(name)" }

    deinit {
        guard let directory = opendir(path) else { return }
        while let entry = readdir(directory) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != "." && name != ".." { unlink("\(path)/\(name)") }
        }
        closedir(directory)
        rmdir(path)
    }
}
