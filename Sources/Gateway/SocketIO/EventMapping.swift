import Bytes
import JSON

/// An event as the data of a topic's message, and back: `{"event":NAME,"args":[…]}`, with `"attachments":["…"]` where bytes are
/// attached, in Base64.
///
/// Any other data is the only argument of an event whose name the namespace chooses.
struct EventMapping {
    /// The event's name as JSON, with its quotes; nil for data that is no event.
    var rawName: UnsafeRawBufferPointer?
    /// The arguments as they stand between the brackets.
    var arguments: UnsafeRawBufferPointer
    /// What is attached.
    var attachments: [[UInt8]] = []

    /// Reads data, which is JSON.
    init(_ data: UnsafeRawBufferPointer) {
        if let event = Self.event(data) {
            self = event
        } else {
            rawName = nil
            arguments = data
        }
    }

    private init(
        rawName: UnsafeRawBufferPointer, arguments: UnsafeRawBufferPointer, attachments: [[UInt8]]
    ) {
        self.rawName = rawName
        self.arguments = arguments
        self.attachments = attachments
    }

    /// Nil for whatever has not exactly these members.
    private static func event(_ data: UnsafeRawBufferPointer) -> EventMapping? {
        guard data.first == UInt8(ascii: "{"),
            var scanner = try? JSONScanner(data, depthLimit: JSONScanner.greatestDepth, isValidUTF8: true),
            var hasMore = try? scanner.enterObject()
        else { return nil }
        var rawName: UnsafeRawBufferPointer?
        var arguments: UnsafeRawBufferPointer?
        var attachments: [[UInt8]] = []
        while hasMore {
            guard let key = try? scanner.key() else { return nil }
            if key.equals("event"), rawName == nil {
                guard (try? scanner.peek()) == .string, let name = try? scanner.string(),
                    let start = name.raw.baseAddress
                else { return nil }
                rawName = UnsafeRawBufferPointer(start: start - 1, count: name.raw.count &+ 2)
            } else if key.equals("args"), arguments == nil {
                guard (try? scanner.peek()) == .array, let array = try? scanner.skipValue() else {
                    return nil
                }
                arguments = UnsafeRawBufferPointer(rebasing: array[1..<(array.count - 1)])
            } else if key.equals("attachments"), attachments.isEmpty {
                guard let all = try? scanner.skipValue(), let decoded = decode(all) else { return nil }
                attachments = decoded
            } else {
                return nil
            }
            guard let more = try? scanner.endMember() else { return nil }
            hasMore = more
        }
        guard let rawName, let arguments else { return nil }
        return EventMapping(rawName: rawName, arguments: arguments, attachments: attachments)
    }

    private static func decode(_ array: UnsafeRawBufferPointer) -> [[UInt8]]? {
        guard let value = try? JSONValue.parse(array), let texts = value.arrayValue, texts.count <= limit
        else { return nil }
        var all: [[UInt8]] = []
        for text in texts {
            guard let text = text.stringValue, let bytes = Base64.decode(text) else { return nil }
            all.append(bytes)
        }
        return all
    }

    /// Appends the data that an event becomes.
    static func append(
        rawName: UnsafeRawBufferPointer, arguments: UnsafeRawBufferPointer, attachments: [[UInt8]],
        to buffer: ByteBuffer
    ) {
        buffer.append(#"{"event":"#)
        buffer.append(rawName)
        buffer.append(#","args":["#)
        buffer.append(arguments)
        buffer.append("]")
        if !attachments.isEmpty {
            buffer.append(#","attachments":["#)
            for (index, attachment) in attachments.enumerated() {
                buffer.append(index == 0 ? "\"" : ",\"")
                attachment.withUnsafeBytes { buffer.append(base64: $0) }
                buffer.append("\"")
            }
            buffer.append("]")
        }
        buffer.append("}")
    }

    /// Attachments of one event that came as data.
    private static let limit = 1000
}
