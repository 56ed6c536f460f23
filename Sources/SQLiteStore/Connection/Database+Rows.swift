internal import CSQLite

/// A value on its way into a statement.
enum Value {
    case blob([UInt8])
    case integer(Int64)
    case null
    case text(String)

    /// An integer that may be missing.
    static func optional(_ value: Int64?) -> Value { value.map(Value.integer) ?? .null }

    /// A text that may be missing.
    static func optional(_ value: String?) -> Value { value.map(Value.text) ?? .null }

    /// A count or a limit.
    static func count(_ value: Int) -> Value { .integer(Int64(value)) }
}

/// The row a statement stands on; valid inside the closure it is handed to.
struct Row {
    let statement: OpaquePointer

    func isNull(_ column: Int32) -> Bool { sqlite3_column_type(statement, column) == SQLITE_NULL }

    func integer(_ column: Int32) -> Int64 { sqlite3_column_int64(statement, column) }

    func count(_ column: Int32) -> Int { Int(sqlite3_column_int64(statement, column)) }

    /// An unsigned number, which the file keeps with the same bits.
    func unsigned(_ column: Int32) -> UInt64 { UInt64(bitPattern: integer(column)) }

    func bool(_ column: Int32) -> Bool { integer(column) != 0 }

    func optionalInteger(_ column: Int32) -> Int64? { isNull(column) ? nil : integer(column) }

    /// The bytes of a blob or a text.
    func bytes(_ column: Int32) -> [UInt8] {
        // The pointer first: asking for the length may not change the type any more.
        let start = sqlite3_column_blob(statement, column)
        return [UInt8](
            UnsafeRawBufferPointer(start: start, count: Int(sqlite3_column_bytes(statement, column))))
    }

    func text(_ column: Int32) -> String {
        let start = sqlite3_column_text(statement, column)
        let count = Int(sqlite3_column_bytes(statement, column))
        return String(decoding: UnsafeBufferPointer(start: start, count: count), as: UTF8.self)
    }

    func optionalText(_ column: Int32) -> String? { isNull(column) ? nil : text(column) }
}

extension Database {
    /// Runs a statement to its end and says how many rows it changed.
    @discardableResult
    func run(_ sql: StaticString, _ values: Value...) throws(StoreError) -> Int {
        try step(sql, values) { _ in true }
        return changedRows
    }

    /// The first row, if there is one; the statement runs to its end.
    func first<R>(_ sql: StaticString, _ values: Value..., read: (Row) -> R) throws(StoreError) -> R? {
        var result: R?
        try step(sql, values) { row in
            if result == nil { result = read(row) }
            return true
        }
        return result
    }

    /// All rows, in order.
    func all<R>(_ sql: StaticString, _ values: Value..., read: (Row) -> R) throws(StoreError) -> [R] {
        var result: [R] = []
        try step(sql, values) { row in
            result.append(read(row))
            return true
        }
        return result
    }

    /// Rows, in order, as long as `read` wants more; for reading only.
    func each(_ sql: StaticString, _ values: Value..., read: (Row) -> Bool) throws(StoreError) {
        try step(sql, values, read)
    }

    private func step(_ sql: StaticString, _ values: [Value], _ read: (Row) -> Bool) throws(StoreError) {
        let statement = try statement(sql)
        // A statement that is not reset would keep its snapshot of the file, and its values their memory.
        defer {
            sqlite3_reset(statement)
            sqlite3_clear_bindings(statement)
        }
        var index: Int32 = 1
        for value in values {
            let status = Self.bind(value, to: statement, at: index)
            guard status == SQLITE_OK else { throw failure(status) }
            index &+= 1
        }
        while true {
            let status = sqlite3_step(statement)
            if status == SQLITE_DONE { return }
            guard status == SQLITE_ROW else { throw failure(status) }
            guard read(Row(statement: statement)) else { return }
        }
    }

    private static func bind(_ value: Value, to statement: OpaquePointer, at index: Int32) -> Int32 {
        switch value {
        case .blob(let bytes):
            return bytes.withUnsafeBytes { csqlite_bind_blob(statement, index, $0.baseAddress, $0.count) }
        case .integer(let number): return sqlite3_bind_int64(statement, index, number)
        case .null: return sqlite3_bind_null(statement, index)
        case .text(var text):
            return text.withUTF8 { csqlite_bind_text(statement, index, $0.baseAddress, $0.count) }
        }
    }
}
