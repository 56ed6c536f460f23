import Bytes
import Configuration
import Glibc

/// Files whose content is a secret: header lines for an AI service, the secret of a webhook.
enum SecretFile {
    /// The whole file.
    static func read(_ path: String) throws(ServeError) -> [UInt8] {
        if let name = SecretVariable.name(path) {
            guard let value = getenv(name), value.pointee != 0 else {
                throw .badFile(path, "the variable \(name) is not set")
            }
            return Array(String(cString: value).utf8)
        }
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY)
        guard descriptor >= 0 else { throw .badFile(path, String(cString: strerror(errno))) }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 16 << 10)
        while true {
            let count = Glibc.read(descriptor, &chunk, chunk.count)
            if count < 0, errno == EINTR { continue }
            if count < 0 { throw .badFile(path, String(cString: strerror(errno))) }
            if count == 0 { return bytes }
            bytes += chunk[..<count]
            if bytes.count > limit { throw .badFile(path, "it is longer than \(limit) bytes") }
        }
    }

    /// The first line, without blanks around it.
    static func line(_ path: String) throws(ServeError) -> [UInt8] {
        let first = try read(path).prefix { $0 != 0x0A }
        let isBlank = { (octet: UInt8) in octet == 0x20 || octet == 0x09 || octet == 0x0D }
        guard let start = first.firstIndex(where: { !isBlank($0) }),
            let end = first.lastIndex(where: { !isBlank($0) })
        else { throw .badFile(path, "its first line is empty") }
        return Array(first[start...end])
    }

    private static let limit = 64 << 10
}

/// Header lines, one `Name: value` each; blank lines and those that begin with `#` are left out.
enum HeaderFile {
    /// The lines of a file; none without one.
    static func read(_ path: String?) throws(ServeError) -> [(name: String, value: String)] {
        guard let path else { return [] }
        let bytes = try SecretFile.read(path)
        var fields: [(name: String, value: String)] = []
        for (number, octets) in bytes.split(separator: 0x0A, omittingEmptySubsequences: false).enumerated() {
            let line = trimmed(octets)
            if line.isEmpty || line.first == UInt8(ascii: "#") { continue }
            // The line itself is never told: it is a secret.
            guard let colon = line.firstIndex(of: UInt8(ascii: ":")), colon > line.startIndex,
                line[..<colon].allSatisfy(Octets.isToken),
                line.allSatisfy({ $0 >= 0x20 && $0 != 0x7F || $0 == 0x09 })
            else { throw .badFile(path, "line \(number + 1) is not 'Name: value'") }
            let name = String(decoding: line[..<colon], as: UTF8.self)
            if reserved.contains(name.lowercased()) {
                throw .badFile(path, "line \(number + 1): \(name) is set by the server itself")
            }
            let value = String(decoding: trimmed(line[(colon + 1)...]), as: UTF8.self)
            fields.append((name: name, value: value))
        }
        return fields
    }

    private static func trimmed(_ line: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        let isBlank = { (octet: UInt8) in octet == 0x20 || octet == 0x09 || octet == 0x0D }
        guard let first = line.firstIndex(where: { !isBlank($0) }),
            let last = line.lastIndex(where: { !isBlank($0) })
        else { return [] }
        return line[first...last]
    }

    /// What frames a message or belongs to the connection, as room Outgoing says.
    private static let reserved: Set<String> = [
        "accept-encoding", "connection", "content-length", "expect", "host", "keep-alive",
        "proxy-authorization", "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade",
    ]
}
