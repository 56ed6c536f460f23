import Glibc
import Synchronization
import Testing

@testable import SQLiteStore

/// A directory of its own that goes when it is let go.
final class StateFolder: Sendable {
    let path: String

    init() {
        var template = Array("/tmp/sockeye-store-XXXXXX".utf8CString)
        path = template.withUnsafeMutableBufferPointer { buffer in
            guard let base = buffer.baseAddress, let made = mkdtemp(base) else { return "/tmp" }
            return String(cString: made)
        }
    }

    var file: String { "\(path)/\(Store.fileName)" }

    var names: Set<String> {
        guard let directory = opendir(path) else { return [] }
        defer { closedir(directory) }
        var names: Set<String> = []
        while let entry = readdir(directory) {
            names.insert(
                withUnsafePointer(to: &entry.pointee.d_name) {
                    $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
                })
        }
        return names.subtracting([".", ".."])
    }

    func mode(_ name: String) -> UInt32? {
        var status = stat()
        return stat("\(path)/\(name)", &status) == 0 ? status.st_mode & 0o7777 : nil
    }

    func write(_ text: String, at offset: Int = 0, mode: mode_t = 0o600) {
        let descriptor = open(file, O_WRONLY | O_CREAT, mode)
        let bytes = Array(text.utf8)
        _ = pwrite(descriptor, bytes, bytes.count, off_t(offset))
        fchmod(descriptor, mode)
        close(descriptor)
    }

    deinit {
        for name in names where unlink("\(path)/\(name)") != 0 { rmdir("\(path)/\(name)") }
        rmdir(path)
    }
}

/// The error a call throws, or nil.
func failure<R>(_ body: () throws -> R) -> StoreError? {
    do {
        _ = try body()
        return nil
    } catch {
        return error as? StoreError
    }
}

/// The error a request comes to, or nil.
func failure<R>(_ body: () async throws -> R) async -> StoreError? {
    do {
        _ = try await body()
        return nil
    } catch {
        return error as? StoreError
    }
}

/// 32 bytes that stand for a hash.
func hash(_ seed: UInt8) -> [UInt8] { [UInt8](repeating: seed, count: 32) }

/// A closure's errors as the store throws them: inside closures the compiler does not see the type by itself.
private func typed<Session, R>(
    _ session: Session, _ body: (Session) throws -> R
) throws(StoreError) -> R {
    do {
        return try body(session)
    } catch let error as StoreError {
        throw error
    } catch {
        throw .invalid("\(error)")
    }
}

extension DirectStore {
    func change<R>(_ body: (StoreWriter) throws -> R) throws(StoreError) -> R {
        try write { (session) throws(StoreError) in try typed(session, body) }
    }

    func look<R>(_ body: (StoreReader) throws -> R) throws(StoreError) -> R {
        try read { (session) throws(StoreError) in try typed(session, body) }
    }
}

extension Store {
    func change<R: Sendable>(_ body: @escaping @Sendable (StoreWriter) throws -> R) async throws(StoreError)
        -> R
    {
        try await write { (session) throws(StoreError) in try typed(session, body) }
    }

    func look<R: Sendable>(_ body: @escaping @Sendable (StoreReader) throws -> R) async throws(StoreError)
        -> R
    {
        try await read { (session) throws(StoreError) in try typed(session, body) }
    }

    /// Keeps the writer busy until the gate opens, so that what is asked meanwhile becomes one batch.
    func block(until gate: Gate) {
        write { (_) throws(StoreError) in
            gate.wait()
        } then: { _ in
        }
    }

    /// Asks without waiting; the outcomes come in the order in which they are told.
    func ask<R: Sendable>(
        _ outcomes: Outcomes<R>, bytes: Int = 0, _ name: Int,
        _ body: @escaping @Sendable (StoreWriter) throws -> R
    ) {
        write(bytes: bytes) { (session) throws(StoreError) in
            try typed(session, body)
        } then: {
            outcomes.report.yield(Outcome(name: name, result: $0))
        }
    }
}

/// What a request came to.
struct Outcome<R: Sendable>: Sendable {
    let name: Int
    let result: Result<R, StoreError>

    var error: StoreError? {
        if case .failure(let error) = result { return error }
        return nil
    }
}

/// Outcomes on their way from the store's thread to a test.
final class Outcomes<R: Sendable>: Sendable {
    private let stream: AsyncStream<Outcome<R>>
    let report: AsyncStream<Outcome<R>>.Continuation

    init() { (stream, report) = AsyncStream.makeStream() }

    func next(_ count: Int) async -> [Outcome<R>] {
        var outcomes: [Outcome<R>] = []
        for await outcome in stream {
            outcomes.append(outcome)
            if outcomes.count == count { break }
        }
        return outcomes
    }
}

/// Lets nobody through until it is opened, and everybody afterwards.
final class Gate: Sendable {
    private let readEnd: Int32
    private let writeEnd: Mutex<Int32?>

    init() {
        var ends: [Int32] = [-1, -1]
        _ = pipe(&ends)
        readEnd = ends[0]
        writeEnd = Mutex(ends[1])
    }

    deinit {
        open()
        close(readEnd)
    }

    func wait() {
        var byte: UInt8 = 0
        while read(readEnd, &byte, 1) < 0, errno == EINTR {}
    }

    func open() { if let end = writeEnd.withLock({ $0.take() }) { close(end) } }
}
