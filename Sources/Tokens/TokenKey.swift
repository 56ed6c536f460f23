internal import CTLS

/// How a token is signed, by its name in RFC 7518 §3.1.
public enum Algorithm: String, CaseIterable, Sendable {
    /// HMAC with SHA-256 and a shared secret.
    case hs256 = "HS256"
}

/// A key that verifies (and mints) tokens of exactly one algorithm.
///
/// The algorithm belongs to the key, never to the token: a header can select among the keys there are but
/// cannot make one be used in another way, which rules out `none` and algorithm confusion by construction.
/// The key's hash states are prepared once; a copy shares them.
public struct TokenKey: Sendable {
    /// The algorithm it is for.
    public let algorithm: Algorithm
    /// Its name in a token's `kid` header, if it has one.
    public let id: String?
    /// Whether it is shorter than the 32 bytes RFC 7518 §3.2 demands: it works, and can be guessed sooner.
    public let isShort: Bool
    private let state: PreparedHMAC

    /// A shared secret for HS256; nil when it is empty, which would let everybody sign.
    public init?(hs256 secret: [UInt8], id: String? = nil) {
        guard !secret.isEmpty else { return nil }
        self.init(secret: secret, id: id)
    }

    init(secret: [UInt8], id: String?) {
        algorithm = .hs256
        self.id = id
        isShort = secret.count < SigningSecret.count
        state = PreparedHMAC(secret)
    }

    /// The signature of `input`, 32 bytes.
    func sign(_ input: UnsafeRawBufferPointer) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: PreparedHMAC.count) { room, count in
            state.sign(input, into: UnsafeMutableRawBufferPointer(room))
            count = PreparedHMAC.count
        }
    }

    /// Whether `signature` signs `input`; compared in constant time.
    func verifies(_ signature: UnsafeRawBufferPointer, of input: UnsafeRawBufferPointer) -> Bool {
        guard signature.count == PreparedHMAC.count else { return false }
        return withUnsafeTemporaryAllocation(byteCount: PreparedHMAC.count, alignment: 8) { expected in
            state.sign(input, into: expected)
            return ctls_equal(expected.baseAddress, signature.baseAddress, PreparedHMAC.count) == 1
        }
    }
}

/// The prepared states of one HMAC-SHA-256 key.
///
/// `@unchecked Sendable`: the pointer is set once, what it points to is only read until `deinit` frees it.
private final class PreparedHMAC: @unchecked Sendable {
    static let count = 32
    private let memory: UnsafeMutableRawPointer
    private let state: OpaquePointer

    init(_ secret: [UInt8]) {
        memory = .allocate(byteCount: ctls_hmac_sha256_size(), alignment: 16)
        state = OpaquePointer(memory)
        secret.withUnsafeBytes { ctls_hmac_sha256_prepare(state, $0.baseAddress, $0.count) }
    }

    deinit {
        ctls_hmac_sha256_wipe(state)
        memory.deallocate()
    }

    /// Writes 32 bytes.
    func sign(_ input: UnsafeRawBufferPointer, into target: UnsafeMutableRawBufferPointer) {
        ctls_hmac_sha256_sign(state, input.baseAddress, input.count, target.baseAddress)
    }
}
