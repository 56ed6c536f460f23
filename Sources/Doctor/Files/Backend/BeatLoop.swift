/// Heartbeats that a program's own loop sends: a sleep, ticker or timer with words of pinging beside it.
///
/// By lines, in Python, Go, Java, Kotlin, C#, Ruby, PHP, Rust, Dart and Elixir; what `setInterval` does is the script reader's.
enum BeatLoop {
    /// All of a file; intervals that are no numbers are looked up among its constants, and else passed over.
    static func heartbeats(in file: SourceFile) -> [Heartbeat] {
        let lines = file.lines.prefix(20_000).filter { $0.text.utf8.count < 1000 }
        let lows = lines.map { $0.text.lowercased() }
        guard lows.contains(where: speaksOfBeats) else { return [] }
        let side: Heartbeat.Side = lines.contains { SentHeaderName.dials($0.text) } ? .client : .server
        var constants: [String: Double] = [:]
        for line in lines {
            guard let (name, value) = constant(line.text, constants) else { continue }
            constants[name] = value
        }
        var found: [Heartbeat] = []
        for (index, line) in lines.enumerated() where found.count < 20 {
            guard let (seconds, name, isSure) = interval(line.text, constants), seconds >= 1 else { continue }
            let near = lows[max(0, index - 6)..<min(lows.count, index + 7)]
            guard isSure || (near.contains(where: speaksOfBeats) && near.contains(where: speaksOfSockets))
            else { continue }
            found.append(
                Heartbeat(seconds: seconds, side: side, name: name, place: file.place(line.number)))
        }
        return found
    }

    private static func speaksOfBeats(_ low: String) -> Bool {
        ["ping", "heartbeat", "heart_beat", "keepalive", "keep_alive", "keep-alive"].contains {
            low.holds($0)
        }
    }

    private static func speaksOfSockets(_ low: String) -> Bool {
        ["ws", "socket", "send", "conn", "write", "emit", "push", "channel"].contains { low.holds($0) }
    }

    /// Calls whose first argument is an interval, and what a bare number counts there; the sure ones are of WebSocket libraries.
    private static let calls: [(mark: String, unit: Double, isSure: Bool)] = [
        ("asyncio.sleep(", 1, false), ("time.sleep(", 1, false), ("gevent.sleep(", 1, false),
        ("eventlet.sleep(", 1, false), ("socketio.sleep(", 1, false), ("sio.sleep(", 1, false),
        ("time.NewTicker(", 1e-9, false), ("time.Tick(", 1e-9, false), ("time.Sleep(", 1e-9, false),
        ("time.After(", 1e-9, false), ("Duration::from_secs(", 1, false),
        ("Duration::from_millis(", 0.001, false),
        ("TimeSpan.FromSeconds(", 1, false), ("TimeSpan.FromMinutes(", 60, false),
        ("Task.Delay(", 0.001, false),
        ("Thread.sleep(", 0.001, false), ("fixedRate = ", 0.001, false), ("fixedDelay = ", 0.001, false),
        ("scheduleAtFixedRate(", 0.001, false), ("addPeriodicTimer(", 1, false),
        ("Timer::tick(", 0.001, false),
        ("Timer.periodic(Duration(seconds: ", 1, false), ("Timer.periodic(Duration(minutes: ", 60, false),
        (":timer.send_interval(", 0.001, false), ("EventMachine.add_periodic_timer(", 1, false),
        ("EM.add_periodic_timer(", 1, false), ("delay(", 0.001, false),
        ("pingInterval: Duration(seconds: ", 1, true), ("pingInterval: const Duration(seconds: ", 1, true),
        ("pingInterval = Duration(seconds: ", 1, true), (".pingInterval(", 1, true),
        ("pingPeriod = Duration.ofSeconds(", 1, true), ("pingPeriod = ", 1e-9, true),
        ("pingInterval = ", 1e-9, true),
        ("setHeartbeatValue(new long[] {", 0.001, true), ("setHeartbeatValue(new long[]{", 0.001, true),
        ("KeepAliveInterval = TimeSpan.FromSeconds(", 1, true),
        ("KeepAliveInterval = TimeSpan.FromMinutes(", 60, true),
    ]

    private static func interval(_ line: String, _ constants: [String: Double])
        -> (seconds: Double, name: String, isSure: Bool)?
    {
        // What names the interval itself says more than the call that makes a time of it.
        for call in calls.filter(\.isSure) + calls.filter({ !$0.isSure }) where line.holds(call.mark) {
            guard let rest = line.after(call.mark) else { continue }
            let argument = argument(rest)
            let unit =
                rest.holds("TimeUnit.MINUTES") ? 60 : rest.holds("TimeUnit.MILLISECONDS") ? 0.001 : call.unit
            guard let seconds = value(argument, unit: unit, constants) else { continue }
            let name = call.mark.trimmed.filter { $0 != "(" && $0 != "=" }.trimmed
            return (seconds, name, call.isSure)
        }
        return nil
    }

    /// Up to the comma, bracket or end that closes it.
    private static func argument(_ rest: String) -> String {
        var depth = 0
        var text = ""
        for character in rest {
            if character == "(" { depth += 1 }
            if character == ")" { depth -= 1 }
            if depth < 0 || (depth == 0 && ",;{".contains(character)) { break }
            text.append(character)
        }
        return text.trimmed
    }

    /// `pongWait = 60 * time.Second`, `PING_INTERVAL = 90`, `const heartbeat = 30_000`.
    private static func constant(_ line: String, _ constants: [String: Double]) -> (String, Double)? {
        guard let left = line.before("="), let right = line.after("="), !right.hasPrefix("=") else {
            return nil
        }
        let words = left.split { " \t:".contains($0) }
        let types: Set<String> = [
            "int", "float", "Duration", "time.Duration", "long", "u64", "Double", "Int",
        ]
        guard let name = words.last(where: { !types.contains(String($0)) }), name.first?.isLetter == true
        else {
            return nil
        }
        let text = (right.before("#") ?? right.before("//") ?? right).filter { $0 != ";" }.trimmed
        return value(text, unit: 1, constants).map { (String(name), $0) }
    }

    /// Products and quotients of numbers, units of Go and constants; nil: anything else.
    private static func value(_ text: String, unit: Double, _ constants: [String: Double]) -> Double? {
        let bare = text.filter { $0 != "(" && $0 != ")" && $0 != " " }
        guard !bare.isEmpty, bare.utf8.count < 80 else { return nil }
        var result = 1.0
        var hasUnit = false
        var factor = ""
        var divides = false
        func take() -> Bool {
            let digits = factor.filter { $0 != "_" }
            let number: Double
            if let plain = Double(digits) {
                number = plain
            } else if let own = units[factor] {
                number = own
                hasUnit = true
            } else if let known = constants[factor] {
                number = known
                hasUnit = true
            } else {
                return false
            }
            guard !divides || number != 0 else { return false }
            result = divides ? result / number : result * number
            return true
        }
        for character in bare {
            if character == "*" || character == "/" {
                guard take() else { return nil }
                divides = character == "/"
                factor = ""
            } else {
                factor.append(character)
            }
        }
        guard take(), result.isFinite, result > 0 else { return nil }
        return hasUnit ? result : result * unit
    }

    private static let units: [String: Double] = [
        "time.Second": 1, "time.Minute": 60, "time.Hour": 3600, "time.Millisecond": 0.001,
    ]
}
