internal import Bytes

extension PasswordHash {
    /// Reads a stored string; strict, so that what is read is written alike.
    ///
    /// - Throws: `.malformed`; `.cost` when the parameters are outside of ``Cost``'s ranges.
    public init(text: String) throws(PasswordHashError) {
        let fields = text.split(separator: "$", omittingEmptySubsequences: false)
        guard text.utf8.count <= 256, fields.count == 5, fields[0].isEmpty, fields[1] == "scrypt",
            let (logarithm, blockSize, passes) = Self.parameters(fields[2]),
            let salt = Self.decode(fields[3]), Self.saltCounts.contains(salt.count),
            let digest = Self.decode(fields[4]), Self.digestCounts.contains(digest.count)
        else { throw .malformed }
        guard let cost = Cost(logarithm: logarithm, blockSize: blockSize, passes: passes) else {
            throw .cost
        }
        self.init(cost: cost, salt: salt, digest: digest)
    }

    /// Bytes as PHC strings have them: base64 without padding.
    static func encode(_ bytes: [UInt8]) -> String {
        Base64.encode(bytes, alphabet: .standard, padding: false)
    }

    private static func decode(_ text: Substring) -> [UInt8]? {
        Base64.decode(text.utf8, alphabet: .standard, padding: .forbidden)
    }

    /// `ln=15,r=8,p=1`, in this order.
    private static func parameters(_ text: Substring) -> (Int, Int, Int)? {
        let parts = text.split(separator: ",", omittingEmptySubsequences: false)
        guard parts.count == 3, let logarithm = number(parts[0], "ln="),
            let blockSize = number(parts[1], "r="), let passes = number(parts[2], "p=")
        else { return nil }
        return (logarithm, blockSize, passes)
    }

    /// A number without sign or leading zeros, of at most 9 digits.
    private static func number(_ text: Substring, _ name: String) -> Int? {
        guard text.hasPrefix(name) else { return nil }
        let digits = text.dropFirst(name.count)
        guard (1...9).contains(digits.utf8.count), digits.utf8.first != UInt8(ascii: "0"),
            digits.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) })
        else { return nil }
        return Int(digits)
    }
}

/// Why there is no password hash.
public enum PasswordHashError: Error, Equatable, Sendable {
    /// The stored string demands more than a login may cost, or so little that it protects nothing.
    case cost
    /// The password is empty.
    case empty
    /// The stored string is not `$scrypt$ln=…,r=…,p=…$SALT$HASH`.
    case malformed
    /// There is not the memory that hashing takes, in bytes.
    case memory(bytes: Int)
    /// The salt has not 8 to 64 bytes.
    case salt
    /// The password has more bytes than are read.
    case tooLong(limit: Int)

    /// A stable code for logs and tests.
    public var code: String {
        switch self {
        case .cost: "PASSWORD-COST"
        case .empty: "PASSWORD-EMPTY"
        case .malformed: "PASSWORD-HASH"
        case .memory: "PASSWORD-MEMORY"
        case .salt: "PASSWORD-SALT"
        case .tooLong: "PASSWORD-LENGTH"
        }
    }
}

extension PasswordHashError: CustomStringConvertible {
    /// What is wrong, in words.
    public var description: String {
        switch self {
        case .cost: "the stored password hash has parameters outside of the ranges allowed"
        case .empty: "the password is empty"
        case .malformed: "the stored password hash is not an scrypt string"
        case .memory(let bytes): "there are not \(bytes >> 20) MiB of memory to check a password with"
        case .salt: "the salt has not 8 to 64 bytes"
        case .tooLong(let limit): "the password has more than \(limit) bytes"
        }
    }

    /// What can be done about it.
    public var remedy: String {
        switch self {
        case .cost, .malformed: "set the password anew with 'sockeye user passwd'"
        case .empty: "choose a password"
        case .memory: "give the server more memory, or let it check fewer passwords at a time"
        case .salt: "give 16 random bytes"
        case .tooLong: "choose a shorter password"
        }
    }
}
