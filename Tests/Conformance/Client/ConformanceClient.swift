import Glibc
import SockeyeClient

/// The client under test of Autobahn|Testsuite: answers the suite's fuzzing server, case by case.
///
/// `ConformanceClient ws://127.0.0.1:9001 AGENT` asks for the number of cases, echoes every message of each, and has the suite
/// write its report. How a case ends is the suite's to judge, so a failed connection is only mentioned.
@main
struct ConformanceClient {
    static func main() async throws {
        let arguments = CommandLine.arguments
        guard arguments.count == 3 else {
            print("usage: ConformanceClient URL AGENT")
            exit(2)
        }
        let (url, agent) = (arguments[1], arguments[2])
        guard let count = try await firstNumber(from: "\(url)/getCaseCount"), count > 0 else {
            print("the server at \(url) does not tell how many cases there are")
            exit(1)
        }
        for number in 1...count {
            if let ending = await echo("\(url)/runCase?case=\(number)&agent=\(agent)") {
                print("case \(number) of \(count): \(ending)")
            }
        }
        _ = await echo("\(url)/updateReports?agent=\(agent)")
    }

    private static func firstNumber(from url: String) async throws -> Int? {
        for try await message in try await WebSocketConnection.connect(url).messages {
            if case .text(let text) = message { return Int(text) }
        }
        return nil
    }

    /// Echoes until the connection ends.
    ///
    /// - Returns: the failure it ended with, if any.
    private static func echo(_ url: String) async -> ClientError? {
        var options = ConnectOptions()
        options.offersCompression = true
        do throws(ClientError) {
            let connection = try await WebSocketConnection.connect(url, options: options)
            for await event in connection.events {
                switch event {
                case .message(let message): try await connection.send(message)
                case .failed(let error): return error
                case .closed, .ping, .pong: continue
                }
            }
            return nil
        } catch {
            return error
        }
    }
}
