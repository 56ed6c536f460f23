/// nginx's escaping of URIs: `ngx_escape_uri` and `ngx_unescape_uri`.
enum Escaping {
    /// Which octets are escaped, as bits for 0x20 to 0x7E; everything outside that range always is.
    struct Set {
        var low: UInt32
        var middle: UInt32
        var high: UInt32

        func contains(_ octet: UInt8) -> Bool {
            let bit = UInt32(1) << UInt32(octet & 0x1F)
            switch octet >> 5 {
            case 1: return low & bit != 0
            case 2: return middle & bit != 0
            case 3: return high & bit != 0
            default: return true
            }
        }
    }

    /// For a path: blank `"` `#` `%` `<` `>` `?` `\` `^` `` ` `` `{` `|` `}`.
    static let uri = Set(low: 0xD000_002D, middle: 0x5000_0000, high: 0xB800_0001)
    /// For what goes into a query: also `&` `+` `;`.
    static let arguments = Set(low: 0xD800_086D, middle: 0x5000_0000, high: 0xB800_0001)

    static func escape(_ text: ByteString, _ set: Set) -> ByteString {
        guard text.bytes.contains(where: set.contains) else { return text }
        var result = ByteString()
        for octet in text.bytes {
            if set.contains(octet) {
                result.bytes += [0x25, hex(octet >> 4), hex(octet & 15)]
            } else {
                result.append(octet)
            }
        }
        return result
    }

    /// What `rewrite … redirect` does to its target up to the first `?`: printable escapes are undone.
    static func unescapeRedirect(_ text: ByteString) -> ByteString {
        var result = ByteString()
        var at = 0
        let bytes = text.bytes
        while at < bytes.count {
            let octet = bytes[at]
            if octet == 0x3F { return result + text.dropping(at) }
            guard octet == 0x25 else {
                result.append(octet)
                at += 1
                continue
            }
            guard at + 1 < bytes.count else { break }
            guard let high = value(bytes[at + 1]) else {
                // An escape that is none loses its percent sign.
                result.append(bytes[at + 1])
                at += 2
                continue
            }
            guard at + 2 < bytes.count else { break }
            guard let low = value(bytes[at + 2]) else {
                at += 3
                continue
            }
            let decoded = high << 4 | low
            at += 3
            if decoded == 0x3F, bytes[at - 1] > 0x39 {
                result.append(decoded)
                return result + text.dropping(at)
            }
            if decoded > 0x25, decoded < 0x7F {
                result.append(decoded)
            } else {
                result.bytes += [0x25, bytes[at - 2], bytes[at - 1]]
            }
        }
        return result
    }

    /// Undoes every escape, as for the Destination of WebDAV or a URI given by a header.
    static func unescape(_ text: ByteString) -> ByteString {
        var result = ByteString()
        var at = 0
        let bytes = text.bytes
        while at < bytes.count {
            if bytes[at] == 0x25, at + 2 < bytes.count, let high = value(bytes[at + 1]),
                let low = value(bytes[at + 2])
            {
                result.append(high << 4 | low)
                at += 3
            } else {
                result.append(bytes[at])
                at += 1
            }
        }
        return result
    }

    static func value(_ octet: UInt8) -> UInt8? {
        switch octet {
        case 0x30...0x39: octet - 0x30
        case 0x41...0x46: octet - 0x37
        case 0x61...0x66: octet - 0x57
        default: nil
        }
    }

    private static func hex(_ digit: UInt8) -> UInt8 { digit < 10 ? 0x30 + digit : 0x37 + digit }
}
