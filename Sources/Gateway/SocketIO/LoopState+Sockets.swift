import EngineIOWire
import SocketIOWire
import Telemetry

// Socket.IO in an Engine.IO session: what its packets mean.
extension LoopState {
    /// A message of a session that speaks Socket.IO.
    func receive(
        _ data: UnsafeRawBufferPointer, isBinary: Bool, in space: EventSpace, from client: EngineClient
    ) {
        do throws(SocketError) {
            let decoded =
                isBinary
                ? try client.decoder.receive(binary: data, limits: space.limits)
                : try client.decoder.receive(text: data, isValidUTF8: true, limits: space.limits)
            switch decoded {
            case .packet(let packet): receive(packet, [], in: space, from: client)
            case .binary(let whole):
                whole.withPacket { receive($0, whole.attachments, in: space, from: client) }
            case .incomplete: break
            }
        } catch {
            broken(client, error)
        }
    }

    private func receive(
        _ packet: SocketPacket, _ attachments: [[UInt8]], in space: EventSpace, from client: EngineClient
    ) {
        if packet.type == .connect { return connect(packet, in: space, client) }
        guard
            let socket = client.sockets.first(where: { socket in
                socket.namespace.octets.withUnsafeBytes { packet.isIn($0) }
            })
        else {
            // What was on its way when the server ended a socket is nobody's fault.
            if client.hadSockets { return }
            return broken(client, .invalidPayload(packet.type))
        }
        if socket.awaitsGreeting { begin(socket, client) }
        // No client speaks before it knows that it is connected; the reference server ends the connection as well.
        guard socket.phase == .ready || packet.type == .disconnect else {
            return broken(client, .invalidPayload(packet.type))
        }
        switch packet.type {
        case .event, .binaryEvent:
            metrics.engine.eventsReceived &+= 1
            perform(packet, attachments, socket, client)
        case .ack, .binaryAck: acknowledged(packet, socket)
        case .disconnect: end(socket, .clientLeft)
        case .connect, .connectError: broken(client, .invalidPayload(packet.type))
        }
    }

    /// A client that sends no Socket.IO: its session ends, for what it sends next may be the rest of a packet.
    private func broken(_ client: EngineClient, _ error: SocketError) {
        logOften(
            .init(level: .info, event: "socket-packet-refused", code: error.code),
            "a Socket.IO packet cannot be read: \(error)",
            ["engine": "\(client.slot)", "code": "\(error.code)", "remedy": "\(error.remedy)"])
        end(client, client.machine.received(EngineError.unknownType(0)))
    }
}
