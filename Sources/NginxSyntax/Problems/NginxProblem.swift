/// Something for which nginx would refuse the configuration, or our reader cannot go on.
package struct NginxProblem: Sendable, Equatable {
    /// What is wrong.
    package let kind: Kind
    /// Where; for a missing semicolon the end of the word it should follow.
    package let place: NginxPlace
    /// A second place that explains it: the other of two duplicates, the brace that is not closed, the quote
    /// that is not closed.
    package let other: NginxPlace?

    /// A problem at a place.
    package init(_ kind: Kind, at place: NginxPlace, other: NginxPlace? = nil) {
        self.kind = kind
        self.place = place
        self.other = other
    }

    /// Kinds of problems, in the order of the reader's stages.
    package enum Kind: Sendable, Equatable {
        // Files and includes.
        /// A file named without wildcards does not exist.
        case fileMissing(path: String)
        /// A file cannot be read: permission, a directory, an error of the system.
        case fileUnreadable(path: String, reason: String)
        /// A file is larger than `limit` bytes and was not read.
        case fileTooLarge(path: String, limit: Int)
        /// A file includes itself, directly or through others; `chain` from the outermost to the one that
        /// closes it.
        case includeLoop(chain: [String])
        /// Includes are nested deeper than `limit`.
        case includesTooDeep(limit: Int)
        /// More files are included than `limit`, or all together have more bytes than allowed.
        case tooManyIncludes(limit: Int)

        // Characters and words.
        /// The file begins with a byte order mark, which nginx takes for a part of the first directive's
        /// name.
        case byteOrderMark
        /// The file is not text: it holds NUL bytes.
        case binaryFile
        /// A `;`, `{`, `}` or a character right after a closing quote where nginx expects none.
        case unexpectedCharacter(UInt8)
        /// The file ends inside a directive.
        case unexpectedEndOfDirective
        /// The file ends inside a block; `other` is the brace that opens it.
        case unclosedBlock(name: String)
        /// A quote is not closed; the place is the quote.
        case unclosedQuote
        /// A word or comment is longer than nginx's buffer of 4096 bytes.
        case wordTooLong(length: Int)
        /// A Lua block is not closed.
        case unclosedForeignBlock(name: String)
        /// Blocks are nested deeper than `limit`.
        case nestingTooDeep(limit: Int)
        /// More directives than `limit`.
        case tooManyDirectives(limit: Int)
        /// So many problems that the search for more was given up.
        case tooManyProblems(limit: Int)

        // Directives.
        /// No module of nginx we know has this directive.
        case unknownDirective(name: String)
        /// The directive exists, but not in this block; `allowed` are the blocks it may stand in.
        case misplacedDirective(name: String, context: NginxContext, allowed: [NginxContext])
        /// Too few or too many arguments; `expected` is how `DirectiveTable` writes the numbers: `1`, `12`
        /// (one or two), `1+`.
        case wrongArgumentCount(name: String, count: Int, expected: String)
        /// A semicolon is missing after a directive, so that what follows became its arguments.
        case missingSemicolon(name: String)
        /// A directive that takes a block ends in a semicolon.
        case missingBlock(name: String)
        /// A directive that takes no block is followed by one.
        case unexpectedBlock(name: String)
        /// A directive that may stand once in a block stands there again, or a name that may be given once is
        /// given again; `other` is the first.
        case duplicateDirective(name: String)
        /// An argument nginx does not take: `value` for `name`.
        case invalidValue(name: String, value: String)
        /// `http` or `events` is missing.
        case missingSection(name: String)

        // What directives say together.
        /// Two locations of one block have the same name; `other` is the first.
        case duplicateLocation(name: String)
        /// A location where it cannot be; `parent` is the location around it.
        case misplacedLocation(name: String, parent: String, reason: LocationFault)
        /// `proxy_pass` has a URI part where nginx allows none: in a regex or named location, in `if`, in
        /// `limit_except`.
        case proxyPassWithURI(value: String)
        /// `proxy_pass` does not begin with `http://` or `https://`.
        case invalidURLPrefix(name: String, value: String)
        /// An upstream without a server.
        case emptyUpstream(name: String)
        /// A TLS listener whose default server has no certificate.
        case certificateMissing(listen: String)
        /// `directive` names a zone, cache or log format that nothing defines.
        case undefinedName(directive: String, name: String)
        /// The buffers of a proxy do not fit together: `directive` is the one nginx names, `minimum` and
        /// `maximum` are the bytes it may have (nil: no such bound).
        case bufferSizes(directive: String, value: Int, minimum: Int?, maximum: Int?)
        /// A variable is used that nothing defines.
        case unknownVariable(name: String)
        /// `$` with nothing that could be a name behind it, or `${` without `}`.
        case invalidVariableName(text: String)
    }

    /// Why a location cannot be where it is.
    package enum LocationFault: Sendable, Equatable {
        /// Its name does not begin with the name of the location around it.
        case outsideParent
        /// The location around it is exact (`=`), or named (`@`).
        case insideExact, insideNamed
        /// A named location not at the level of the server.
        case namedInside
    }
}

/// Where a directive may stand, in nginx's own division of contexts.
package enum NginxContext: String, Sendable, CaseIterable {
    case main
    case events
    case http
    case server
    case location
    case upstream
    case serverIf = "if in server"
    case locationIf = "if in location"
    case limitExcept = "limit_except"
    case mail
    case mailServer = "server in mail"
    case stream
    case streamServer = "server in stream"
    case streamUpstream = "upstream in stream"
    /// A block whose lines are not directives: `map`, `geo`, `types`, `split_clients`, `charset_map`.
    case entries
    /// A block of a directive we do not know: nothing inside is judged.
    case unknown
}
