internal import CPCRE

/// A regular expression as nginx uses it: PCRE2 on octets, with a limit of steps so that no pattern can hang.
///
/// Sendable since the compiled code is never changed after `init`, and PCRE2 keeps everything a match changes in a block made
/// for that match.
final class Pattern: @unchecked Sendable {
    /// As written in the configuration.
    let source: ByteString
    /// `~*`.
    let isCaseless: Bool
    /// Groups that capture.
    let groupCount: Int
    /// Named groups: `$name` and the group's number.
    let names: [(name: String, group: Int)]
    private let handle: OpaquePointer

    /// How many steps of PCRE2 one match may take: some milliseconds.
    ///
    /// nginx itself allows ten million.
    private static let steps: UInt32 = 200_000

    /// Why a pattern does not compile: the words of PCRE2 and the octet at which it stopped.
    struct Problem: Error, Equatable {
        let message: String
        let offset: Int
    }

    enum Outcome: Equatable {
        case noMatch
        /// Bounds of the groups, 0 is the whole match; nil: took no part. Groups above the highest that took part are
        /// left out.
        case match([Range<Int>?])
        /// The limit of steps was reached, or PCRE2 refused.
        case undecided
    }

    init(_ source: ByteString, caseless: Bool) throws(Problem) {
        var error: Int32 = 0
        var offset = 0
        let made = source.bytes.withUnsafeBufferPointer { bytes in
            cpcre_compile(bytes.baseAddress, bytes.count, caseless ? 1 : 0, &error, &offset)
        }
        guard let handle = made else {
            throw Problem(message: Pattern.message(error), offset: offset)
        }
        self.source = source
        isCaseless = caseless
        self.handle = handle
        groupCount = Int(cpcre_capture_count(handle))
        names = (0..<cpcre_name_count(handle)).compactMap { index in
            var name: UnsafePointer<CChar>?
            let group = cpcre_name(handle, index, &name)
            return name.map { (name: String(cString: $0), group: Int(group)) }
        }
    }

    deinit { cpcre_free(handle) }

    func match(_ subject: ByteString) -> Outcome {
        var ends = [Int](repeating: -1, count: 2 * (groupCount + 1))
        let room = groupCount + 1
        let result = subject.bytes.withUnsafeBufferPointer { bytes in
            ends.withUnsafeMutableBytes { raw in
                cpcre_match(
                    handle, bytes.baseAddress, bytes.count, Pattern.steps,
                    raw.baseAddress?.assumingMemoryBound(to: Int.self), room)
            }
        }
        guard result != CPCRE_NO_MATCH else { return .noMatch }
        guard result > 0 else { return .undecided }
        return .match(
            (0..<min(Int(result), room)).map { group in
                let low = ends[2 * group]
                let high = ends[2 * group + 1]
                // \K in a lookahead can put the end before the start.
                return low >= 0 && high >= low && high <= subject.count ? low..<high : nil
            })
    }

    private static func message(_ error: Int32) -> String {
        var room = [CChar](repeating: 0, count: 256)
        room.withUnsafeMutableBufferPointer { buffer in
            cpcre_message(error, buffer.baseAddress, buffer.count)
        }
        return String(decoding: room.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
