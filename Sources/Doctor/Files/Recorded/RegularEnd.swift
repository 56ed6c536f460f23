/// Connections that end at the same age again and again, by the times of a log's or console's lines.
///
/// Something with a clock closes them: an application that closes says so with a code of its own, and networks fail at any age.
enum RegularEnd {
    /// Lines at the end of a file that are looked at.
    private static let longest = 4000

    /// The age that repeats, as an event of ``LogEvent/Kind/regularEnd``; nil: none does.
    static func event(in file: SourceFile) -> LogEvent? {
        let ends = ends(file)
        guard ends.count >= 2 else { return nil }
        // The age most others are near to.
        let best = ends.max { one, other in
            ends.filter { isNear($0.age, one.age) }.count < ends.filter { isNear($0.age, other.age) }.count
        }
        guard let best else { return nil }
        let alike = ends.filter { isNear($0.age, best.age) }
        guard alike.count >= 2, alike.count * 3 >= ends.count * 2, best.age >= 3 else { return nil }
        let age = alike.map(\.age).min() ?? best.age
        return LogEvent(
            kind: .regularEnd, excerpt: Masking.excerpt(best.line), upstream: nil, value: nil, accepted: nil,
            path: nil,
            seconds: age, count: alike.count, place: file.place(best.number))
    }

    /// Whether two ages are one, up to what a handshake and a busy loop add.
    static func isNear(_ one: Double, _ other: Double) -> Bool {
        abs(one - other) <= max(1.5, 0.04 * min(one, other))
    }

    private struct End {
        let age: Double
        let number: Int
        let line: String
    }

    private static func ends(_ file: SourceFile) -> [End] {
        var ends: [End] = []
        // One client's lines follow each other; those of several are told apart by the peer's address.
        var opened: [String: Double] = [:]
        for line in file.lines.suffix(longest) where line.text.utf8.count < 1000 {
            let low = line.text.lowercased()
            if let age = served(low) {
                ends.append(End(age: age, number: line.number, line: line.text))
                continue
            }
            let words = low.split { !$0.isLetter && !$0.isNumber }.map(String.init)
            let closes = words.contains { closers.contains($0) }
            if closes, words.contains(where: { sockets.contains($0) }),
                !words.contains(where: { isCode($0) }), let age = told(low)
            {
                ends.append(End(age: age, number: line.number, line: line.text))
                continue
            }
            guard closes || words.contains(where: { openers.contains($0) }), let time = seconds(line.text)
            else {
                continue
            }
            let peer = peer(words, low)
            if !closes {
                opened[peer] = time
            } else if let start = opened.removeValue(forKey: peer), !words.contains(where: { isCode($0) }) {
                var age = time - start
                if age < 0 { age += 86_400 }
                ends.append(End(age: age, number: line.number, line: line.text))
            }
        }
        return ends
    }

    /// The age of an upgraded connection on a line of an access log whose format names `$request_time`: nginx writes seconds with
    /// three digits behind the point.
    private static func served(_ line: String) -> Double? {
        let words = line.split { " \t\"',:{}|=".contains($0) }
        guard words.contains("101") else { return nil }
        for word in words {
            let parts = word.split(separator: ".", omittingEmptySubsequences: false)
            if parts.count == 2, parts[1].count == 3, let age = Double(word), age > 0 { return age }
        }
        return nil
    }

    /// The age that a line about an end names: `closed after 60.0s`, `lasted 60 seconds`.
    private static func told(_ line: String) -> Double? {
        for mark in [" after ", " lasted ", "duration=", " duration ", " uptime="] {
            guard let rest = line.after(mark) else { continue }
            let number = rest.prefix { $0.isNumber || $0 == "." }
            let unit = rest.dropFirst(number.count).drop { $0 == " " }.prefix { $0.isLetter }
            guard let age = Double(number), age > 0, age < 1e7 else { continue }
            switch unit {
            case "s", "sec", "secs", "seconds": return age
            case "ms": return age / 1000
            case "m", "min", "minutes": return age * 60
            default: continue
            }
        }
        return nil
    }

    /// Words of a line that speaks of sockets, and not of a database's connection.
    private static let sockets: Set<String> = [
        "ws", "wss", "websocket", "websockets", "socket", "sockets", "1006",
    ]

    private static let openers: Set<String> = [
        "open", "opened", "opens", "connected", "connect", "established", "accepted", "onopen",
    ]
    private static let closers: Set<String> = [
        "close", "closed", "closes", "closing", "disconnected", "disconnect", "onclose", "lost", "1006",
        "abnormal",
        "abnormally", "dropped", "eof",
    ]

    /// Codes by which an endpoint says that it closes by itself (RFC 6455 §7.4).
    private static func isCode(_ word: String) -> Bool {
        guard word.count == 4, let code = Int(word) else { return false }
        return (1000...1003).contains(code) || (1007...1014).contains(code) || (3000...3999).contains(code)
            || (4000...4999).contains(code)
    }

    /// `10.0.0.5:50212` of a server's log; empty: the lines name nobody.
    private static func peer(_ words: [String], _ line: String) -> String {
        for word in line.split(whereSeparator: { " \t\"'()[],;".contains($0) }) {
            let parts = word.split(separator: ":")
            guard parts.count == 2, parts[0].split(separator: ".").count == 4, Int(parts[1]) != nil else {
                continue
            }
            return String(word)
        }
        return ""
    }

    /// Seconds since midnight of the first `HH:MM:SS`, fractions included.
    private static func seconds(_ text: String) -> Double? {
        let bytes = Array(text.utf8)
        func two(_ at: Int) -> Double? {
            guard at + 1 < bytes.count, (0x30...0x39).contains(bytes[at]),
                (0x30...0x39).contains(bytes[at + 1])
            else { return nil }
            return Double(bytes[at] - 0x30) * 10 + Double(bytes[at + 1] - 0x30)
        }
        guard bytes.count >= 8 else { return nil }
        for at in 0...(bytes.count - 8) where bytes[at + 2] == 0x3A && bytes[at + 5] == 0x3A {
            guard let hours = two(at), let minutes = two(at + 3), let seconds = two(at + 6) else { continue }
            var fraction = 0.0
            var scale = 0.1
            var next = at + 8
            if next < bytes.count, bytes[next] == 0x2E || bytes[next] == 0x2C {
                next += 1
                while next < bytes.count, (0x30...0x39).contains(bytes[next]), scale > 1e-7 {
                    fraction += Double(bytes[next] - 0x30) * scale
                    scale /= 10
                    next += 1
                }
            }
            return hours * 3600 + minutes * 60 + seconds + fraction
        }
        return nil
    }
}
