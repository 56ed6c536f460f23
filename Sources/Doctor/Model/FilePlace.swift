/// A place in a file the user handed over.
package struct FilePlace: Equatable, Hashable, Sendable {
    /// The path as the user would write it: relative to the folder of `--files`, or as given with `--nginx`.
    package let file: String
    /// From 1.
    package let line: Int
    /// In bytes, from 1.
    package let column: Int

    /// A place; the column is 1 where only the line is known.
    package init(file: String, line: Int, column: Int = 1) {
        self.file = file
        self.line = line
        self.column = column
    }
}
