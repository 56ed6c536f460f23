internal import Telemetry

/// Reads logs of any program: what the signatures know, and every line that holds a request and a status.
///
/// Of a log longer than `limit` bytes the end is read, which is what just happened. One pass over the bytes; memory is bounded by
/// the number of distinct events (500) and paths (1,000).
struct LogReader {
    /// The most bytes of one log that are read.
    static let limit = 16 << 20

    private(set) var events: [LogEvent] = []
    private(set) var accesses: [AccessGroup] = []
    /// The first line that holds a token in clear text, and how many there are.
    private(set) var clearTokens: (place: FilePlace, excerpt: String, count: Int)?
    private let file: SourceFile
    private let redaction = Redaction()
    private var eventIndex: [String: Int] = [:]
    private var accessIndex: [String: Int] = [:]

    init(_ file: SourceFile) {
        self.file = file
        var start = max(0, file.bytes.count - Self.limit)
        var number = 1 + file.bytes[..<start].reduce(0) { $0 + ($1 == 0x0A ? 1 : 0) }
        while start < file.bytes.count {
            let end = file.bytes[start...].firstIndex(of: 0x0A) ?? file.bytes.count
            read(file.bytes[start..<end], number)
            start = end + 1
            number += 1
        }
    }

    private static let owner: [Int] = LogSignatures.all.enumerated().flatMap { index, signature in
        signature.phrases.map { _ in index }
    }

    private mutating func read(_ bytes: ArraySlice<UInt8>, _ number: Int) {
        var found: Set<Int> = []
        LogSignatures.matcher.matches(in: bytes.prefix(8192)) { found.insert($0) }
        let hasRequest = bytes.prefix(8192).contains(UInt8(ascii: "/"))
        guard !found.isEmpty || hasRequest else { return }
        var line = String(decoding: bytes.prefix(8192), as: UTF8.self)
        if line.hasSuffix("\r") { line.removeLast() }
        if !found.isEmpty, let kind = kind(found) { add(kind, line, number) }
        if hasRequest {
            request(line, number)
            tunnel(line, number)
        }
    }

    /// The first signature all of whose phrases were found.
    private func kind(_ found: Set<Int>) -> LogEvent.Kind? {
        var phrase = 0
        for signature in LogSignatures.all {
            let range = phrase..<(phrase + signature.phrases.count)
            phrase = range.upperBound
            if range.allSatisfy(found.contains) { return signature.kind }
        }
        return nil
    }

    private mutating func add(_ kind: LogEvent.Kind, _ line: String, _ number: Int) {
        let upstream = line.between("upstream: \"", "\"").map { $0.before("?") ?? $0 } ?? Self.dialled(line)
        let value: String? =
            switch kind {
            case .originRefused: Self.origin(line)
            case .hostRefused: Self.host(line)
            case .hostNotFound:
                line.between("in upstream \"", "\"")
                    ?? line.before(" could not be resolved").flatMap {
                        $0.split(separator: " ").last.map(String.init)
                    }
            case .firstMessageRefused: line.between("type: ", " ") ?? line.between("\"type\":\"", "\"")
            default: nil
            }
        append(
            LogEvent(
                kind: kind, excerpt: excerpt(line), upstream: upstream, value: value,
                accepted: Self.accepted(line),
                path: Self.path(line), seconds: nil, count: 1, place: file.place(number)))
    }

    private mutating func append(_ event: LogEvent) {
        let key = "\(event.kind.rawValue)|\(event.upstream ?? "")|\(event.value ?? "")"
        if let index = eventIndex[key] {
            events[index].count += 1
        } else if events.count < 500 {
            eventIndex[key] = events.count
            events.append(event)
        }
    }

    private func excerpt(_ line: String) -> String {
        let masked = redaction.masked(line.trimmed)
        return masked.count <= 240 ? masked : String(masked.prefix(239)) + "…"
    }

    // MARK: Requests

    /// `"GET /ws?token=… HTTP/1.1" 400`, `"WebSocket /ws" 403`, `GET /socket.io/ 404`, Caddy's JSON.
    private mutating func request(_ line: String, _ number: Int) {
        guard let (method, target, version, status) = Self.parse(line) else { return }
        let path = target.before("?") ?? target
        let query = target.after("?") ?? ""
        let masked = query.isEmpty ? "" : String(redaction.masked("/?" + query).dropFirst(2))
        if masked != query {
            if clearTokens == nil {
                clearTokens = (file.place(number), excerpt(line), 1)
            } else {
                clearTokens?.count += 1
            }
        }
        let key = "\(method) \(path) \(status)"
        if let index = accessIndex[key] {
            accesses[index].count += 1
        } else if accesses.count < 1000 {
            accessIndex[key] = accesses.count
            accesses.append(
                AccessGroup(
                    method: method, path: path, status: status, version: version, query: masked, count: 1,
                    place: file.place(number)))
        }
    }

    private static let methods = [
        "GET ", "POST ", "OPTIONS ", "WebSocket ", "HEAD ", "CONNECT ", "PUT ", "DELETE ",
    ]

    static func parse(_ line: String) -> (method: String, target: String, version: String, status: Int)? {
        if line.hasPrefix("{"), let uri = line.between("\"uri\":\"", "\"") {
            guard let status = line.between("\"status\":", ",").flatMap({ Int($0.trimmed) }) else {
                return nil
            }
            return (
                line.between("\"method\":\"", "\"") ?? "GET", uri, line.between("\"proto\":\"", "\"") ?? "",
                status
            )
        }
        for method in methods {
            guard let rest = line.after("\"" + method) ?? (line.holds(method) ? line.after(method) : nil),
                rest.hasPrefix("/")
            else {
                continue
            }
            let isQuoted = line.holds("\"" + method)
            let inside = isQuoted ? rest.before("\"") ?? rest : rest
            let words = inside.split(separator: " ")
            guard let target = words.first.map(String.init) else { continue }
            let version = words.count > 1 && words[1].hasPrefix("HTTP/") ? String(words[1]) : ""
            let behind =
                isQuoted
                ? rest.after("\"") ?? "" : words.dropFirst(version.isEmpty ? 1 : 2).joined(separator: " ")
            guard
                let status = status(
                    behind, before: line.before(method) ?? "", isHAProxy: line.holds("/") && behind.isEmpty)
            else { return nil }
            return (method.trimmed, target, version, status)
        }
        return nil
    }

    /// The first number of three digits behind the request; of HAProxy, and of Tornado's `400 GET /`, before it.
    private static func status(_ behind: String, before: String, isHAProxy: Bool) -> Int? {
        let words = behind.split { " \t,\"".contains($0) }.prefix(3)
        for word in words {
            if word == "[accepted]" { return 101 }
            if word.count == 3, let number = Int(word), (100...599).contains(number) { return number }
        }
        let front = before.split { " \t\"".contains($0) }
        // HAProxy: … 0/0/1/2/30003 101 129 - - cD-- …
        if let timers = front.lastIndex(where: {
            $0.split(separator: "/").count == 5 && $0.first?.isLetter == false
        }),
            timers + 1 < front.count, let number = Int(front[timers + 1])
        {
            return number
        }
        if let last = front.last, last.count == 3, let number = Int(last), (100...599).contains(number) {
            return number
        }
        return nil
    }

    /// HAProxy's termination state: `cD` and `sD` say that the client's or server's side timed out while data could flow.
    private mutating func tunnel(_ line: String, _ number: Int) {
        let words = line.split(separator: " ")
        guard let flags = words.firstIndex(where: { $0.count == 4 && ["cD", "sD"].contains($0.prefix(2)) }),
            let timers = words[..<flags].last(where: { $0.split(separator: "/").count == 5 })
        else { return }
        let total = timers.split(separator: "/").last.flatMap { Double($0.filter(\.isNumber)) }
        append(
            LogEvent(
                kind: .idleCut, excerpt: excerpt(line), upstream: nil, value: String(words[flags]),
                accepted: nil,
                path: Self.path(line), seconds: total.map { $0 / 1000 }, count: 1, place: file.place(number)))
    }

    // MARK: Values of a line

    /// `dial tcp 10.0.0.5:3000: connect: …` of Go, `connect ECONNREFUSED 127.0.0.1:3000` of Node.
    private static func dialled(_ line: String) -> String? {
        if let rest = line.after("dial tcp ") { return rest.before(": ") ?? rest.before(" ") }
        return line.after("ECONNREFUSED ").map { String($0.prefix { !$0.isWhitespace }) }
    }

    private static func path(_ line: String) -> String? {
        guard let target = line.between("request: \"", "\"") ?? line.between("Started GET \"", "\"") else {
            return nil
        }
        let words = target.split(separator: " ")
        let text = words.count > 1 ? String(words[1]) : target
        return text.before("?") ?? text
    }

    /// The URL behind the word origin, or the first one at all.
    static func origin(_ line: String) -> String? {
        let low = line.lowercased()
        var places: [Substring] = []
        var rest = low[...]
        while let range = place(of: "origin", in: rest) {
            places.append(line[range.upperBound...])
            rest = low[range.upperBound...]
        }
        for tail in places + [line[...]] {
            for scheme in ["https://", "http://"] {
                guard let range = place(of: scheme, in: tail),
                    tail.distance(from: tail.startIndex, to: range.lowerBound) < 24
                        || tail.startIndex == line.startIndex
                else { continue }
                let value = tail[range.lowerBound...].prefix { !" \"'`,;)]}>".contains($0) }
                return String(value).hasSuffix(".") ? String(value.dropLast()) : String(value)
            }
        }
        return nil
    }

    private static func place(of needle: String, in text: Substring) -> Range<String.Index>? {
        text.firstRange(of: needle)
    }

    /// The host in quotes, or behind a colon.
    static func host(_ line: String) -> String? {
        let quoted =
            line.between("host (\"", "\"") ?? line.between("header: '", "'")
            ?? line.between("Blocked hosts: ", " ")
        if let quoted { return quoted }
        return (line.after("ost: ") ?? line.after("ost=")).map { String($0.prefix { !" ,\"'".contains($0) }) }
    }

    /// `appUrl=…`, `allowedOrigins=[…]`, `allowed: …`, `expected …`.
    private static func accepted(_ line: String) -> String? {
        for mark in [
            "allowedOrigins=", "appUrl=", "allowed origins: ", "allowed: ", "expected origin ", "expected: ",
        ] {
            guard let rest = line.after(mark), line.before(mark)?.hasSuffix("not ") != true else { continue }
            let value =
                rest.hasPrefix("[")
                ? rest.between("[", "]") ?? rest : String(rest.prefix { !" \"'".contains($0) })
            if !value.isEmpty { return value }
        }
        return nil
    }
}
