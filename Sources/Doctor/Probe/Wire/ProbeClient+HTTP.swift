import Bytes
import EventLoop
import Glibc
import Transport

extension ProbeClient {
    /// A request as a browser would send it for `target`, on a connection of its own.
    func request(
        _ target: String, method: String = "GET", host: String? = nil, fields: [WireField] = [],
        keepsAlive: Bool = false
    ) -> ProbeRequest {
        var all = [WireField("Host", host ?? endpoint.authority)]
        for (name, value) in [("User-Agent", Self.userAgent), ("Accept", "*/*")]
        where fields.value(of: name) == nil { all.append(WireField(name, value)) }
        all += fields
        if !keepsAlive { all.append(WireField("Connection", "close")) }
        return ProbeRequest(method, target, fields: all)
    }

    /// Tells whose requests these are in the logs of the other side.
    static let userAgent = "sockeye-doctor"

    /// Sends one request and reads the answer.
    ///
    /// - Parameters:
    ///   - secure: nil: as the endpoint says.
    ///   - time: for the answer; nil: the usual patience.
    ///   - isEnough: Asked with what there is, and since when, whenever something came and four times a second: true stops reading.
    func exchange(
        _ request: ProbeRequest, secure: Bool? = nil, within time: Duration? = nil,
        limits: AnswerReader.Limits = AnswerReader.Limits(), isEnough: Sufficiency? = nil
    ) async -> HTTPExchange {
        switch await open(secure: secure) {
        case .failure(let fault): return HTTPExchange(request: request, outcome: fault.outcome)
        case .success(let socket):
            let (exchange, _) = await converse(
                socket, request, within: time, limits: limits, isEnough: isEnough)
            await socket.close()
            return exchange
        }
    }

    /// Whether an answer says enough, so long after the request.
    typealias Sufficiency = @Sendable (_ answer: HTTPAnswer?, _ time: Duration) -> Bool

    /// Sends a request on an open connection and reads the answer; the connection stays as it is.
    func converse(
        _ socket: LoopSocket, _ request: ProbeRequest, within time: Duration? = nil,
        limits: AnswerReader.Limits = AnswerReader.Limits(), isEnough: Sufficiency? = nil
    ) async -> (exchange: HTTPExchange, reader: AnswerReader) {
        var reader = AnswerReader(method: request.method, limits: limits)
        let start = EventLoop.now()
        let until = limit(time ?? patience.answer)
        await socket.send(request.bytes)
        var end = StreamEnd.open
        while !reader.isComplete {
            if let isEnough, isEnough(reader.outcome(.open).answer, EventLoop.now() - start) { break }
            let pause = isEnough == nil ? until : min(until, EventLoop.now() + .milliseconds(250))
            switch await socket.receive(deadline: pause) {
            case .bytes(let bytes): reader.receive(bytes, at: EventLoop.now() - start)
            case .end: end = .finished
            case .failed(ECONNRESET), .failed(EPIPE): end = .reset
            case .failed(let number): end = .broken(number)
            case .tlsFailed(let error): end = .tls(error.code)
            case .timedOut where pause < until: continue
            case .timedOut: end = .silent
            }
            if end != .open { break }
        }
        let exchange = HTTPExchange(
            request: request, outcome: reader.outcome(end), elapsed: EventLoop.now() - start)
        return (exchange, reader)
    }
}
