import Bytes
import JSON

extension String {
    /// Lends the UTF-8 as raw bytes.
    func withBytes<R>(_ body: (UnsafeRawBufferPointer) -> R) -> R {
        Array(utf8).withUnsafeBytes(body)
    }
}

/// The error of skipping a whole text, or nil.
func skipError(_ bytes: [UInt8], depthLimit: Int = 64, isValidUTF8: Bool = false) -> JSONError? {
    bytes.withUnsafeBytes { bytes in
        do throws(JSONError) {
            var scanner = try JSONScanner(bytes, depthLimit: depthLimit, isValidUTF8: isValidUTF8)
            _ = try scanner.skipValue()
            try scanner.finish()
            return nil
        } catch {
            return error
        }
    }
}

func skipError(_ text: String) -> JSONError? {
    skipError(Array(text.utf8))
}

/// The error of parsing a whole text, or nil.
func parseError(_ bytes: [UInt8], depthLimit: Int = 64) -> JSONError? {
    bytes.withUnsafeBytes { bytes in
        do throws(JSONError) {
            _ = try JSONValue.parse(bytes, depthLimit: depthLimit)
            return nil
        } catch {
            return error
        }
    }
}

func parseError(_ text: String) -> JSONError? {
    parseError(Array(text.utf8))
}

/// What a JSON string means, read from its text with quotes.
func decode(_ text: String) throws -> String {
    try text.withBytes { bytes in
        Result {
            var scanner = try JSONScanner(bytes)
            return try scanner.string().string
        }
    }.get()
}

func written(_ body: (ByteBuffer) -> Void) -> String {
    let buffer = ByteBuffer()
    body(buffer)
    return String(decoding: buffer.bytes, as: UTF8.self)
}
