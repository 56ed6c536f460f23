/// A part of a document of any notation (YAML, JSON, TOML) with the place it stands at; scalars are texts.
///
/// The doctor reads other people's files: whether a port was written `8080`, `"8080"` or `8_080` says nothing about the path, so
/// scalars keep their text and are asked for what they are taken for.
public struct DocumentNode: Sendable, Equatable {
    /// What a node is.
    public indirect enum Content: Sendable, Equatable {
        /// Anything single; `isPlain` when it was written without quotes.
        case scalar(String, isPlain: Bool)
        case sequence([DocumentNode])
        case mapping([Member])
    }

    /// A name and its value.
    public struct Member: Sendable, Equatable {
        /// The name; of a key that is no scalar, empty.
        public var key: String
        /// Where the name stands.
        public var place: TOMLNode.Place
        /// The value.
        public var value: DocumentNode

        /// A member from its parts.
        public init(key: String, place: TOMLNode.Place, value: DocumentNode) {
            self.key = key
            self.place = place
            self.value = value
        }
    }

    /// Where it begins.
    public var place: TOMLNode.Place
    /// What it is.
    public var content: Content

    /// A node from its parts.
    public init(place: TOMLNode.Place, content: Content) {
        self.place = place
        self.content = content
    }

    /// What is wrong with a document.
    public struct Fault: Error, Equatable, Sendable {
        /// Where it was noticed.
        public var place: TOMLNode.Place
        /// One sentence without a full stop, in the words of the library that read it.
        public var message: String
    }

    /// The text, when it is a scalar.
    public var text: String? {
        if case .scalar(let text, _) = content { text } else { nil }
    }

    /// The text as an integer, when it is one.
    public var integer: Int? { text.flatMap { Int($0) } }

    /// The elements, when it is a sequence.
    public var elements: [DocumentNode] {
        if case .sequence(let nodes) = content { nodes } else { [] }
    }

    /// The members, when it is a mapping.
    public var members: [Member] {
        if case .mapping(let members) = content { members } else { [] }
    }

    /// Whether it means yes in any of the notations.
    public var isTrue: Bool {
        text.map { ["true", "yes", "on", "1", "enabled"].contains($0.lowercased()) } ?? false
    }

    /// The value of a member, when this is a mapping that has it.
    public subscript(key: String) -> DocumentNode? {
        members.first { $0.key == key }?.value
    }

    /// The value down a path of names.
    public subscript(path: [String]) -> DocumentNode? {
        path.reduce(Optional(self)) { $0?[$1] }
    }

    /// The texts of a sequence of scalars, or of one scalar alone.
    public var texts: [String] {
        text.map { [$0] } ?? elements.compactMap(\.text)
    }
}

extension DocumentNode {
    /// The same tree as TOML gave it; a number with a fraction and a time have an empty text.
    public init(_ toml: TOMLNode) {
        let content: Content =
            switch toml.content {
            case .array(let nodes): .sequence(nodes.map(DocumentNode.init))
            case .boolean(let value): .scalar(value ? "true" : "false", isPlain: true)
            case .float, .time: .scalar("", isPlain: true)
            case .integer(let value): .scalar(String(value), isPlain: true)
            case .string(let text): .scalar(text, isPlain: false)
            case .table(let members):
                .mapping(
                    members.map {
                        Member(key: $0.key, place: $0.node.place, value: DocumentNode($0.node))
                    })
            }
        self.init(place: toml.place, content: content)
    }

    /// Reads TOML 1.0.
    public static func toml(_ bytes: [UInt8]) throws(Fault) -> DocumentNode {
        do throws(TOMLNode.SyntaxFault) {
            return DocumentNode(try TOMLNode.parse(bytes))
        } catch {
            throw Fault(place: error.place, message: error.message)
        }
    }
}
