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
    /// Requests that also tell of Upgrade; at most 1,000.
    private(set) var sightings: [UpgradeSighting] = []
    /// Addresses of which a line says that something listens there.
    private(set) var listeners: [SeenListener] = []
    /// The first line that holds a token in clear text, and how many there are.
    private(set) var clearTokens: (place: FilePlace, excerpt: String, count: Int)?
    private let file: SourceFile
    private let redaction = Redaction()
    /// The number of the last line on which each phrase was found.
    private var found = [Int](repeating: 0, count: LogSignatures.phraseCount)
    private var eventIndex: [String: Int] = [:]
    /// Events that name a path; beyond some they are no longer told apart by it, so that a scanner's guesses use nothing up.
    private var pathCount = 0
    private var accessIndex: [String: Int] = [:]

    init(_ file: SourceFile, limit: Int = Self.limit) {
        self.file = file
        var start = max(0, file.bytes.count - limit)
        var number = 1 + file.bytes[..<start].reduce(0) { $0 + ($1 == 0x0A ? 1 : 0) }
        while start < file.bytes.count {
            let end = file.bytes[start...].firstIndex(of: 0x0A) ?? file.bytes.count
            read(file.bytes[start..<end], number)
            if number & 0x3FF == 0, TimeLimit.isOver(for: .files) { return }
            start = end + 1
            number += 1
        }
    }

    private mutating func read(_ bytes: ArraySlice<UInt8>, _ number: Int) {
        let bytes = bytes.last == 0x0D ? bytes.dropLast() : bytes
        let head = bytes.prefix(Self.longestLine)
        var isAny = false
        var request: Int?
        var announces = false
        LogSignatures.matcher.matches(in: head) { phrase, end in
            if phrase < LogSignatures.phraseCount {
                found[phrase] = number
                isAny = true
            } else if phrase >= LogSignatures.phraseCount + LogRequest.marks.count {
                announces = true
            } else if request == nil {
                request = head.startIndex + end
            }
        }
        if isAny, let kind = kind(number) { add(kind, String(decoding: head, as: UTF8.self), number) }
        if announces, listeners.count < 20,
            let listener = SeenListener.announced(
                String(decoding: head.prefix(500), as: UTF8.self), at: file.place(number))
        {
            listeners.append(listener)
        }
        guard let request else { return }
        self.request(head, markedAt: request, number)
    }

    /// The first signature all of whose phrases stand on the line.
    private func kind(_ number: Int) -> LogEvent.Kind? {
        var phrase = 0
        for signature in LogSignatures.all {
            let range = phrase..<(phrase + signature.phrases.count)
            phrase = range.upperBound
            if range.allSatisfy({ found[$0] == number }) { return signature.kind }
        }
        return nil
    }

    /// Bytes of a line that are looked at.
    static let longestLine = 8192

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
            case .firewallDropped: line.after("DPT=").map { String($0.prefix { $0.isNumber }) }
            case .headerLineInvalid: line.between("header line: \"", ":")
            case .variableUnknown: line.between("unknown \"", "\" variable")
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
        let key =
            "\(event.kind.rawValue)|\(event.upstream ?? "")|\(event.value ?? "")|\(pathCount < 200 ? event.path ?? "" : "")"
        if let index = eventIndex[key] {
            events[index].count += 1
        } else if events.count < 500 {
            eventIndex[key] = events.count
            if event.path != nil { pathCount += 1 }
            events.append(event)
        }
    }

    private func excerpt(_ line: String) -> String {
        let masked = redaction.masked(line.trimmed)
        return masked.count <= 240 ? masked : String(masked.prefix(239)) + "…"
    }

    // MARK: Requests

    private mutating func request(_ line: ArraySlice<UInt8>, markedAt end: Int, _ number: Int) {
        guard let request = LogRequest(line, markedAt: end) else { return }
        let key = "\(request.method) \(request.path) \(request.status)"
        if let query = request.query {
            let text = String(decoding: query, as: UTF8.self)
            let masked = String(redaction.masked("/?" + text).dropFirst(2))
            if masked != text { noteToken(line, number) }
            if accessIndex[key] == nil { add(request, key, masked, number) }
        } else if accessIndex[key] == nil {
            add(request, key, "", number)
        }
        if let index = accessIndex[key] { accesses[index].count += 1 }
        if sightings.count < 1000, request.method == "GET", Self.mayTellOfUpgrade(line) {
            let text = String(decoding: line, as: UTF8.self)
            if let sighting = UpgradeSighting(
                text, path: request.path, status: request.status, masked: excerpt(text),
                at: file.place(number))
            {
                sightings.append(sighting)
            }
        }
        if let query = request.query, let name = Self.spacedMember(query) {
            append(
                LogEvent(
                    kind: .tokenSpaced,
                    excerpt: Masking.excerpt("\(request.method) \(request.path)?\(name)=…%0A"), upstream: nil,
                    value: name, accepted: nil, path: request.path, seconds: nil, count: 1,
                    place: file.place(number)))
        }
        if request.status == 101 { envoy(String(decoding: line, as: UTF8.self), request.path, number) }
        if request.isHAProxy { tunnel(String(decoding: line, as: UTF8.self), number) }
    }

    /// A quick look for `up` in front of a value in quotes.
    private static func mayTellOfUpgrade(_ line: ArraySlice<UInt8>) -> Bool {
        var at = line.startIndex
        while at + 3 < line.endIndex {
            if line[at] | 0x20 == 0x75, line[at + 1] | 0x20 == 0x70,
                line[at..<min(at + 14, line.endIndex)].contains(0x22)
            {
                return true
            }
            at += 1
        }
        return false
    }

    /// The name of a token in a query whose value ends in an encoded line end.
    private static func spacedMember(_ query: ArraySlice<UInt8>) -> String? {
        for part in query.split(separator: UInt8(ascii: "&")) {
            let tail = String(decoding: part.suffix(3), as: UTF8.self).uppercased()
            guard tail == "%0A" || tail == "%0D", let end = part.firstIndex(of: UInt8(ascii: "=")) else {
                continue
            }
            let name = String(decoding: part[..<end], as: UTF8.self)
            if ["token", "jwt", "key", "auth", "ticket"].contains(where: { name.lowercased().holds($0) }) {
                return name
            }
        }
        return nil
    }

    private mutating func noteToken(_ line: ArraySlice<UInt8>, _ number: Int) {
        if clearTokens == nil {
            clearTokens = (file.place(number), excerpt(String(decoding: line, as: UTF8.self)), 1)
        } else {
            clearTokens?.count += 1
        }
    }

    private mutating func add(_ request: LogRequest, _ key: String, _ query: String, _ number: Int) {
        guard accesses.count < 1000 else { return }
        accessIndex[key] = accesses.count
        accesses.append(
            AccessGroup(
                method: request.method, path: request.path, status: request.status, version: request.version,
                query: query, count: 0, place: file.place(number)))
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

    /// Envoy's flags behind the status: UT and SI say that its own clock ended the stream, and two numbers on stands its age in ms.
    private mutating func envoy(_ line: String, _ path: String, _ number: Int) {
        let words = line.split(separator: " ")
        guard let status = words.firstIndex(of: "101"), status + 4 < words.count,
            words[status + 1].split(separator: ",").contains(where: { $0 == "UT" || $0 == "SI" || $0 == "DT" }
            ),
            Int(words[status + 2]) != nil, Int(words[status + 3]) != nil,
            let age = Double(words[status + 4])
        else { return }
        append(
            LogEvent(
                kind: .idleCut, excerpt: excerpt(line), upstream: nil, value: String(words[status + 1]),
                accepted: nil, path: path, seconds: (age / 1000).rounded(), count: 1,
                place: file.place(number)))
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
