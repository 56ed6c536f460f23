import CSystem
import Configuration
import Telemetry
import Tokens
import Transport

// What SIGHUP does: the configuration, then keys and certificates, are read again. Whatever cannot be read changes nothing.
extension GatewayServer {
    mutating func reload() {
        switch reread() {
        case .failure(let error):
            for problem in error.problems {
                log.log(
                    .error, "reload-failed", "the configuration is as it was: \(problem.text)",
                    problem.hint.map { ["remedy": "\($0)"] } ?? [:])
            }
        case .success(let loaded):
            for warning in loaded.warnings {
                log.log(
                    .warning, "configuration", "\(warning.text)",
                    warning.hint.map { ["remedy": "\($0)"] } ?? [:])
            }
            apply(options.reloaded(from: loaded.options))
        }
        reloadKeys()
        reloadCertificates()
    }

    private mutating func apply(_ reload: Options.Reload) {
        // The line is for whoever read lines before, and for whoever does from here on.
        let isRead = log.keeps(.info)
        // A port that is open in the clear stays so, and one that speaks TLS needs a certificate.
        let turnsTLS = options.tls.isEmpty != reload.options.tls.isEmpty
        let tls = options.tls
        options = reload.options
        if turnsTLS { options.tls = tls }
        log.apply(options)
        shared.apply(options, connections: Self.mostConnections(options, descriptors))
        let applied = reload.applied.filter { !turnsTLS || $0 != "tls" }
        let pending = reload.pending + (turnsTLS ? ["tls"] : [])
        if isRead || log.keeps(.info) {
            log.write(
                LogRecord(
                    time: csys_unix_milliseconds(), level: .info, event: "reload",
                    message: applied.isEmpty
                        ? "the configuration was read again; nothing that is in force has changed"
                        : "the configuration was read again; in force: \(applied.joined(separator: ", "))"))
        }
        if !pending.isEmpty {
            log.log(
                .warning, "reload-pending",
                "changed in the configuration, but in force only after a restart: "
                    + pending.joined(separator: ", "))
        }
    }

    private func reloadKeys() {
        do throws(TokenSetupError) {
            shared.tokens.replace(try TokenSetup(options, ownKey: state.signingKey))
            if !options.keys.isEmpty {
                log.log(.info, "reload", "keys for tokens read again; open connections go on")
            }
        } catch {
            log.log(
                .error, "reload-failed", "keys for tokens not changed: \(error)",
                ["remedy": "\(error.remedy)"])
        }
    }

    private func reloadCertificates() {
        do throws(TLSError) {
            guard let context = try Self.readCertificates(options, log) else { return }
            shared.tls.replace(context)
            log.log(.info, "reload", "certificates read again; open connections keep theirs")
        } catch {
            log.log(
                .error, "reload-failed", "certificates not changed: \(error)", ["remedy": "\(error.remedy)"])
        }
    }
}
