/// A request somebody recorded: with curl -v, tcpdump, a browser's tools, or by hand.
package struct RecordedRequest: Equatable, Sendable {
    /// A header field as written.
    package struct Field: Equatable, Sendable {
        package let name: String
        package let value: String
        package let place: FilePlace
    }

    package let method: String
    package let target: String
    /// `HTTP/1.1`.
    package let version: String
    package let fields: [Field]
    package let place: FilePlace

    /// The first value of a field, any case.
    package subscript(name: String) -> String? {
        fields.first { $0.name.lowercased() == name.lowercased() }?.value
    }

    /// Whether it is meant as a WebSocket handshake, whatever is left of it.
    package var isHandshake: Bool {
        self["Sec-WebSocket-Key"] != nil || self["Sec-WebSocket-Version"] != nil
            || self["Sec-WebSocket-Protocol"] != nil
            || self["Upgrade"]?.lowercased().holds("websocket") == true
    }
}

/// An answer somebody recorded.
package struct RecordedResponse: Equatable, Sendable {
    /// 0: only the body is there.
    package let status: Int
    package let version: String
    package let fields: [RecordedRequest.Field]
    /// At most 2,000 characters.
    package let body: String
    /// Whether the browser says that a service worker of the page gave it, and no server.
    package var isOfServiceWorker = false
    package let place: FilePlace

    /// The first value of a field, any case.
    package subscript(name: String) -> String? {
        fields.first { $0.name.lowercased() == name.lowercased() }?.value
    }

    /// All values of a field, any case.
    package func all(_ name: String) -> [RecordedRequest.Field] {
        fields.filter { $0.name.lowercased() == name.lowercased() }
    }
}

extension FileEvidence {
    /// The answer that was recorded behind a request, before the next one of the same file.
    func answer(to request: RecordedRequest) -> RecordedResponse? {
        let behind = { (place: FilePlace) in
            place.file == request.place.file && place.line > request.place.line
        }
        let next = requests.map(\.place).filter(behind).map(\.line).min() ?? .max
        return responses.filter { behind($0.place) && $0.place.line < next && $0.status > 0 }
            .min { $0.place.line < $1.place.line }
    }
}

extension RecordedRequest {
    /// The request a line with a `curl` command sends, by its URL and its `-H` fields; nil: it is no such line.
    init?(command line: String, at place: FilePlace) {
        let words = line.shellWords
        guard let start = words.firstIndex(where: { $0 == "curl" || $0.hasSuffix("/curl") }), start < 4 else {
            return nil
        }
        var fields: [Field] = []
        var url: String?
        var isValue = false
        for (index, word) in words.enumerated().dropFirst(start + 1) {
            if isValue {
                if let name = word.before(":"), let value = word.after(":"), words[index - 1] != "-d" {
                    fields.append(Field(name: name.trimmed, value: value.trimmed, place: place))
                }
                isValue = false
            } else if ["-H", "--header", "-d", "--data", "-o", "-X"].contains(word) {
                isValue = true
            } else if word.holds("://") {
                url = word
            }
        }
        guard let url, let rest = url.after("://") else { return nil }
        let path = rest.firstIndex(of: "/").map { String(rest[$0...]) } ?? "/"
        self.init(method: "GET", target: path, version: "HTTP/1.1", fields: fields, place: place)
    }
}

/// Finds HTTP messages in a text: raw heads, and those of `curl -v`, whose lines begin with `> ` and `< `.
struct ExchangeReader {
    private(set) var requests: [RecordedRequest] = []
    private(set) var responses: [RecordedResponse] = []
    /// Requests that commands send.
    private(set) var commands: [RecordedRequest] = []

    init(_ file: SourceFile) {
        let lines = file.lines.prefix(20_000).map { line in
            let text = line.text
            let isMarked = text.hasPrefix("> ") || text.hasPrefix("< ") || text == ">" || text == "<"
            return NumberedLine(number: line.number, text: isMarked ? String(text.dropFirst(2)) : text)
        }
        var at = 0
        while at < lines.count, requests.count + responses.count < 200 {
            let start = lines[at]
            if let (method, target, version) = Self.requestLine(start.text) {
                let fields = Self.fields(lines, from: &at, file)
                requests.append(
                    RecordedRequest(
                        method: method, target: target, version: version, fields: fields,
                        place: file.place(start.number)))
            } else if let (version, status) = Self.statusLine(start.text) {
                let fields = Self.fields(lines, from: &at, file)
                let body = Self.body(lines, from: &at)
                responses.append(
                    RecordedResponse(
                        status: status, version: version, fields: fields, body: body,
                        place: file.place(start.number)))
            } else {
                if let command = RecordedRequest(command: start.text, at: file.place(start.number)) {
                    commands.append(command)
                }
                at += 1
            }
        }
    }

    /// `GET /ws HTTP/1.1`.
    static func requestLine(_ text: String) -> (method: String, target: String, version: String)? {
        let words = text.split(separator: " ")
        guard words.count == 3, words[2].hasPrefix("HTTP/"), words[0].allSatisfy(\.isUppercase) else {
            return nil
        }
        return (String(words[0]), String(words[1]), String(words[2]))
    }

    /// `HTTP/1.1 101 Switching Protocols`.
    static func statusLine(_ text: String) -> (version: String, status: Int)? {
        let words = text.split(separator: " ", maxSplits: 2)
        guard words.count >= 2, words[0].hasPrefix("HTTP/"), words[1].count == 3, let status = Int(words[1])
        else { return nil }
        return (String(words[0]), status)
    }

    private static func fields(_ lines: [NumberedLine], from at: inout Int, _ file: SourceFile)
        -> [RecordedRequest.Field]
    {
        var fields: [RecordedRequest.Field] = []
        at += 1
        while at < lines.count, fields.count < 200 {
            let text = lines[at].text
            guard let name = text.before(":"), !name.isEmpty, !name.contains(" "), let value = text.after(":")
            else { break }
            fields.append(
                RecordedRequest.Field(name: name, value: value.trimmed, place: file.place(lines[at].number)))
            at += 1
        }
        return fields
    }

    private static func body(_ lines: [NumberedLine], from at: inout Int) -> String {
        var body = ""
        while at < lines.count, body.utf8.count < 2000 {
            if requestLine(lines[at].text) != nil || statusLine(lines[at].text) != nil { break }
            body += lines[at].text + "\n"
            at += 1
        }
        return String(body.trimmed.prefix(2000))
    }
}

/// A certificate as a tool showed it.
package struct CertificateReport: Equatable, Sendable {
    /// CN of the subject; empty: none.
    package var commonName = ""
    /// Names of the subject alternative name.
    package var names: [String] = []
    /// What verification complained of, in the tool's words; empty: nothing.
    package var problems: [String] = []
    package var place: FilePlace

    /// Whether the certificate is for this host (RFC 6125 §6.4): the alternative names count, else the common name.
    package func covers(_ host: String) -> Bool {
        let names = self.names.isEmpty ? [commonName] : self.names
        return names.contains { name in
            let name = name.lowercased()
            let host = host.lowercased()
            if name == host { return true }
            guard name.hasPrefix("*."), let rest = host.after(".") else { return false }
            return rest == String(name.dropFirst(2))
        }
    }

    /// Out of `openssl s_client`, `openssl x509 -text`, or curl; nil: no certificate is told of.
    init?(_ file: SourceFile) {
        place = file.place(1)
        var isAny = false
        for line in file.lines.prefix(5000) {
            let text = line.text.trimmed
            let low = text.lowercased()
            if low.hasPrefix("subject=") || low.hasPrefix("subject:") || low.hasPrefix("* subject:")
                || low.hasPrefix("*  subject:"),
                commonName.isEmpty
            {
                let rest = text.after("CN = ") ?? text.after("CN=") ?? ""
                commonName = String(rest.prefix { $0 != "," && $0 != "/" && $0 != ";" }).trimmed
                place = file.place(line.number)
                isAny = true
            } else if low.holds("dns:") {
                names += text.split(separator: ",").compactMap { $0.after("DNS:")?.trimmed }
                isAny = true
            } else if low.holds("verify error:") || low.holds("certificate subject name")
                || low.hasPrefix("verify return code: ")
            {
                if low.hasPrefix("verify return code: 0") { continue }
                problems.append(text)
                isAny = isAny || low.holds("verify error") || low.holds("certificate subject name")
            } else if low.holds("self-signed certificate") || low.holds("certificate has expired")
                || low.holds("unable to get local issuer")
            {
                problems.append(text)
                isAny = true
            }
        }
        if !isAny { return nil }
    }
}
