package import HTTPWire

/// Events of a stream with the times at which they came: a `curl` command of a transcript whose output something like `ts` stamped.
package struct TimedStream: Equatable, Sendable {
    package let url: URLParts
    /// Seconds, of events in their order; at least three.
    package let times: [Double]
    /// Of the command.
    package let place: FilePlace

    /// Whether what came one by one elsewhere came at once here, and later than there: something on the way kept it.
    func isHeldBack(against direct: TimedStream) -> Bool {
        guard let first = times.first, let last = times.last, let start = direct.times.first,
            let end = direct.times.last
        else { return false }
        let spread = end - start
        return spread > 0.1 && last - first < spread * 0.2 && first - start > spread * 0.5
    }

    /// Lines `08.412 data: …` or `[00:00:08.412] data: …` behind a command.
    static func all(in file: SourceFile) -> [TimedStream] {
        var found: [TimedStream] = []
        var url: URLParts?
        var times: [Double] = []
        var place = file.place(1)
        func finish() {
            if let url, times.count >= 3, found.count < 20 {
                found.append(TimedStream(url: url, times: times, place: place))
            }
            times.removeAll()
        }
        for line in file.lines.prefix(20_000) {
            if line.text.holds("curl "), let command = AskedAddress.command(line.text) {
                finish()
                url = command.url
                place = file.place(line.number)
            } else if times.count < 1000, let time = time(line.text) {
                times.append(time)
            }
        }
        finish()
        return found
    }

    private static func time(_ line: String) -> Double? {
        guard let stamp = line.before(" data:") ?? line.before(" event:"), stamp.utf8.count < 32 else {
            return nil
        }
        let parts = stamp.filter { $0 != "[" && $0 != "]" }.trimmed.split(separator: " ").last?.split(
            separator: ":")
        guard let parts, (1...3).contains(parts.count) else { return nil }
        var total = 0.0
        for part in parts {
            guard let value = Double(part), value >= 0, value.isFinite else { return nil }
            total = total * 60 + value
        }
        return total
    }
}
