/// Unix seconds as people read them.
public enum UTCTime {
    /// The moment as `2026-01-31T12:00:00Z`.
    ///
    /// Outside the years 1970 ... 9999 it is the bare number.
    public static func text(_ seconds: Int64) -> String {
        guard seconds >= 0, seconds < 253_402_300_800 else { return "\(seconds)" }
        var year = 1970
        var day = Int(seconds / 86_400)
        while day >= length(ofYear: year) {
            day -= length(ofYear: year)
            year += 1
        }
        var month = 1
        while day >= length(ofMonth: month, year) {
            day -= length(ofMonth: month, year)
            month += 1
        }
        let rest = Int(seconds % 86_400)
        let time = "\(pad(rest / 3600)):\(pad(rest / 60 % 60)):\(pad(rest % 60))"
        return "\(year)-\(pad(month))-\(pad(day + 1))T\(time)Z"
    }

    /// The two largest units, such as `3 d 4 h` or `5 min`.
    public static func duration(_ seconds: UInt64) -> String {
        switch seconds {
        case 86_400...: pair(seconds / 86_400, "d", seconds % 86_400 / 3600, "h")
        case 3600...: pair(seconds / 3600, "h", seconds % 3600 / 60, "min")
        case 60...: pair(seconds / 60, "min", seconds % 60, "s")
        default: "\(seconds) s"
        }
    }

    private static func pair(_ large: UInt64, _ unit: String, _ small: UInt64, _ smallUnit: String) -> String
    {
        small == 0 ? "\(large) \(unit)" : "\(large) \(unit) \(small) \(smallUnit)"
    }

    private static func pad(_ value: Int) -> String {
        value < 10 ? "0\(value)" : "\(value)"
    }

    private static func isLeap(_ year: Int) -> Bool {
        year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
    }

    private static func length(ofYear year: Int) -> Int {
        isLeap(year) ? 366 : 365
    }

    private static func length(ofMonth month: Int, _ year: Int) -> Int {
        switch month {
        case 2: isLeap(year) ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }
}
