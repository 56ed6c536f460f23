import CSystem
import Configuration
import Gateway
import JSON
import SQLiteStore
import Tokens

/// The store of the state directory that file, environment and flags agree on, for commands beside a running server.
struct StateStore {
    let options: Options
    let directory: StateDirectory
    private let store: DirectStore

    init(_ invocation: Invocation) throws(CommandFailure) {
        options = try OptionFlags.load(invocation, tellsWarnings: false).options
        do {
            directory = try StateDirectory(path: options.state)
        } catch {
            throw .unavailable("\(error)", hint: error.remedy)
        }
        do {
            store = try DirectStore(path: directory.path(of: Store.fileName))
        } catch {
            throw Self.failure(error)
        }
    }

    /// Does something that writes: all of it or nothing.
    @discardableResult
    func write<R>(_ body: (StoreWriter) throws(StoreError) -> R) throws(CommandFailure) -> R {
        do throws(StoreError) {
            return try store.write(body)
        } catch {
            throw Self.failure(error)
        }
    }

    /// Does something that reads.
    func read<R>(_ body: (StoreReader) throws(StoreError) -> R) throws(CommandFailure) -> R {
        do throws(StoreError) {
            return try store.read(body)
        } catch {
            throw Self.failure(error)
        }
    }

    /// Milliseconds since 1970.
    static var now: Int64 { csys_unix_milliseconds() }

    private static func failure(_ error: StoreError) -> CommandFailure {
        switch error {
        case .ambiguous, .exists, .invalid, .unknown: .usage("\(error)", hint: error.remedy)
        default: .unavailable("\(error)", hint: error.remedy)
        }
    }
}

/// What a command lists: columns for people, objects for programs.
struct Listing {
    /// The names of the columns, as programs know them: `created_at`.
    let columns: [String]
    var rows: [[JSONValue]] = []

    /// Prints a line per row, or an object per row and line.
    func print(asJSON: Bool) {
        if asJSON {
            for row in rows {
                let members = zip(columns, row).map { JSONObject.Member(key: $0, value: $1) }
                Output.line(JSONValue.object(JSONObject(members)).text)
            }
            return
        }
        let titles = columns.map { column in
            column.hasSuffix("_at") ? column.dropLast(3).uppercased() : column.uppercased()
        }
        let cells =
            [titles] + rows.map { zip(columns, $0).map { Self.cell($1, isTime: $0.hasSuffix("_at")) } }
        let widths = columns.indices.map { column in cells.map { $0[column].count }.max() ?? 0 }
        for row in cells {
            var line = ""
            for (column, cell) in row.enumerated() {
                line += cell
                // The last column needs no blanks behind it.
                if column + 1 < row.count {
                    line += String(repeating: " ", count: widths[column] - cell.count + 2)
                }
            }
            Output.line(line)
        }
    }

    private static func cell(_ value: JSONValue, isTime: Bool) -> String {
        switch value {
        case .string(let text): text.printable
        case .number(let number) where isTime: number.integer.map { UTCTime.text($0 / 1000) } ?? number.text
        case .number(let number): number.text
        case .bool(let truth): truth ? "yes" : "no"
        case .null: "-"
        case .array, .object: value.text
        }
    }
}

extension JSONValue {
    /// A moment, or null.
    static func moment(_ milliseconds: Int64?) -> JSONValue { milliseconds.map { .integer($0) } ?? .null }
}
