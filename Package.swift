// swift-tools-version: 6.2
import PackageDescription

// One list of settings for every room: Swift 6 language mode, the upcoming features the next mode will bring,
// and no warning let through.
let strict: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
    .treatAllWarnings(as: .error),
    // The loop owns its connections and the compiler proves it; a second, dynamic check per field access
    // would cost a tenth of an echo.
    .unsafeFlags(["-enforce-exclusivity=unchecked"], .when(configuration: .release)),
]
/// Rooms that touch neither C nor raw memory say so, and the compiler holds them to it.
let safe: [SwiftSetting] = strict + [.strictMemorySafety()]

/// Fuzz targets need libFuzzer's driver, which a plain build cannot link: `make fuzz` turns the trait on.
let fuzzing: [SwiftSetting] = strict + [.define("FUZZING", .when(traits: ["Fuzzing"]))]

let package = Package(
    name: "sockeye",
    products: [
        .executable(name: "sockeye", targets: ["sockeye"]),
        .library(name: "SockeyeClient", targets: ["SockeyeClient"]),
    ],
    traits: [.trait(name: "Fuzzing", description: "Build the fuzz targets in Fuzz/.")],
    targets: [
        .target(name: "CBytes"),
        .target(name: "CSystem"),
        .target(name: "CTLS", linkerSettings: [.linkedLibrary("ssl"), .linkedLibrary("crypto")]),
        .target(name: "CDeflate", linkerSettings: [.linkedLibrary("z")]),
        .target(name: "CCurl", linkerSettings: [.linkedLibrary("curl")]),
        .target(name: "CSQLite", linkerSettings: [.linkedLibrary("sqlite3")]),
        .target(name: "CToml"),
        .target(name: "CYaml", linkerSettings: [.linkedLibrary("yaml")]),
        .target(name: "CPCRE", linkerSettings: [.linkedLibrary("pcre2-8")]),
        .target(name: "CPage", exclude: ["Page"]),

        .target(name: "Bytes", dependencies: ["CBytes"], swiftSettings: strict),
        .target(name: "Telemetry", swiftSettings: safe),
        .target(name: "JSON", dependencies: ["Bytes"], swiftSettings: strict),
        .target(name: "Documents", dependencies: ["CToml", "CYaml"], swiftSettings: strict),
        .target(name: "HTTPWire", dependencies: ["Bytes"], swiftSettings: strict),
        .target(name: "WebSocketWire", dependencies: ["Bytes", "CDeflate"], swiftSettings: strict),
        .target(name: "NginxSyntax", dependencies: ["Bytes"], swiftSettings: safe),
        .target(name: "NginxRouting", dependencies: ["CPCRE", "NginxSyntax"], swiftSettings: strict),
        .target(name: "EngineIOWire", dependencies: ["Bytes", "JSON"], swiftSettings: strict),
        .target(name: "SocketIOWire", dependencies: ["Bytes", "JSON"], swiftSettings: strict),
        .target(name: "Tokens", dependencies: ["Bytes", "JSON", "CTLS"], swiftSettings: strict),
        .target(name: "PubSub", dependencies: ["Bytes"], swiftSettings: strict),
        .target(
            name: "Configuration", dependencies: ["Documents", "PubSub", "Telemetry"], swiftSettings: strict),
        .target(name: "EventLoop", dependencies: ["Bytes", "CSystem"], swiftSettings: strict),
        .target(
            name: "Transport", dependencies: ["Bytes", "CSystem", "CTLS", "EventLoop"], swiftSettings: strict),
        .target(name: "SQLiteStore", dependencies: ["CSQLite", "CSystem"], swiftSettings: strict),
        .target(
            name: "Outgoing", dependencies: ["Bytes", "CCurl", "CTLS", "EventLoop", "HTTPWire", "JSON"],
            swiftSettings: strict),
        .target(
            name: "Gateway",
            dependencies: [
                "Bytes", "Configuration", "CPage", "CSystem", "EngineIOWire", "EventLoop", "HTTPWire", "JSON",
                "Outgoing", "PubSub", "SQLiteStore", "SocketIOWire",
                "Telemetry", "Tokens",
                "Transport", "WebSocketWire",
            ],
            swiftSettings: strict),
        .target(
            name: "SockeyeClient",
            dependencies: [
                "Bytes", "CSystem", "EventLoop", "HTTPWire", "JSON", "Transport", "WebSocketWire",
            ],
            swiftSettings: strict),
        .target(
            name: "Doctor",
            dependencies: [
                "Bytes", "CSystem", "Documents", "EngineIOWire", "EventLoop", "HTTPWire", "JSON",
                "NginxRouting",
                "NginxSyntax",
                "SocketIOWire", "Telemetry", "Tokens", "Transport", "WebSocketWire",
            ],
            swiftSettings: strict),
        .executableTarget(
            name: "sockeye",
            dependencies: [
                "Bytes", "Configuration", "CSystem", "Doctor", "EventLoop", "Gateway", "HTTPWire", "JSON",
                "SQLiteStore", "SockeyeClient", "Telemetry", "Tokens",
                "Transport", "WebSocketWire",
            ],
            swiftSettings: strict),

        .executableTarget(
            name: "FuzzTargets",
            dependencies: [
                "Bytes", "CTLS", "Doctor", "EngineIOWire", "Gateway", "HTTPWire", "JSON", "NginxRouting",
                "NginxSyntax",
                "PubSub",
                "SocketIOWire", "WebSocketWire",
            ],
            path: "Fuzz",
            exclude: ["Corpus"],
            swiftSettings: fuzzing),

        .executableTarget(
            name: "ConformanceClient",
            dependencies: ["SockeyeClient"],
            path: "Tests/Conformance/Client",
            swiftSettings: safe),

        .executableTarget(
            name: "NginxReader", dependencies: ["Doctor", "JSON", "NginxSyntax"],
            path: "Tests/NginxDifferential/Reader", swiftSettings: strict),

        .executableTarget(
            name: "StoreBench", dependencies: ["CSystem", "SQLiteStore"], path: "Benchmarks/Store",
            swiftSettings: strict),

        .testTarget(name: "ArchitectureTests", swiftSettings: strict),
        .testTarget(name: "BytesTests", dependencies: ["Bytes"], swiftSettings: strict),
        .testTarget(name: "JSONTests", dependencies: ["Bytes", "JSON"], swiftSettings: strict),
        .testTarget(name: "DocumentsTests", dependencies: ["Documents"], swiftSettings: strict),
        .testTarget(name: "HTTPWireTests", dependencies: ["Bytes", "HTTPWire"], swiftSettings: strict),
        .testTarget(
            name: "WebSocketWireTests", dependencies: ["Bytes", "WebSocketWire"], swiftSettings: strict),
        .executableTarget(
            name: "RoutingOracle", dependencies: ["Doctor", "NginxRouting", "NginxSyntax"],
            path: "Tests/Routing/Oracle",
            swiftSettings: strict),
        .testTarget(
            name: "NginxRoutingTests", dependencies: ["NginxRouting", "NginxSyntax"], swiftSettings: strict),
        .testTarget(name: "NginxSyntaxTests", dependencies: ["Bytes", "NginxSyntax"], swiftSettings: strict),
        .testTarget(
            name: "EngineIOWireTests", dependencies: ["Bytes", "EngineIOWire"], swiftSettings: strict),
        .testTarget(
            name: "SocketIOWireTests", dependencies: ["Bytes", "JSON", "SocketIOWire"], swiftSettings: strict),
        .testTarget(name: "TokensTests", dependencies: ["Bytes", "JSON", "Tokens"], swiftSettings: strict),
        .testTarget(name: "PubSubTests", dependencies: ["Bytes", "PubSub"], swiftSettings: strict),
        .testTarget(name: "ConfigurationTests", dependencies: ["Configuration"], swiftSettings: strict),
        .testTarget(name: "TelemetryTests", dependencies: ["Telemetry"], swiftSettings: strict),
        .testTarget(
            name: "EventLoopTests", dependencies: ["Bytes", "CSystem", "EventLoop"], swiftSettings: strict),
        .testTarget(
            name: "TransportTests", dependencies: ["Bytes", "CSystem", "CTLS", "EventLoop", "Transport"],
            swiftSettings: strict),
        .testTarget(
            name: "OutgoingTests",
            dependencies: ["Bytes", "EventLoop", "HTTPWire", "JSON", "Outgoing", "Transport"],
            swiftSettings: strict),
        .testTarget(
            name: "SQLiteStoreTests", dependencies: ["CSQLite", "CSystem", "SQLiteStore"],
            swiftSettings: strict),
        .testTarget(
            name: "GatewayTests",
            dependencies: [
                "Bytes", "Configuration", "EngineIOWire", "EventLoop", "Gateway", "HTTPWire", "JSON",
                "Outgoing",
                "PubSub", "SQLiteStore", "SocketIOWire", "Telemetry", "Tokens", "Transport", "WebSocketWire",
            ],
            swiftSettings: strict),
        .testTarget(
            name: "SockeyeClientTests",
            dependencies: ["Bytes", "HTTPWire", "SockeyeClient", "WebSocketWire"], swiftSettings: strict),
        .testTarget(
            name: "DoctorTests",
            dependencies: [
                "Bytes", "CSystem", "Doctor", "EventLoop", "HTTPWire", "JSON", "NginxSyntax", "Transport",
            ],
            swiftSettings: strict),
        .testTarget(
            name: "CommandTests", dependencies: ["Bytes", "sockeye", "SockeyeClient", "WebSocketWire"],
            exclude: ["Transcripts"],
            swiftSettings: strict),
    ],
    cxxLanguageStandard: .cxx17
)
