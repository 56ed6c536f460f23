import JSON
import SockeyeClient

/// Where everything stood at one moment of a measurement.
struct BenchMark: Sendable {
    var time = ContinuousClock.now
    var counts = BenchCounts()
    var sample: ProcessSample
    var ownCPU: UInt64 = ProcessSample.ownCPU()
}

/// What a measurement found, as a table for people and as an object for programs.
struct BenchReport {
    private let settings: BenchSettings
    private let first: BenchMark
    private let last: BenchMark
    /// Errors and latencies of the whole.
    var counts: BenchCounts
    /// Messages that never came back.
    var lost: UInt64 = 0
    var connectTime = Duration.zero
    /// Idle: after one ping on each connection.
    var touched: ProcessSample?

    init(_ settings: BenchSettings, first: BenchMark, last: BenchMark) {
        self.settings = settings
        self.first = first
        self.last = last
        counts = last.counts
    }

    /// Whether every reply was right and none is missing.
    var isRight: Bool { counts.errors == 0 && lost == 0 && counts.failed == 0 }

    private var seconds: Double { max((last.time - first.time) / .seconds(1), 0.000_001) }
    private var done: UInt64 { last.counts.done &- first.counts.done }
    private var serverCPU: Double { Double(last.sample.cpu &- first.sample.cpu) }
    private var ownCPU: Double { Double(last.ownCPU &- first.ownCPU) }
    private var isServerKnown: Bool { !settings.processes.isEmpty }

    /// A generator at its limit measures itself.
    var generatorHint: (message: String, hint: String)? {
        guard settings.mode != .idle, settings.rate == nil,
            ownCPU / seconds / 1e9 > 0.9 * Double(settings.loops)
        else { return nil }
        return (
            "this program was as busy as it can be: the server may be faster than these figures",
            "add --loops; CPU per message with --pid holds nevertheless"
        )
    }

    // MARK: JSON

    /// See `docs/bench.md` for the members.
    var json: String {
        var members: [(String, JSONValue?)] = [
            ("mode", .string(settings.mode.rawValue)), ("connections", .integer(Int64(settings.connections))),
            ("loops", .integer(Int64(settings.loops))),
        ]
        if settings.mode == .idle {
            members.append(("connect_seconds", .rounded(connectTime / .seconds(1), 3)))
            if isServerKnown { members += idleMembers }
        } else {
            members += loadMembers
        }
        members += [
            ("errors", .integer(Int64(clamping: counts.errors))),
            ("failed_connections", .integer(Int64(counts.failed))),
            ("lost", .integer(Int64(clamping: lost))),
        ]
        return JSONValue.object(members).text
    }

    private var loadMembers: [(String, JSONValue?)] {
        let unit = settings.mode == .churn ? "cycle" : "message"
        var members: [(String, JSONValue?)] = []
        if settings.mode != .churn {
            members += [
                ("size_bytes", .integer(Int64(settings.size))),
                ("in_flight", .integer(Int64(settings.inFlight))),
            ]
            members.append(("rate", settings.rate.map { .rounded($0, 3) } ?? .null))
        }
        members += [
            ("seconds", .rounded(seconds, 3)), ("\(unit)s", .integer(Int64(clamping: done))),
            ("\(unit)s_per_second", .rounded(Double(done) / seconds, 1)),
        ]
        if settings.mode == .fanout {
            members.append(("publications", .integer(Int64(clamping: last.counts.sent &- first.counts.sent))))
        }
        let latency = last.counts.latency
        let times: [(String, Double)] = [
            ("mean", latency.mean), ("p50", Double(latency.value(at: 0.5))),
            ("p90", Double(latency.value(at: 0.9))),
            ("p99", Double(latency.value(at: 0.99))), ("p999", Double(latency.value(at: 0.999))),
            ("max", Double(latency.maximum)),
        ]
        members.append(("latency_us", .object(times.map { ($0, .rounded($1 / 1000, 1)) })))
        if isServerKnown {
            members += [
                ("server_cpu_us_per_\(unit)", .rounded(perUnit(serverCPU), 4)),
                ("server_cores", .rounded(serverCPU / seconds / 1e9, 3)),
            ]
        }
        members += [
            ("client_cpu_us_per_\(unit)", .rounded(perUnit(ownCPU), 4)),
            ("client_cores", .rounded(ownCPU / seconds / 1e9, 3)),
        ]
        return members
    }

    private var idleMembers: [(String, JSONValue?)] {
        var members: [(String, JSONValue?)] = [
            ("pss_bytes_per_connection", .rounded(perConnection(\.proportional, last.sample), 0)),
            ("anonymous_bytes_per_connection", .rounded(perConnection(\.anonymous, last.sample), 0)),
            ("server_cpu_us_per_connection", .rounded(serverCPU / 1000 / Double(settings.connections), 2)),
        ]
        if let touched {
            members.append(
                ("touched_pss_bytes_per_connection", .rounded(perConnection(\.proportional, touched), 0)))
        }
        return members
    }

    // MARK: Table

    var table: String {
        var rows: [(String, String)] = []
        if settings.mode == .idle {
            rows.append(
                (
                    "connections",
                    "\(Self.grouped(UInt64(settings.connections))) in \(ConnectPrinter.text(connectTime))"
                ))
            if isServerKnown {
                let bytes = perConnection(\.proportional, last.sample)
                rows.append(
                    (
                        "server memory",
                        "\(Self.grouped(bytes)) bytes a connection (PSS), \(Self.grouped(perConnection(\.anonymous, last.sample))) anonymous"
                    ))
                if let touched {
                    rows.append(
                        (
                            "after a ping",
                            "\(Self.grouped(perConnection(\.proportional, touched))) bytes a connection (PSS)"
                        ))
                }
                rows.append(
                    (
                        "server CPU",
                        "\(Self.short(serverCPU / 1000 / Double(settings.connections))) µs a connection"
                    ))
            } else {
                rows.append(("server memory", "unknown: give the server's process with --pid"))
            }
        } else {
            rows += loadRows
        }
        var errors = Self.grouped(counts.errors)
        if lost > 0 { errors += ", \(Self.grouped(lost)) lost" }
        if counts.failed > 0 { errors += ", \(counts.failed) connections failed" }
        rows.append(("errors", errors))
        return headline + "\n\n"
            + rows.map { name, value in
                "  " + name + String(repeating: " ", count: max(1, 16 - name.count)) + value
            }.joined(separator: "\n") + "\n"
    }

    private var headline: String {
        var parts = ["\(settings.connections) connection\(settings.connections == 1 ? "" : "s")"]
        if settings.mode == .echo || settings.mode == .fanout {
            parts.append("\(settings.size) bytes")
            parts.append(
                settings.rate.map { "\(Self.short($0)) a second" } ?? "\(settings.inFlight) in flight")
        }
        if settings.loops > 1 { parts.append("\(settings.loops) loops") }
        return "\(settings.mode.rawValue): " + parts.joined(separator: ", ")
    }

    private var loadRows: [(String, String)] {
        let name =
            settings.mode == .churn ? "connections" : settings.mode == .fanout ? "deliveries" : "messages"
        let unit =
            settings.mode == .churn ? "a connection" : settings.mode == .fanout ? "a delivery" : "a message"
        let latency = last.counts.latency
        func time(_ quantile: Double) -> String { Self.time(Double(latency.value(at: quantile))) }
        var rows = [
            (
                name,
                "\(Self.grouped(done)) in \(Self.short(seconds)) s, \(Self.grouped(Double(done) / seconds)) a second"
            ),
            (
                settings.mode == .churn ? "until open" : "latency",
                "mean \(Self.time(latency.mean)), p50 \(time(0.5)), p90 \(time(0.9)), p99 \(time(0.99)), p99.9 \(time(0.999)), max \(Self.time(Double(latency.maximum)))"
            ),
        ]
        if isServerKnown {
            rows.append(
                (
                    "server CPU",
                    "\(Self.short(perUnit(serverCPU))) µs \(unit), \(Self.short(serverCPU / seconds / 1e9)) cores"
                ))
        }
        rows.append(
            (
                "own CPU",
                "\(Self.short(perUnit(ownCPU))) µs \(unit), \(Self.short(ownCPU / seconds / 1e9)) cores"
            ))
        return rows
    }

    // MARK: Numbers

    /// Microseconds a message, of nanoseconds in all.
    private func perUnit(_ nanoseconds: Double) -> Double { nanoseconds / 1000 / Double(max(done, 1)) }

    private func perConnection(_ member: KeyPath<ProcessSample, UInt64>, _ sample: ProcessSample) -> Double {
        (Double(sample[keyPath: member]) - Double(first.sample[keyPath: member]))
            / Double(settings.connections)
    }

    static func grouped(_ value: UInt64) -> String {
        var digits = Array(String(value).utf8)
        var place = digits.count - 3
        while place > 0 {
            digits.insert(UInt8(ascii: ","), at: place)
            place -= 3
        }
        return String(decoding: digits, as: UTF8.self)
    }

    static func grouped(_ value: Double) -> String {
        (value < 0 ? "-" : "") + grouped(UInt64(value.magnitude.rounded()))
    }

    /// Three digits that mean something.
    static func short(_ value: Double) -> String {
        switch value.magnitude {
        case ..<10: "\((value * 1000).rounded() / 1000)"
        case ..<100: "\((value * 10).rounded() / 10)"
        default: grouped(value)
        }
    }

    private static func time(_ nanoseconds: Double) -> String {
        let microseconds = nanoseconds / 1000
        return microseconds < 1000 ? "\(short(microseconds)) µs" : "\(short(microseconds / 1000)) ms"
    }
}
