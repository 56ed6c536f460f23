import Bytes

/// Finds and checks the lines of a head while it arrives; start lines are the parsers' own.
///
/// Each line is judged once, when its LF is there, and in order; what is judged before (the first octet, the
/// lengths) is judged first in a whole line too. So the outcome never depends on how the bytes were split.
///
/// Offsets count from the start of the bytes that the caller passes again and again:
/// ```
///   \r\n  GET / HTTP/1.1\r\n  Host: a\r\n  Conn…
///   ^0    ^start              ^            ^lineStart   ^scanned
/// ```
struct HeadScanner: Sendable {
    private let lineLimit: UInt32
    private let headLimit: UInt32
    private let fieldLimit: UInt16
    /// Bytes of empty lines before the start line: 0, 2 or 4.
    private(set) var start: UInt8 = 0
    /// start <= lineStart <= scanned.
    private var lineStart: UInt32 = 0
    /// Nothing before it is an LF that was not seen.
    private var scanned: UInt32 = 0
    /// Empty, and without memory, until the first field line.
    private(set) var spans: [FieldSpan] = []

    init(_ limits: HTTPLimits) {
        lineLimit = limits.requestLine32
        headLimit = limits.head32
        fieldLimit = limits.fieldCount16
    }

    /// Ready for the next head.
    mutating func reset() {
        start = 0
        lineStart = 0
        scanned = 0
        spans = []
    }

    var isAtStartLine: Bool { lineStart == UInt32(start) }
    /// After the empty line: how long the head is, with the empty lines before it.
    var end: Int { Int(lineStart) }

    /// The next whole line without its CR LF; nil when the bytes end before its LF.
    mutating func nextLine(_ input: UnsafeRawBufferPointer) throws(HTTPError) -> Range<Int>? {
        let from = Int(lineStart)
        let seen = Int(scanned)
        let found = Octets.firstLineFeed(in: input, from: seen)
        let length = (found.map { $0 &+ 1 } ?? input.count) &- from
        if isAtStartLine {
            if length > 0, !Octets.isToken(input[from]), input[from] != 0x0D, input[from] != 0x0A {
                throw .notHTTP(firstOctet: input[from])
            }
            if length > Int(lineLimit) { throw .requestLineTooLong(limit: Int(lineLimit)) }
        }
        if from &+ length &- Int(start) > Int(headLimit) { throw .headTooLarge(limit: Int(headLimit)) }
        guard let end = found else {
            scanned = UInt32(truncatingIfNeeded: input.count)
            return nil
        }
        guard end > from, input[end &- 1] == 0x0D else { throw .bareLineFeed }
        scanned = UInt32(truncatingIfNeeded: end &+ 1)
        lineStart = scanned
        return from..<end &- 1
    }

    /// Passes over an empty line before the start line; RFC 9112 §2.2 asks for at least one.
    mutating func skipEmptyLine() throws(HTTPError) {
        guard start < 4 else { throw .tooManyEmptyLines }
        start &+= 2
    }

    /// Reads one field line (RFC 9112 §5) and keeps where it lies, counted from the start of the head.
    mutating func addField(_ line: Range<Int>, of input: UnsafeRawBufferPointer) throws(HTTPError) {
        guard spans.count < Int(fieldLimit) else { throw .tooManyFields(limit: Int(fieldLimit)) }
        var end = line.upperBound
        var colon = line.lowerBound
        while colon < end, Octets.isToken(input[colon]) { colon &+= 1 }
        guard colon < end, input[colon] == 0x3A else {
            throw HeadScanner.nameFault(
                UnsafeRawBufferPointer(rebasing: input[line]), at: colon &- line.lowerBound)
        }
        guard colon > line.lowerBound else { throw .emptyFieldName }
        var value = colon &+ 1
        while value < end, Octets.isBlank(input[value]) { value &+= 1 }
        while end > value, Octets.isBlank(input[end &- 1]) { end &-= 1 }
        if let bad = Octets.firstControl(in: UnsafeRawBufferPointer(rebasing: input[value..<end])) {
            let octet = input[value &+ bad]
            throw octet == 0x0D ? .bareCarriageReturn : .controlInValue(octet: octet)
        }
        // The usual upgrade request has 6 to 14 fields: one piece of memory, 288 bytes.
        if spans.isEmpty { spans.reserveCapacity(min(16, Int(fieldLimit))) }
        spans.append(
            FieldSpan(
                nameStart: UInt32(truncatingIfNeeded: line.lowerBound &- Int(start)),
                nameLength: UInt32(truncatingIfNeeded: colon &- line.lowerBound),
                valueStart: UInt32(truncatingIfNeeded: value &- Int(start)),
                valueLength: UInt32(truncatingIfNeeded: end &- value)))
    }

    private static func nameFault(_ line: UnsafeRawBufferPointer, at position: Int) -> HTTPError {
        if let first = line.first, Octets.isBlank(first) { return .foldedLine }
        guard line.contains(0x3A) else { return .missingColon }
        var next = position
        while next < line.count, Octets.isBlank(line[next]) { next &+= 1 }
        if next > position, next < line.count, line[next] == 0x3A { return .spaceBeforeColon }
        return position < line.count ? .invalidFieldName(octet: line[position]) : .missingColon
    }
}
