import Bytes
import Configuration
import EngineIOWire
import JSON
import SocketIOWire

// What the sender of an event is told: that it is done, or why not.
extension LoopState {
    func succeed(_ id: UInt64, _ socket: EventSocket) {
        let ok: StaticString = #"{"ok":true}"#
        acknowledge(
            id, UnsafeRawBufferPointer(start: ok.utf8Start, count: ok.utf8CodeUnitCount), [], socket)
    }

    func fail(_ fault: EventFault, _ run: EventRun, _ socket: EventSocket) {
        let id = run.id
        run.id = nil
        fail(fault, id, event: run.name, socket)
    }

    /// Tells what went wrong: by the acknowledgement, or without one as the event `error`.
    func fail(_ fault: EventFault, _ id: UInt64?, event: String?, _ socket: EventSocket) {
        metrics.engine.eventsRefused &+= 1
        shared.log.eventRefused(socket, event ?? "", fault)
        guard let id else {
            return tellError(
                code: fault.code, message: fault.message, remedy: fault.remedy, event: event, to: socket)
        }
        let arguments = buffers.take()
        defer { buffers.give(arguments) }
        var object = JSONObjectWriter(arguments)
        object.member("ok", false)
        object.member("code", fault.code)
        object.member("message", fault.message)
        object.member("remedy", fault.remedy)
        object.end()
        acknowledge(id, arguments.bytes, [], socket)
    }

    /// Acknowledges an event.
    func acknowledge(
        _ id: UInt64, _ arguments: UnsafeRawBufferPointer, _ attachments: [[UInt8]], _ socket: EventSocket
    ) {
        let packet = buffers.take()
        defer { buffers.give(packet) }
        packet.append(byte: EnginePacketType.message.rawValue)
        socket.namespace.octets.withUnsafeBytes {
            SocketEncoder.appendAck(
                namespace: $0, id: id, arguments: arguments,
                attachments: attachments.isEmpty ? nil : attachments.count, to: packet)
        }
        send(packet.bytes, attachments, to: socket)
    }
}
