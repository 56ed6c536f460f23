import Testing

@testable import Doctor

/// What the checks over files find in small folders, cause by cause, and what they must not find in nearly
/// the same.
@Suite("Checks over files")
struct FileCheckTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let name: String
        var url = "wss://app.example/ws"
        var page: String?
        var message: String?
        var console: String?
        let files: [(String, String)]
        /// Codes of errors and warnings; mentions are not compared.
        let codes: [String]
        var testDescription: String { name }
    }

    @Test(arguments: client + origin + tokens + backend + proxies + more + reach + limits + console)
    func findings(_ test: Case) throws {
        let found = try Bench.codes(
            test.url, test.files, page: test.page, message: test.message, console: test.console)
        #expect(found.filter { !$0.hasPrefix("(") } == test.codes)
    }

    // MARK: Client

    static let client: [Case] = [
        Case(
            name: "a script that takes everything from the page", page: "https://app.example",
            files: [
                (
                    "a.js",
                    "const s = new WebSocket((location.protocol === 'https:' ? 'wss://' : 'ws://') + location.host + '/ws');"
                )
            ], codes: []),
        Case(
            name: "a script that writes ws:// for an https page", page: "https://app.example",
            files: [("a.js", "new WebSocket(`ws://${window.location.host}/ws`)")], codes: ["mixed-content"]),
        Case(
            name: "the protocol replaced in the page's own", page: "https://app.example",
            files: [
                (
                    "a.ts",
                    "const base = location.protocol.replace('http', 'ws') + '//' + location.host; new WebSocket(base + '/ws')"
                )
            ], codes: []),
        Case(
            name: "a script that holds localhost", page: "https://app.example",
            files: [("a.js", "const socket = io('http://localhost:3001');")],
            codes: ["client-url-hardcoded-localhost"]),
        Case(
            name: "localhost on a developer's page", url: "ws://localhost:3001/ws",
            page: "http://localhost:3000",
            files: [("a.js", "new WebSocket('ws://localhost:3001/ws')")], codes: []),
        Case(
            name: "localhost out of a build variable", page: "https://app.example",
            files: [(".env.production", "VITE_WS_URL=ws://127.0.0.1:8000/ws")],
            codes: ["client-url-hardcoded-localhost"]),
        Case(
            name: "a build variable without value", page: "https://app.example",
            files: [("frontend.env", "VITE_API_URL=https://app.example/api\nVITE_WS_URL=\n")],
            codes: ["client-url-env-missing"]),
        Case(
            name: "a build variable nobody sets, with the developer's address behind it",
            page: "https://app.example",
            files: [
                ("frontend/.env", "VITE_API_URL=https://app.example/api"),
                ("src/socket.ts", "export const socket = new WebSocket(import.meta.env.VITE_WS_URL)"),
            ], codes: ["client-url-env-missing"]),
        Case(
            name: "a build variable without value, and the page's own place behind it",
            page: "https://app.example",
            files: [
                ("frontend/.env", "VITE_WS_URL="),
                (
                    "src/socket.ts",
                    "new WebSocket(import.meta.env.VITE_WS_URL || `wss://${location.host}/ws`)"
                ),
            ], codes: []),
        Case(
            name: "the port of the backend", url: "ws://app.example:8001/ws", page: "http://app.example",
            files: [("nginx.conf", Bench.nginx(pass: "http://127.0.0.1:8001"))],
            codes: ["client-url-port-bypass"]),
        Case(
            name: "a second listener of the proxy", url: "ws://app.example:8443/ws",
            page: "http://app.example", files: [("nginx.conf", Bench.nginx(server: "listen 8443;"))],
            codes: []),
        Case(
            name: "the port of a tunnel", url: "ws://app.example:60001/ws", page: "http://app.example",
            files: [
                (
                    "frpc.toml",
                    "serverAddr = \"app.example\"\n[[proxies]]\nname = \"w\"\ntype = \"tcp\"\nlocalPort = 80\nremotePort = 60001\n"
                )
            ], codes: []),
        Case(
            name: "two schemes", url: "wss://https://app.example/ws", files: [],
            codes: ["client-url-malformed"]),
        Case(
            name: "a variable that was never replaced", url: "wss://undefined/ws", files: [],
            codes: ["client-url-env-missing"]),
        Case(
            name: "a namespace the server has", url: "http://app.example/chat",
            files: [
                ("server.js", "const io = new Server(http, {cors: {}}); io.of('/chat')"),
                ("c.js", "io('/chat')"),
            ],
            codes: []),
        Case(
            name: "a namespace the server does not have", url: "http://app.example/api",
            files: [
                (
                    "server.js",
                    "const { Server } = require('socket.io'); const io = new Server(http); io.of('/chat')"
                ), ("c.js", "io('http://app.example/api')"),
            ],
            codes: ["socketio-namespace-from-url"]),
        Case(
            name: "another path option", url: "http://app.example/socket.io/?EIO=4&transport=polling",
            files: [
                ("server.js", "const { Server } = require('socket.io'); new Server(http, { path: '/ws/' })"),
                ("c.js", "io({ path: '/socket.io/' })"),
            ],
            codes: ["socketio-path-mismatch"]),
        Case(
            name: "a path no route of the backend has", url: "wss://app.example/api/chat/ws",
            files: [("main.py", "@app.websocket(\"/ws/realtime\")\nasync def realtime(websocket): pass\n")],
            codes: ["client-url-wrong-path"]),
        Case(
            name: "a router's prefix before the route",
            url: "wss://app.example/api/v1/notifications/ws/a@b.example",
            files: [("main.py", "@router.websocket(\"/ws/{email}\")\nasync def notify(websocket): pass\n")],
            codes: []),
        Case(
            name: "a handshake stripped on the client's side",
            files: [
                (
                    "seen.txt",
                    "GET /ws HTTP/1.1\nHost: app.example\nConnection: keep-alive\nVia: 1.1 proxy.corp (squid)\nSec-WebSocket-Key: x\nSec-WebSocket-Version: 13\n"
                )
            ],
            codes: ["client-network-strips-upgrade"]),
        Case(
            name: "a whole handshake through a CDN",
            files: [
                (
                    "seen.txt",
                    "GET /ws HTTP/1.1\nHost: app.example\nConnection: Upgrade\nUpgrade: websocket\nCF-Ray: 1\nSec-WebSocket-Key: x\n"
                )
            ], codes: []),
    ]

    // MARK: Who may connect

    static let origin: [Case] = [
        Case(
            name: "an origin that is listed", page: "https://app.example",
            files: [("backend.env", "ALLOWED_ORIGINS=https://app.example,https://b.example")], codes: []),
        Case(
            name: "an origin that is not", page: "https://app.example",
            files: [("backend.env", "ALLOWED_ORIGINS=https://b.example")], codes: ["origin-rejected"]),
        Case(
            name: "a slash at its end", page: "https://app.example",
            files: [("backend.env", "CORS_ORIGIN=https://app.example/")],
            codes: ["origin-allowlist-malformed"]),
        Case(
            name: "no scheme", page: "https://app.example",
            files: [("backend.env", "ALLOWED_ORIGINS=app.example")], codes: ["origin-allowlist-malformed"]),
        Case(
            name: "the default port", page: "https://app.example",
            files: [
                ("application.yml", "app:\n  cors:\n    allowed-origins: [\"https://app.example:443\"]\n")
            ], codes: ["origin-allowlist-malformed"]),
        Case(
            name: "a bad entry beside a good one", page: "https://app.example",
            files: [("backend.env", "ALLOWED_ORIGINS=app.example,https://app.example")], codes: []),
        Case(
            name: "every origin", page: "https://app.example", files: [("backend.env", "CORS_ORIGINS=*")],
            codes: []),
        Case(
            name: "whether credentials are allowed is no list", page: "https://app.example",
            files: [("backend.env", "CORS_ALLOW_CREDENTIALS=true")], codes: []),
        Case(
            name: "Socket.IO's own list", url: "https://app.example/socket.io/?EIO=4&transport=polling",
            page: "https://www.app.example",
            files: [
                (
                    "s.js",
                    "const io = require('socket.io')(http, { cors: { origin: ['https://app.example'] } });"
                )
            ], codes: ["cors-origin-not-allowed"]),
        Case(
            name: "development mode on a public host", page: "https://app.example",
            files: [("backend.env", "NODE_ENV=development\nFRONTEND_URL=https://app.example")],
            codes: ["origin-rejected"]),
        Case(
            name: "production mode", page: "https://app.example",
            files: [("backend.env", "NODE_ENV=production\nFRONTEND_URL=https://app.example")], codes: []),
        Case(
            name: "the log of Rails", page: "https://app.example",
            files: [("production.log", "Request origin not allowed: https://app.example\n")],
            codes: ["origin-rejected"]),
        Case(
            name: "two values of the CORS header", page: "https://app.example",
            files: [
                (
                    "answer.txt",
                    "HTTP/1.1 200 OK\nAccess-Control-Allow-Origin: https://app.example\nAccess-Control-Allow-Origin: *\n"
                )
            ], codes: ["cors-duplicate-header"]),
        Case(
            name: "every origin, and credentials",
            url: "https://api.example/socket.io/?EIO=4&transport=polling", page: "https://app.example",
            files: [
                ("answer.txt", "HTTP/1.1 200 OK\nAccess-Control-Allow-Origin: *\n"),
                ("c.js", "io('https://api.example', { withCredentials: true })"),
            ], codes: ["cors-origin-not-allowed"]),
        Case(
            name: "a policy of the page's own host", page: "https://app.example",
            files: [("answer.txt", "HTTP/1.1 200 OK\nContent-Security-Policy: default-src 'self'\n")],
            codes: []),
        Case(
            name: "a policy that names https alone", url: "wss://ws.example/ws", page: "https://app.example",
            files: [
                (
                    "answer.txt",
                    "HTTP/1.1 200 OK\nContent-Security-Policy: connect-src 'self' https://ws.example\n"
                )
            ], codes: ["csp-connect-src-blocks-ws"]),
        Case(
            name: "a policy that names the socket", url: "wss://ws.example/ws", page: "https://app.example",
            files: [
                (
                    "answer.txt",
                    "HTTP/1.1 200 OK\nContent-Security-Policy: connect-src 'self' wss://*.example wss://ws.example\n"
                )
            ], codes: []),
        Case(
            name: "a policy in the page", url: "wss://ws.example/ws", page: "https://app.example",
            files: [
                ("index.html", "<meta http-equiv=\"Content-Security-Policy\" content=\"connect-src 'self'\">")
            ], codes: ["csp-connect-src-blocks-ws"]),
        Case(
            name: "a cookie of another site", url: "wss://live.service.example/ws",
            page: "https://app.other.example",
            files: [
                ("login-response.txt", "HTTP/1.1 200 OK\nSet-Cookie: session=1; HttpOnly; SameSite=Lax\n")
            ], codes: ["cookie-not-sent-cross-site"]),
        Case(
            name: "a cookie of the same site", url: "wss://live.service.example/ws",
            page: "https://app.service.example",
            files: [("login.txt", "HTTP/1.1 200 OK\nSet-Cookie: session=1; HttpOnly; SameSite=Lax\n")],
            codes: []),
        Case(
            name: "hosts of Django",
            files: [("settings.py", "ALLOWED_HOSTS = ['localhost', 'internal.example']\n")],
            codes: ["backend-host-not-allowed"]),
        Case(
            name: "hosts of Django with a dot", files: [("settings.py", "ALLOWED_HOSTS = ['.example']\n")],
            codes: []),
        Case(
            name: "hosts of Vite",
            files: [
                (
                    "vite.config.ts",
                    "export default defineConfig({ server: { allowedHosts: ['other.example'] } })"
                )
            ], codes: ["backend-host-not-allowed"]),
        Case(
            name: "all hosts of Vite",
            files: [("vite.config.ts", "export default defineConfig({ server: { allowedHosts: true } })")],
            codes: []),
    ]
}
