/// A room of the house: a folder of `Sources/` and what its files may import.
struct Room {
    /// The folder, which is also the module's name.
    let name: String
    /// Rooms and modules its files may import, the system's among them.
    let mayImport: Set<String>
    /// Files (relative to the room) that may import more, each with its reason.
    let exceptions: [String: (imports: Set<String>, reason: String)]

    init(_ name: String, _ mayImport: Set<String>, except exceptions: [String: (Set<String>, String)] = [:]) {
        self.name = name
        self.mayImport = mayImport
        self.exceptions = exceptions.mapValues { (imports: $0.0, reason: $0.1) }
    }

    /// Whether `file` may import `module`.
    func allows(_ module: String, in file: String) -> Bool {
        mayImport.contains(module) || exceptions[file]?.imports.contains(module) == true
    }
}

/// Who may import whom.
///
/// The laws behind it: the wires, JSON, PubSub and Bytes are sans-IO, so they see no system module (no socket, clock, file,
/// random or print); C modules are named only by the room that wraps them; the gateway and the client never see each other.
/// A row here is a decision: change it together with `Package.swift`, and say why in the commit.
enum House {
    static let rooms: [Room] = [
        Room("Bytes", ["CBytes"]),
        Room("Telemetry", []),
        Room("JSON", ["Bytes"]),
        Room("Documents", ["CToml", "CYaml"]),
        Room("HTTPWire", ["Bytes"]),
        Room("WebSocketWire", ["Bytes", "CDeflate"]),
        Room("EngineIOWire", ["Bytes", "JSON"]),
        Room("SocketIOWire", ["Bytes", "JSON"]),
        Room("PubSub", ["Bytes"]),
        Room("NginxSyntax", ["Bytes"]),
        Room("NginxRouting", ["CPCRE", "NginxSyntax"]),
        Room("Tokens", ["Bytes", "CTLS", "JSON"]),
        Room("Configuration", ["Documents", "Glibc", "PubSub", "Telemetry"]),
        Room("EventLoop", ["Bytes", "CSystem", "Glibc", "Synchronization"]),
        Room("Transport", ["Bytes", "CSystem", "CTLS", "EventLoop", "Glibc", "Synchronization"]),
        Room("SQLiteStore", ["CSQLite", "CSystem", "Glibc", "Synchronization"]),
        Room(
            "Outgoing",
            ["Bytes", "CCurl", "CTLS", "EventLoop", "Glibc", "HTTPWire", "JSON", "Synchronization"]),
        Room(
            "Gateway",
            [
                "Bytes", "CPage", "CSystem", "Configuration", "EngineIOWire", "EventLoop", "Glibc",
                "HTTPWire",
                "JSON", "Outgoing", "PubSub", "SQLiteStore", "SocketIOWire",
                "Synchronization", "Telemetry", "Tokens", "Transport", "WebSocketWire",
            ]),
        Room(
            "SockeyeClient",
            [
                "Bytes", "CSystem", "EventLoop", "Glibc", "HTTPWire", "JSON", "Synchronization", "Transport",
                "WebSocketWire",
            ]),
        Room(
            "Doctor",
            [
                "Bytes", "CSystem", "Documents", "EngineIOWire", "EventLoop", "Glibc", "HTTPWire", "JSON",
                "NginxRouting", "NginxSyntax", "SocketIOWire", "Synchronization", "Telemetry", "Tokens",
                "Transport",
                "WebSocketWire",
            ]),
        Room(
            "sockeye",
            [
                "Bytes", "CSystem", "Configuration", "Doctor", "EventLoop", "Gateway", "Glibc", "HTTPWire",
                "JSON",
                "SQLiteStore", "SockeyeClient",
                "Synchronization", "Telemetry", "Tokens", "Transport", "WebSocketWire",
            ]),
    ]

    /// Rooms whose effects are values: no time, randomness, input or output of their own.
    static let sansIO: Set<String> = [
        "Bytes", "Documents", "EngineIOWire", "HTTPWire", "JSON", "NginxRouting", "NginxSyntax", "PubSub",
        "SocketIOWire",
        "WebSocketWire",
    ]

    /// What ties a file to the operating system.
    static let systemModules: Set<String> = [
        "CCurl", "CSQLite", "CSystem", "CTLS", "Dispatch", "Glibc", "EventLoop", "Transport",
    ]

    /// Pairs that must not meet, not even through a third room.
    static let strangers: [(String, String)] = [
        ("Gateway", "SockeyeClient"), ("SockeyeClient", "Gateway"), ("SockeyeClient", "Tokens"),
        ("Doctor", "Gateway"), ("Doctor", "SockeyeClient"), ("Gateway", "Doctor"),
        ("SockeyeClient", "Doctor"),
    ]
}
