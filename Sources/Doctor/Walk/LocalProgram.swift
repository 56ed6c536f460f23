import Glibc
import NginxSyntax

/// Runs a program of this machine and reads what it prints, within bounds.
package enum LocalProgram {
    /// What it printed on standard output and standard error together.
    ///
    /// - Parameters:
    ///   - path: The program's file; nothing is looked for in `PATH`.
    ///   - limit: Bytes kept; what comes after them is not waited for.
    ///   - timeout: After it the program is ended.
    /// - Returns: nil when it cannot be started.
    package static func output(
        of path: String, _ arguments: [String], limit: Int = 8 << 20, timeout: Duration = .seconds(3)
    ) -> [UInt8]? {
        var ends: [Int32] = [0, 0]
        guard pipe(&ends) == 0 else { return nil }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        defer { close(ends[0]) }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO)
        posix_spawn_file_actions_adddup2(&actions, ends[1], STDERR_FILENO)
        let words = ([path] + arguments).map { strdup($0) }
        defer { for word in words { free(word) } }
        var process = pid_t()
        let error = posix_spawn(&process, path, &actions, nil, words + [nil], environ)
        close(ends[1])
        guard error == 0 else { return nil }
        let bytes = read(ends[0], limit: limit, until: ContinuousClock.now + timeout)
        // It has printed all there is, or nobody waits for the rest.
        kill(process, SIGKILL)
        var status: Int32 = 0
        while waitpid(process, &status, 0) < 0, errno == EINTR {}
        return bytes
    }

    private static func read(_ descriptor: Int32, limit: Int, until end: ContinuousClock.Instant) -> [UInt8] {
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 64 << 10)
        while bytes.count < limit {
            let left = ContinuousClock.now.duration(to: end) / .milliseconds(1)
            guard left > 0 else { break }
            var poll = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            let ready = Glibc.poll(&poll, 1, Int32(min(left + 1, 60_000)))
            if ready < 0, errno == EINTR { continue }
            guard ready > 0 else { break }
            let count = Glibc.read(descriptor, &buffer, min(buffer.count, limit - bytes.count))
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { break }
            bytes += buffer[..<count]
        }
        return bytes
    }
}

/// The nginx of this machine.
package struct LocalNginx: Sendable {
    /// Where the program is.
    package let path: String
    /// What `nginx -v` says.
    package let version: NginxVersion

    /// Looks where packages and people put it.
    package static func find() -> LocalNginx? {
        let places = [
            "/usr/sbin/nginx", "/usr/local/sbin/nginx", "/usr/local/nginx/sbin/nginx", "/usr/bin/nginx",
            "/usr/local/bin/nginx", "/usr/local/openresty/nginx/sbin/nginx",
        ]
        for path in places where access(path, X_OK) == 0 {
            guard let output = LocalProgram.output(of: path, ["-v"]) else { continue }
            let text = String(decoding: output, as: UTF8.self)
            guard let slash = text.lastIndex(of: "/"),
                let version = NginxVersion(String(text[text.index(after: slash)...]))
            else { continue }
            return LocalNginx(path: path, version: version)
        }
        return nil
    }

    /// The configuration as `nginx -T` prints it; nil when it does not load or may not be read.
    package func configuration() -> SourceFile? {
        guard let output = LocalProgram.output(of: path, ["-T"], timeout: .seconds(10)),
            NginxDump(output) != nil
        else { return nil }
        return SourceFile(name: "nginx -T", path: "nginx -T", bytes: output)
    }
}
