import HTTPWire

/// Requests as a browser's network panel shows them, copied from its Headers tab.
///
/// `Request URL: …`, `Status Code: 200 OK (from service worker)` and the fields below, each value on the line of its name or on the
/// next one; or short notes with `Name` and `Status` of the list.
enum DevToolsReader {
    typealias Entry = (request: RecordedRequest, response: RecordedResponse)

    /// Fields of one entry, by the part of the panel they stand in.
    private struct Panel {
        var general: [RecordedRequest.Field] = []
        var request: [RecordedRequest.Field] = []
        var response: [RecordedRequest.Field] = []
        /// The part that the next line belongs to.
        var part = \Panel.general
    }

    /// nil: the file is no such copy.
    static func entries(_ file: SourceFile) -> [Entry]? {
        var entries: [Entry] = []
        var panel = Panel()
        func finish() {
            if let entry = entry(panel), entries.count < 100 { entries.append(entry) }
            panel = Panel()
        }
        // A name whose value stands on the next line.
        var open: (name: String, line: Int)?
        for line in file.lines.prefix(5000) {
            let text = line.text.trimmed
            let low = text.lowercased()
            if let name = open, !text.isEmpty {
                open = nil
                if pair(text).map({ names.contains($0.name.lowercased()) }) != true {
                    panel[keyPath: panel.part].append(
                        .init(name: name.name, value: text, place: file.place(name.line)))
                    continue
                }
            }
            if low.hasPrefix("request headers") {
                panel.part = \.request
            } else if low.hasPrefix("response headers") {
                panel.part = \.response
            } else if let (name, value) = pair(text) {
                if ["request url", "name", "url"].contains(name.lowercased()) { finish() }
                if value.isEmpty {
                    open = (name, line.number)
                } else {
                    panel[keyPath: panel.part].append(
                        .init(name: name, value: value, place: file.place(line.number)))
                }
            }
        }
        finish()
        return entries.isEmpty ? nil : entries
    }

    private static let names: Set<String> = [
        "request url", "request method", "status code", "remote address", "referrer policy", "name", "status",
        "url",
        "type",
    ]

    private static func pair(_ text: String) -> (name: String, value: String)? {
        guard let name = text.before(":"), !name.isEmpty, name.utf8.count < 60,
            name.allSatisfy({ $0.isLetter || $0.isNumber || $0 == "-" || $0 == " " })
        else { return nil }
        return (name.trimmed, (text.after(":") ?? "").trimmed)
    }

    private static func entry(_ panel: Panel) -> Entry? {
        func value(_ names: String...) -> RecordedRequest.Field? {
            panel.general.first { names.contains($0.name.lowercased()) }
        }
        guard let address = value("request url", "name", "url"), let state = value("status code", "status"),
            let status = Int(state.value.prefix { $0.isNumber }), (100...599).contains(status)
        else { return nil }
        let target = (try? URLParts(address.value))?.target ?? address.value
        guard target.hasPrefix("/") else { return nil }
        let body = value("response", "preview", "response body")?.value ?? ""
        let isWorker = state.value.lowercased().filter { $0 != " " }.holds("serviceworker")
        let request = RecordedRequest(
            method: value("request method", "method")?.value ?? "GET", target: target, version: "HTTP/1.1",
            fields: panel.request, place: address.place)
        let response = RecordedResponse(
            status: status, version: "HTTP/1.1", fields: panel.response + panel.general,
            body: String(body.prefix(2000)), isOfServiceWorker: isWorker, place: state.place)
        return (request, response)
    }
}
