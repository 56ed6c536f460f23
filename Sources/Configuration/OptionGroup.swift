/// An array of tables, such as `[[listen]]`: the options each entry has.
public protocol OptionGroup: Sendable {
    /// The name of the array: `listen`.
    var name: String { get }
    /// What an entry is for: sentences.
    var doc: String { get }
    /// Whether SIGHUP applies a change to a running server.
    var isLive: Bool { get }
    /// The options of an entry, in the order they are written.
    var descriptions: [OptionDescription] { get }
    /// The values an entry has where it says nothing; in the order of `descriptions`.
    var defaults: [OptionValue] { get }

    /// The entries as values, each in the order of `descriptions`.
    func values(in options: Options) -> [[OptionValue]]
    /// Replaces the entries. Values were checked; those an entry does not name keep their default.
    func replace(in options: inout Options, with entries: [[String: OptionValue]])
}

/// An array of tables whose entries are `Element`s.
struct RowGroup<Element: Sendable>: OptionGroup {
    let name: String
    let doc: String
    let isLive: Bool
    let path: any WritableKeyPath<Options, [Element]> & Sendable
    /// An entry that says nothing.
    let blank: Element
    let rows: [OptionRow<Element>]

    var descriptions: [OptionDescription] { rows.map(\.description) }
    var defaults: [OptionValue] { rows.map { $0.get(blank) } }

    func values(in options: Options) -> [[OptionValue]] {
        options[keyPath: path].map { element in rows.map { $0.get(element) } }
    }

    func replace(in options: inout Options, with entries: [[String: OptionValue]]) {
        options[keyPath: path] = entries.map { entry in
            var element = blank
            for row in rows {
                if let value = entry[row.description.key] { row.set(value, &element) }
            }
            return element
        }
    }
}

extension OptionRow {
    /// A row of a group, which only a file can set.
    init(
        _ name: String, _ type: OptionType, _ access: Access<Owner>, isOptional: Bool = false, _ doc: String
    ) {
        self.init(
            description: OptionDescription(
                name: name, type: type, isOptional: isOptional, flag: nil, environment: nil, isLive: false,
                doc: doc),
            get: access.get, set: access.set)
    }
}

extension OptionGroup {
    /// The option whose bare value stands for an entry that says nothing else: the only one that must be given.
    var shorthand: OptionDescription? {
        let needed = required
        return needed.count == 1 ? needed.first : nil
    }

    /// The options an entry cannot do without.
    public var required: [OptionDescription] {
        zip(descriptions, defaults).compactMap { $0.isOptional || $1 != .text("") ? nil : $0 }
    }
}
