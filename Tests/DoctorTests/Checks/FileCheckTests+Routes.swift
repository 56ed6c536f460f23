import Testing

@testable import Doctor

/// Paths as sources, proxies and logs tell them.
@Suite("Routes in sources and logs")
struct RouteShapeTests {
    typealias Shape = ShapeTests.Shape

    private static let chi = """
        func routes(hub *Hub) http.Handler {
        \tr := chi.NewRouter()
        \tr.Get("/", index)
        \tr.Route("/chat", func(r chi.Router) {
        \t\tr.Get("/history", hub.history)
        \t\tr.Get("/ws", hub.serveWs)
        \t})
        \treturn r
        }
        """

    /// As a whole: with a certificate, without which nginx would not start.
    private static let nginx = ShapeTests.nginx.replacing(
        "listen 443 ssl;", with: "listen 443 ssl; ssl_certificate c.pem; ssl_certificate_key k.pem;")

    private static func nginx(_ location: String, _ pass: String, more: String = "") -> String {
        nginx.replacing("location / {", with: "\(more) location \(location) {")
            .replacing("proxy_pass http://127.0.0.1:3000;", with: "proxy_pass \(pass);")
    }

    static let faults: [Shape] = [
        Shape(
            code: "client-url-wrong-path", url: "wss://app.example/ws/chat",
            files: [
                ("nginx.conf", nginx), ("main.go", chi),
                (
                    "app.log",
                    "2026/05/05 20:11:03 \"GET http://app.example/ws/chat HTTP/1.1\" from 127.0.0.1:50112 - 404 19B in 21µs\n"
                ),
            ]),
        Shape(
            code: "proxy-pass-prefix-not-stripped", url: "wss://app.example/rt/ws/line/4",
            files: [
                ("nginx.conf", nginx("/rt/", "http://127.0.0.1:3000")),
                (
                    "main.py",
                    "app = FastAPI()\n@app.websocket(\"/ws/line/{line_id}\")\nasync def line(ws: WebSocket):\n    await ws.accept()\n"
                ),
            ]),
        Shape(
            code: "proxy-pass-prefix-not-stripped", url: "wss://app.example/talk/socket/websocket",
            files: [
                ("nginx.conf", nginx("^~ /talk/", "http://127.0.0.1:3000")),
                (
                    "phoenix.log",
                    "[debug] ** (Phoenix.Router.NoRouteError) no route found for GET /talk/socket/websocket (Chat.Router)\n"
                ),
            ]),
        Shape(
            code: "location-does-not-cover-path", url: "wss://app.example/cool/adminws",
            files: [
                (
                    "nginx.conf",
                    nginx("~ ^/cool/(.*)/ws$", "http://127.0.0.1:3000")
                        .replacing(
                            "server_name app.example;",
                            with:
                                "server_name app.example; location ~ ^/(c|l)ool { proxy_pass http://127.0.0.1:3000; }"
                        )
                )
            ]),
        Shape(
            code: "host-port-mismatch", url: "wss://app.example:8443/ws", page: "https://app.example:8443",
            files: [
                ("nginx.conf", nginx.replacing("Host $host;", with: "Host $host:$server_port;")),
                (
                    "ttyd.log",
                    "W: refuse to serve WS client from different origin: https://app.example:8443, host: app.example:443\n"
                ),
            ]),
        Shape(
            code: "token-wrong-issuer",
            files: [
                ("nginx.conf", nginx),
                ("app.log", "JwtValidationException: An error occurred: The iss claim is not valid\n"),
            ]),
        Shape(
            code: "header-with-underscore-dropped",
            files: [
                ("nginx.conf", nginx),
                (
                    "dial.go",
                    "h := http.Header{}\nh[\"api_token\"] = []string{token}\nc, _, err := websocket.DefaultDialer.Dial(url, h)\n"
                ),
            ]),
    ]

    /// Errors and warnings of the whole reasoning.
    private static func codes(_ shape: Shape) throws -> [String] {
        let examination = try Bench.examination(shape.url, shape.files, page: shape.page)
        return Reasoning.diagnosis(of: examination).findings.filter { $0.severity != .info }.map(
            \.code.rawValue)
    }

    @Test(arguments: faults)
    func `is named`(_ shape: Shape) throws {
        let codes = try Self.codes(shape)
        #expect(codes.contains(shape.code), "found \(codes)")
    }

    static let healthy: [Shape] = [
        // The group's prefix belongs to the path.
        Shape(
            code: "client-url-wrong-path", url: "wss://app.example/chat/ws",
            files: [
                ("nginx.conf", nginx), ("main.go", chi),
                ("app.log", "GET /chat/ws HTTP/1.1 404\n"),
            ]),
        // What a rule of the server leads away from its location is told by that rule.
        Shape(
            code: "location-does-not-cover-path", url: "wss://app.example/ticker/ws",
            files: [
                (
                    "nginx.conf",
                    nginx(
                        "/ticker/ws", "http://127.0.0.1:3000",
                        more:
                            "root html; if (!-e $request_filename) { rewrite ^/(.*)$ /index.php?q=$1 last; } location ~ \\.php$ { fastcgi_pass unix:/run/php.sock; }"
                    )
                )
            ]),
        // Refused at both addresses.
        Shape(
            code: "upstream-ipv6-localhost",
            files: [
                ("nginx.conf", nginx("/", "http://localhost:3000")),
                (
                    "error.log",
                    """
                    2026/03/12 07:00:00 [error] 30#30: *4 connect() failed (111: Connection refused) while connecting to upstream, client: 192.0.2.10, server: app.example, request: "GET /ws HTTP/1.1", upstream: "http://[::1]:3000/ws", host: "app.example"
                    2026/03/12 07:00:00 [error] 30#30: *4 connect() failed (111: Connection refused) while connecting to upstream, client: 192.0.2.10, server: app.example, request: "GET /ws HTTP/1.1", upstream: "http://127.0.0.1:3000/ws", host: "app.example"

                    """
                ),
            ]),
        // A map of the program, no header.
        Shape(
            code: "header-with-underscore-dropped",
            files: [
                ("nginx.conf", nginx),
                (
                    "dial.py",
                    "data[\"user_id\"] = 1\nasync with websockets.connect(url) as ws:\n    await ws.send(json.dumps(data))\n"
                ),
            ]),
    ]

    @Test(arguments: healthy)
    func `is not named where it is not so`(_ shape: Shape) throws {
        let codes = try Self.codes(shape)
        #expect(!codes.contains(shape.code), "found \(codes)")
    }
}
