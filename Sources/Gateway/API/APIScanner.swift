import JSON

/// A scanner of strict JSON whose errors are answers.
struct APIScanner {
    private var scanner: JSONScanner

    init(_ bytes: UnsafeRawBufferPointer) throws(APIError) {
        do { scanner = try JSONScanner(bytes) } catch { throw .dialect(.json(error)) }
    }

    mutating func peek() throws(APIError) -> JSONScanner.Kind {
        do { return try scanner.peek() } catch { throw .dialect(.json(error)) }
    }

    mutating func enterObject() throws(APIError) -> Bool {
        do { return try scanner.enterObject() } catch { throw .dialect(.json(error)) }
    }

    mutating func key() throws(APIError) -> JSONString {
        do { return try scanner.key() } catch { throw .dialect(.json(error)) }
    }

    mutating func endMember() throws(APIError) -> Bool {
        do { return try scanner.endMember() } catch { throw .dialect(.json(error)) }
    }

    mutating func enterArray() throws(APIError) -> Bool {
        do { return try scanner.enterArray() } catch { throw .dialect(.json(error)) }
    }

    mutating func endElement() throws(APIError) -> Bool {
        do { return try scanner.endElement() } catch { throw .dialect(.json(error)) }
    }

    mutating func string() throws(APIError) -> JSONString {
        do { return try scanner.string() } catch { throw .dialect(.json(error)) }
    }

    mutating func number() throws(APIError) -> UnsafeRawBufferPointer {
        do { return try scanner.number() } catch { throw .dialect(.json(error)) }
    }

    mutating func skipValue() throws(APIError) -> UnsafeRawBufferPointer {
        do { return try scanner.skipValue() } catch { throw .dialect(.json(error)) }
    }

    mutating func finish() throws(APIError) {
        do { try scanner.finish() } catch { throw .dialect(.json(error)) }
    }
}
