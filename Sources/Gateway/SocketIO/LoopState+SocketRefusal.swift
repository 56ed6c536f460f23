import Bytes
import EngineIOWire
import HTTPWire
import JSON
import SocketIOWire

// Who is not let into a namespace, and what the client is told.
extension LoopState {
    func unknownNamespace(_ packet: SocketPacket, _ client: EngineClient, _ space: EventSpace) {
        let name = String(decoding: packet.namespace.prefix(128), as: UTF8.self)
        keep(
            shared.admission.namespaceUnknown(
                name, among: space.namespaces.map(\.name), client.facts?.head, from: client.peer))
        let error = ByteBuffer()
        error.append(byte: EnginePacketType.message.rawValue)
        SocketEncoder.appendConnectError(
            namespace: packet.namespace, message: "Invalid namespace",
            data: UnsafeRawBufferPointer(start: nil, count: 0), to: error)
        send(error.bytes, to: client)
    }

    /// Refuses a socket, and tells the client why: in words for people, and with a code.
    func refuse(_ socket: EventSocket, _ refusal: Refusal, code: String? = nil) {
        keep(refusal)
        guard let client = socket.client else { return }
        let octets = socket.namespace.octets
        forget(socket)
        refuse(octets, refusal.message, code: code ?? refusal.code, remedy: refusal.remedy, client)
    }

    func refuse(
        _ namespace: [UInt8], _ message: String, code: String, remedy: String, _ client: EngineClient
    ) {
        let data = ByteBuffer()
        var object = JSONObjectWriter(data)
        object.member("code", code)
        object.member("reason", message)
        object.member("remedy", remedy)
        object.end()
        let error = ByteBuffer()
        error.append(byte: EnginePacketType.message.rawValue)
        namespace.withUnsafeBytes {
            SocketEncoder.appendConnectError(
                namespace: $0, message: message, data: data.bytes, to: error)
        }
        send(error.bytes, to: client)
    }

    /// Nobody connected to a namespace in time.
    func connectTimedOut(_ client: EngineClient) {
        keep(shared.admission.connectMissing(client.facts?.head, from: client.peer))
        end(client, client.machine.close())
    }
}

extension EventSpace {
    /// The places a token may stand, in words, for who has none.
    var tokenPlaceWords: [String] {
        var words: [String] = []
        if tokenPlaces.contains(.message) { words.append("as io(url, { auth: { \(tokenName): TOKEN } })") }
        if tokenPlaces.contains(.query) { words.append("as ?\(tokenName)=TOKEN") }
        if tokenPlaces.contains(.header) { words.append("as Authorization: Bearer TOKEN") }
        if tokenPlaces.contains(.cookie) { words.append("in the cookie \(cookieName)") }
        return words
    }
}
