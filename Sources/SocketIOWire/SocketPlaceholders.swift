import Bytes
import JSON

/// What stands in a packet's JSON for an attachment: `{"_placeholder":true,"num":0}` (Socket.IO v5, Binary packets).
enum SocketPlaceholders {
    /// Whether every placeholder in `json` names one of `count` attachments.
    ///
    /// An attachment that no placeholder names is legal, if of no use; the reference parser thinks so too.
    ///
    /// - Parameter json: a value that was scanned before.
    static func areLegal(in json: UnsafeRawBufferPointer, count: Int) -> Bool {
        do throws(JSONError) {
            var scanner = try JSONScanner(json, depthLimit: JSONScanner.greatestDepth, isValidUTF8: true)
            return try check(&scanner, count)
        } catch {
            return false
        }
    }

    /// Checks the next value; the scanner's depth limit bounds the recursion.
    private static func check(_ scanner: inout JSONScanner, _ count: Int) throws(JSONError) -> Bool {
        switch try scanner.peek() {
        case .array:
            var more = try scanner.enterArray()
            while more {
                guard try check(&scanner, count) else { return false }
                more = try scanner.endElement()
            }
            return true
        case .object:
            var isPlaceholder = false
            var isLegal = false
            var more = try scanner.enterObject()
            while more {
                let key = try scanner.key()
                let kind = try scanner.peek()
                if key.equals("_placeholder"), kind == .bool {
                    // The last of several members of one name counts, as in JavaScript.
                    isPlaceholder = try scanner.skipValue().first == UInt8(ascii: "t")
                } else if key.equals("num"), kind == .number {
                    isLegal = index(try scanner.number()).map { $0 < count } ?? false
                } else {
                    if key.equals("_placeholder") { isPlaceholder = false }
                    if key.equals("num") { isLegal = false }
                    guard try check(&scanner, count) else { return false }
                }
                more = try scanner.endMember()
            }
            return !isPlaceholder || isLegal
        case .bool, .null, .number, .string:
            _ = try scanner.skipValue()
            return true
        }
    }

    /// A number written as a short row of digits; nil for all others, which name no attachment.
    private static func index(_ number: UnsafeRawBufferPointer) -> Int? {
        guard !number.isEmpty, number.count <= 9 else { return nil }
        var value = 0
        for octet in number {
            guard octet &- UInt8(ascii: "0") < 10 else { return nil }
            value = value &* 10 &+ Int(octet &- UInt8(ascii: "0"))
        }
        return value
    }
}
