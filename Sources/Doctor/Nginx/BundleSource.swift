import NginxSyntax

/// Files of a configuration among those the user handed over, and on disk where he named the main file
/// himself.
struct BundleSource: NginxFileSource, Sendable {
    /// Content by the path it is asked for.
    private var files: [String: [UInt8]]
    /// Names of files with sections of the main level, which stand in no include.
    private let mains: Set<String>
    /// Names of files that hold nginx directives: only these are taken for a pattern without its folders.
    private let known: Set<String>
    /// Whether what is not among the files is looked for on disk.
    let readsDisk: Bool

    init(_ files: [SourceFile], known: [String], mains: [String], readsDisk: Bool) {
        self.mains = Set(mains.map(NginxPath.normalized))
        self.known = Set(known.map(NginxPath.normalized))
        self.files = Dictionary(
            files.map { (NginxPath.normalized($0.name), $0.bytes) }, uniquingKeysWith: { first, _ in first })
        self.readsDisk = readsDisk
    }

    /// The same with one more file.
    func adding(_ path: String, _ text: String) -> BundleSource {
        var copy = self
        copy.files[path] = Array(text.utf8)
        return copy
    }

    func read(_ path: String, limit: Int) -> Result<[UInt8], NginxReadError> {
        if let name = matches(path).first, let bytes = files[name] {
            return bytes.count > limit ? .failure(.tooLarge) : .success(bytes)
        }
        return readsDisk ? NginxDisk().read(path, limit: limit) : .failure(.notFound)
    }

    func expand(_ pattern: String) -> [String] {
        let found = matches(pattern)
        return found.isEmpty && readsDisk ? NginxDisk().expand(pattern) : found
    }

    /// Names of handed-over files that a path or pattern means: by its whole, else by its tail.
    ///
    /// `/etc/nginx/conf.d/*.conf` finds `nginx/conf.d/a.conf` and `conf.d/a.conf`. The bare `*.conf` finds
    /// only pieces, never a file that holds sections of the main level, which cannot stand in an include.
    func matches(_ path: String) -> [String] {
        let path = NginxPath.normalized(path)
        if files[path] != nil { return [path] }
        let isPattern = NginxGlob.isPattern(path)
        if isPattern {
            let exact = files.keys.filter { NginxGlob.matches($0, pattern: path) && !isMain($0) }
            if !exact.isEmpty { return exact.sorted() }
        }
        var tail = path.drop { $0 == "/" }
        while !tail.isEmpty {
            let wanted = String(tail)
            let found = files.keys.filter { name in
                guard name != path else { return false }
                if !isPattern { return name == wanted || name.hasSuffix("/" + wanted) }
                return
                    (NginxGlob.matches(name, pattern: wanted)
                    && (wanted.contains("/") || known.contains(name)))
                    || (wanted.contains("/") && Self.tailMatches(name, wanted))
            }.filter { !isMain($0) }
            if !found.isEmpty { return isPattern ? found.sorted() : Array(found.sorted().prefix(1)) }
            guard let slash = tail.firstIndex(of: "/") else { return [] }
            tail = tail[tail.index(after: slash)...]
        }
        return []
    }

    /// Whether the last parts of a name match a pattern of as many parts.
    private static func tailMatches(_ name: String, _ pattern: String) -> Bool {
        let parts = name.split(separator: "/")
        let count = pattern.split(separator: "/").count
        guard parts.count > count else { return false }
        return NginxGlob.matches(parts.suffix(count).joined(separator: "/"), pattern: pattern)
    }

    private func isMain(_ name: String) -> Bool { mains.contains(name) }

    /// The path of the main file that pieces without one are put into.
    static let frame = "(assembled)"

    /// A main file for pieces that have none: each is included in the block it was written for.
    static func wrapped(_ pieces: [NginxConfiguration]) -> (path: String, text: String)? {
        var http = ""
        var server = ""
        for piece in pieces {
            let path = piece.files[0].path
            guard !path.utf8.contains(UInt8(ascii: "\"")), piece.all.count > 0 else { continue }
            switch piece.context {
            case .http: http += "include \"\(path)\";\n"
            case .server: server += "include \"\(path)\";\n"
            case .location: server += "location / { include \"\(path)\"; }\n"
            default: continue
            }
        }
        // Snippets beside whole servers are parts the servers include under names that were not handed over.
        if http.isEmpty, !server.isEmpty { http = "server {\n\(server)}\n" }
        return http.isEmpty ? nil : (frame, "events {}\nhttp {\n\(http)}\n")
    }
}
