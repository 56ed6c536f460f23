import Bytes
import Configuration
import EventLoop
import HTTPWire
import Synchronization
import Tokens
import Transport
import WebSocketWire
struct Refusal { var status = 400; var body = "{}" }
extension Response { init(_ r: Refusal) { self = .json(r.status, r.body) } }
struct RefusalLog { func json() -> String { "[]" } }
struct OriginPolicy { init(_ o: Options) {} }
enum TransportFault { case tlsOnPlainPort, plainOnTLSPort }
extension ServerShared {
    func diagnose(_ h: RequestHead, _ c: Connection) -> Refusal { Refusal() }
    func originRefusal(_ o: String?, _ h: RequestHead, _ c: Connection) -> Refusal? { nil }
    func tokenRefusal(_ e: TokenError, _ h: RequestHead, _ c: Connection) -> Refusal { Refusal(status: 403) }
    func tokenRefusal(_ e: TokenError, _ c: Connection) -> Refusal { Refusal(status: 403) }
    func transportRefusal(_ f: TransportFault, _ c: Connection) -> Refusal { Refusal() }
    func keep(_ r: Refusal, at: Int64) {}
}
extension String { var jsonEscaped: String { self } }
enum Release { static let number = "0.1.0" }
