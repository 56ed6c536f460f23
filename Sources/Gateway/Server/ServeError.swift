public import EventLoop
import Glibc
public import Outgoing
public import SQLiteStore
public import Transport

/// Why the server did not start.
public enum ServeError: Error, Sendable, CustomStringConvertible {
    /// An address cannot be listened on.
    case cannotListen(String, SystemError)
    /// An address is not one.
    case badAddress(String, String)
    /// An endpoint's path is not a pattern, or two endpoints have the same.
    case badEndpoint(String, String)
    /// A file with secrets cannot be used.
    case badFile(String, String)
    /// Requests to backends cannot be sent at all.
    case outgoing(OutgoingStartError)
    /// The service manager handed over no socket of that name; those it did hand over.
    case noSuchSocket(String, known: [String])
    /// The state directory or the signing secret in it cannot be used.
    case state(StateError)
    /// The store cannot be used.
    case store(StoreError)
    /// A certificate or key cannot be used.
    case tls(TLSError)
    /// The keys for tokens cannot be used.
    case tokens(TokenSetupError)
    /// TLS is asked for on an address, but no certificate is configured.
    case noCertificate(String)
    /// The system refuses what every server needs.
    case system(SystemError)

    /// A stable code: the cause's own where it has one.
    public var code: String {
        switch self {
        case .cannotListen: "SERVE-LISTEN"
        case .badAddress: "SERVE-ADDRESS"
        case .badEndpoint: "SERVE-ENDPOINT"
        case .badFile: "SERVE-FILE"
        case .outgoing(let error): error.code
        case .noSuchSocket: "SERVE-SOCKET"
        case .state(let error): error.code
        case .store(let error): error.code
        case .tls(let error): error.code
        case .tokens: "SERVE-KEYS"
        case .noCertificate: "SERVE-CERTIFICATE"
        case .system: "SERVE-SYSTEM"
        }
    }

    /// What happened, in words.
    public var description: String {
        switch self {
        case .cannotListen(let address, let error): "cannot listen on \(address): \(error)"
        case .badAddress(let address, let why): "\(address) is not an address to listen on: \(why)"
        case .badEndpoint(let path, let why): "endpoint \(path): \(why)"
        case .badFile(let path, let why): "\(path): \(why)"
        case .outgoing(let error): String(describing: error)
        case .noSuchSocket(let address, let known):
            "\(address): the service manager handed over "
                + (known.isEmpty ? "no sockets" : "only \(known.joined(separator: ", "))")
        case .state(let error): String(describing: error)
        case .store(let error): String(describing: error)
        case .tls(let error): String(describing: error)
        case .tokens(let error): error.description
        case .noCertificate(let address): "\(address) shall speak TLS, but no certificate is configured"
        case .system(let error): String(describing: error)
        }
    }

    /// What to do about it.
    public var remedy: String {
        switch self {
        case .cannotListen(_, let error): Self.remedy(forListening: error.errno)
        case .badAddress: "write HOST:PORT, [IPv6]:PORT or unix:/path"
        case .badEndpoint:
            "a path begins with / and has holes like {user}, each a whole segment with a name of its own"
        case .badFile: "check the path, its permissions and what is in it"
        case .outgoing(let error): error.remedy
        case .noSuchSocket: "start by the socket unit, and compare the name with its FileDescriptorName="
        case .state(let error): error.remedy
        case .store(let error): error.remedy
        case .tls(let error): error.remedy
        case .tokens(let error): error.remedy
        case .noCertificate: "give --tls-cert FILE and --tls-key FILE, or tls = false for this address"
        case .system: "see the error; a limit of the process or the system is reached"
        }
    }

    private static func remedy(forListening errno: Int32) -> String {
        switch errno {
        case EADDRINUSE: "another process has this port: stop it, or choose another with --listen"
        case EACCES: "ports below 1024 need CAP_NET_BIND_SERVICE; choose a higher port behind a proxy"
        case EADDRNOTAVAIL: "no network interface has this address; 127.0.0.1 or 0.0.0.0 always work"
        default: "check the address and what else listens there"
        }
    }
}
