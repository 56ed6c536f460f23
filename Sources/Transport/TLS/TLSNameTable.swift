/// Which certificate serves which name: exact names before wildcards, and the first that claims a name keeps it.
struct TLSNameTable {
    private var exact: [String: Int] = [:]
    /// By what follows the star: `.example.com`.
    private var wildcards: [String: Int] = [:]

    /// Returns false when the name is taken.
    mutating func add(_ name: String, for index: Int) -> Bool {
        let name = Self.normal(name.utf8)
        if name.hasPrefix("*.") {
            let suffix = String(name.dropFirst())
            guard wildcards[suffix] == nil else { return false }
            wildcards[suffix] = index
        } else {
            guard exact[name] == nil else { return false }
            exact[name] = index
        }
        return true
    }

    /// A star stands for one label, and never for none (RFC 6125 §6.4.3).
    func lookup(_ name: some Collection<UInt8>) -> Int? {
        let name = Self.normal(name)
        if let index = exact[name] { return index }
        guard let dot = name.firstIndex(of: "."), dot != name.startIndex else { return nil }
        return wildcards[String(name[dot...])]
    }

    /// Lower case, without the dot of the root.
    private static func normal(_ name: some Collection<UInt8>) -> String {
        var octets = name.map { (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains($0) ? $0 | 0x20 : $0 }
        if octets.last == UInt8(ascii: ".") { octets.removeLast() }
        return String(decoding: octets, as: UTF8.self)
    }
}
