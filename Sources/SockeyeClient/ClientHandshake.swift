import Bytes
import HTTPWire
import WebSocketWire

/// The client's side of the opening handshake, RFC 6455 §4.1, without any input or output.
///
/// ```
/// init ──request──▶ head ──101, all right──▶ accepted
///                    │
///                    └──any other status──▶ refusal ──body read, or end──▶ error with the body's words
/// ```
/// Give it what arrives; it asks for more, accepts, or throws the reason. Not used again after that.
struct ClientHandshake {
    enum Step: Equatable {
        case needsMore
        /// The last `leftover` bytes of the input belong to the WebSocket already.
        case accepted(leftover: Int)
    }

    /// The most bytes of a refusal's body that are read for its explanation.
    static let bodyLimit = 64 << 10

    /// The request, ready to send.
    let request: [UInt8]
    private(set) var response: ResponseHead?
    var subprotocol: String? { agreement?.subprotocol }
    private var agreement: Handshake.Agreement?
    private(set) var deflate: DeflateParameters?
    /// True once the head has come and it is no upgrade: only its body is still missing, and it is not
    /// worth a long wait.
    var isReadingRefusal: Bool { body != nil }

    private let key: String
    private let plan: ConnectPlan
    private let extensionOffer: String?
    private var parser = ResponseParser()
    private var body: BodyReader?
    /// The head as far as it has come; empty afterwards.
    private let received = ByteBuffer()
    private var bodyBytes: [UInt8] = []

    /// - Parameter nonce: 16 random bytes (RFC 6455 §4.1, item 7).
    init(plan: ConnectPlan, nonce: (UInt64, UInt64)) {
        self.plan = plan
        key = Handshake.key(from: nonce)
        extensionOffer = plan.options.offersCompression ? DeflateNegotiation.offer(policy: plan.deflate) : nil
        let output = ByteBuffer(capacity: 512)
        // The plan has checked target and fields, so nothing is left out.
        Handshake.appendRequest(
            host: plan.url.authority, target: plan.target, key: key, subprotocols: plan.subprotocols,
            extensions: extensionOffer,
            origin: plan.options.origin, fields: plan.fields.map { ($0.name, $0.value) }, to: output)
        request = output.array
    }

    mutating func receive(_ input: UnsafeRawBufferPointer) throws(ClientError) -> Step {
        if body != nil { return try receiveBody(input) }
        received.append(input)
        while true {
            guard try isHTTP() else { return .needsMore }
            guard let (head, consumed) = try parse() else { return .needsMore }
            // Interim answers (100, 103) announce the real one.
            if head.isInterim {
                received.removeFirst(consumed)
                continue
            }
            response = head
            let leftover = received.count - consumed
            guard head.status == 101 else { return try refuse(head, rest: leftover) }
            received.removeAll(keepingCapacity: 0)
            try verify(head)
            return .accepted(leftover: leftover)
        }
    }

    /// The error that the end of the connection, or of our patience, means at this point.
    func ended() -> ClientError {
        guard let response else { return .handshakeEnded(received: received.count) }
        return .refused(HTTPRefusal(head: response, body: bodyBytes))
    }

    private mutating func parse() throws(ClientError) -> (head: ResponseHead, consumed: Int)? {
        do {
            return try parser.parse(received.bytes)
        } catch {
            throw .handshakeInvalid(code: error.code, words: "\(error)", remedy: error.remedy)
        }
    }

    private mutating func verify(_ head: ResponseHead) throws(ClientError) {
        do {
            agreement = try Handshake.verify(
                head, key: key, subprotocols: plan.subprotocols, extensions: extensionOffer)
        } catch {
            throw .handshakeInvalid(code: error.code, words: "\(error)", remedy: error.remedy)
        }
        guard let extensions = agreement?.extensions else { return }
        do {
            deflate = try DeflateNegotiation.confirm(response: extensions, offered: plan.deflate)
        } catch {
            throw .handshakeInvalid(
                code: error.code, words: "\(error)",
                remedy: "try without compression, and report it to the maker of the server")
        }
    }

    private mutating func refuse(_ head: ResponseHead, rest: Int) throws(ClientError) -> Step {
        if (300..<400).contains(head.status), let location = head.fields["Location"] {
            throw .redirected(status: head.status, location: Excerpt.line(location, limit: 500))
        }
        // A body over the limit is not read at all: what it explains would be no explanation.
        guard let reader = try? BodyReader(head.bodyFraming) else { throw ended() }
        body = reader
        return try receiveBody(UnsafeRawBufferPointer(rebasing: received.bytes.suffix(rest)))
    }

    private mutating func receiveBody(_ input: UnsafeRawBufferPointer) throws(ClientError) -> Step {
        guard var reader = body else { throw ended() }
        // A body that breaks its framing is still worth what has been read of it.
        let isReadable = (try? reader.read(input) { bodyBytes.append(contentsOf: $0) }) != nil
        body = reader
        if !isReadable || reader.isComplete || bodyBytes.count >= Self.bodyLimit { throw ended() }
        return .needsMore
    }

    /// Answers that cannot become HTTP are told at their first bytes, not when a limit is reached.
    ///
    /// False: one more byte is needed to tell.
    private func isHTTP() throws(ClientError) -> Bool {
        let wanted = Array("HTTP/".utf8)
        let bytes = received.bytes
        let begin = bytes.prefix(wanted.count)
        if begin.elementsEqual(wanted.prefix(begin.count)) { return true }
        // A TLS alert or handshake record: content type, then version 3.x (RFC 8446 §5.1).
        if [0x15, 0x16].contains(bytes[0]) {
            if bytes.count == 1 { return false }
            if bytes[1] == 3 { throw .portSpeaksTLS }
        }
        throw .notHTTP(preview: Self.preview(bytes.prefix(24)))
    }

    private static func preview(_ bytes: Slice<UnsafeRawBufferPointer>) -> String {
        let digits = Array("0123456789abcdef".utf8)
        var text: [UInt8] = [UInt8(ascii: "\"")]
        for byte in bytes {
            if (0x20..<0x7F).contains(byte) {
                text.append(byte)
            } else {
                text += [
                    UInt8(ascii: "\\"), UInt8(ascii: "x"), digits[Int(byte >> 4)], digits[Int(byte & 15)],
                ]
            }
        }
        text.append(UInt8(ascii: "\""))
        return String(decoding: text, as: UTF8.self)
    }
}
