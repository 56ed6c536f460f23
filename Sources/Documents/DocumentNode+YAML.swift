internal import CYaml

extension DocumentNode {
    /// What a YAML text holds: its documents, as far as it could be read, and what stopped the reading.
    public struct YAMLStream: Sendable, Equatable {
        /// One root for each document, in order; the last may be cut off where the fault is.
        public var documents: [DocumentNode]
        /// Nil when the text was read to its end.
        public var fault: Fault?
    }

    /// The most nodes a YAML text may have, aliases counted as what they stand for.
    public static let mostNodes = 200_000
    /// The deepest nesting that is read.
    public static let deepest = 64

    /// Reads YAML 1.1 (and JSON, which is nearly a subset): anchors resolved, merge keys (`<<`) merged.
    ///
    /// Time is linear in the text; an alias bomb is cut at `mostNodes`. Never traps, whatever the bytes are.
    public static func yaml(_ bytes: [UInt8]) -> YAMLStream {
        let stream = bytes.withUnsafeBytes {
            cyaml_parse($0.baseAddress?.assumingMemoryBound(to: CChar.self), $0.count, mostNodes, deepest)
        }
        guard let stream else {
            let place = TOMLNode.Place(line: 1, column: 1)
            return YAMLStream(documents: [], fault: Fault(place: place, message: "out of memory"))
        }
        defer { cyaml_free(stream) }
        var builder = YAMLTree((0..<cyaml_count(stream)).map { cyaml_node_at(stream, $0) })
        let documents = builder.documents()
        var line: UInt32 = 0
        var column: UInt32 = 0
        let error = cyaml_error(stream, &line, &column)
        let fault = error.map {
            Fault(
                place: TOMLNode.Place(line: Int(line), column: Int(column)),
                message: String(cString: $0))
        }
        return YAMLStream(documents: documents, fault: fault ?? builder.fault)
    }
}

/// Builds trees from libyaml's flat nodes.
private struct YAMLTree {
    private let flat: [cyaml_node]
    private var children: [[Int]]
    private var built: [DocumentNode?]
    /// How many nodes each built tree has when its aliases are followed.
    private var sizes: [Int]
    /// How many nodes aliases have added so far.
    private var added = 0
    private(set) var fault: DocumentNode.Fault?

    init(_ flat: [cyaml_node]) {
        self.flat = flat
        children = Array(repeating: [], count: flat.count)
        built = Array(repeating: nil, count: flat.count)
        sizes = Array(repeating: 1, count: flat.count)
        for (index, node) in flat.enumerated() where node.parent >= 0 && node.parent < index {
            children[Int(node.parent)].append(index)
        }
    }

    /// An anchor stands before its aliases, but one inside its own anchor names what is not built yet: that one stays empty.
    mutating func documents() -> [DocumentNode] {
        var roots: [DocumentNode] = []
        for (index, node) in flat.enumerated() where Int(node.kind) == cyaml_document {
            if let root = children[index].first { roots.append(build(root)) }
        }
        return roots
    }

    private mutating func build(_ index: Int) -> DocumentNode {
        let node = flat[index]
        let place = TOMLNode.Place(line: Int(node.line), column: Int(node.column))
        let content: DocumentNode.Content
        switch Int(node.kind) {
        case cyaml_mapping: content = .mapping(members(index))
        case cyaml_sequence:
            content = .sequence(children[index].map { build($0) })
            sizes[index] = 1 + children[index].reduce(0) { $0 + sizes[$1] }
        case cyaml_alias: content = aliased(index, node, place)
        default:
            content = .scalar(Self.text(node), isPlain: Int(node.kind) == cyaml_plain)
        }
        let result = DocumentNode(place: place, content: content)
        built[index] = result
        return result
    }

    private mutating func aliased(
        _ index: Int, _ node: cyaml_node, _ place: TOMLNode.Place
    ) -> DocumentNode.Content {
        let target = Int(node.target)
        guard target >= 0, target < index, let tree = built[target] else { return .scalar("", isPlain: true) }
        added += sizes[target]
        guard added <= DocumentNode.mostNodes else {
            fault =
                fault
                ?? DocumentNode.Fault(place: place, message: "an alias stands for too many nodes")
            return .scalar("", isPlain: true)
        }
        sizes[index] = sizes[target]
        return tree.content
    }

    private mutating func members(_ index: Int) -> [DocumentNode.Member] {
        let pairs = children[index]
        var members: [DocumentNode.Member] = []
        var merged: [DocumentNode.Member] = []
        var size = 1
        var at = 0
        while at + 1 < pairs.count {
            let key = build(pairs[at])
            let value = build(pairs[at + 1])
            size += 1 + sizes[pairs[at + 1]]
            let isMerge = flat[pairs[at]].kind == Int32(cyaml_plain) && key.text == "<<"
            if isMerge {
                merged += value.members
                for element in value.elements { merged += element.members }
            } else {
                members.append(DocumentNode.Member(key: key.text ?? "", place: key.place, value: value))
            }
            at += 2
        }
        if !merged.isEmpty {
            var names = Set(members.map(\.key))
            for member in merged where names.insert(member.key).inserted { members.append(member) }
        }
        sizes[index] = min(size, DocumentNode.mostNodes)
        return members
    }

    private static func text(_ node: cyaml_node) -> String {
        guard let start = node.text else { return "" }
        return String(decoding: UnsafeRawBufferPointer(start: start, count: node.length), as: UTF8.self)
    }
}
