extension Options {
    /// What becomes of a running server's options when they are read again.
    public struct Reload: Sendable, Equatable {
        /// What is in force from here on: the old options, with what may change while the server runs.
        public var options: Options
        /// What has changed and is in force, by name, in the order of the reference page.
        public var applied: [String]
        /// What has changed and waits for a restart.
        public var pending: [String]
    }

    /// These options, and of others what a running server can take over.
    public func reloaded(from new: Options) -> Reload {
        var reload = Reload(options: self, applied: [], pending: [])
        for option in Options.table {
            let value = option.get(new)
            if value == option.get(self) { continue }
            if option.description.isLive {
                option.set(value, &reload.options)
                reload.applied.append(option.description.name)
            } else {
                reload.pending.append(option.description.name)
            }
        }
        for group in Options.groups {
            let entries = group.values(in: new)
            if entries == group.values(in: self) { continue }
            if group.isLive {
                let keys = group.descriptions.map(\.key)
                group.replace(
                    in: &reload.options,
                    with: entries.map { Dictionary(zip(keys, $0)) { $1 } })
                reload.applied.append(group.name)
            } else {
                reload.pending.append(group.name)
            }
        }
        return reload
    }
}
