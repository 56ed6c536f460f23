/// Values of directives, read as nginx reads them.
package enum NginxValue {
    /// `on` or `off`, in any letter case; nil for anything else.
    package static func flag(_ text: String) -> Bool? {
        switch text.lowercased() {
        case "on": true
        case "off": false
        default: nil
        }
    }

    /// A number of decimal digits alone; nil for anything else or more than an `Int` holds.
    package static func number(_ text: String) -> Int? {
        guard !text.isEmpty, text.utf8.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }) else { return nil }
        return Int(text)
    }

    /// Bytes of a size: digits, then nothing, `k` or `m` (`ngx_parse_size`), with `gigabytes` also `g`
    /// (`ngx_parse_offset`).
    package static func bytes(_ text: String, gigabytes: Bool = false) -> Int? {
        guard let last = text.utf8.last else { return nil }
        let scale: Int
        switch last {
        case UInt8(ascii: "k"), UInt8(ascii: "K"): scale = 1 << 10
        case UInt8(ascii: "m"), UInt8(ascii: "M"): scale = 1 << 20
        case UInt8(ascii: "g"), UInt8(ascii: "G"):
            guard gigabytes else { return nil }
            scale = 1 << 30
        default: return number(text)
        }
        guard let value = number(String(text.dropLast())) else { return nil }
        let (product, overflow) = value.multipliedReportingOverflow(by: scale)
        return overflow ? nil : product
    }

    /// Milliseconds of a time: `60s`, `1h30m`, `500ms`, `60` (seconds); `1d 12h` in quotes
    /// (`ngx_parse_time`).
    ///
    /// Units in falling order, each at most once: y, M (30 days), w, d, h, m, s, ms. With `wholeSeconds` `ms`
    /// is refused.
    package static func milliseconds(_ text: String, wholeSeconds: Bool = false) -> Int? {
        let bytes = Array(text.utf8)
        guard !bytes.isEmpty else { return nil }
        var (at, total, lastUnit) = (0, 0, Int.max)
        while at < bytes.count {
            let start = at
            while at < bytes.count, bytes[at] >= 0x30, bytes[at] <= 0x39 { at += 1 }
            guard at > start, let value = Int(String(decoding: bytes[start..<at], as: UTF8.self)) else {
                return nil
            }
            var unit = at < bytes.count ? bytes[at] : UInt8(ascii: " ")
            if unit == UInt8(ascii: "m"), at + 1 < bytes.count, bytes[at + 1] == UInt8(ascii: "s") {
                guard !wholeSeconds else { return nil }
                unit = 0
                at += 1
            }
            // A number without a unit is seconds, and must be the last.
            if unit == UInt8(ascii: " "), at < bytes.count { return nil }
            guard let scale = scale(unit), scale < lastUnit else { return nil }
            lastUnit = scale
            at += 1
            let (product, overflow) = value.multipliedReportingOverflow(by: scale)
            let (sum, overflow2) = total.addingReportingOverflow(product)
            guard !overflow, !overflow2 else { return nil }
            total = sum
            while at < bytes.count, bytes[at] == UInt8(ascii: " ") { at += 1 }
        }
        return total
    }

    private static func scale(_ unit: UInt8) -> Int? {
        switch unit {
        case 0: 1
        case UInt8(ascii: "s"), UInt8(ascii: " "): 1000
        case UInt8(ascii: "m"): 60_000
        case UInt8(ascii: "h"): 3_600_000
        case UInt8(ascii: "d"): 86_400_000
        case UInt8(ascii: "w"): 604_800_000
        case UInt8(ascii: "M"): 2_592_000_000
        case UInt8(ascii: "y"): 31_536_000_000
        default: nil
        }
    }
}
