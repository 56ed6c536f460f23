/// Names with wildcards, looked up as nginx's combined hash does: exact, then the longest leading `*.`,
/// then the longest trailing `.*`.
///
/// Small and capital letters are the same.
struct HostnameTable<Value: Sendable>: Sendable {
    private var exact: [ByteString: Value] = [:]
    /// Behind `*.`.
    private var heads: [ByteString: Value] = [:]
    /// Before `.*`.
    private var tails: [ByteString: Value] = [:]

    /// How a name was found.
    enum Match { case exact, leadingWildcard, trailingWildcard }

    /// Names that a `.a.b` claims even where its wildcard came too late.
    private var claimed: Set<ByteString> = []

    /// Adds a name: `a.b`, `.a.b` (with and without a label before), `*.a.b`, `a.*`.
    ///
    /// The first of equal names stays, and a `.a.b` is dropped whole when either half of it is taken
    /// (`ngx_hash_add_key`).
    mutating func insert(_ name: ByteString, _ value: Value, wildcards: Bool = true) {
        let name = name.lowercased
        if wildcards, name.hasPrefix("*."), name.count > 2 {
            if heads[name.dropping(2)] == nil { heads[name.dropping(2)] = value }
        } else if wildcards, name.bytes.first == 0x2E, name.count > 1 {
            let bare = name.dropping(1)
            guard claimed.insert(bare).inserted, heads[bare] == nil else { return }
            exact[bare] = value
            heads[bare] = value
        } else if wildcards, name.hasSuffix(".*"), name.count > 2 {
            let bare = name[0..<(name.count - 2)]
            if tails[bare] == nil { tails[bare] = value }
        } else if claimed.insert(name).inserted {
            exact[name] = value
        }
    }

    func find(_ name: ByteString) -> (value: Value, match: Match)? {
        let name = name.lowercased
        if let value = exact[name] { return (value, .exact) }
        if heads.isEmpty, tails.isEmpty { return nil }
        let dots = name.bytes.indices.filter { name.bytes[$0] == 0x2E }
        if !heads.isEmpty {
            for dot in dots where dot > 0 {
                if let value = heads[name.dropping(dot + 1)] { return (value, .leadingWildcard) }
            }
        }
        if !tails.isEmpty {
            for dot in dots.reversed() where dot + 1 < name.count {
                if let value = tails[name[0..<dot]] { return (value, .trailingWildcard) }
            }
        }
        return nil
    }
}
