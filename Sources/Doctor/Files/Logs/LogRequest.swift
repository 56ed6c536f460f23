/// A request with its status, out of a line of an access log of whatever format.
///
/// `"GET /ws?x HTTP/1.1" 400`, `"WebSocket /ws" 403`, `GET /socket.io/ 404`, HAProxy's and Tornado's status before the request, Caddy's
/// JSON.
struct LogRequest {
    let method: String
    /// Without its query.
    let path: String
    /// Without the `?`; nil: there is none.
    let query: ArraySlice<UInt8>?
    /// `HTTP/1.1`; empty: not told.
    let version: String
    let status: Int
    /// Whether the line has HAProxy's form.
    let isHAProxy: Bool

    /// What marks a request: a method with the slash of its path, or the member of Caddy's JSON.
    static let marks =
        [
            "GET /", "POST /", "OPTIONS /", "WebSocket /", "HEAD /", "PUT /", "DELETE /", "PATCH /",
            "[GET] \"/", "Not Found: /",
            // ASP.NET Core logs whole addresses.
            "GET http://", "GET https://", "POST http://", "POST https://",
        ] + members.map { "\($0)/" } + [channelsMark]

    /// Members of JSON that hold the path: Caddy's, nginx's as people name it, pino's and Envoy's.
    private static let members = ["uri", "request_uri", "url", "path"].flatMap {
        ["\"\($0)\":\"", "\"\($0)\": \""]
    }
    /// Members of JSON that hold the status.
    private static let statuses = ["status", "statusCode", "status_code", "response_code", "responseCode"]
    /// Django Channels, which leaves the first slash out.
    private static let channelsMark = "No route found for path '"

    /// How frameworks begin the line that says they have no such path, before its method: Phoenix, Rails, Spring, Express,
    /// Javalin; Django names no method.
    private static let noRoute = [
        "no route found for ", "no route matches ", "no mapping for ", "cannot ", "no handler found for ",
        "not found:",
    ]

    /// Of a line in which one of `marks` ends before `end`; nil: no status stands there.
    init?(_ line: ArraySlice<UInt8>, markedAt end: Int) {
        guard end > line.startIndex, end <= line.endIndex else { return nil }
        if line[..<end].suffix(Self.channelsMark.utf8.count).elementsEqual(Self.channelsMark.utf8) {
            let rest = line[end...].prefix { $0 != 0x27 && $0 != 0x3F }
            (method, path, query, version) = ("GET", "/" + String(decoding: rest, as: UTF8.self), nil, "")
            (status, isHAProxy) = (404, false)
            return
        }
        guard let (begin, slash) = Self.target(of: line, markedAt: end) else { return nil }
        let target = line[slash...].prefix { $0 != 0x20 && $0 != 0x22 && $0 != 0x09 }
        let mark = target.firstIndex(of: UInt8(ascii: "?"))
        path = String(decoding: target[..<(mark ?? target.endIndex)], as: UTF8.self)
        query = mark.map { target[($0 + 1)...] }
        if Self.members.contains(where: { line[..<slash].suffix($0.utf8.count).elementsEqual($0.utf8) }) {
            let status = Self.statuses.lazy.compactMap { Self.number(behind: "\"\($0)\":", in: line) }.first
            guard let status, (100...599).contains(status) else { return nil }
            self.status = status
            method =
                Self.text(behind: "\"method\":", in: line) ?? Self.text(
                    behind: "\"request_method\":", in: line) ?? "GET"
            version = Self.text(behind: "\"proto\":", in: line) ?? ""
            isHAProxy = false
            return
        }
        let word = line[..<begin].dropLast().reversed().prefix { $0 > 0x40 && $0 < 0x7B }
        method = String(decoding: word.reversed().filter { $0 != 0x5B && $0 != 0x5D }, as: UTF8.self)
        let start = begin - 1 - word.count
        let isQuoted = start > line.startIndex && line[start - 1] == 0x22
        var rest = line[target.endIndex...]
        var version: ArraySlice<UInt8> = []
        if rest.starts(with: " HTTP/".utf8) {
            version = rest.dropFirst().prefix { $0 != 0x22 && $0 != 0x20 }
            rest = line[version.endIndex...]
        }
        self.version = String(decoding: version, as: UTF8.self)
        if isQuoted { rest = rest.firstIndex(of: 0x22).map { line[($0 + 1)...] } ?? [] }
        if let status = Self.status(
            rest.split(maxSplits: 3) { $0 == 0x20 || $0 == 0x22 || $0 == 0x2C }.prefix(3))
        {
            self.status = status
            isHAProxy = false
        } else if let status = Self.statusBefore(line[..<max(line.startIndex, start)]) {
            (self.status, isHAProxy) = status
        } else if Self.isNoRoute(line[..<max(line.startIndex, start)]) {
            (self.status, isHAProxy) = (404, false)
        } else {
            return nil
        }
    }

    /// Where the target begins, and where its path does: a mark ends in the slash of the path, or in those before a host.
    private static func target(of line: ArraySlice<UInt8>, markedAt end: Int) -> (begin: Int, slash: Int)? {
        guard line[..<end].suffix(3).elementsEqual("://".utf8) else { return (end - 1, end - 1) }
        let host = line[end...].prefix { $0 > 0x20 && $0 != 0x2F && $0 != 0x22 }
        guard host.endIndex < line.endIndex, line[host.endIndex] == 0x2F else { return nil }
        let scheme = line[..<(end - 3)].reversed().prefix { $0 > 0x40 && $0 < 0x7B }.count
        return (end - 3 - scheme, host.endIndex)
    }

    private static func status(_ words: some Sequence<ArraySlice<UInt8>>) -> Int? {
        for word in words {
            if word.elementsEqual("[accepted]".utf8) { return 101 }
            if let number = status(word) { return number }
        }
        return nil
    }

    private static func status(_ word: ArraySlice<UInt8>) -> Int? {
        guard word.count == 3, word.allSatisfy({ (0x30...0x39).contains($0) }),
            let number = Int(String(decoding: word, as: UTF8.self)),
            (100...599).contains(number)
        else { return nil }
        return number
    }

    private static func isNoRoute(_ front: ArraySlice<UInt8>) -> Bool {
        let end = String(decoding: front.suffix(24), as: UTF8.self).lowercased()
        return noRoute.contains(where: end.hasSuffix)
    }

    /// HAProxy: behind the five timers; Tornado: right before the request.
    private static func statusBefore(_ front: ArraySlice<UInt8>) -> (Int, Bool)? {
        let words = front.split { $0 == 0x20 || $0 == 0x22 }
        let timers = words.firstIndex { word in
            word.filter { $0 == 0x2F }.count == 4
                && (word.first.map { (0x30...0x39).contains($0) || $0 == 0x2D } ?? false)
        }
        if let timers, timers + 1 < words.count, let number = status(words[timers + 1]) {
            return (number, true)
        }
        return words.last.flatMap { status($0) }.map { ($0, false) }
    }

    private static func text(behind mark: String, in line: ArraySlice<UInt8>) -> String? {
        line.place(of: Array(mark.utf8)).map {
            let value = line[$0.upperBound...].drop { $0 == 0x20 }
            return String(decoding: value.dropFirst().prefix { $0 != 0x22 }, as: UTF8.self)
        }
    }

    private static func number(behind mark: String, in line: ArraySlice<UInt8>) -> Int? {
        line.place(of: Array(mark.utf8)).flatMap { range in
            let digits = line[range.upperBound...].drop { $0 == 0x20 || $0 == 0x22 }.prefix {
                (0x30...0x39).contains($0)
            }
            return Int(String(decoding: digits, as: UTF8.self))
        }
    }
}
