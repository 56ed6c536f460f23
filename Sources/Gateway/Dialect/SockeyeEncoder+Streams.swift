internal import Bytes
internal import JSON
internal import Outgoing

// Answers of backends.
extension SockeyeEncoder {
    /// A stream begins for this connection; the offset is where it stands, nil at its very beginning.
    static func appendStreamOpen(
        _ stream: String, call: String, offset: Int?, id: UnsafeRawBufferPointer, to buffer: ByteBuffer
    ) {
        appendStream(stream, to: buffer)
        appendHead(#","call":"#, to: buffer)
        JSONWriter.append(string: call, to: buffer)
        appendHead(#","state":"open""#, to: buffer)
        if let offset { append(offset: offset, to: buffer) }
        appendEnd(id, to: buffer)
    }

    /// One piece, `{"type":"piece","stream":S,"offset":N,"data":…}`; an event that was named has `event` behind.
    static func appendPiece(_ piece: Piece, stream: String, offset: Int, to buffer: ByteBuffer) {
        appendHead(#"{"type":"piece","stream":""#, to: buffer)
        buffer.append(stream)
        appendHead("\"", to: buffer)
        append(offset: offset, to: buffer)
        appendHead(#","data":"#, to: buffer)
        buffer.append(piece.value)
        if let event = piece.event {
            appendHead(#","event":"#, to: buffer)
            JSONWriter.append(string: event, to: buffer)
        }
        appendHead("}", to: buffer)
    }

    /// A stream is over.
    static func appendStreamEnd(
        _ end: StreamEnd, stream: String, offset: Int, id: UnsafeRawBufferPointer, to buffer: ByteBuffer
    ) {
        appendStream(stream, to: buffer)
        appendHead(#","state":""#, to: buffer)
        buffer.append(end.state)
        appendHead("\"", to: buffer)
        append(offset: offset, to: buffer)
        if case .failed(let failure) = end {
            appendHead(#","code":"#, to: buffer)
            JSONWriter.append(string: failure.code.rawValue, to: buffer)
            appendHead(#","message":"#, to: buffer)
            JSONWriter.append(string: failure.message, to: buffer)
            appendHead(#","remedy":"#, to: buffer)
            JSONWriter.append(string: failure.remedy, to: buffer)
        }
        appendEnd(id, to: buffer)
    }

    /// What a backend is posted.
    static func callBody(_ request: CallRequest, stream: String) -> [UInt8] {
        let body = ByteBuffer()
        var object = JSONObjectWriter(body)
        object.member("user", request.user)
        if var claims = request.claims {
            claims.withUTF8 { object.member("claims", raw: UnsafeRawBufferPointer($0)) }
        }
        request.data.withUnsafeBytes { object.member("data", raw: $0) }
        object.member("stream", stream)
        object.end()
        return body.array
    }

    /// Names of streams are digits, letters and a dash: they need no escaping.
    private static func appendStream(_ stream: String, to buffer: ByteBuffer) {
        appendHead(#"{"type":"stream","stream":""#, to: buffer)
        buffer.append(stream)
        appendHead("\"", to: buffer)
    }

    private static func append(offset: Int, to buffer: ByteBuffer) {
        appendHead(#","offset":"#, to: buffer)
        buffer.append(decimal: UInt64(max(0, offset)))
    }
}
