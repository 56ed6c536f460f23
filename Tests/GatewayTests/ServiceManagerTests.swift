import Testing

@testable import Gateway

/// What a service manager leaves in the environment (sd_listen_fds(3), sd_watchdog_enabled(3)).
@Suite("The service manager") struct ServiceManagerTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let environment: [String: String]
        let sockets: [ServiceManager.Socket]
        var watchdog: Int32?
        var testDescription: String { "\(environment)" }
    }

    static let cases = [
        Case(environment: [:], sockets: []),
        Case(
            environment: ["LISTEN_PID": "7", "LISTEN_FDS": "2", "LISTEN_FDNAMES": "web:tls"],
            sockets: [.init(name: "web", fileDescriptor: 3), .init(name: "tls", fileDescriptor: 4)]),
        Case(
            environment: ["LISTEN_PID": "7", "LISTEN_FDS": "2", "LISTEN_FDNAMES": "web"],
            sockets: [.init(name: "web", fileDescriptor: 3), .init(name: "unknown", fileDescriptor: 4)]),
        Case(
            environment: ["LISTEN_PID": "7", "LISTEN_FDS": "1"], sockets: [.init(name: "", fileDescriptor: 3)]
        ),
        // Meant for another process: they are whatever that one opened since.
        Case(environment: ["LISTEN_PID": "8", "LISTEN_FDS": "1"], sockets: []),
        Case(environment: ["LISTEN_FDS": "1"], sockets: []),
        Case(environment: ["LISTEN_PID": "7", "LISTEN_FDS": "-1"], sockets: []),
        Case(environment: ["LISTEN_PID": "7", "LISTEN_FDS": "many"], sockets: []),
        Case(environment: ["WATCHDOG_USEC": "30000000"], sockets: [], watchdog: 30_000),
        Case(environment: ["WATCHDOG_USEC": "30000000", "WATCHDOG_PID": "7"], sockets: [], watchdog: 30_000),
        Case(environment: ["WATCHDOG_USEC": "30000000", "WATCHDOG_PID": "8"], sockets: []),
        Case(environment: ["WATCHDOG_USEC": "0"], sockets: []),
        Case(environment: ["WATCHDOG_USEC": "9223372036854775807"], sockets: [], watchdog: .max),
    ]

    @Test(arguments: cases) func `the environment is read`(_ example: Case) {
        let manager = ServiceManager(process: 7) { example.environment[$0] }
        #expect(manager.sockets == example.sockets)
        #expect(manager.watchdog == example.watchdog)
    }

    @Test func `a socket goes by its unit's name, with the suffix or without`() {
        let environment = ["LISTEN_PID": "7", "LISTEN_FDS": "2", "LISTEN_FDNAMES": "sockeye.socket:tls"]
        let manager = ServiceManager(process: 7) { environment[$0] }
        #expect(manager.sockets(named: "sockeye").map(\.fileDescriptor) == [3])
        #expect(manager.sockets(named: "sockeye.socket").map(\.fileDescriptor) == [3])
        #expect(manager.sockets(named: "tls").map(\.fileDescriptor) == [4])
        #expect(manager.sockets(named: "other").isEmpty)
    }

    @Test func `more sockets than any unit has are not believed`() {
        let environment = ["LISTEN_PID": "7", "LISTEN_FDS": "2000000000"]
        #expect(ServiceManager(process: 7) { environment[$0] }.sockets.count == 64)
    }
}
