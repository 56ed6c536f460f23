import Bytes
import HTTPWire
import JSON

/// A user name and a password, as forms and programs send them.
struct LoginForm: Equatable {
    var username: String
    var password: String

    /// What is wrong with a body.
    enum Fault: Error, Equatable {
        /// A field is not there.
        case missing(String)
        /// The body is not what its type says.
        case unreadable
        /// Neither a form nor JSON.
        case type
    }

    /// Reads a body by its `Content-Type`: `application/x-www-form-urlencoded`, `multipart/form-data` or
    /// `application/json`.
    init(_ body: [UInt8], type: String?) throws(Fault) {
        let name = (type ?? "application/x-www-form-urlencoded").prefix { $0 != ";" }.lowercased()
        let fields: [String: String]
        switch name.filter({ $0 != " " }) {
        case "application/x-www-form-urlencoded": fields = try Self.form(body)
        case "application/json": fields = try Self.json(body)
        case "multipart/form-data": fields = try Self.parts(body, type ?? "")
        default: throw .type
        }
        guard let username = fields["username"], !username.isEmpty else { throw .missing("username") }
        guard let password = fields["password"], !password.isEmpty else { throw .missing("password") }
        self.username = username
        self.password = password
    }

    /// The URL standard's form encoding: pairs joined by `&`, blanks as `+`.
    private static func form(_ body: [UInt8]) throws(Fault) -> [String: String] {
        var fields: [String: String] = [:]
        for pair in body.split(separator: UInt8(ascii: "&")) {
            let halves = pair.split(
                separator: UInt8(ascii: "="), maxSplits: 1, omittingEmptySubsequences: false)
            guard halves.count == 2, let name = text(halves[0]), let value = text(halves[1]) else {
                throw .unreadable
            }
            if fields.updateValue(value, forKey: name) != nil { throw .unreadable }
        }
        return fields
    }

    private static func text(_ encoded: ArraySlice<UInt8>) -> String? {
        var bytes: [UInt8] = []
        var rest = encoded
        while let byte = rest.popFirst() {
            switch byte {
            case UInt8(ascii: "+"): bytes.append(0x20)
            case UInt8(ascii: "%"):
                guard let high = rest.popFirst().flatMap(Octets.hexValue),
                    let low = rest.popFirst().flatMap(Octets.hexValue)
                else { return nil }
                bytes.append(high << 4 | low)
            default: bytes.append(byte)
            }
        }
        return String(validating: bytes, as: UTF8.self)
    }

    private static func json(_ body: [UInt8]) throws(Fault) -> [String: String] {
        let parsed = body.withUnsafeBytes { try? JSONValue.parse($0) }
        guard let members = parsed?.objectValue?.members else { throw .unreadable }
        var fields: [String: String] = [:]
        for member in members { fields[member.key] = member.value.stringValue }
        return fields
    }

    /// RFC 7578: parts between lines of dashes and the boundary, each with a head that names the field.
    private static func parts(_ body: [UInt8], _ type: String) throws(Fault) -> [String: String] {
        guard let mark = type.firstRange(of: "boundary=") else { throw .unreadable }
        let boundary = type[mark.upperBound...].prefix { $0 != ";" }.filter { $0 != "\"" }
        guard !boundary.isEmpty, let whole = String(validating: body, as: UTF8.self) else {
            throw .unreadable
        }
        var fields: [String: String] = [:]
        for part in ("\r\n" + whole).split(separator: "\r\n--" + boundary, omittingEmptySubsequences: false)
            .dropFirst()
        {
            guard let end = part.firstRange(of: "\r\n\r\n") else { continue }
            let head = part[..<end.lowerBound]
            guard let start = head.firstRange(of: "name=\"") else { continue }
            let name = head[start.upperBound...].prefix { $0 != "\"" }
            fields[String(name)] = String(part[end.upperBound...])
        }
        return fields
    }
}
