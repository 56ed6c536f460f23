internal import JSON
internal import PubSub

/// Values of a command's members that are more than a string, read from their JSON text.
enum MemberValue {
    /// A whole number from 0 to 2^31 - 1.
    static func count(_ raw: UnsafeRawBufferPointer?, _ name: String) throws(SockeyeError) -> Int? {
        guard let raw else { return nil }
        guard raw.count <= 10, let number = Int(String(decoding: raw, as: UTF8.self)), number >= 0,
            number <= Int32.max
        else { throw .wrongMember(name, expected: "a whole number, 0 or more") }
        return number
    }

    /// The id of a notification.
    static func identifier(_ raw: UnsafeRawBufferPointer?, _ name: String) throws(SockeyeError) -> Int64? {
        guard let raw else { return nil }
        guard raw.count <= 19, let number = Int64(String(decoding: raw, as: UTF8.self)), number >= 0 else {
            throw .wrongMember(name, expected: "the id of a notification")
        }
        return number
    }

    /// An array of ids of notifications.
    static func identifiers(
        _ raw: UnsafeRawBufferPointer?, _ name: String, limit: Int
    ) throws(SockeyeError) -> [Int64]? {
        guard let raw else { return nil }
        var ids: [Int64] = []
        do throws(JSONError) {
            var scanner = try JSONScanner(raw, isValidUTF8: true)
            var hasMore = try scanner.peek() == .array ? try scanner.enterArray() : false
            while hasMore, ids.count <= limit {
                let number = Int64(String(decoding: try scanner.skipValue().prefix(20), as: UTF8.self))
                // What is no id is found by the count.
                guard let number, number >= 0 else { break }
                ids.append(number)
                hasMore = try scanner.endElement()
            }
            if hasMore { ids = [] }
        } catch {
            throw .json(error)
        }
        guard (1...limit).contains(ids.count) else {
            throw .wrongMember(name, expected: "an array of 1 to \(limit) ids of notifications")
        }
        return ids
    }

    /// `true` or `false`.
    static func flag(_ raw: UnsafeRawBufferPointer?, _ name: String) throws(SockeyeError) -> Bool? {
        guard let raw else { return nil }
        switch String(decoding: raw.prefix(6), as: UTF8.self) {
        case "true": return true
        case "false": return false
        default: throw .wrongMember(name, expected: "true or false")
        }
    }

    /// `{"epoch":"…","offset":N}`, as `subscribed` tells it.
    static func position(
        _ raw: UnsafeRawBufferPointer?, _ name: String
    ) throws(SockeyeError) -> StreamPosition? {
        guard let raw else { return nil }
        var epoch: Epoch?
        var offset: UInt64?
        do throws(JSONError) {
            var scanner = try JSONScanner(raw, isValidUTF8: true)
            var hasMore = try scanner.peek() == .object ? try scanner.enterObject() : false
            while hasMore {
                let key = try scanner.key()
                if key.equals("epoch"), try scanner.peek() == .string {
                    epoch = Epoch(text: try scanner.string().string)
                } else if key.equals("offset"), try scanner.peek() == .number {
                    offset = UInt64(String(decoding: try scanner.number(), as: UTF8.self))
                } else {
                    _ = try scanner.skipValue()
                }
                hasMore = try scanner.endMember()
            }
        } catch {
            throw .json(error)
        }
        guard let epoch, let offset else {
            throw .wrongMember(name, expected: #"an object {"epoch":"…","offset":N}"#)
        }
        return StreamPosition(epoch: epoch, offset: offset)
    }
}
