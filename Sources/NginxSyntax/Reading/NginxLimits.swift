/// How much of a configuration is read before the reader refuses the rest, so that time and memory stay
/// bounded whatever is handed in.
package struct NginxLimits: Sendable {
    /// Bytes of one file.
    ///
    /// Default 16 MiB: the largest geo lists seen in the wild have a tenth of that.
    package var fileSize = 16 << 20
    /// Bytes of all files together, each counted once.
    ///
    /// Default 64 MiB.
    package var totalSize = 64 << 20
    /// Files, each counted as often as it is included.
    ///
    /// Default 10,000.
    package var includes = 10_000
    /// How deep blocks may nest, those of included files on top of the including block's.
    ///
    /// Default 100; what nginx itself allows ends at about eight.
    package var depth = 100
    /// How deep files may include each other.
    ///
    /// Default 32.
    package var includeDepth = 32
    /// Directives after includes are expanded.
    ///
    /// Default 500,000 (about 100 MB of memory).
    package var directives = 500_000
    /// Problems listed before the search for more is given up.
    ///
    /// Default 200.
    package var problems = 200
    /// Whether the time is up; asked every few thousand words and directives.
    ///
    /// What is read then is a part, and says so nowhere: whoever gives the time knows that it was up. Default: never.
    package var isOver: @Sendable () -> Bool = { false }

    /// The defaults.
    package init() {}

    /// Bytes of a word or comment that nginx's own buffer holds (`NGX_CONF_BUFFER`).
    static let word = 4096
    /// Steps between two looks at the clock, less one: a mask.
    static let patience = 0xFFF
}
