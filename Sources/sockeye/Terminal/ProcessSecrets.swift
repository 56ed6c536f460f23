import Glibc

/// Wipes secrets from where the kernel shows them: `/proc/PID/cmdline`, which `ps` prints to everybody, and
/// `/proc/PID/environ`.
///
/// Both files read the process's own first stack pages, where the words of the command line and the
/// environment were put. For the moment between start and wiping they can be seen: a file (`@FILE`) or the
/// terminal (`-`) is the safe way.
enum ProcessSecrets {
    /// Overwrites every copy of `secret` with `*`.
    static func erase(_ secret: String) {
        let wanted = Array(secret.utf8)
        // A very short one would hit words that are none.
        guard wanted.count >= 4 else { return }
        for range in areas { erase(wanted, in: range) }
    }

    private static func erase(_ wanted: [UInt8], in range: Range<UInt>) {
        guard range.count >= wanted.count, let start = UnsafeMutableRawPointer(bitPattern: range.lowerBound)
        else { return }
        let area = UnsafeMutableRawBufferPointer(start: start, count: range.count)
        var at = 0
        while at + wanted.count <= area.count {
            if area[at] == wanted[0], wanted.indices.allSatisfy({ area[at + $0] == wanted[$0] }) {
                for index in wanted.indices { area[at + index] = UInt8(ascii: "*") }
                at += wanted.count
            } else {
                at += 1
            }
        }
    }

    /// The areas of the command line and of the environment: arg_start, arg_end, env_start and env_end, fields
    /// 48 to 51 of proc_pid_stat(5).
    private static let areas: [Range<UInt>] = {
        guard let text = readFile("/proc/self/stat", limit: 4096) else { return [] }
        // The second field is the name in brackets and may hold anything; what follows the last bracket is
        // plain.
        let stat = String(decoding: text, as: UTF8.self)
        guard let bracket = stat.lastIndex(of: ")") else { return [] }
        let fields = stat[stat.index(after: bracket)...].split(whereSeparator: { $0 == " " || $0 == "\n" })
        // The first of these is field 3.
        guard fields.count > 48 else { return [] }
        let places = fields[45...48].compactMap { UInt($0) }
        guard places.count == 4 else { return [] }
        return [(places[0], places[1]), (places[2], places[3])].compactMap {
            $0.0 > 0 && $0.0 < $0.1 ? $0.0..<$0.1 : nil
        }
    }()
}
