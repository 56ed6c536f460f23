/// Where something stands: a range of bytes in one of the configuration's files.
package struct NginxPlace: Sendable, Equatable, Hashable {
    /// Index in `NginxConfiguration.files`.
    package let file: Int
    /// Line of its first byte, from 1.
    package let line: Int
    /// Column of its first byte, from 1, in bytes.
    package let column: Int
    /// The bytes it covers; empty for a point between two bytes.
    package let range: Range<Int>

    /// A place.
    package init(file: Int, line: Int, column: Int, range: Range<Int>) {
        self.file = file
        self.line = line
        self.column = column
        self.range = range
    }
}
