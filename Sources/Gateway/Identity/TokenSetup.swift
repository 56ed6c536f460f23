public import Configuration
import Glibc
import JSON
public import Tokens

/// What the configuration and the files it names say about tokens: the keys, and what a token must say.
public struct TokenSetup: Sendable {
    /// Where keys come from, in the order of the configuration.
    enum Source: Sendable {
        case keys(KeySet)
        /// Fetched, and again at least so often.
        case url(String, refresh: Duration)
    }

    /// What a token must say.
    public let policy: TokenPolicy
    /// What works, but hardly as meant; a sentence each.
    public private(set) var warnings: [String] = []
    private(set) var sources: [Source] = []

    /// Reads the key files.
    ///
    /// - Parameter ownKey: the key of the state directory, asked for where no other is configured.
    /// - Throws: `TokenSetupError` for the first file that cannot be used.
    public init(
        _ options: Options, ownKey: () throws(StateError) -> TokenKey
    ) throws(TokenSetupError) {
        policy = TokenPolicy(options.token)
        for entry in options.keys {
            if let url = entry.jwksURL {
                sources.append(.url(url, refresh: entry.refresh))
                continue
            }
            guard let path = entry.secretFile ?? entry.pemFile ?? entry.jwksFile else { continue }
            try read(path, entry)
        }
        if options.keys.isEmpty {
            do throws(StateError) {
                sources = [.keys(KeySet([try ownKey()]))]
            } catch {
                throw .state(error)
            }
        }
        if options.login.path != nil, keys.mintingKey == nil, !options.token.opaque { throw .noSigner }
    }

    /// The keys from files.
    public var keys: KeySet {
        keys(fetched: [:])
    }

    /// Where more keys are fetched.
    public var urls: [String] {
        sources.compactMap { if case .url(let url, _) = $0 { url } else { nil } }
    }

    /// All keys, with what was fetched by its URL, in the order of the configuration.
    public func keys(fetched: [String: KeySet]) -> KeySet {
        sources.reduce(KeySet()) { all, source in
            switch source {
            case .keys(let keys): all.adding(keys)
            case .url(let url, _): fetched[url].map(all.adding) ?? all
            }
        }
    }

    private mutating func read(_ path: String, _ entry: KeyOptions) throws(TokenSetupError) {
        let (bytes, mode) = try Self.contents(of: path)
        let algorithm = entry.algorithm.flatMap { Algorithm(rawValue: $0) }
        do throws(KeyError) {
            if entry.secretFile != nil {
                let key = try TokenKey(
                    secret: try KeyFile.secret(bytes), algorithm: algorithm ?? .hs256, id: entry.id)
                sources.append(.keys(KeySet([key])))
                if key.isShort {
                    warnings.append(
                        "the secret in \(path) is shorter than \(key.algorithm.rawValue) wants, and can be guessed sooner"
                    )
                }
            } else if entry.pemFile != nil {
                sources.append(
                    .keys(KeySet([try TokenKey(pem: bytes, algorithm: algorithm, id: entry.id)])))
            } else {
                let reading = try KeyFile.read(bytes)
                sources.append(.keys(reading.keys))
                warnings += reading.skipped.map { "\(path): \($0)" }
            }
        } catch {
            throw .key(path: path, error)
        }
        let isSecret = keys.keys.contains { $0.canMint } && entry.jwksFile == nil
        if isSecret, mode & 0o004 != 0 {
            warnings.append(
                "\(path) can be read by every user of this machine, who could sign tokens with it")
        }
    }

    private static func contents(of path: String) throws(TokenSetupError) -> ([UInt8], mode: UInt32) {
        if let name = SecretVariable.name(path) {
            guard let value = getenv(name), value.pointee != 0 else {
                throw .unreadable(path: path, words: "the variable \(name) is not set")
            }
            return (Array(String(cString: value).utf8), 0o600)
        }
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY)
        guard descriptor >= 0 else { throw .unreadable(path: path, words: String(cString: strerror(errno))) }
        defer { close(descriptor) }
        var status = stat()
        fstat(descriptor, &status)
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 64 << 10)
        while bytes.count <= KeySet.longestDocument {
            let count = Glibc.read(descriptor, &chunk, chunk.count)
            if count < 0, errno == EINTR { continue }
            if count < 0 { throw .unreadable(path: path, words: String(cString: strerror(errno))) }
            if count == 0 { break }
            bytes += chunk[..<count]
        }
        return (bytes, status.st_mode)
    }
}

/// Why keys cannot be used as configured.
public enum TokenSetupError: Error, Equatable, Sendable, CustomStringConvertible {
    /// A file holds no usable key.
    case key(path: String, KeyError)
    /// There is a login, and nothing to make its tokens with.
    case noSigner
    /// The state directory's own key cannot be used.
    case state(StateError)
    /// A file cannot be read.
    case unreadable(path: String, words: String)

    /// What happened, in words.
    public var description: String {
        switch self {
        case .key(let path, let error): "\(path) holds no usable key: \(error)"
        case .noSigner: "the login has no key to sign tokens with: all [[key]] entries are public keys"
        case .state(let error): error.description
        case .unreadable(let path, let words): "the key file \(path) cannot be read: \(words)"
        }
    }

    /// What to do about it.
    public var remedy: String {
        switch self {
        case .key(_, let error): error.remedy
        case .noSigner:
            "add a [[key]] with secret_file or a private pem_file, or set token.opaque, or leave login.path out"
        case .state(let error): error.remedy
        case .unreadable: "check the path in [[key]], and the file's owner and mode"
        }
    }
}

extension TokenPolicy {
    /// What is configured.
    init(_ options: TokenOptions) {
        self.init()
        userClaims = options.userClaims
        audiences = options.audience
        issuers = options.issuer
        type = options.type
        leeway = options.leeway.components.seconds
        requiredClaims = options.required.compactMap { text in
            guard let (name, value) = TokenOptions.claim(text) else { return nil }
            // What reads as a scalar of JSON is one; anything else is a text as it stands.
            if let scalar = try? JSONValue.parse(value) {
                switch scalar {
                case .bool, .number, .string: return RequiredClaim(name, scalar)
                case .array, .null, .object: break
                }
            }
            return RequiredClaim(name, value)
        }
    }
}
