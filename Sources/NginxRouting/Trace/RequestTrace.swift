package import NginxSyntax

/// What nginx does with one request, step by step.
package struct RequestTrace: Sendable {
    /// The request that was traced.
    package let request: SimulatedRequest
    /// Which server answers; nil: nothing listens where the client connected.
    package internal(set) var choice: ServerChoice?
    /// Header lines of the client that nginx drops.
    package internal(set) var dropped: [DroppedHeader] = []
    /// What happened, in order.
    package internal(set) var steps: [TraceStep] = []
    /// What stands between the client and the handler: access rules, authentication, limits.
    package internal(set) var gates: [Gate] = []
    /// Who answers.
    package internal(set) var outcome: Outcome = .failed(status: 0, reason: .nothingListens)
    /// The location in force at the end; nil: the server's own level.
    package internal(set) var location: Location?
    /// The block whose directives are in force at the end: the location's, or an `if`'s or `limit_except`'s in it.
    package internal(set) var level: Level?
    /// `$uri` and `$args` at the end.
    package internal(set) var uri: ByteString = ""
    package internal(set) var arguments: ByteString = ""
    /// The status that replaces that of the answer, by an `error_page` passed on the way; nil: the answer's own is kept.
    package internal(set) var statusOverride: Int?
    /// What could not be known and was assumed, in the order in which it came up.
    package internal(set) var assumptions: [Assumption] = []
    /// Reads of `$1` … `$9` that other patterns overwrote after the location's had captured them.
    package internal(set) var lostCaptures: [LostCapture] = []

    init(_ request: SimulatedRequest) { self.request = request }

    /// The value of a directive in force at the end, and where it comes from; nil: neither written nor known by default.
    package func effective(_ name: String, release: NginxRelease = .debian12) -> EffectiveValue? {
        if let statement = level?.value(name) {
            return EffectiveValue(
                value: statement.arguments.map(\.text).joined(separator: " "), statement: statement)
        }
        return Defaults.value(of: name, release: release).map { EffectiveValue(value: $0, statement: nil) }
    }

    /// The proxied request, if that is the outcome.
    package var proxied: ProxiedRequest? { if case .proxied(let request) = outcome { request } else { nil } }

    /// The last choice of a location.
    package var lastChoice: LocationChoice? {
        for step in steps.reversed() { if case .location(let choice) = step.event { return choice } }
        return nil
    }
}

/// A capture that is no longer what the location captured when a line reads it.
package struct LostCapture: Sendable {
    package let number: Int
    /// What the location captured.
    package let expected: ByteString
    /// What is read.
    package let found: ByteString
    /// The line that reads it: `set` or `proxy_pass`.
    package let statement: Statement
    /// The variable it is put into; nil: it goes into the URL of `proxy_pass`.
    package let variable: String?
}

/// A value with the place it comes from.
package struct EffectiveValue: Sendable {
    /// The arguments, with blanks between them.
    package let value: String
    /// The directive; nil: nginx's default.
    package let statement: Statement?
}

/// One step.
package struct TraceStep: Sendable {
    package enum Event: Sendable {
        /// A location was looked for.
        case location(LocationChoice)
        /// A location was entered by its name.
        case named(Location)
        /// A rewrite matched and changed the URI.
        case rewritten(from: ByteString, to: ByteString, arguments: ByteString, searchesAgain: Bool)
        /// A variable was set.
        case set(variable: String, Evaluated)
        /// A condition was decided; nil: could not be, and was taken as false.
        case tested(Bool?)
        /// `return`, or a rewrite that redirects.
        case returned(status: Int, text: Evaluated?)
        /// `try_files` was gone through.
        case tried([TriedFile], TryResult)
        /// The request starts over with another URI.
        case redirected(uri: ByteString, arguments: ByteString, by: InternalRedirect)
        /// An error is answered by another page.
        case errorPage(status: Int, target: Evaluated, override: Int?)
    }

    package let event: Event
    /// The directive; nil where no line of the configuration decided.
    package let statement: Statement?
    /// `$uri` before the step.
    package let uri: ByteString
}

/// Who starts a request over.
package enum InternalRedirect: String, Sendable {
    case tryFiles, index, errorPage
}

/// One file `try_files` looked for.
package struct TriedFile: Sendable {
    /// In the file system.
    package let path: ByteString
    package let isDirectory: Bool
    package let found: FileKind
}

/// How `try_files` ended.
package enum TryResult: Equatable, Sendable {
    /// A file is there: it is served, or handed to the location's handler.
    case found(ByteString)
    case fallback(ByteString)
    case status(Int)
}

/// How a location was found, with all that were considered.
package struct LocationChoice: Sendable {
    /// One location and what became of it.
    package struct Candidate: Sendable {
        package enum Verdict: Sendable {
            case chosen
            /// The path does not begin with it, or is not equal to it, or the pattern does not match.
            case noMatch
            /// Matches, but a longer prefix does too.
            case shorter(than: Location)
            /// Matches, but an exact location ends the search.
            case beatenByExact(Location)
            /// Matches, but a regular expression does too.
            case beatenByRegex(Location)
            /// The pattern matches, but an earlier one in the file did too.
            case afterRegex(Location)
            /// The pattern matches, but a `^~` prefix keeps patterns from being tried.
            case skippedBehind(Location)
            /// Only reached by its name.
            case named
        }

        package let location: Location
        package let verdict: Verdict

        /// Whether it would answer if nothing ranked higher.
        package var matches: Bool {
            switch verdict {
            case .noMatch, .named: false
            default: true
            }
        }
    }

    /// The one chosen; nil: none matches, the server's own level answers.
    package let chosen: Location?
    /// Those of the server and, inside the chosen ones, of nested levels.
    package let candidates: [Candidate]
    /// Where the client is redirected to because only the path with a final slash has a location.
    package let slashRedirect: ByteString?
}

/// A header line of the client that does not get through.
package struct DroppedHeader: Equatable, Sendable {
    package enum Reason: Equatable, Sendable {
        /// `underscores_in_headers` is off.
        case underscore
        /// `ignore_invalid_headers` is on, and another octet is not allowed in names.
        case invalid
    }
    package let name: String
    package let reason: Reason
}

/// What may refuse a request before its handler is asked.
package enum Gate: Sendable {
    /// `allow`, `deny`: nil: depends on an address nobody knows.
    case access(allowed: Bool?, Statement)
    /// `auth_basic`; whether the client sends credentials.
    case basicAuthentication(hasCredentials: Bool, Statement)
    /// `auth_request`, and what nginx does with the subrequest.
    case authRequest(Subrequest, Statement)
    /// `auth_jwt`, `access_by_lua…` and other modules.
    case module(Statement)
    /// `limit_req`, `limit_conn`
    case limit(Statement)
}

/// A subrequest's trace, boxed since traces hold gates.
package final class Subrequest: Sendable {
    package let trace: RequestTrace
    init(_ trace: RequestTrace) { self.trace = trace }
}

/// What was assumed because it cannot be read from the configuration.
package enum Assumption: Equatable, Sendable {
    /// A file is taken to be missing (`exists` false) or there.
    case file(ByteString, exists: Bool)
    /// A condition with unknown variables is taken as false.
    case condition(variables: [String], NginxPlace)
    /// A pattern took too many steps and is taken not to match.
    case pattern(ByteString)
    /// The client's address is taken to be allowed.
    case address
    /// A variable that no module we know defines.
    case variable(String)
}

/// Who answers.
package enum Outcome: Sendable {
    /// `proxy_pass`
    case proxied(ProxiedRequest)
    /// `grpc_pass`, `fastcgi_pass` and their like.
    case passed(protocol: String, target: Evaluated, Statement)
    /// nginx itself, by `return`, a redirect or an error.
    case answered(Answer)
    /// A file, or what it takes to be one.
    case file(path: ByteString, found: FileKind)
    /// A module's handler: `stub_status`, `content_by_lua_block`, `echo`.
    case module(Statement)
    /// nginx fails.
    case failed(status: Int, reason: Failure)

    /// An answer of nginx itself.
    package struct Answer: Sendable {
        package let status: Int
        /// The Location field, absolute as the client sees it.
        package let location: Evaluated?
        /// The body of `return`; nil: nginx's own page.
        package let text: Evaluated?
        /// The directive that ended it; nil: nginx's own rules.
        package let statement: Statement?
        package let reason: AnswerReason
    }

    /// Why nginx answers itself.
    package enum AnswerReason: Equatable, Sendable {
        case returned, rewriteRedirect
        /// Only the path with a final slash has a location, or is a directory.
        case slashRedirect
        case errorPageRedirect
        case tryFilesCode
        case internalOnly, noFile, forbidden, methodNotAllowed
        case denied, unauthorized
        /// The request is malformed.
        case badRequest(BadRequest)
    }

    package enum BadRequest: Equatable, Sendable { case noHost, host, duplicateHost, target, contentLength }

    package enum Failure: Equatable, Sendable {
        case nothingListens
        /// More than ten internal redirects.
        case redirectionCycle
        case namedLocationMissing(String)
        case aliasAfterRewrite
        case emptyURI
        /// An `if` without `proxy_pass` took the place of one with it, in a location that has none.
        case handlerWithoutTarget
        /// proxy_pass with variables gave no URL.
        case invalidURL(String)
    }
}
