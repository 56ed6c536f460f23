package import NginxSyntax

/// A directive as the router reads it: its words as octets, its block already descended through includes.
package final class Statement: Sendable {
    /// The directive in the tree.
    package let directive: NginxDirective
    /// Its name.
    package let name: String
    /// Its arguments' values, unquoted.
    package let arguments: [ByteString]
    /// What its block holds; empty without one.
    package let block: [Statement]

    /// Where it stands.
    package var place: NginxPlace { directive.place }
    /// The argument as text, U+FFFD for what is no UTF-8; empty where there is none.
    package func text(_ index: Int) -> String {
        arguments.indices.contains(index) ? arguments[index].text : ""
    }

    /// The directive and what its block holds, as far as the time allows.
    init(_ directive: NginxDirective, _ patience: inout Patience) {
        self.directive = directive
        name = directive.name
        let file = directive.source
        arguments = directive.arguments.map { word in
            let text = word.text
            return text.unicodeScalars.contains("\u{FFFD}")
                ? ByteString(file.value(of: word)) : ByteString(text)
        }
        var block: [Statement] = []
        for inner in directive.hasBlock ? directive.block : [] {
            if patience.step() { break }
            block.append(Statement(inner, &patience))
        }
        self.block = block
    }
}
