import HTTPWire

/// What came out of a parser, in a form that compares.
enum Outcome<Head: Equatable & Sendable>: Equatable, Sendable {
    case heads([Head], rest: [UInt8])
    case refused(after: Int, HTTPError)
}

/// Feeds `bytes` in pieces, as a connection would: what was consumed is dropped, the rest is passed again.
func requests(in bytes: [UInt8], pieces: [Int] = [], limits: HTTPLimits = HTTPLimits()) -> Outcome<
    RequestHead
> {
    var parser = RequestParser(limits: limits)
    return feed(bytes, pieces) { (received: [UInt8]) throws(HTTPError) -> (RequestHead, Int)? in
        let result: Result<(RequestHead, Int)?, HTTPError> = received.withUnsafeBytes { bytes in
            do throws(HTTPError) {
                guard let (head, consumed) = try parser.parse(bytes) else { return .success(nil) }
                return .success((head, consumed))
            } catch { return .failure(error) }
        }
        return try result.get()
    }
}

func responses(
    in bytes: [UInt8], pieces: [Int] = [], method: HTTPMethod = .get, limits: HTTPLimits = HTTPLimits()
) -> Outcome<ResponseHead> {
    var parser = ResponseParser(limits: limits)
    return feed(bytes, pieces) { (received: [UInt8]) throws(HTTPError) -> (ResponseHead, Int)? in
        let result: Result<(ResponseHead, Int)?, HTTPError> = received.withUnsafeBytes { bytes in
            do throws(HTTPError) {
                guard let (head, consumed) = try parser.parse(bytes, for: method) else {
                    return .success(nil)
                }
                return .success((head, consumed))
            } catch { return .failure(error) }
        }
        return try result.get()
    }
}

private func feed<Head: Equatable & Sendable>(
    _ bytes: [UInt8], _ pieces: [Int], _ parse: ([UInt8]) throws(HTTPError) -> (Head, Int)?
) -> Outcome<Head> {
    var heads: [Head] = []
    var received: [UInt8] = []
    var position = 0
    for end in pieces + [bytes.count] {
        received += bytes[position..<end]
        position = end
        do throws(HTTPError) {
            while let (head, consumed) = try parse(received) {
                heads.append(head)
                received.removeFirst(consumed)
            }
        } catch {
            return .refused(after: heads.count, error)
        }
    }
    return .heads(heads, rest: received)
}

/// The same for bodies: data, what is left over, whether it is complete.
enum BodyOutcome: Equatable, Sendable {
    case body([UInt8], rest: [UInt8], isComplete: Bool)
    case refused(HTTPError)
}

func body(
    _ bytes: [UInt8], _ framing: BodyFraming = .chunked, pieces: [Int] = [], limits: HTTPLimits = HTTPLimits()
) -> BodyOutcome {
    var data: [UInt8] = []
    var rest: [UInt8] = []
    var position = 0
    do throws(HTTPError) {
        var reader = try BodyReader(framing, limits: limits)
        for end in pieces + [bytes.count] {
            let piece = Array(bytes[position..<end])
            position = end
            let result: Result<Int, HTTPError> = piece.withUnsafeBytes { bytes in
                do throws(HTTPError) {
                    return .success(try reader.read(bytes) { data += $0 }.consumed)
                } catch { return .failure(error) }
            }
            rest += piece[try result.get()...]
        }
        return .body(data, rest: rest, isComplete: reader.isComplete)
    } catch {
        return .refused(error)
    }
}

extension Outcome where Head == RequestHead {
    init(_ text: String) { self = requests(in: Array(text.utf8)) }
    /// The only head, when there is exactly one and nothing else.
    var head: RequestHead? {
        if case .heads(let heads, let rest) = self, heads.count == 1, rest.isEmpty { heads[0] } else { nil }
    }
    var error: HTTPError? { if case .refused(_, let error) = self { error } else { nil } }
}

extension Outcome where Head == ResponseHead {
    var error: HTTPError? { if case .refused(_, let error) = self { error } else { nil } }
    var head: ResponseHead? { if case .heads(let heads, _) = self { heads.first } else { nil } }
}

/// Some ascending cut positions within `count` bytes.
func cuts(of count: Int, using random: inout some RandomNumberGenerator) -> [Int] {
    let number = Int.random(in: 0...6, using: &random)
    return (0..<number).map { _ in Int.random(in: 0...count, using: &random) }.sorted()
}

/// The upgrade request that everything is measured with: 6 fields, 215 bytes.
let upgradeRequest = """
    GET /ws?token=eyJhbGciOiJIUzI1NiJ9.e30.c2ln HTTP/1.1\r
    Host: example.org\r
    Upgrade: websocket\r
    Connection: Upgrade\r
    Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r
    Sec-WebSocket-Version: 13\r
    Origin: https://example.org\r
    \r\n
    """
