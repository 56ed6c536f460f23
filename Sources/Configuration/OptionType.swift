internal import PubSub

/// What an option takes: its type, its bounds, its unit.
public indirect enum OptionType: Sendable, Equatable {
    /// `HOST:PORT`, `[IPV6]:PORT` or `unix:PATH`.
    case address
    /// Addresses that share their first bits, or a word for some, as `AddressRange` reads them.
    case addressRange
    /// `true` or `false`.
    case boolean
    /// One of some words.
    case choice([String])
    /// A web origin, as `Origin` reads it, or `*` for all.
    case corsOrigin
    /// A directory. `~/` is the home directory.
    case directory
    /// A span of time with its unit: `250ms`, `10s`, `24h`. With `zero`, 0 is taken too and means what it says.
    case duration(ClosedRange<Duration>, zero: String? = nil)
    /// A number. With `zero`, 0 is taken too and means what it says.
    case integer(ClosedRange<Int>, zero: String? = nil)
    /// `stderr`, `journald`, or the path of a file, which has a `/`.
    case logDestination
    /// Several, none twice; in a flag or an environment variable parted by commas.
    case list(OptionType)
    /// A web origin, as `Origin` reads it.
    case origin
    /// A file. `~/` is the home directory.
    case path
    /// A name that needs no escaping in a URL, such as that of a query parameter.
    case queryName
    /// So many in such a time: `20/s`.
    case rate
    /// A number of bytes: `64KiB`, `1MiB`, or a bare number.
    case size(ClosedRange<Int>)
    /// Any words, such as a name that somebody else chose.
    case text
    /// The name of a topic, perhaps with wildcards and placeholders, as room PubSub reads them.
    case topicPattern
    /// An `http` or `https` URL without user information.
    case url
    /// The path of a URL, perhaps with `{name}` for whole segments.
    case urlPath
}

/// The value of an option, whatever its type.
public enum OptionValue: Sendable, Equatable {
    /// The option is not set, where that is allowed.
    case absent
    /// Of a `boolean`.
    case boolean(Bool)
    /// Of a `duration`.
    case duration(Duration)
    /// Of an `integer` or a `size`.
    case integer(Int)
    /// Of a `list`.
    case list([OptionValue])
    /// Of everything else.
    case text(String)
}

/// Why a value was not taken, in words, and what would be.
struct OptionFault: Error, Equatable {
    var message: String
    var hint: String
}

extension OptionType {
    /// Reads a value as flags and environment variables give it, and as TOML gives it inside quotes.
    func parse(_ text: String) throws(OptionFault) -> OptionValue {
        switch self {
        case .boolean:
            switch text {
            case "true", "yes", "on", "1": return .boolean(true)
            case "false", "no", "off", "0": return .boolean(false)
            default: throw fault("\"\(text)\" is neither true nor false")
            }
        case .choice(let words):
            if words.contains(text) { return .text(text) }
            let guess = Spelling.nearest(to: text, among: words).map { "did you mean \"\($0)\"?" }
            throw OptionFault(
                message: "\"\(text)\" is not \(expectation)", hint: guess ?? "use \(expectation)")
        case .duration(_, let zero):
            if zero != nil, text == "0" { return .duration(.zero) }
            guard let duration = Duration(text: text) else {
                throw fault("\"\(text)\" is not a span of time")
            }
            return try check(duration)
        case .integer:
            guard let number = Int(text) else { throw fault("\"\(text)\" is not a whole number") }
            return try check(number)
        case .size:
            guard let bytes = ByteSize.parse(text) else {
                throw fault("\"\(text)\" is not a number of bytes")
            }
            return try check(bytes)
        case .list(let element):
            var values: [OptionValue] = []
            for part in text.split(separator: ",") {
                let value = try element.parse(String(part.trimmed))
                if !values.contains(value) { values.append(value) }
            }
            return .list(values)
        case .corsOrigin where text == "*": return .text(text)
        case .corsOrigin, .origin:
            guard let origin = Origin(text) else { throw fault("\"\(text)\" is not a web origin") }
            return .text(origin.description)
        case .directory, .path:
            guard !text.isEmpty, !text.utf8.contains(0) else { throw fault("an empty path leads nowhere") }
            return .text(text)
        case .logDestination:
            // A word that is misspelt must not become a file of that name.
            guard Options.LogDestination(text) != nil else {
                let guess = Spelling.nearest(to: text, among: Options.LogDestination.words)
                throw OptionFault(
                    message: "\"\(text)\" is neither a destination nor the path of a file",
                    hint: guess.map { "did you mean \"\($0)\"?" } ?? "use \(expectation)")
            }
            return .text(text)
        case .address:
            if let reason = AddressSyntax.fault(in: text) {
                throw fault("\"\(text)\" is not an address: \(reason)")
            }
            return .text(text)
        case .addressRange:
            guard AddressRange.ranges(text) != nil else {
                let guess = Spelling.nearest(to: text, among: AddressRange.words)
                throw OptionFault(
                    message: "\"\(text)\" is no range of addresses",
                    hint: guess.map { "did you mean \"\($0)\"?" } ?? "use \(expectation)")
            }
            return .text(text)
        case .rate:
            guard RateOptions.parse(text) != nil else { throw fault("\"\(text)\" says not how often") }
            return .text(text)
        case .queryName:
            guard !text.isEmpty, text.utf8.allSatisfy(\.isUnreserved) else {
                throw fault("\"\(text)\" has other characters than it may")
            }
            return .text(text)
        case .text:
            guard !text.isEmpty, text.utf8.count <= 1024, text.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7f })
            else { throw fault("\"\(text)\" is empty, too long or holds control characters") }
            return .text(text)
        case .topicPattern:
            guard !text.isEmpty, text.utf8.count <= TopicPattern.longest else {
                throw fault("\"\(text)\" is no topic")
            }
            return .text(text)
        case .url:
            if let reason = URLSyntax.fault(in: text) { throw fault("\"\(text)\" is not a URL: \(reason)") }
            return .text(text)
        case .urlPath:
            do {
                return .text(try PathPattern(text).description)
            } catch {
                throw fault("\"\(text)\" is not a path: \(error)")
            }
        }
    }

    /// Checks a duration against the bounds.
    func check(_ duration: Duration) throws(OptionFault) -> OptionValue {
        guard case .duration(let bounds, let zero) = self else {
            throw fault("a span of time does not fit here")
        }
        if zero != nil, duration == .zero { return .duration(duration) }
        guard bounds.contains(duration) else { throw fault("\(duration.text) is out of bounds") }
        return .duration(duration)
    }

    /// Checks a number against the bounds.
    func check(_ number: Int) throws(OptionFault) -> OptionValue {
        switch self {
        case .integer(let bounds, let zero):
            if zero != nil, number == 0 { return .integer(0) }
            guard bounds.contains(number) else { throw fault("\(number) is out of bounds") }
        case .size(let bounds):
            guard bounds.contains(number) else { throw fault("\(ByteSize.text(number)) is out of bounds") }
        default:
            throw fault("a number does not fit here")
        }
        return .integer(number)
    }

    /// A fault whose hint says what would be right.
    func fault(_ message: String) -> OptionFault { OptionFault(message: message, hint: "use \(expectation)") }

    /// What is taken, as words that follow "use": "a number of bytes, 1KiB to 1MiB".
    var expectation: String {
        switch self {
        case .address: "HOST:PORT, [IPV6]:PORT, unix:/PATH or systemd:NAME"
        case .addressRange: "an address, a range such as 10.0.0.0/8, loopback or private"
        case .boolean: "true or false"
        case .choice(let words): words.dropLast().joined(separator: ", ") + " or " + (words.last ?? "")
        case .corsOrigin: "an origin such as https://app.example.com, or *"
        case .directory: "the path of a directory"
        case .duration(let bounds, let zero):
            "a span of time such as \"10s\", \(bounds.lowerBound.text) to \(bounds.upperBound.text)"
                + (zero.map { ", or 0: \($0)" } ?? "")
        case .integer(let bounds, let zero):
            "a number, \(bounds.lowerBound) to \(bounds.upperBound)" + (zero.map { ", or 0: \($0)" } ?? "")
        case .logDestination: "stderr, journald, or the path of a file such as /var/log/sockeye.log"
        case .list(let element): "a list; each item: \(element.expectation)"
        case .origin: "an origin such as https://app.example.com"
        case .path: "the path of a file"
        case .queryName: "letters, digits and -._~"
        case .rate: "so many in such a time, such as \"20/s\", \"600/m\" or \"5/10s\""
        case .size(let bounds):
            "a size such as \"64KiB\", \(ByteSize.text(bounds.lowerBound)) to \(ByteSize.text(bounds.upperBound))"
        case .text: "1 to 1024 bytes of text"
        case .topicPattern: "1 to 255 bytes, such as news, room:* or user:{user}"
        case .url: "a URL such as https://backend.example/answers"
        case .urlPath: "a path such as /ws or /ws/{user}"
        }
    }

    /// What 0 means, where it stands for something of its own.
    public var meaningOfZero: String? {
        switch self {
        case .duration(_, let zero), .integer(_, let zero): zero
        case .address, .addressRange, .boolean, .choice, .corsOrigin, .directory, .list, .logDestination,
            .origin,
            .path, .queryName, .rate, .size, .text, .topicPattern, .url, .urlPath:
            nil
        }
    }

    /// A short name for the type, for usage lines: `SIZE`.
    public var placeholder: String {
        switch self {
        case .address: "HOST:PORT"
        case .addressRange: "ADDRESSES"
        case .boolean: ""
        case .choice(let words): words.joined(separator: "|")
        case .corsOrigin: "ORIGIN"
        case .directory: "DIR"
        case .duration: "DURATION"
        case .integer: "N"
        case .list(let element): element.placeholder
        case .logDestination: "stderr|journald|FILE"
        case .origin: "ORIGIN"
        case .path: "FILE"
        case .queryName: "NAME"
        case .rate: "N/TIME"
        case .size: "SIZE"
        case .text: "TEXT"
        case .topicPattern: "TOPIC"
        case .url: "URL"
        case .urlPath: "PATH"
        }
    }
}
