/// The prefix that groups of routes put before the paths inside them: `r.Route("/chat", func(r chi.Router) {` around them, or
/// `chat = APIRouter(prefix="/chat")` by the name they are called on.
///
/// Blocks are told by indentation: no formatter of the languages in question leaves it out.
struct RouteGroups {
    /// Prefixes of the groups that are open, from outside inward.
    private var open: [(indentation: Int, prefix: String)] = []
    /// Prefixes of routers that have a name.
    private var named: [(name: String, prefix: String)] = []

    /// What stands before the path of a route on this line; empty outside of all groups.
    func prefix(of text: String) -> String {
        let around = open.map(\.prefix).joined()
        let call = text.hasPrefix("@") ? String(text.dropFirst()) : text
        return around + (named.last { call.hasPrefix($0.name + ".") }?.prefix ?? "")
    }

    /// Takes a line, which may close groups and open one.
    ///
    /// - Parameter indentation: how many blanks stand before it.
    mutating func read(_ text: String, indentation: Int) {
        while let last = open.last, indentation <= last.indentation { open.removeLast() }
        if open.count < 16, ["{", "do", "(", "["].contains(where: text.hasSuffix),
            let prefix = Self.prefix(behind: Self.blocks, in: text)
        {
            open.append((indentation, prefix))
        } else if named.count < 100, let prefix = Self.prefix(behind: Self.routers, in: text),
            let name = (text.before(" := ") ?? text.before(" = "))?.split(separator: " ").last
        {
            named.append((String(name), prefix))
        }
    }

    private static func prefix(behind marks: [String], in text: String) -> String? {
        guard let mark = marks.first(where: text.holds),
            let prefix = text.after(mark).flatMap(SourceReader.firstString), prefix.hasPrefix("/"),
            prefix.utf8.count < 200
        else { return nil }
        return prefix.hasSuffix("/") ? String(prefix.dropLast()) : prefix
    }

    /// Calls that open a block: chi, echo (Go), Ktor (Kotlin), Phoenix (Elixir), Rails (Ruby), Slim, Laravel (PHP), axum, actix (Rust).
    private static let blocks = [
        ".Route(", ".Group(", "route(", "scope ", "scope(", "namespace ", "->group(", "::prefix(", ".nest(",
        "web::scope(",
    ]

    /// Calls that make a router with a name: FastAPI, Flask (Python), gin, echo, fiber, gorilla/mux (Go), ASP.NET.
    private static let routers = ["prefix=", "url_prefix=", ".Group(", ".PathPrefix(", ".MapGroup("]
}
