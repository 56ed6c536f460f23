import Glibc

// What is asked of a team's own backend: names that must differ, files that must be there.
extension Assembly {
    mutating func expandBackends() {
        for index in options.calls.indices {
            options.calls[index].headerFile = options.calls[index].headerFile.map { expand($0, "call") }
            options.calls[index].secretFile = options.calls[index].secretFile.map { expand($0, "call") }
        }
        for index in options.webhooks.indices {
            options.webhooks[index].secretFile = options.webhooks[index].secretFile.map {
                expand($0, "webhook")
            }
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
            checkReadable(call.secretFile, place)
        }
    }

    mutating func checkWebhooks() {
        var decided: Set<WebhookOptions.Event> = []
        for (index, hook) in options.webhooks.enumerated() {
            let place = place(of: "webhook", entry: index)
            if hook.events.isEmpty {
                note(
                    .missing, place, "\(hook.url) is told of no events",
                    hint: "events = [\"connect\", \"disconnect\"], for example")
            }
            checkReadable(hook.secretFile, place)
            guard hook.decide else { continue }
            for event in hook.events {
                if event == .disconnect {
                    note(
                        .conflict, place, "nothing can be decided about disconnect",
                        hint: "take it out, and give it an entry of its own without decide")
                } else if !decided.insert(event).inserted {
                    note(
                        .conflict, place, "two webhooks decide about \(event.rawValue)",
                        hint: "leave decide to one of them")
                }
            }
            if hook.secretFile == nil {
                warn(
                    place, "\(hook.url) decides, and cannot tell who asks: nothing is signed",
                    hint: "give it a secret_file")
            }
        }
    }

    /// The server may run as another user, so this is a warning; it does not start without the file.
    mutating func checkReadable(_ path: String?, _ place: Place) {
        guard let path else { return }
        if let name = SecretVariable.name(path) {
            if environment[name]?.isEmpty == false { return }
            return warn(
                place, "the variable \(name) is not set",
                hint: "the server needs it at its start, or a file instead")
        }
        guard access(path, R_OK) != 0 else { return }
        warn(
            place, "\(path) cannot be read: \(String(cString: strerror(errno)))",
            hint: "the server needs it at its start; check path, owner and mode")
    }
}
