import Glibc

/// What a server process has used up to now, read from `/proc`.
struct ProcessSample: Equatable, Sendable {
    /// Time on a processor, of all threads, in nanoseconds.
    var cpu: UInt64 = 0
    /// Memory that is its own, with its share of what is shared, in bytes.
    ///
    /// Zero unless asked for: the kernel walks every page for it.
    var proportional: UInt64 = 0
    var anonymous: UInt64 = 0

    /// - Throws: a failure that names the process when it does not exist or may not be looked at.
    init(of processes: [Int32], withMemory: Bool) throws(CommandFailure) {
        for process in processes {
            guard let threads = Self.entries("/proc/\(process)/task"), !threads.isEmpty else {
                throw .unavailable(
                    "there is no process \(process)", hint: "--pid wants the server's; see 'pgrep -a sockeye'"
                )
            }
            for thread in threads {
                // Field 1 of schedstat: nanoseconds on a processor. A thread may end between listing and
                // reading.
                let text = readFile("/proc/\(process)/task/\(thread)/schedstat", limit: 200).map {
                    String(decoding: $0, as: UTF8.self)
                }
                cpu += text?.split(separator: " ").first.flatMap { UInt64($0) } ?? 0
            }
            guard withMemory else { continue }
            guard let rollup = readFile("/proc/\(process)/smaps_rollup", limit: 16 << 10) else {
                throw .unavailable(
                    "cannot read the memory of process \(process)", hint: "run as the same user as the server"
                )
            }
            let lines = String(decoding: rollup, as: UTF8.self).split(separator: "\n")
            proportional += Self.kibibytes("Pss:", lines)
            anonymous += Self.kibibytes("Anonymous:", lines)
        }
    }

    /// The same of this process: what generating the load costs.
    static func ownCPU() -> UInt64 {
        var usage = rusage()
        getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
        let seconds = UInt64(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec)
        return seconds * 1_000_000_000 + UInt64(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) * 1000
    }

    private static func kibibytes(_ name: String, _ lines: [Substring]) -> UInt64 {
        guard let line = lines.first(where: { $0.hasPrefix(name) }) else { return 0 }
        let words = line.split(separator: " ")
        return words.count >= 2 ? (UInt64(words[1]) ?? 0) * 1024 : 0
    }

    private static func entries(_ path: String) -> [String]? {
        guard let directory = opendir(path) else { return nil }
        defer { closedir(directory) }
        var names: [String] = []
        while let entry = readdir(directory) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name.first != "." { names.append(name) }
        }
        return names
    }
}
