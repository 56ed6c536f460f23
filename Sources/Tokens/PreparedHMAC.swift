internal import CTLS

/// The prepared states of one HMAC key, RFC 2104, and the secret they are made of.
///
/// `@unchecked Sendable`: the pointers are set once, what they point to is only read until `deinit` frees it.
final class PreparedHMAC: @unchecked Sendable {
    /// How long a signature is, in bytes: 32, 48 or 64.
    let count: Int
    private let memory: UnsafeMutableRawPointer
    private let state: OpaquePointer
    /// The secret, for the explanation of signatures that nearly fit; lies in `memory` behind the state.
    let secret: UnsafeRawBufferPointer
    private let size: Int

    init(_ secret: UnsafeRawBufferPointer, bits: Int32) {
        let stateSize = ctls_hmac_size()
        count = Int(bits) / 8
        size = stateSize + secret.count
        memory = .allocate(byteCount: size, alignment: 16)
        state = OpaquePointer(memory)
        let copy = UnsafeMutableRawBufferPointer(start: memory + stateSize, count: secret.count)
        copy.copyMemory(from: secret)
        self.secret = UnsafeRawBufferPointer(copy)
        ctls_hmac_prepare(state, bits, secret.baseAddress, secret.count)
    }

    deinit {
        ctls_wipe(memory, size)
        memory.deallocate()
    }

    /// Writes `count` bytes.
    func sign(_ input: UnsafeRawBufferPointer, into target: UnsafeMutableRawBufferPointer) {
        guard target.count >= count else { return }
        ctls_hmac_sign(state, input.baseAddress, input.count, target.baseAddress)
    }

    /// Whether `signature` signs `input`; compared in constant time.
    func verifies(_ signature: UnsafeRawBufferPointer, of input: UnsafeRawBufferPointer) -> Bool {
        guard signature.count == count else { return false }
        return withUnsafeTemporaryAllocation(byteCount: Int(CTLS_HMAC_LONGEST), alignment: 8) { expected in
            sign(input, into: expected)
            return ctls_equal(expected.baseAddress, signature.baseAddress, count) == 1
        }
    }
}
