/// One block whose directives inner blocks inherit: http, server, location, and the two that stand in for a location.
package final class Level: Sendable {
    /// What kind of block.
    package enum Kind: Sendable, Equatable {
        case http, server, location
        /// `if` in a location: takes the place of the location when its condition holds.
        case ifInLocation
        /// `limit_except`: takes the place of the location for other methods.
        case limitExcept
    }

    /// What kind of block.
    package let kind: Kind
    /// The directive that opens it; nil for a level nothing opened.
    package let statement: Statement?
    /// The block around it.
    package let parent: Level?
    /// The path of the location this is or stands in: what alias and a URI in proxy_pass replace; nil for patterns, names and outside
    /// locations.
    package let replacedPrefix: ByteString?
    private let own: [String: [Statement]]
    /// The directive that answers at this level, the last one if there are several: `proxy_pass` and its like.
    package let handler: Statement?

    init(_ kind: Kind, _ statement: Statement?, parent: Level?, replacedPrefix: ByteString? = nil) {
        self.replacedPrefix = kind == .location ? replacedPrefix : parent?.replacedPrefix
        self.kind = kind
        self.statement = statement
        self.parent = parent
        var own: [String: [Statement]] = [:]
        for item in statement?.block ?? [] { own[item.name, default: []].append(item) }
        self.own = own
        handler = statement?.block.last { Level.isHandler($0.name) }
    }

    /// The directives of a name in this block itself.
    package func own(_ name: String) -> [Statement] { own[name] ?? [] }

    /// The directives of a name in force here: those of the innermost block that has any.
    ///
    /// That is nginx's rule both for values (the last one counts) and for lists such as `proxy_set_header`, where one line
    /// in an inner block drops all of the outer ones. Not for directives that are never inherited: `proxy_pass` outside
    /// `if`, `try_files`, `return`, `rewrite`.
    package func effective(_ name: String) -> [Statement] {
        var level: Level? = self
        while let here = level {
            if let found = here.own[name] { return found }
            level = here.parent
        }
        return []
    }

    /// The one directive in force, where only one counts.
    package func value(_ name: String) -> Statement? { effective(name).last }

    /// Those of outer blocks that `effective` leaves out because an inner block has some of its own: the innermost such
    /// block's.
    package func overridden(_ name: String) -> [Statement] {
        var level: Level? = self
        var found = false
        while let here = level {
            if let own = here.own[name] {
                if found { return own }
                found = true
            }
            level = here.parent
        }
        return []
    }

    /// Whether a switch is on; `fallback` is nginx's default.
    package func isOn(_ name: String, default fallback: Bool) -> Bool {
        guard let statement = value(name) else { return fallback }
        return statement.text(0).lowercased() == "on"
    }

    /// Directives that install a content handler.
    package static func isHandler(_ name: String) -> Bool {
        handlers.contains(name) || name.hasPrefix("content_by_lua")
            || (name.hasPrefix("echo") && name != "echo_status")
    }

    private static let handlers: Set<String> = [
        "proxy_pass", "grpc_pass", "fastcgi_pass", "uwsgi_pass", "scgi_pass", "memcached_pass", "stub_status",
        "empty_gif", "flv", "mp4", "f4f", "hls", "js_content", "perl", "postgres_pass", "redis_pass",
        "rds_json_ret", "passenger_enabled", "api", "nchan_pubsub", "nchan_subscriber", "nchan_publisher",
        "push_stream_subscriber", "push_stream_websocket", "push_stream_publisher", "rtmp_stat",
        "websocket_pass",
        "drizzle_pass", "srcache_fetch", "upstream_conf", "status", "health_check_status",
        "vhost_traffic_status_display",
    ]
}
