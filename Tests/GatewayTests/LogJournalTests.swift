import Glibc
import Telemetry
import Testing

@testable import Gateway

@Suite("LogJournal")
struct LogJournalTests {
    /// What listens where the journal would.
    private final class Journal {
        let path: String
        private let directory: TemporaryDirectory
        private let descriptor: Int32

        init() throws {
            directory = try TemporaryDirectory()
            path = directory.path + "/socket"
            descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue), 0)
            var address = sockaddr_un()
            address.sun_family = sa_family_t(AF_UNIX)
            withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
            let bound = withUnsafePointer(to: &address) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
                }
            }
            try #require(bound == 0)
        }

        deinit { close(descriptor) }

        /// The next entry, from the datagram or from the file that came with it.
        func next() throws -> [UInt8] {
            var bytes = [UInt8](repeating: 0, count: 65_536)
            var control = [UInt8](repeating: 0, count: 64)
            let (count, file) = bytes.withUnsafeMutableBytes { bytes in
                control.withUnsafeMutableBytes { control in
                    var part = iovec(iov_base: bytes.baseAddress, iov_len: bytes.count)
                    return withUnsafeMutablePointer(to: &part) { part -> (Int, Int32?) in
                        var message = msghdr()
                        message.msg_iov = part
                        message.msg_iovlen = 1
                        message.msg_control = control.baseAddress
                        message.msg_controllen = control.count
                        let count = recvmsg(descriptor, &message, 0)
                        // The descriptor stands behind the header of the one control message.
                        let header = MemoryLayout<cmsghdr>.size
                        let file =
                            message.msg_controllen > header
                            ? control.loadUnaligned(fromByteOffset: header, as: Int32.self) : nil
                        return (count, file)
                    }
                }
            }
            guard let file else { return Array(bytes[..<count]) }
            defer { close(file) }
            var facts = stat()
            try #require(fstat(file, &facts) == 0)
            var whole = [UInt8](repeating: 0, count: Int(facts.st_size))
            try #require(pread(file, &whole, whole.count, 0) == whole.count)
            return whole
        }
    }

    private let record = LogRecord(
        time: 0, level: .warning, event: "refused", message: "no token=abc",
        fields: ["code": "ORIGIN", "bytes": 7, "a-b": "two\nlines", "token": "secret"])

    @Test("an entry has the message, the priority and every field, masked")
    func entry() throws {
        let journal = try Journal()
        let log = try LogJournal(path: journal.path)
        log.write([record], LogSettings())
        let entry = try journal.next()
        let expected =
            Array(
                #"""
                MESSAGE=refused: no token=*** code=ORIGIN bytes=7 a-b="two\nlines" token=***
                PRIORITY=4
                SYSLOG_IDENTIFIER=sockeye
                SOCKEYE_EVENT=refused
                SOCKEYE_CODE=ORIGIN
                SOCKEYE_BYTES=7
                SOCKEYE_A_B

                """#.utf8) + [9, 0, 0, 0, 0, 0, 0, 0] + Array("two\nlines\nSOCKEYE_TOKEN=***\n".utf8)
        #expect(entry == expected)
    }

    @Test("what is too long for a datagram comes as a file")
    func long() throws {
        let journal = try Journal()
        let log = try LogJournal(path: journal.path)
        let text = String(repeating: "x", count: 1 << 20)
        log.write(
            [LogRecord(time: 0, level: .info, event: "long", fields: ["text": "\(text)"])], LogSettings())
        let entry = try journal.next()
        #expect(entry.count > 2 << 20)
        #expect(entry.suffix(5).elementsEqual(Array("xxxx\n".utf8)))
    }

    @Test("without a journal lines go to standard error, and that is said once")
    func absent() throws {
        let pipe = LogSinkTests.pipe()
        let reader = LogSinkTests.Reader(pipe.read)
        let log = try LogJournal(path: "/nowhere/socket", fallback: pipe.write)
        log.write([record, record], LogSettings())
        log.write([record], LogSettings())
        close(pipe.write)
        let lines = reader.lines
        #expect(lines.count == 4)
        #expect(lines.filter { $0.contains("journal-failed") }.count == 1)
    }
}
