internal import JSON

/// Reads JSON Web Key Sets, RFC 7517.
///
/// A key that cannot be used is skipped and told, as RFC 7517 §5 asks, so that an issuer can add a new kind
/// without locking anybody out; only a set without any usable key is an error.
enum KeySetDocument {
    /// Reads a set, or a single key; a served one can hold no secrets.
    static func read(_ bytes: [UInt8], isServed: Bool) throws(KeyError) -> KeyReading {
        let result = bytes.withUnsafeBytes { bytes -> Result<KeyReading, KeyError> in
            do throws(KeyError) {
                return .success(try read(bytes, isServed: isServed))
            } catch {
                return .failure(error)
            }
        }
        return try result.get()
    }

    private static func read(
        _ bytes: UnsafeRawBufferPointer, isServed: Bool
    ) throws(KeyError) -> KeyReading {
        var keys: [TokenKey] = []
        var skipped: [KeyReading.Skipped] = []
        var showsPrivateKey = false
        for (place, raw) in try elements(bytes).enumerated() {
            var id: String?
            do throws(KeyError) {
                let key = try WebKey(raw)
                id = key.id?.excerpt(64)
                let token = try key.tokenKey()
                if isServed, token.kind == .secret {
                    throw .unsupported("a shared secret in a set that everybody can fetch")
                }
                showsPrivateKey = showsPrivateKey || key.isPrivate
                keys.append(token)
            } catch {
                skipped.append(.init(place: place + 1, id: id, reason: error))
            }
        }
        if keys.isEmpty { throw .unusableSet(first: skipped.first?.reason.description) }
        return KeyReading(keys, skipped: skipped, showsPrivateKey: showsPrivateKey)
    }

    /// The keys of a document, as written: the elements of `keys`, or the document itself when it is a key.
    private static func elements(_ bytes: UnsafeRawBufferPointer) throws(KeyError) -> [UnsafeRawBufferPointer]
    {
        var set: UnsafeRawBufferPointer?
        var isKey = false
        do throws(JSONError) {
            var names = JSONKeySet()
            var scanner = try JSONScanner(bytes)
            let isObject = try scanner.peek() == .object
            if !isObject { _ = try scanner.skipValue() }
            var more = isObject ? try scanner.enterObject() : false
            while more {
                let name = try scanner.uniqueKey(&names)
                let value = try scanner.skipValue()
                if name.equals("keys") { set = value }
                if name.equals("kty") { isKey = true }
                more = try scanner.endMember()
            }
            try scanner.finish()
        } catch {
            throw .json(error)
        }
        if let set { return try elements(ofArray: set) }
        guard isKey else { throw .notAKeySet }
        return [bytes]
    }

    private static func elements(
        ofArray raw: UnsafeRawBufferPointer
    ) throws(KeyError) -> [UnsafeRawBufferPointer] {
        guard raw.first == UInt8(ascii: "[") else { throw .member("keys", expected: "an array") }
        var elements: [UnsafeRawBufferPointer] = []
        do throws(JSONError) {
            var scanner = try JSONScanner(raw, isValidUTF8: true)
            var more = try scanner.enterArray()
            // One more than allowed shows that there are too many.
            while more, elements.count <= KeySet.mostKeys {
                elements.append(try scanner.skipValue())
                more = try scanner.endElement()
            }
        } catch {
            throw .json(error)
        }
        if elements.count > KeySet.mostKeys { throw .tooMany(limit: KeySet.mostKeys) }
        return elements
    }
}
