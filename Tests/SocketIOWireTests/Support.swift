import Bytes
import JSON
import SocketIOWire

extension String {
    /// Lends the UTF-8 as raw bytes.
    func withBytes<R>(_ body: (UnsafeRawBufferPointer) -> R) -> R {
        Array(utf8).withUnsafeBytes(body)
    }
}

extension UnsafeRawBufferPointer {
    var text: String { String(decoding: self, as: UTF8.self) }
}

func written(_ body: (ByteBuffer) -> Void) -> String {
    let buffer = ByteBuffer()
    body(buffer)
    return String(decoding: buffer.bytes, as: UTF8.self)
}

/// A packet in memory of its own.
struct OwnedPacket: Equatable, CustomStringConvertible {
    var type: SocketPacketType
    var namespace = "/"
    var id: UInt64?
    var attachmentCount = 0
    /// The event's name as JSON, with its quotes.
    var rawName = ""
    var arguments: [String] = []
    /// Of packets that are no events and no acks.
    var payload = ""

    init(
        _ type: SocketPacketType, in namespace: String = "/", id: UInt64? = nil, attachments: Int = 0,
        _ rawName: String = "", _ arguments: [String] = [], payload: String = ""
    ) {
        self.type = type
        self.namespace = namespace
        self.id = id
        attachmentCount = attachments
        self.rawName = rawName
        self.arguments = arguments
        self.payload = payload
    }

    init(_ packet: SocketPacket) {
        type = packet.type
        namespace = packet.namespace.text
        id = packet.id
        attachmentCount = packet.attachmentCount
        rawName = packet.rawName.text
        var reader = packet.argumentReader
        while let argument = reader.next() { arguments.append(argument.text) }
        if !packet.type.isEvent && !packet.type.isAck { payload = packet.payload.text }
    }

    /// How the encoder writes it.
    var text: String {
        namespace.withBytes { namespace in
            arguments.joined(separator: ",").withBytes { arguments in
                rawName.withBytes { name in
                    payload.withBytes { payload in
                        written { buffer in
                            let attachments = type.isBinary ? attachmentCount : nil
                            switch type {
                            case .connect:
                                SocketEncoder.appendConnect(namespace: namespace, auth: payload, to: buffer)
                            case .disconnect:
                                SocketEncoder.appendDisconnect(namespace: namespace, to: buffer)
                            case .event, .binaryEvent:
                                SocketEncoder.appendEvent(
                                    namespace: namespace, id: id, rawName: name, arguments: arguments,
                                    attachments: attachments, to: buffer)
                            case .ack, .binaryAck:
                                SocketEncoder.appendAck(
                                    namespace: namespace, id: id ?? 0, arguments: arguments,
                                    attachments: attachments, to: buffer)
                            case .connectError:
                                SocketEncoder.appendHead(.connectError, namespace: namespace, to: buffer)
                                buffer.append(payload)
                            }
                        }
                    }
                }
            }
        }
    }

    var description: String {
        "\(type) \(namespace) \(id.map(String.init) ?? "-") \(attachmentCount) \(rawName) \(arguments) \(payload)"
    }
}

/// The packet in a text, or why there is none.
func packet(
    in text: [UInt8], isValidUTF8: Bool = false, attachmentLimit: Int = 10
) -> Result<OwnedPacket, SocketError> {
    text.withUnsafeBytes { text in
        do throws(SocketError) {
            return .success(
                OwnedPacket(
                    try SocketPacket(text, isValidUTF8: isValidUTF8, attachmentLimit: attachmentLimit)))
        } catch {
            return .failure(error)
        }
    }
}

func packet(in text: String) -> Result<OwnedPacket, SocketError> { packet(in: Array(text.utf8)) }
