import Bytes

/// What stands before a packet's payload: type, attachments, namespace, id.
struct SocketHead {
    let type: SocketPacketType
    var attachmentCount = 0
    var namespace = Self.root
    var id: UInt64?
    /// Where the payload begins.
    var payloadStart: Int

    /// `/`, for packets that name no namespace.
    static var root: UnsafeRawBufferPointer {
        let slash: StaticString = "/"
        return UnsafeRawBufferPointer(start: slash.utf8Start, count: slash.utf8CodeUnitCount)
    }

    /// The largest number that JavaScript counts exactly: 2^53 - 1.
    private static let greatestID: UInt64 = 9_007_199_254_740_991

    init(_ text: UnsafeRawBufferPointer) throws(SocketError) {
        guard let first = text.first else { throw .empty }
        guard let type = SocketPacketType(rawValue: first) else { throw .unknownType(first) }
        self.type = type
        var at = 1
        if type.isBinary {
            guard let count = Self.number(text, &at), at < text.count, text[at] == UInt8(ascii: "-") else {
                throw .invalidAttachmentCount
            }
            attachmentCount = Int(clamping: count)
            at &+= 1
        }
        if at < text.count, text[at] == UInt8(ascii: "/") {
            let start = at
            while at < text.count, text[at] != UInt8(ascii: ",") { at &+= 1 }
            guard at &- start <= SocketPacket.namespaceLimit else {
                throw .namespaceTooLong(count: at &- start)
            }
            namespace = UnsafeRawBufferPointer(rebasing: text[start..<at])
            if at < text.count { at &+= 1 }
        }
        if at < text.count, Self.isDigit(text[at]) {
            guard let number = Self.number(text, &at), number <= Self.greatestID else { throw .invalidID }
            id = number
        }
        payloadStart = at
    }

    /// Reads digits; nil when there is none, or more than fit.
    private static func number(_ text: UnsafeRawBufferPointer, _ at: inout Int) -> UInt64? {
        let start = at
        var value: UInt64 = 0
        while at < text.count, isDigit(text[at]) {
            let (tenfold, overflow) = value.multipliedReportingOverflow(by: 10)
            let (sum, carry) = tenfold.addingReportingOverflow(UInt64(text[at] &- UInt8(ascii: "0")))
            if overflow || carry { return nil }
            value = sum
            at &+= 1
        }
        return at > start ? value : nil
    }

    @inline(__always)
    private static func isDigit(_ octet: UInt8) -> Bool { octet &- UInt8(ascii: "0") < 10 }
}
