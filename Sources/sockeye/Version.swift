import Gateway

/// What this build is.
enum Version {
    /// Semantic Versioning 2.0.
    static let number = GatewayServer.version

    /// The compiler that built it.
    static var compiler: String {
        #if compiler(>=6.4)
            "Swift 6.4 or later"
        #elseif compiler(>=6.3)
            "Swift 6.3"
        #else
            "Swift 6.2"
        #endif
    }

    /// `x86_64-linux`.
    static var platform: String {
        #if arch(x86_64)
            "x86_64-linux"
        #elseif arch(arm64)
            "aarch64-linux"
        #else
            "linux"
        #endif
    }

    /// How it was compiled.
    static var configuration: String {
        #if DEBUG
            "debug"
        #else
            "release"
        #endif
    }
}
