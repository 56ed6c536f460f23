import CSystem
import Configuration
import Gateway
import Glibc
import Telemetry

/// `sockeye serve`.
enum ServeCommand {
    static let command = Command(
        name: "serve",
        summary: "accept WebSocket connections",
        description: """
            Serves until SIGTERM or SIGINT, then tells clients to leave and stops. SIGHUP reads the configuration, \
            keys and certificates again without dropping a connection, SIGUSR1 opens the log file again. Without flags: on 127.0.0.1:8000, endpoint /ws, one event loop per core, \
            and a built-in page at / that shows how to connect.

            Every option can also be given in a file (--config) or as an environment variable; flags win over both. With \
            --tls-cert and --tls-key every --listen address speaks TLS; with several pairs, the name a client asks for \
            picks one. 'sockeye config reference' explains the options at length.
            """,
        flags: OptionFlags.groups,
        examples: [
            Example(line: "sockeye serve --listen 0.0.0.0:8000 --origin https://app.example.com"),
            Example(
                line: "sockeye serve --listen 0.0.0.0:443 --tls-cert fullchain.pem --tls-key privkey.pem",
                summary: "with TLS of its own"),
            Example(
                line: "sockeye serve --echo /echo --loops 1", summary: "for conformance work and measurements"
            ),
        ]
    ) { invocation in
        let options = try OptionFlags.load(invocation).options
        let log: LogSink
        do throws(LogError) {
            log = try LogSink(options, redaction: Redaction(queryNames: options.endpoints.map(\.queryName)))
        } catch {
            throw CommandFailure.unavailable(error.description, hint: error.remedy)
        }
        // Whatever waits in the log is written before the last word.
        defer { log.close() }
        do throws(ServeError) {
            try GatewayServer.run(
                options: options, log: log, reread: { OptionFlags.reread(invocation) }
            ) { greeting in
                // Whoever waits for this line waits for it at any log level, and on standard error.
                let isLog = options.logDestination == .standardError && options.logFormat == .json
                if !isLog { Talk.line("sockeye: \(greeting)") }
                if isLog || options.logDestination != .standardError {
                    log.write(
                        LogRecord(
                            time: csys_unix_milliseconds(), level: .info, event: "ready", message: greeting))
                }
            }
        } catch {
            throw CommandFailure.unavailable("\(error) [\(error.code)]", hint: error.remedy)
        }
        return .healthy
    }
}
