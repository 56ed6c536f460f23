internal import CTLS

/// A password as it is kept: scrypt (RFC 7914) in the PHC string format, `$scrypt$ln=15,r=8,p=1$SALT$HASH`.
///
/// **Off the loop.** Making and verifying take 32 MiB of memory and about a tenth of a second of CPU: that is
/// their purpose. Call them on a thread of their own, a few at a time, and limit how often anybody may ask.
public struct PasswordHash: Sendable {
    /// How expensive a hash is.
    public let cost: Cost
    private let salt: [UInt8]
    private let digest: [UInt8]

    /// How expensive a hash is: memory of 128 · r · 2^ln bytes, and time that grows with it and p.
    public struct Cost: Sendable, Equatable {
        /// The logarithm of N, 10 to 17.
        public let logarithm: Int
        /// The block size, 1 to 32.
        public let blockSize: Int
        /// How many times the memory is walked, 1 to 4.
        public let passes: Int

        /// Nil outside of the ranges, or when it takes more than 128 MiB: a stored string must not be able to
        /// demand more.
        public init?(logarithm: Int, blockSize: Int, passes: Int) {
            guard (10...17).contains(logarithm), (1...32).contains(blockSize), (1...4).contains(passes),
                128 * blockSize << logarithm <= 128 << 20
            else { return nil }
            self.init(logarithm, blockSize, passes)
        }

        private init(_ logarithm: Int, _ blockSize: Int, _ passes: Int) {
            self.logarithm = logarithm
            self.blockSize = blockSize
            self.passes = passes
        }

        /// ln=15, r=8, p=1: 32 MiB.
        public static let standard = Cost(15, 8, 1)

        /// The memory it takes, in bytes.
        public var memory: Int { 128 * blockSize << logarithm }
    }

    /// The longest password, in bytes: 1024.
    public static let longestPassword = 1024
    /// How many random bytes a salt should have: 16.
    public static let saltCount = 16

    /// Hashes a password, octet for octet as it came.
    ///
    /// - Parameters:
    ///   - password: 1 ... 1024 bytes.
    ///   - salt: random bytes of its own for each hash; 8 ... 64, normally 16.
    ///   - cost: the default is right for logins.
    /// - Throws: `.empty`, `.tooLong`, `.salt`, `.memory`.
    public init(_ password: String, salt: [UInt8], cost: Cost = .standard) throws(PasswordHashError) {
        guard !password.isEmpty else { throw .empty }
        guard password.utf8.count <= Self.longestPassword else { throw .tooLong(limit: Self.longestPassword) }
        guard Self.saltCounts.contains(salt.count) else { throw .salt }
        let digest = try Self.derive(password, salt, cost, count: Self.digestCount)
        self.init(cost: cost, salt: salt, digest: digest)
    }

    init(cost: Cost, salt: [UInt8], digest: [UInt8]) {
        self.cost = cost
        self.salt = salt
        self.digest = digest
    }

    /// Whether `password` is the one that was hashed; compared in constant time.
    ///
    /// - Throws: `.memory` when there is not enough to find out.
    public func verify(_ password: String) throws(PasswordHashError) -> Bool {
        // What is too long to be any password costs the same, so that lengths tell nothing about users.
        let isPossible = !password.isEmpty && password.utf8.count <= Self.longestPassword
        let other = try Self.derive(isPossible ? password : "-", salt, cost, count: digest.count)
        let isSame = other.count == digest.count && ctls_equal(other, digest, digest.count) == 1
        return isSame && isPossible
    }

    /// Whether `password` is right for a user who may not exist.
    ///
    /// Without a hash it takes as long as with one of the standard cost and is false, so that the time of the
    /// answer does not tell who has an account.
    public static func verify(
        _ password: String, against hash: PasswordHash?
    ) throws(PasswordHashError) -> Bool {
        if let hash { return try hash.verify(password) }
        _ = try nobody.verify(password)
        return false
    }

    /// Whether it was made more cheaply than new ones are, so that the next good login should make it anew.
    public var isOutdated: Bool {
        cost.memory * cost.passes < Cost.standard.memory * Cost.standard.passes
    }

    /// The string that is stored.
    public var text: String {
        "$scrypt$ln=\(cost.logarithm),r=\(cost.blockSize),p=\(cost.passes)$\(Self.encode(salt))$\(Self.encode(digest))"
    }

    private static func derive(
        _ password: String, _ salt: [UInt8], _ cost: Cost, count: Int
    ) throws(PasswordHashError) -> [UInt8] {
        var password = password
        let bytes = password.withUTF8 { password in
            [UInt8](unsafeUninitializedCapacity: count) { room, written in
                let isDone = ctls_scrypt(
                    password.baseAddress, password.count, salt, salt.count, Int32(cost.logarithm),
                    UInt32(cost.blockSize), UInt32(cost.passes), UInt64(cost.memory + slack(cost)),
                    room.baseAddress, count)
                written = isDone == 1 ? count : 0
            }
        }
        guard bytes.count == count else { throw .memory(bytes: cost.memory) }
        return bytes
    }

    /// What OpenSSL counts beside the large table: a block for each pass, and some.
    private static func slack(_ cost: Cost) -> Int {
        128 * cost.blockSize * (cost.passes + 2) + 4096
    }

    /// The hash of no password: nothing derives 32 zeros.
    private static let nobody = PasswordHash(
        cost: .standard, salt: [UInt8](repeating: 0, count: saltCount),
        digest: [UInt8](repeating: 0, count: digestCount))

    /// What is accepted of a stored string.
    static let saltCounts = 8...64
    static let digestCounts = 16...64
    private static let digestCount = 32
}

extension PasswordHash: CustomStringConvertible, CustomReflectable {
    /// Never the hash.
    public var description: String { "PasswordHash(hidden)" }

    /// Empty, so that `dump` shows nothing either.
    public var customMirror: Mirror { Mirror(self, children: [:]) }
}
