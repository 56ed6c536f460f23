/// How much of a message one side accepts, in bytes and counts.
///
/// Every bound is checked while bytes arrive, so that a peer who never ends a line costs no more than
/// the bound. 20 bytes; kept by each parser.
public struct HTTPLimits: Sendable, Equatable {
    /// The start line with its line end.
    ///
    /// 64 bytes ... `head`; default 8 KiB, as large as tokens in URLs get.
    public var requestLine: Int { Int(requestLine32) }
    /// The start line and all fields, with the empty line.
    ///
    /// 256 bytes ... 1 MiB; default 32 KiB.
    public var head: Int { Int(head32) }
    /// Fields in one head.
    ///
    /// 1 ... 4,096; default 100.
    public var fieldCount: Int { Int(fieldCount16) }
    /// Body bytes after chunked coding is taken off.
    ///
    /// 0 ... 4 GiB - 1; default 1 MiB.
    public var body: Int { Int(body32) }
    /// One chunk-size line with its extensions.
    ///
    /// 32 ... 65,535; default 256 bytes.
    public var chunkLine: Int { Int(chunkLine16) }
    /// All trailer fields of a chunked body.
    ///
    /// 0 ... 4 GiB - 1; default 8 KiB.
    public var trailers: Int { Int(trailers32) }

    let requestLine32: UInt32
    let head32: UInt32
    let body32: UInt32
    let trailers32: UInt32
    let fieldCount16: UInt16
    let chunkLine16: UInt16

    /// Values out of range are brought to the nearest that is in range.
    public init(
        requestLine: Int = 8 << 10, head: Int = 32 << 10, fieldCount: Int = 100, body: Int = 1 << 20,
        chunkLine: Int = 256, trailers: Int = 8 << 10
    ) {
        let head = min(max(head, 256), 1 << 20)
        head32 = UInt32(head)
        // A start line longer than the head could be would make the error depend on how the bytes arrive.
        requestLine32 = UInt32(min(max(requestLine, 64), head))
        fieldCount16 = UInt16(min(max(fieldCount, 1), 4_096))
        body32 = UInt32(min(max(body, 0), Int(UInt32.max)))
        chunkLine16 = UInt16(min(max(chunkLine, 32), Int(UInt16.max)))
        trailers32 = UInt32(min(max(trailers, 0), Int(UInt32.max)))
    }
}
