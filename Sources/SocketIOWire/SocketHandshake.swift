import JSON

/// What a client gives with its wish to enter a namespace (Socket.IO v5, Connection to a namespace).
///
/// Slices of the packet's message, valid as long as that is.
public struct SocketAuth {
    /// The object as JSON; empty when the client gave none.
    public let json: UnsafeRawBufferPointer

    /// The auth of a connect packet.
    public init(_ packet: SocketPacket) {
        json = packet.type == .connect ? packet.payload : UnsafeRawBufferPointer(start: nil, count: 0)
    }

    /// The value of a member as JSON; nil when there is no such member.
    ///
    /// Of several of one name, the last counts, as in JavaScript.
    public subscript(name: String) -> UnsafeRawBufferPointer? {
        var found: UnsafeRawBufferPointer?
        do throws(JSONError) {
            // It was scanned when the packet was decoded.
            var scanner = try JSONScanner(json, depthLimit: JSONScanner.greatestDepth, isValidUTF8: true)
            var more = try scanner.enterObject()
            while more {
                let isWanted = try scanner.key().equals(text: name)
                let value = try scanner.skipValue()
                if isWanted { found = value }
                more = try scanner.endMember()
            }
        } catch {
            return nil
        }
        return found
    }

    /// The text of a member that is a string; nil for everything else.
    public func string(_ name: String) -> String? {
        guard let value = self[name] else { return nil }
        do throws(JSONError) {
            var scanner = try JSONScanner(value, isValidUTF8: true)
            return try scanner.string().string
        } catch {
            return nil
        }
    }

    /// The private id of the session that the client wants back (connection state recovery).
    public var pid: String? { string("pid") }

    /// The last offset the client has seen; with some clients the last string it received, whatever that was.
    public var offset: String? { string("offset") }
}

/// A server's consent, as a client reads it.
public struct SocketConnected: Equatable, Sendable {
    /// The id of the socket.
    public let sid: String
    /// The private id for connection state recovery, where the server offers that.
    public let pid: String?

    /// Reads the payload of a connect packet from a server; nil when it has no `sid`.
    public init?(_ packet: SocketPacket) {
        let auth = SocketAuth(packet)
        guard let sid = auth.string("sid") else { return nil }
        self.sid = sid
        pid = auth.pid
    }
}

/// A server's refusal, as a client reads it.
public struct SocketRefusal: Equatable, Sendable {
    /// The message of the error.
    public let message: String
    /// What the server tells besides, as JSON text; nil for nothing.
    public let data: String?

    /// Reads the payload of a connect error; nil for other packets.
    ///
    /// Old servers send a string instead of an object: that is the message.
    public init?(_ packet: SocketPacket) {
        guard packet.type == .connectError,
            let value = try? JSONValue.parse(packet.payload, depthLimit: JSONScanner.greatestDepth)
        else { return nil }
        if case .string(let text) = value {
            message = text
            data = nil
        } else {
            message = value["message"]?.stringValue ?? ""
            data = value["data"]?.text
        }
    }
}
