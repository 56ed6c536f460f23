internal import CToml

/// A TOML document, kept with the places its parts stand at.
public struct TOMLNode: Sendable, Equatable {
    /// A line and a column, both from 1; columns count characters.
    public struct Place: Sendable, Equatable, Comparable {
        /// From 1.
        public var line: Int
        /// From 1.
        public var column: Int

        /// A place from its numbers.
        public init(line: Int, column: Int) {
            self.line = line
            self.column = column
        }

        /// In the order of reading.
        public static func < (left: Place, right: Place) -> Bool {
            (left.line, left.column) < (right.line, right.column)
        }
    }

    /// What a node is.
    public indirect enum Content: Sendable, Equatable {
        case array([TOMLNode])
        case boolean(Bool)
        case float
        case integer(Int64)
        case string(String)
        /// By key, in the order of the file.
        case table([(key: String, node: TOMLNode)])
        /// A date, a time, or both.
        case time

        /// Whether both are the same, numbers with a fraction and times alike among themselves.
        public static func == (left: Content, right: Content) -> Bool {
            switch (left, right) {
            case (.array(let left), .array(let right)): left == right
            case (.boolean(let left), .boolean(let right)): left == right
            case (.float, .float), (.time, .time): true
            case (.integer(let left), .integer(let right)): left == right
            case (.string(let left), .string(let right)): left == right
            case (.table(let left), .table(let right)):
                left.elementsEqual(right) { $0.key == $1.key && $0.node == $1.node }
            default: false
            }
        }

        /// As words that follow "this is": "a string".
        public var kind: String {
            switch self {
            case .array: "an array"
            case .boolean: "true or false"
            case .float: "a number with a fraction"
            case .integer: "a number"
            case .string: "a string"
            case .table: "a table"
            case .time: "a date or a time"
            }
        }
    }

    /// Where its key is, or inside an array, where it is itself.
    public var place: Place
    /// What it is.
    public var content: Content

    /// A node from its parts.
    public init(place: Place, content: Content) {
        self.place = place
        self.content = content
    }

    /// What is wrong with a document, in toml++'s words.
    public struct SyntaxFault: Error, Equatable {
        /// Where it was noticed.
        public var place: Place
        /// One sentence without a full stop.
        public var message: String
    }

    /// Parses a document of TOML 1.0; the root is a table.
    public static func parse(_ bytes: [UInt8]) throws(SyntaxFault) -> TOMLNode {
        let document = bytes.withUnsafeBytes { bytes in
            ctoml_parse(bytes.baseAddress?.assumingMemoryBound(to: CChar.self), bytes.count)
        }
        guard let document else {
            throw SyntaxFault(place: Place(line: 1, column: 1), message: "out of memory")
        }
        defer { ctoml_free(document) }
        var line: UInt32 = 0
        var column: UInt32 = 0
        if let error = ctoml_error(document, &line, &column) {
            throw SyntaxFault(
                place: Place(line: max(1, Int(line)), column: max(1, Int(column))),
                message: String(cString: error))
        }
        return tree((0..<ctoml_count(document)).map { ctoml_node_at(document, $0) })
    }

    /// Builds the tree from the end: children stand behind their parents, so they are ready when a parent is met.
    private static func tree(_ flat: [ctoml_node]) -> TOMLNode {
        var children = [[(key: String, node: TOMLNode)]](repeating: [], count: flat.count)
        for (index, node) in flat.enumerated().reversed() {
            let place = Place(line: Int(node.line), column: Int(node.column))
            let content: Content =
                switch Int(node.kind) {
                case ctoml_array: .array(children[index].reversed().map(\.node))
                case ctoml_boolean: .boolean(node.integer != 0)
                case ctoml_float: .float
                case ctoml_integer: .integer(node.integer)
                case ctoml_string: .string(text(node.text, node.text_length))
                case ctoml_table:
                    .table(children[index].sorted { $0.node.place < $1.node.place })
                default: .time
                }
            let result = TOMLNode(place: place, content: content)
            guard node.parent >= 0 else { return result }
            children[Int(node.parent)].append((text(node.key, node.key_length), result))
        }
        return TOMLNode(place: Place(line: 1, column: 1), content: .table([]))
    }

    private static func text(_ start: UnsafePointer<CChar>?, _ count: Int) -> String {
        String(decoding: UnsafeRawBufferPointer(start: start, count: count), as: UTF8.self)
    }
}
