/// The addresses of a name, as a tool showed them.
package struct ResolvedName: Equatable, Sendable {
    /// In small letters, without a final dot.
    package let name: String
    package var addresses: [String]
    package let place: FilePlace

    /// Out of what `dig`, `dig +short`, `host`, `nslookup` and `getent hosts` print.
    static func all(in file: SourceFile) -> [ResolvedName] {
        var found: [ResolvedName] = []
        // The name an answer without names is about.
        var asked: String?
        func add(_ name: String, _ address: String, _ line: Int) {
            let name = bare(name)
            if let index = found.firstIndex(where: { $0.name == name }) {
                found[index].addresses.append(address)
            } else {
                found.append(ResolvedName(name: name, addresses: [address], place: file.place(line)))
            }
        }
        for line in file.lines.prefix(2000) where line.text.utf8.count < 500 {
            let words = line.text.split { " \t".contains($0) }.map(String.init)
            guard let first = words.first else { continue }
            if let tool = words.firstIndex(where: { ["dig", "nslookup", "host", "getent"].contains($0) }),
                // Behind `docker exec NAME`, `kubectl exec -n SPACE POD --` and the like.
                tool < 12, first == "$" || first == "#" || tool < 4
            {
                asked = words[(tool + 1)...].last {
                    $0.contains(".") && !$0.hasPrefix("@") && !$0.hasPrefix("+")
                }
            } else if words.count >= 5, words[3] == "A", RunningContainer.isAddress(words[4]) {
                add(first, words[4], line.number)
            } else if let at = line.text.after(" has address "), RunningContainer.isAddress(at.trimmed) {
                add(first, at.trimmed, line.number)
            } else if first == "Name:", words.count > 1 {
                asked = words[1]
            } else if let name = asked, let last = words.last, RunningContainer.isAddress(last),
                words.count == 1 || first == "Address:" && !line.text.contains("#")
            {
                add(name, last, line.number)
            } else if words.count >= 2, asked != nil, RunningContainer.isAddress(first),
                bare(words[1]) == asked.map(bare)
            {
                add(words[1], first, line.number)
            }
        }
        return found
    }

    private static func bare(_ name: String) -> String {
        (name.hasSuffix(".") ? String(name.dropLast()) : name).lowercased()
    }
}
