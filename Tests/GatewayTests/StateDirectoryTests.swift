import Gateway
import Glibc
import Testing
import Tokens

@Suite("The state directory")
struct StateDirectoryTests {
    /// A fresh directory, removed with what is in it afterwards.
    private func withTemporary(_ body: (String) throws -> Void) throws {
        var template = Array("/tmp/sockeye-state-XXXXXX".utf8CString)
        let made = template.withUnsafeMutableBufferPointer { $0.baseAddress.flatMap { mkdtemp($0) } }
        let path = String(cString: try #require(made))
        defer { removeAll(path) }
        try body(path)
    }

    private func removeAll(_ path: String) {
        if let directory = opendir(path) {
            while let entry = readdir(directory) {
                let name = withUnsafePointer(to: &entry.pointee.d_name) {
                    $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
                }
                if name != "." && name != ".." { removeAll("\(path)/\(name)") }
            }
            closedir(directory)
        }
        remove(path)
    }

    private func mode(_ path: String) -> UInt32 {
        var status = stat()
        return stat(path, &status) == 0 ? status.st_mode & 0o7777 : 0
    }

    private func names(_ path: String) -> Set<String> {
        var names: Set<String> = []
        guard let directory = opendir(path) else { return [] }
        while let entry = readdir(directory) {
            names.insert(
                withUnsafePointer(to: &entry.pointee.d_name) {
                    $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
                })
        }
        closedir(directory)
        return names.subtracting([".", ".."])
    }

    private func write(_ text: String, to path: String, mode: mode_t = 0o600) {
        let descriptor = Glibc.open(path, O_WRONLY | O_CREAT | O_TRUNC, mode)
        _ = text.utf8CString.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count - 1) }
        fchmod(descriptor, mode)
        close(descriptor)
    }

    private func failure(_ path: String) -> StateError? {
        do throws(StateError) {
            _ = try StateDirectory(path: path).signingSecret()
            return nil
        } catch {
            return error
        }
    }

    @Test("it is made with its parents for the owner alone, and keeps its secret")
    func making() throws {
        try withTemporary { base in
            let state = try StateDirectory(path: "\(base)/a/b/state")
            #expect(mode(state.path) == 0o700 && mode("\(base)/a") == 0o700)
            let secret = try state.signingSecret()
            #expect(mode(state.path(of: StateDirectory.secretName)) == 0o600)
            #expect(try StateDirectory(path: "\(base)/a/b/state/").signingSecret() == secret)
            #expect(names(state.path) == [StateDirectory.secretName], "no draft is left")
            let token = try TokenMint.mint(user: "ada", ttl: 60, now: 0, key: try state.signingKey())
            #expect(try TokenVerifier(key: secret.key).verify(token, now: 0).user == "ada")
        }
    }

    @Test("many that start at once agree on one secret")
    func race() throws {
        try withTemporary { base in
            let path = "\(base)/state"
            let ready = UnsafeMutablePointer<pthread_barrier_t>.allocate(capacity: 1)
            pthread_barrier_init(ready, nil, 8)
            let racers = (0..<8).map { _ in Racer(path: path, ready: ready) }
            for racer in racers { racer.start() }
            for racer in racers { racer.join() }
            pthread_barrier_destroy(ready)
            ready.deallocate()
            let secrets = racers.map(\.hex)
            #expect(!secrets.contains(""), "\(racers.map(\.error))")
            #expect(Set(secrets).count == 1)
            #expect(names(path) == [StateDirectory.secretName])
        }
    }

    @Test("one server has it, and the next when that one is gone")
    func lock() throws {
        try withTemporary { path in
            let directory = try StateDirectory(path: path)
            var lock: StateLock? = try directory.lock()
            // As another process would find it: the lock belongs to the open file.
            for _ in 0..<2 {
                #expect(throws: StateError.inUse(path: path, process: Int(getpid()))) {
                    _ = try StateDirectory(path: path).lock()
                }
            }
            #expect(lock != nil)
            lock = nil
            _ = try directory.lock()
        }
    }

    @Test("a secret that others may read is refused", arguments: [0o644, 0o640, 0o604, 0o620] as [mode_t])
    func readable(_ mode: mode_t) throws {
        try withTemporary { base in
            write(String(repeating: "ab", count: 32), to: "\(base)/signing-secret", mode: mode)
            let error = failure(base)
            #expect(
                error
                    == .openToOthers(
                        path: "\(base)/signing-secret", mode: 0o100000 | mode, isDirectory: false))
            #expect(error?.remedy.contains("chmod 600") == true)
        }
    }

    @Test("a directory everybody may write to is refused")
    func openDirectory() throws {
        try withTemporary { base in
            chmod(base, 0o777)
            #expect(failure(base)?.code == "STATE-OPEN")
            chmod(base, 0o755)
            #expect(failure(base) == nil)
        }
    }

    @Test(
        "what is no secret is refused and left alone",
        arguments: ["", "abc", String(repeating: "a", count: 66)])
    func damaged(_ text: String) throws {
        try withTemporary { base in
            write(text, to: "\(base)/signing-secret")
            #expect(failure(base) == .damaged(path: "\(base)/signing-secret"))
            #expect(names(base) == ["signing-secret"])
        }
    }

    @Test("links, directories and pipes are no secrets")
    func kinds() throws {
        try withTemporary { base in
            let path = "\(base)/signing-secret"
            write(String(repeating: "ab", count: 32), to: "\(base)/elsewhere")
            symlink("\(base)/elsewhere", path)
            #expect(failure(base) == .notAFile(path: path))
            unlink(path)
            mkfifo(path, 0o600)
            #expect(failure(base) == .notAFile(path: path))
            unlink(path)
            mkdir(path, 0o700)
            #expect(failure(base) == .notAFile(path: path))
            write("x", to: "\(base)/file")
            #expect(failure("\(base)/file") == .notADirectory(path: "\(base)/file"))
            #expect(failure("\(base)/file/below")?.code == "STATE-SYSTEM")
        }
    }

    @Test("a tilde is the home directory")
    func home() throws {
        let home = String(cString: try #require(getenv("HOME") ?? getpwuid(geteuid())?.pointee.pw_dir))
        try withTemporary { _ in
            let name = ".sockeye-test-\(getpid())"
            let state = try StateDirectory(path: "~/\(name)")
            defer { removeAll(state.path) }
            #expect(state.path == "\(home)/\(name)")
        }
    }
}

/// A thread that waits for the others and then asks for the secret.
///
/// `@unchecked Sendable`: the results are written by its thread alone and read after `join()`.
private final class Racer: @unchecked Sendable {
    private let path: String
    private let ready: UnsafeMutablePointer<pthread_barrier_t>
    private var thread = pthread_t()
    private(set) var hex = ""
    private(set) var error = ""

    init(path: String, ready: UnsafeMutablePointer<pthread_barrier_t>) {
        self.path = path
        self.ready = ready
    }

    func start() {
        pthread_create(
            &thread, nil,
            { argument in
                guard let argument else { return nil }
                Unmanaged<Racer>.fromOpaque(argument).takeRetainedValue().run()
                return nil
            }, Unmanaged.passRetained(self).toOpaque())
    }

    func join() {
        pthread_join(thread, nil)
    }

    private func run() {
        pthread_barrier_wait(ready)
        do throws(StateError) {
            hex = try StateDirectory(path: path).signingSecret().hex
        } catch {
            self.error = error.description
        }
    }
}
