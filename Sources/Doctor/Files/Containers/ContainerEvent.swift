/// A line of `docker events` or `podman events`: what happened to a container, and when.
package struct ContainerEvent: Equatable, Sendable {
    /// As written; times of one tool compare by their letters.
    package let time: String
    /// `create`, `start`, `die`, `connect` and others.
    package let action: String
    /// The container's name, or its id where the line has no name.
    package let container: String
    /// Empty: not told.
    package let image: String
    /// Its address in the network it was connected to; empty: not told.
    package let address: String
    package let place: FilePlace

    private static let actions: Set<String> = [
        "create", "start", "restart", "stop", "die", "kill", "destroy", "remove", "connect", "disconnect",
        "attach", "rename", "pause", "unpause", "health_status:", "exec_create:", "exec_start:", "pull",
        "init",
        "cleanup", "oom",
    ]

    /// Events of a file, in the order of time; empty: it holds none.
    static func all(in file: SourceFile) -> [ContainerEvent] {
        var events: [ContainerEvent] = []
        // Networks speak of ids.
        var names: [String: String] = [:]
        for line in file.lines.prefix(20_000) where line.text.utf8.count < 4000 {
            let words = line.text.split(separator: " ").map(String.init)
            guard words.count >= 4, words[0].prefix(4).allSatisfy(\.isNumber), words[0].contains("-"),
                let at = words.prefix(5).firstIndex(where: { ["container", "network"].contains($0) }),
                at > 0, at + 2 < words.count, actions.contains(words[at + 1])
            else { continue }
            let attributes = attributes(line.text)
            let id = words[at] == "container" ? words[at + 2] : attributes["container"] ?? words[at + 2]
            if words[at] == "container", let name = attributes["name"] { names[id] = name }
            events.append(
                ContainerEvent(
                    time: words[0], action: words[at + 1], container: names[id] ?? id,
                    image: attributes["image"] ?? "", address: attributes["ip"] ?? "",
                    place: file.place(line.number)))
        }
        return events.sorted { $0.time < $1.time }
    }

    /// Containers with the address each has last.
    static func containers(_ events: [ContainerEvent]) -> [RunningContainer] {
        var last: [String: ContainerEvent] = [:]
        for event in events where RunningContainer.isAddress(event.address) && event.action == "connect" {
            last[event.container] = event
        }
        return last.values.sorted { $0.place.line < $1.place.line }.map {
            RunningContainer(name: $0.container, address: $0.address, networks: [], place: $0.place)
        }
    }

    /// `(image=app:1, name=app)` behind the event.
    private static func attributes(_ line: String) -> [String: String] {
        var attributes: [String: String] = [:]
        for part in (line.between("(", ")") ?? "").split(separator: ",") {
            if let name = part.before("="), let value = part.after("=") {
                attributes[name.trimmed] = value.trimmed
            }
        }
        return attributes
    }
}
