/// A field as it stands on the wire: the name in the case it was sent in.
package struct WireField: Equatable, Sendable {
    package let name: String
    /// Without the blanks around it; what is no UTF-8 is replaced.
    package let value: String

    package init(_ name: String, _ value: String) {
        self.name = name
        self.value = value
    }
}

/// A request a probe sent.
package struct ProbeRequest: Equatable, Sendable {
    package var method = "GET"
    /// Path and query.
    package var target: String
    /// `HTTP/1.1` or `HTTP/1.0`.
    package var version = "HTTP/1.1"
    /// In the order they were sent, Host among them.
    package var fields: [WireField]
    package var body: [UInt8] = []

    package init(_ method: String = "GET", _ target: String, fields: [WireField] = []) {
        self.method = method
        self.target = target
        self.fields = fields
    }

    /// The value of the first field of that name, case ignored; nil: it was not sent.
    package subscript(name: String) -> String? { fields.value(of: name) }

    /// What goes on the wire.
    ///
    /// Line ends inside names and values would make two fields of one: they become blanks.
    package var bytes: [UInt8] {
        var text = "\(method) \(target) \(version)\r\n"
        for field in fields { text += "\(field.name): \(field.value)\r\n" }
        if !body.isEmpty || method == "POST" { text += "Content-Length: \(body.count)\r\n" }
        return Array((text + "\r\n").utf8) + body
    }
}

/// An HTTP answer, as it came.
package struct HTTPAnswer: Equatable, Sendable {
    /// A piece of the body and when it came.
    package struct Chunk: Equatable, Sendable {
        /// Since the request was sent.
        package let at: Duration
        package let bytes: Int
    }

    package var status: Int
    package var reason: String
    /// `HTTP/1.1`, `HTTP/1.0`.
    package var version: String
    package var fields: [WireField]
    /// The beginning of the body, chunked coding taken off.
    package var body: [UInt8] = []
    /// Whether there is more of it, or it was not waited for.
    package var isBodyCut = false
    package var chunks: [Chunk] = []
    /// How the connection stood when reading stopped.
    package var end: StreamEnd = .open

    package init(status: Int, reason: String = "", version: String = "HTTP/1.1", fields: [WireField] = []) {
        self.status = status
        self.reason = reason
        self.version = version
        self.fields = fields
    }

    /// The value of the first field of that name, case ignored; nil: it was not sent.
    package subscript(name: String) -> String? { fields.value(of: name) }

    /// The values of all fields of that name, in order.
    package func values(of name: String) -> [String] { fields.values(of: name) }

    /// The body as text, what is no UTF-8 replaced.
    package var text: String { String(decoding: body, as: UTF8.self) }

    /// `text/html`, in small letters and without parameters; nil: not said.
    package var mediaType: String? {
        self["Content-Type"].map { value in
            String(value.prefix { $0 != ";" }).trimmed.lowercased()
        }
    }
}

/// How a connection stood when nobody read on.
package enum StreamEnd: Equatable, Sendable {
    /// Nothing was wrong with it.
    case open
    /// The other side ended it in order.
    case finished
    /// The other side reset it.
    case reset
    /// Another errno.
    case broken(Int32)
    /// TLS broke, by the code of `TLSError`.
    case tls(String)
    /// Nothing came in the time there was.
    case silent
}

/// What became of a request.
package enum HTTPOutcome: Equatable, Sendable {
    case answered(HTTPAnswer)
    /// Begins like HTTP and breaks its rules; `status` where the first line could be read.
    case malformed(code: String, words: String, status: Int?)
    /// Other bytes came: the first 64 of them.
    case foreign([UInt8])
    /// The connection ended before an answer was whole, after so many bytes.
    case closed(received: Int, StreamEnd)
    /// No whole head in time; so many bytes had come.
    case silent(received: Int)
    case unreachable(ConnectFault)
    case tlsFailed(TLSFault)

    /// The answer, where there is one.
    package var answer: HTTPAnswer? {
        if case .answered(let answer) = self { answer } else { nil }
    }

    /// The status, where one could be read.
    package var status: Int? {
        switch self {
        case .answered(let answer): answer.status
        case .malformed(_, _, let status): status
        default: nil
        }
    }
}

/// Why a port could not be connected to.
package enum ConnectFault: Error, Equatable, Sendable {
    /// Nobody listens, or a firewall says so.
    case refused
    /// Nobody answers: packets are dropped, or the machine is off.
    case filtered
    /// The network has no way there, or another errno.
    case failed(Int32)
    /// The name has no address.
    case noAddress
    /// The whole examination is out of time.
    case outOfTime
}

/// Why TLS did not come about.
package struct TLSFault: Error, Equatable, Sendable {
    /// The code of `TLSError`: `TLS-NOT-TLS`; `TLS-SILENT` when nothing came in time.
    package let code: String
    /// In words.
    package let words: String

    package init(code: String, words: String) {
        self.code = code
        self.words = words
    }

    /// Whether the other side does not speak TLS at all.
    package var isPlain: Bool { code == "TLS-NOT-TLS" || code == "TLS-PLAIN-HTTP" }
}

/// A request and what became of it.
package struct HTTPExchange: Equatable, Sendable {
    package let request: ProbeRequest
    package let outcome: HTTPOutcome
    /// From the first byte sent to the end of what was read.
    package let elapsed: Duration

    package init(request: ProbeRequest, outcome: HTTPOutcome, elapsed: Duration = .zero) {
        self.request = request
        self.outcome = outcome
        self.elapsed = elapsed
    }

    /// The answer, where there is one.
    package var answer: HTTPAnswer? { outcome.answer }
    /// The status, where one could be read.
    package var status: Int? { outcome.status }
}

extension [WireField] {
    /// The value of the first field of that name, case ignored.
    package func value(of name: String) -> String? {
        let wanted = name.lowercased()
        return first { $0.name.lowercased() == wanted }?.value
    }

    /// The values of all fields of that name, case ignored.
    package func values(of name: String) -> [String] {
        let wanted = name.lowercased()
        return filter { $0.name.lowercased() == wanted }.map(\.value)
    }
}
