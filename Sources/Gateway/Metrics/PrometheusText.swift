import Bytes
import Telemetry

/// Metrics in the text format Prometheus reads (exposition format 0.0.4).
///
/// Every metric is told with its help and type first, as the format wants it.
struct PrometheusText {
    static let contentType = "text/plain; version=0.0.4; charset=utf-8"

    private let buffer = ByteBuffer(capacity: 8192)

    /// The whole text.
    var bytes: [UInt8] {
        buffer.array
    }

    /// A number that only grows; the name ends in `_total`.
    func counter(_ name: String, _ help: String, _ value: UInt64) {
        head(name, help, "counter")
        sample(name, "", value)
    }

    /// A number that goes up and down.
    func gauge(_ name: String, _ help: String, _ value: Int) {
        head(name, help, "gauge")
        sample(name, "", UInt64(max(0, value)))
    }

    /// The same with one label, which tells the samples apart.
    func counters(_ name: String, _ help: String, by label: String, _ values: [(String, UInt64)]) {
        head(name, help, "counter")
        for (value, number) in values { sample(name, Self.labels(label, value), number) }
    }

    /// The same with one label, which tells the samples apart.
    func gauges(_ name: String, _ help: String, by label: String, _ values: [(String, Int)]) {
        head(name, help, "gauge")
        for (value, number) in values { sample(name, Self.labels(label, value), UInt64(max(0, number))) }
    }

    /// A histogram of nanoseconds, told in seconds.
    func histogram(
        _ name: String, _ help: String, _ histogram: Histogram, bounds: [(String, UInt64)] = Self.bounds
    ) {
        head(name, help, "histogram")
        for (text, bound) in bounds {
            sample(name + "_bucket", Self.labels("le", text), histogram.count(upTo: bound))
        }
        sample(name + "_bucket", Self.labels("le", "+Inf"), histogram.count)
        buffer.append("\(name)_sum \(Double(histogram.sum) / 1e9)\n")
        sample(name + "_count", "", histogram.count)
    }

    private func head(_ name: String, _ help: String, _ type: String) {
        buffer.append("# HELP \(name) \(help)\n# TYPE \(name) \(type)\n")
    }

    private func sample(_ name: String, _ labels: String, _ value: UInt64) {
        buffer.append(name)
        buffer.append(labels)
        buffer.append(" ")
        buffer.append(decimal: value)
        buffer.append("\n")
    }

    /// A label's value with what the format wants escaped.
    private static func labels(_ name: String, _ value: String) -> String {
        var text = ""
        for character in value.unicodeScalars {
            switch character {
            case "\\": text += "\\\\"
            case "\"": text += "\\\""
            case "\n": text += "\\n"
            default: text.unicodeScalars.append(character)
            }
        }
        return "{\(name)=\"\(text)\"}"
    }

    /// Seconds as the text tells them, and the same in nanoseconds.
    static let bounds: [(String, UInt64)] = [
        ("0.00001", 10_000), ("0.0001", 100_000), ("0.0005", 500_000), ("0.001", 1_000_000),
        ("0.0025", 2_500_000), ("0.005", 5_000_000), ("0.01", 10_000_000), ("0.025", 25_000_000),
        ("0.05", 50_000_000), ("0.1", 100_000_000), ("0.25", 250_000_000), ("0.5", 500_000_000),
        ("1", 1_000_000_000), ("2.5", 2_500_000_000), ("10", 10_000_000_000),
    ]

    /// The same for silences: the ages at which proxies, tunnels and address translators are known to cut.
    static let idleBounds: [(String, UInt64)] = [
        ("1", 1_000_000_000), ("5", 5_000_000_000), ("10", 10_000_000_000), ("15", 15_000_000_000),
        ("20", 20_000_000_000), ("25", 25_000_000_000), ("30", 30_000_000_000), ("45", 45_000_000_000),
        ("60", 60_000_000_000), ("90", 90_000_000_000), ("120", 120_000_000_000), ("300", 300_000_000_000),
        ("600", 600_000_000_000),
    ]
}
