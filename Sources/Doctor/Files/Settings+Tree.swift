import Documents

extension Setting {
    /// The scalars of a document as settings, named by their way from the root: `server.cors.origins`.
    ///
    /// The elements of a list of scalars become one value, joined by commas, as environment variables write lists. At most 5,000.
    static func flattened(_ root: DocumentNode, _ file: SourceFile, side: Setting.Side) -> [Setting] {
        var settings: [Setting] = []
        func walk(_ node: DocumentNode, _ path: String, _ place: TOMLNode.Place) {
            guard settings.count < 5000 else { return }
            switch node.content {
            case .scalar(let text, _):
                settings.append(Setting(path, text, at: file.place(place.line, place.column), side: side))
            case .sequence(let nodes):
                let texts = nodes.compactMap(\.text)
                if texts.count == nodes.count {
                    settings.append(
                        Setting(
                            path, texts.joined(separator: ","), at: file.place(place.line, place.column),
                            side: side))
                } else {
                    for (index, node) in nodes.enumerated() { walk(node, "\(path).\(index)", node.place) }
                }
            case .mapping(let members):
                for member in members {
                    walk(member.value, path.isEmpty ? member.key : "\(path).\(member.key)", member.place)
                }
            }
        }
        walk(root, "", root.place)
        return settings
    }

    /// What `environment:` of a container holds: a mapping, or a list of `NAME=value`.
    static func environment(_ node: DocumentNode?, _ file: SourceFile, service: String) -> [Setting] {
        guard let node else { return [] }
        let pairs: [(String, String, TOMLNode.Place)] =
            node.members.map { ($0.key, $0.value.text ?? "", $0.place) }
            + node.elements.compactMap { element in
                // Kubernetes writes `- name: A` / `value: b`.
                if let name = element["name"]?.text {
                    return (name, element["value"]?.text ?? "", element.place)
                }
                guard let text = element.text, let name = text.before("=") else { return nil }
                return (name, text.after("=") ?? "", element.place)
            }
        return pairs.map { Setting($0.0, $0.1, at: file.place($0.2.line, $0.2.column), service: service) }
    }
}
