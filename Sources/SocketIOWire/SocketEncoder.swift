public import Bytes
import JSON

/// Appends Socket.IO v5 packets: what stands behind the `4` of an Engine.IO text message, which the caller writes first.
///
/// Namespaces come with their slash; `/` is left out, as everybody does. JSON that is given is written as it is.
public enum SocketEncoder {
    /// Appends the client's wish to enter a namespace.
    ///
    /// - Parameter auth: an object as JSON; empty for none.
    public static func appendConnect(
        namespace: UnsafeRawBufferPointer, auth: UnsafeRawBufferPointer, to buffer: ByteBuffer
    ) {
        appendHead(.connect, namespace: namespace, to: buffer)
        buffer.append(auth)
    }

    /// Appends the server's consent.
    ///
    /// - Parameters:
    ///   - sid: the id of the socket, which must differ from the Engine.IO session's.
    ///   - pid: the private id for connection state recovery; nil leaves it out.
    public static func appendConnected(
        namespace: UnsafeRawBufferPointer, sid: String, pid: String? = nil, to buffer: ByteBuffer
    ) {
        appendHead(.connect, namespace: namespace, to: buffer)
        var object = JSONObjectWriter(buffer)
        object.member("sid", sid)
        object.member("pid", pid)
        object.end()
    }

    /// Appends the server's refusal.
    ///
    /// - Parameters:
    ///   - message: becomes the message of the client's error.
    ///   - data: becomes its `data`, as JSON; empty leaves it out.
    public static func appendConnectError(
        namespace: UnsafeRawBufferPointer, message: String, data: UnsafeRawBufferPointer,
        to buffer: ByteBuffer
    ) {
        appendHead(.connectError, namespace: namespace, to: buffer)
        var object = JSONObjectWriter(buffer)
        object.member("message", message)
        if !data.isEmpty { object.member("data", raw: data) }
        object.end()
    }

    /// Appends the end of a namespace.
    public static func appendDisconnect(namespace: UnsafeRawBufferPointer, to buffer: ByteBuffer) {
        appendHead(.disconnect, namespace: namespace, to: buffer)
    }

    /// Appends an event.
    ///
    /// - Parameters:
    ///   - id: asks for an acknowledgement; nil for none.
    ///   - rawName: the event's name as JSON, with its quotes.
    ///   - arguments: as in `SocketPacket.arguments`.
    ///   - offset: where connection state recovery can go on; becomes the last argument. Nil for none.
    ///   - attachments: how many binary messages follow; nil makes it an event without bytes.
    @inlinable
    public static func appendEvent(
        namespace: UnsafeRawBufferPointer, id: UInt64? = nil, rawName: UnsafeRawBufferPointer,
        arguments: UnsafeRawBufferPointer, offset: String? = nil, attachments: Int? = nil,
        to buffer: ByteBuffer
    ) {
        appendHead(
            attachments == nil ? .event : .binaryEvent, attachments: attachments, namespace: namespace,
            id: id,
            to: buffer)
        buffer.append(byte: UInt8(ascii: "["))
        buffer.append(rawName)
        appendArguments(arguments, to: buffer)
        if let offset { append(offset: offset, to: buffer) }
        buffer.append(byte: UInt8(ascii: "]"))
    }

    /// Appends an event whose name is text.
    public static func appendEvent(
        namespace: UnsafeRawBufferPointer, id: UInt64? = nil, name: String, arguments: UnsafeRawBufferPointer,
        offset: String? = nil, attachments: Int? = nil, to buffer: ByteBuffer
    ) {
        appendHead(
            attachments == nil ? .event : .binaryEvent, attachments: attachments, namespace: namespace,
            id: id,
            to: buffer)
        buffer.append(byte: UInt8(ascii: "["))
        JSONWriter.append(string: name, to: buffer)
        appendArguments(arguments, to: buffer)
        if let offset { append(offset: offset, to: buffer) }
        buffer.append(byte: UInt8(ascii: "]"))
    }

    /// Appends an acknowledgement.
    ///
    /// - Parameters:
    ///   - id: the event's.
    ///   - arguments: as in `SocketPacket.arguments`.
    ///   - attachments: how many binary messages follow; nil makes it an ack without bytes.
    public static func appendAck(
        namespace: UnsafeRawBufferPointer, id: UInt64, arguments: UnsafeRawBufferPointer,
        attachments: Int? = nil, to buffer: ByteBuffer
    ) {
        appendHead(
            attachments == nil ? .ack : .binaryAck, attachments: attachments, namespace: namespace, id: id,
            to: buffer)
        buffer.append(byte: UInt8(ascii: "["))
        buffer.append(arguments)
        buffer.append(byte: UInt8(ascii: "]"))
    }

    /// Appends a placeholder for an attachment, as a value among arguments.
    public static func appendPlaceholder(_ index: Int, to buffer: ByteBuffer) {
        buffer.append(#"{"_placeholder":true,"num":"#)
        buffer.append(decimal: Int64(index))
        buffer.append(byte: UInt8(ascii: "}"))
    }

    /// Appends what stands before a payload.
    @inlinable
    public static func appendHead(
        _ type: SocketPacketType, attachments: Int? = nil, namespace: UnsafeRawBufferPointer,
        id: UInt64? = nil,
        to buffer: ByteBuffer
    ) {
        buffer.append(byte: type.rawValue)
        if let attachments {
            buffer.append(decimal: Int64(attachments))
            buffer.append(byte: UInt8(ascii: "-"))
        }
        if namespace.count > 1 {
            buffer.append(namespace)
            buffer.append(byte: UInt8(ascii: ","))
        }
        if let id { buffer.append(decimal: id) }
    }

    @usableFromInline
    static func appendArguments(_ arguments: UnsafeRawBufferPointer, to buffer: ByteBuffer) {
        guard !arguments.isEmpty else { return }
        buffer.append(byte: UInt8(ascii: ","))
        buffer.append(arguments)
    }

    @usableFromInline
    static func append(offset: String, to buffer: ByteBuffer) {
        buffer.append(byte: UInt8(ascii: ","))
        JSONWriter.append(string: offset, to: buffer)
    }
}
