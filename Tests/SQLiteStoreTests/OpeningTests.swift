import CSQLite
import Glibc
import Testing

@testable import SQLiteStore

@Suite("Opening the store")
struct OpeningTests {
    @Test("makes the file for its owner alone, and keeps what is in it")
    func opens() throws {
        let folder = StateFolder()
        do {
            let store = try DirectStore(path: folder.file)
            try store.change { try $0.setMeta("a", [1]) }
            #expect(folder.mode(Store.fileName) == 0o600)
            #expect(folder.mode(Store.fileName + "-wal") == 0o600)
            #expect(folder.mode(Store.fileName + "-shm") == 0o600)
        }
        #expect(folder.names == [Store.fileName])
        let store = try Store(path: folder.file)
        store.close()
        store.close()
        #expect(try DirectStore(path: folder.file).look { try $0.meta("a") } == [1])
    }

    @Test(
        "works with a relative path, whatever SQLite makes of such names", .serialized,
        arguments: [":memory:", "file:x?mode=ro"])
    func oddNames(_ name: String) throws {
        let folder = StateFolder()
        let path = "\(folder.path)/\(name)"
        #expect(failure { try DirectStore(path: path).change { try $0.setMeta("a", [1]) } } == nil)
        #expect(folder.names == [name])
    }

    @Test("works for many at once, the first of whom make the file")
    func together() throws {
        let folder = StateFolder()
        let file = folder.file
        let ready = Gate()
        let threads = try (0..<8).map { index in
            try StoreThread(name: "opener") {
                ready.wait()
                _ = try? DirectStore(path: file).change { try $0.setMeta("\(index)", [UInt8(index)]) }
            }
        }
        ready.open()
        for thread in threads { thread.join() }
        let store = try DirectStore(path: file)
        for index in 0..<8 { #expect(try store.look { try $0.meta("\(index)") } == [UInt8(index)]) }
    }

    /// Files that are not fit, and what is said of each.
    enum Unfit: String, CaseIterable, CustomTestStringConvertible {
        case symbolicLink, directory, readableByOthers, noDirectory, text, foreignDatabase, foreignMark, newer

        var testDescription: String { rawValue }
        var code: String {
            switch self {
            case .symbolicLink, .directory: "STORE-KIND"
            case .readableByOthers: "STORE-OPEN"
            case .noDirectory: "STORE-SYSTEM"
            case .text: "STORE-DAMAGED"
            case .foreignDatabase, .foreignMark: "STORE-FOREIGN"
            case .newer: "STORE-NEWER"
            }
        }
    }

    @Test("refuses what is not its file, and says what to do", arguments: Unfit.allCases)
    func unfit(_ unfit: Unfit) throws {
        let folder = StateFolder()
        var path = folder.file
        switch unfit {
        case .symbolicLink: symlink("/dev/null", path)
        case .directory: mkdir(path, 0o700)
        case .readableByOthers: folder.write("", mode: 0o640)
        case .noDirectory: path = "\(folder.path)/none/store"
        case .text: folder.write(String(repeating: "this is no database\n", count: 1_000))
        case .foreignDatabase: try Self.execute("CREATE TABLE t (x)", path)
        case .foreignMark: try Self.execute("PRAGMA application_id = 7", path, afterPreparing: true)
        case .newer: try Self.execute("PRAGMA user_version = 1000", path, afterPreparing: true)
        }
        for error in [
            failure { try DirectStore(path: path) }, failure { try Store(path: path) },
        ] {
            #expect(error?.code == unfit.code, "\(String(describing: error))")
            #expect(error?.description.contains(path) == true)
            #expect(error?.remedy.isEmpty == false)
            #expect(error?.isTransient == false)
        }
        if unfit == .newer {
            #expect(
                failure { try Store(path: path) } == .newer(path: path, schema: 1_000, known: Schema.latest))
        }
    }

    private static func execute(_ sql: String, _ path: String, afterPreparing: Bool = false) throws {
        if afterPreparing { _ = try DirectStore(path: path) }
        try DatabaseFile.prepare(path)
        try Database(path: path, lockWait: 100).execute(sql)
    }

    @Test("migrates from every older schema, once, all steps or none")
    func migrations() throws {
        let folder = StateFolder()
        try DatabaseFile.prepare(folder.file)
        let steps = (1...4).map { "CREATE TABLE t\($0) (x); INSERT INTO t\($0) VALUES (\($0));" }
        for count in 1...4 {
            for _ in 0..<2 {
                let database = try Database(path: folder.file, lockWait: 100)
                try Schema.prepare(database, lockWait: 100, migrations: Array(steps[..<count]))
                #expect(try database.first("PRAGMA user_version") { $0.count(0) } == count)
                #expect(try database.first("SELECT sum(x) FROM t1") { $0.count(0) } == 1)
            }
        }
        let database = try Database(path: folder.file, lockWait: 100)
        let broken = steps + ["CREATE TABLE t5 (x)", "CREATE TABLE t1 (x)"]
        #expect(
            failure { try Schema.prepare(database, lockWait: 100, migrations: broken) }?.code
                == "STORE-SQLITE")
        #expect(try database.first("PRAGMA user_version") { $0.count(0) } == 4)
        #expect(try database.first("SELECT count(*) FROM sqlite_schema") { $0.count(0) } == 4)
        try Schema.prepare(database, lockWait: 100, migrations: steps + ["CREATE TABLE t5 (x)"])
    }

    @Test("of a file that is damaged further in is told when the damage is met")
    func damage() throws {
        let folder = StateFolder()
        do {
            let store = try DirectStore(path: folder.file)
            try store.change { session in
                for index in 0..<600 {
                    try session.setMeta("name-\(index)", [UInt8](repeating: 1, count: 1_000))
                }
            }
        }
        var status = stat()
        stat(folder.file, &status)
        for page in 60..<Int(status.st_size / 4_096) {
            folder.write(String(repeating: "#", count: 4_096), at: page * 4_096)
        }
        let store = try DirectStore(path: folder.file)
        let errors = (0..<600).compactMap { index in
            failure { try store.look { try $0.meta("name-\(index)") } }
        }
        #expect(!errors.isEmpty)
        #expect(errors.allSatisfy { $0.code == "STORE-DAMAGED" && $0.remedy.contains("backup") })
    }
}
