internal import Glibc

/// Unix seconds as people read them.
enum UTCTime {
    /// `2026-01-31T12:00:00Z`, or the bare number where no calendar reaches.
    static func text(_ seconds: Int64) -> String {
        var moment = time_t(seconds)
        var parts = tm()
        guard gmtime_r(&moment, &parts) != nil else { return "\(seconds)" }
        let date = "\(pad(Int(parts.tm_year) + 1900, 4))-\(pad(Int(parts.tm_mon) + 1, 2))-\(pad(Int(parts.tm_mday), 2))"
        let time = "\(pad(Int(parts.tm_hour), 2)):\(pad(Int(parts.tm_min), 2)):\(pad(Int(parts.tm_sec), 2))"
        return "\(date)T\(time)Z"
    }

    /// `3 d 4 h`, `4 h 5 min`, `5 min`, `6 s`: the two largest units.
    static func duration(_ seconds: UInt64) -> String {
        switch seconds {
        case 86_400...: pair(seconds / 86_400, "d", seconds % 86_400 / 3600, "h")
        case 3600...: pair(seconds / 3600, "h", seconds % 3600 / 60, "min")
        case 60...: pair(seconds / 60, "min", seconds % 60, "s")
        default: "\(seconds) s"
        }
    }

    private static func pair(_ large: UInt64, _ largeUnit: String, _ small: UInt64, _ smallUnit: String) -> String {
        small == 0 ? "\(large) \(largeUnit)" : "\(large) \(largeUnit) \(small) \(smallUnit)"
    }

    private static func pad(_ value: Int, _ width: Int) -> String {
        let digits = String(value)
        return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }
}
