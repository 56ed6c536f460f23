import Glibc

// What is asked of a team's own backend: names that must differ, files that must be there.
extension Assembly {
    mutating func expandBackends() {
        for index in options.calls.indices {
            options.calls[index].headerFile = options.calls[index].headerFile.map { expand($0, "call") }
        }
    }

    mutating func checkBackends() {
        var names: Set<String> = []
        for (index, call) in options.calls.enumerated() {
            let place = place(of: "call", entry: index)
            if !names.insert(call.name).inserted {
                note(.conflict, place, "the call \(call.name) is there twice", hint: "give each its own name")
            }
            if call.idle > call.timeout {
                warn(
                    place, "call.idle of \(call.name) is longer than call.timeout, which ends it before",
                    hint: "lower it, or raise the other")
            }
            checkReadable(call.headerFile, place)
        }
    }

    /// The server may run as another user, so this is a warning; it does not start without the file.
    mutating func checkReadable(_ path: String?, _ place: Place) {
        guard let path, access(path, R_OK) != 0 else { return }
        warn(
            place, "\(path) cannot be read: \(String(cString: strerror(errno)))",
            hint: "the server needs it at its start; check path, owner and mode")
    }
}
