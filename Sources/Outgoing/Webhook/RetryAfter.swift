/// The value of a `Retry-After` field (RFC 9110 §10.2.3): seconds, or a date.
enum RetryAfter {
    /// How long to wait; nil when the value is neither form.
    ///
    /// A date in the past is no wait.
    static func delay(_ value: String, now: Int64) -> Duration? {
        let text = value.utf8.filter { $0 != 0x20 }
        if !text.isEmpty, text.allSatisfy({ $0 &- 0x30 < 10 }) {
            // More digits than fit mean very long.
            return .seconds(min(Int64(String(decoding: text, as: UTF8.self)) ?? .max, longest))
        }
        return unixSeconds(value).map { .seconds(min(max(0, $0 - now), longest)) }
    }

    /// An IMF-fixdate such as `Sun, 06 Nov 1994 08:49:37 GMT` (RFC 9110 §5.6.7); the obsolete forms are not read.
    static func unixSeconds(_ value: String) -> Int64? {
        let parts = value.split(separator: " ")
        guard parts.count == 6, parts[5] == "GMT", parts[0].hasSuffix(","),
            let day = number(parts[1], 1...31), let month = months.firstIndex(of: String(parts[2])),
            let year = number(parts[3], 1970...9999)
        else { return nil }
        let clock = parts[4].split(separator: ":", omittingEmptySubsequences: false)
        guard clock.count == 3, let hour = number(clock[0], 0...23), let minute = number(clock[1], 0...59),
            let second = number(clock[2], 0...60)
        else { return nil }
        return days(year, Int64(month) + 1, day) * 86_400 + hour * 3_600 + minute * 60 + second
    }

    /// Days since 1970-01-01 of a day in the Gregorian calendar; years begin in March, so that a leap day is their last.
    private static func days(_ year: Int64, _ month: Int64, _ day: Int64) -> Int64 {
        let year = month > 2 ? year : year - 1
        let sinceMarch = (month + 9) % 12
        let dayOfYear = (153 * sinceMarch + 2) / 5 + day - 1
        return year * 365 + year / 4 - year / 100 + year / 400 + dayOfYear - 719_468
    }

    private static func number(_ text: Substring, _ range: ClosedRange<Int64>) -> Int64? {
        guard text.utf8.allSatisfy({ $0 &- 0x30 < 10 }), let value = Int64(text), range.contains(value)
        else {
            return nil
        }
        return value
    }

    private static let months = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]
    private static let longest: Int64 = 1_000_000_000
}
