import Testing

@testable import Doctor

/// One fault in the shapes it has in other languages, tools and logs.
@Suite("Faults in other shapes")
struct ShapeTests {
    struct Shape: Sendable, CustomTestStringConvertible {
        let code: String
        var url = "wss://app.example/ws"
        var page: String?
        let files: [(String, String)]
        var testDescription: String { "\(code): \(files.map(\.0).joined(separator: ", "))" }
    }

    /// nginx with TLS that hands the socket on as it should.
    static let nginx = """
        events {}
        http {
            map $http_upgrade $connection_upgrade { default upgrade; '' close; }
            server {
                listen 443 ssl;
                server_name app.example;
                location / {
                    proxy_pass http://127.0.0.1:3000;
                    proxy_http_version 1.1;
                    proxy_set_header Upgrade $http_upgrade;
                    proxy_set_header Connection $connection_upgrade;
                    proxy_set_header Host $host;
                    proxy_read_timeout 60s;
                }
            }
        }
        """

    static let faults: [Shape] = [
        Shape(
            code: "heartbeat-slower-than-timeout",
            files: [
                ("nginx.conf", nginx),
                (
                    "beat.py",
                    "async def beat(ws):\n    while True:\n        await asyncio.sleep(90)\n        await ws.send('ping')\n"
                ),
            ]),
        Shape(
            code: "heartbeat-slower-than-timeout",
            files: [
                ("nginx.conf", nginx),
                ("c.go", "const (\n\tpongWait = 5 * time.Minute\n\tpingPeriod = (pongWait * 9) / 10\n)\n"),
            ]),
        Shape(
            code: "heartbeat-slower-than-timeout",
            files: [
                ("nginx.conf", nginx),
                (
                    "c.go",
                    "t := time.NewTicker(2 * time.Minute)\nfor range t.C {\n\tconn.WriteMessage(websocket.PingMessage, nil)\n}\n"
                ),
            ]),
        Shape(
            code: "heartbeat-slower-than-timeout",
            files: [
                ("nginx.conf", nginx),
                ("Program.cs", "app.UseWebSockets(new() { KeepAliveInterval = TimeSpan.FromMinutes(2) });\n"),
            ]),
        Shape(
            code: "header-with-underscore-dropped",
            files: [
                ("nginx.conf", nginx),
                (
                    "error.log",
                    "2026/05/01 10:00:00 [info] 3#3: *7 client sent invalid header line: \"x_api_key: a\" while reading client request headers\n"
                ),
            ]),
        Shape(
            code: "header-with-underscore-dropped",
            files: [
                ("nginx.conf", nginx),
                (
                    "server.js",
                    "server.on('upgrade', (req, s) => { if (!req.headers['api_key']) s.destroy(); });\n"
                ),
            ]),
        Shape(
            code: "csp-connect-src-blocks-ws", page: "https://www.example",
            files: [
                (
                    "app.js",
                    "app.use(helmet({ contentSecurityPolicy: { directives: { connectSrc: [\"'self'\", 'https://api.example'] } } }));\n"
                )
            ]),
        Shape(
            code: "csp-connect-src-blocks-ws", page: "https://www.example",
            files: [("settings.py", "CSP_CONNECT_SRC = (\"'self'\", \"https://sentry.example\")\n")]),
        Shape(
            code: "csp-connect-src-blocks-ws", page: "https://www.example",
            files: [("csp.rb", "policy.connect_src :self, :https\n")]),
        Shape(
            code: "csp-connect-src-blocks-ws", page: "https://www.example",
            files: [
                (
                    "Caddyfile",
                    "www.example {\n\theader Content-Security-Policy \"connect-src 'self'\"\n\tfile_server\n}\napp.example {\n\treverse_proxy a:1\n}\n"
                )
            ]),
        Shape(
            code: "origin-rejected", page: "https://app.example",
            files: [
                (
                    "h.py",
                    "class H(WebSocketHandler):\n    def check_origin(self, origin):\n        return origin == 'https://old.example'\n"
                )
            ]),
        Shape(
            code: "origin-rejected", page: "https://app.example",
            files: [
                ("settings.py", "ALLOWED_HOSTS = ['internal.example']\n"),
                ("asgi.py", "\"websocket\": AllowedHostsOriginValidator(URLRouter(patterns)),\n"),
            ]),
        Shape(
            code: "upstream-dns-stale",
            files: [
                ("nginx.conf", nginx.replacing("127.0.0.1:3000", with: "lb.internal.example")),
                (
                    "error.log",
                    "2026/05/01 10:00:00 [error] 3#3: *3 upstream timed out (110: Connection timed out) while connecting to upstream, client: 10.0.0.2, server: app.example, request: \"GET /ws HTTP/1.1\", upstream: \"http://10.0.3.17:80/ws\"\n"
                ), ("dig.txt", "$ dig +short lb.internal.example\n10.0.1.88\n10.0.2.61\n"),
            ]),
        Shape(
            code: "token-trailing-whitespace",
            files: [
                (
                    "access.log",
                    "1.2.3.4 - - [01/May/2026:10:00:00 +0000] \"GET /ws?token=abc%0A HTTP/1.1\" 401 0 \"-\" \"x\"\n"
                )
            ]),
        Shape(
            code: "token-trailing-whitespace",
            files: [
                (
                    "agent.log",
                    "TypeError [ERR_INVALID_CHAR]: Invalid character in header content [\"Authorization\"]\n"
                )
            ]),
        Shape(
            code: "token-trailing-whitespace",
            files: [
                (
                    "secret.yaml",
                    "apiVersion: v1\nkind: Secret\nmetadata: {name: a}\ndata:\n  token: YWJjZGVmCg==\n"
                )
            ]),
        Shape(
            code: "token-malformed-prefix",
            files: [
                ("a.js", "const ws = new WebSocket(`wss://app.example/ws?token=Bearer ${token}`);\n")
            ]),
        Shape(
            code: "token-wrong-param-name", url: "wss://app.example/ws?token=eyJh.eyJi.c",
            files: [
                (
                    "a.py",
                    "@app.websocket('/ws')\nasync def ws(websocket: WebSocket, access_token: str = Query(...)): ...\n"
                )
            ]),
        Shape(
            code: "cert-name-mismatch",
            files: [
                (
                    "x.log",
                    "Error: Hostname/IP does not match certificate's altnames: Host: app.example. is not in the cert's altnames: DNS:b.example\n"
                )
            ]),
        Shape(
            code: "outer-idle-timeout",
            files: [
                ("nginx.conf", nginx.replacing("60s", with: "1h")),
                (
                    "lb.yaml",
                    "apiVersion: cloud.google.com/v1\nkind: BackendConfig\nmetadata: {name: b}\nspec:\n  timeoutSec: 30\n"
                ),
            ]),
        Shape(
            code: "redirect-301-on-handshake", url: "ws://app.example/ws",
            files: [("Caddyfile", "app.example {\n\treverse_proxy a:1\n}\n")]),
        Shape(
            code: "redirect-301-on-handshake",
            files: [
                (
                    "curl.txt",
                    "$ curl -i -H 'Connection: Upgrade' -H 'Upgrade: websocket' https://app.example/ws\nHTTP/1.1 308 Permanent Redirect\nLocation: /ws/\n\n"
                )
            ]),
        Shape(
            code: "redirect-301-on-handshake",
            files: [
                ("uvicorn.log", "INFO:     10.0.0.2:50000 - \"GET /ws HTTP/1.1\" 307 Temporary Redirect\n")
            ]),
        Shape(
            code: "spa-fallback-swallows-ws",
            files: [
                (
                    "curl.txt",
                    "$ curl -i -H 'Connection: Upgrade' -H 'Upgrade: websocket' https://app.example/ws\nHTTP/1.1 200 OK\nContent-Type: text/html\n\n<!doctype html><html></html>\n"
                )
            ]),
        Shape(
            code: "spa-fallback-swallows-ws",
            files: [
                (
                    "v.conf",
                    "<VirtualHost *:443>\n ServerName app.example\n ProxyPass /api http://127.0.0.1:3000/api\n FallbackResource /index.html\n</VirtualHost>\n"
                )
            ]),
        Shape(
            code: "location-does-not-cover-path", url: "wss://app.example/ws/room",
            files: [
                (
                    "haproxy.cfg",
                    "frontend f\n bind :443 ssl crt x\n mode http\n acl is_ws path /ws\n use_backend rt if is_ws\n default_backend web\nbackend rt\n server s 127.0.0.1:3000\nbackend web\n server w 127.0.0.1:8080\n"
                )
            ]),
        Shape(
            code: "client-cert-not-sent",
            files: [
                (
                    "v.conf",
                    "<VirtualHost *:443>\n SSLVerifyClient require\n ProxyPass /ws ws://127.0.0.1:3000/ws\n</VirtualHost>\n"
                )
            ]),
        Shape(
            code: "client-cert-not-sent",
            files: [
                (
                    "Caddyfile",
                    "app.example {\n\ttls {\n\t\tclient_auth {\n\t\t\tmode require_and_verify\n\t\t}\n\t}\n\treverse_proxy a:1\n}\n"
                )
            ]),
        Shape(
            code: "upstream-blocked-by-os",
            files: [
                ("nginx.conf", nginx),
                (
                    "kern.log",
                    "May  1 10:00:00 h kernel: [1.5] [UFW BLOCK] IN=eth0 SRC=10.0.0.4 DST=10.0.0.5 PROTO=TCP SPT=50000 DPT=3000 SYN\n"
                ),
            ]),
        Shape(
            code: "cdn-blocks-websocket",
            files: [
                (
                    "zone.json",
                    "{\"result\": {\"id\": \"websockets\", \"value\": \"off\"}, \"success\": true}\n"
                )
            ]),
        Shape(
            code: "upgrade-headers-missing",
            files: [
                (
                    "default.vcl",
                    "vcl 4.1;\nbackend d { .host = \"a\"; }\nsub vcl_recv {\n  return (hash);\n}\n"
                )
            ]),
        Shape(
            code: "upgrade-headers-missing",
            files: [
                (
                    "gateway.js",
                    "app.use('/ws', createProxyMiddleware({ target: 'http://rt:3000', changeOrigin: true }));\n"
                )
            ]),
        Shape(
            code: "backend-lacks-ws-support",
            files: [
                ("uwsgi.ini", "[uwsgi]\nmodule = site.wsgi:application\nhttp-socket = 127.0.0.1:3000\n"),
                ("routing.py", "websocket_urlpatterns = [re_path(r\"^ws$\", ChatConsumer.as_asgi())]\n"),
            ]),
        Shape(
            code: "proxy-protocol-mismatch",
            files: [
                (
                    "k.yaml",
                    "apiVersion: v1\nkind: Service\nmetadata:\n  name: ingress\n  annotations:\n    service.beta.kubernetes.io/do-loadbalancer-enable-proxy-protocol: \"true\"\n---\napiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: ingress-nginx-controller\ndata:\n  use-forwarded-headers: \"true\"\n"
                )
            ]),
        Shape(
            code: "heartbeat-slower-than-timeout",
            files: [
                ("nginx.conf", nginx),
                (
                    "C.java",
                    "registry.enableSimpleBroker(\"/t\").setHeartbeatValue(new long[] {120000, 120000});\n"
                ),
            ]),
        Shape(
            code: "client-url-env-missing", url: "https://app.example/", page: "https://app.example",
            files: [
                (
                    "Dockerfile",
                    "FROM node AS b\nRUN npm run build\nFROM nginx\nENV REACT_APP_WS=https://app.example\n"
                ),
                ("s.js", "export default io(process.env.REACT_APP_WS || 'http://localhost:4000');\n"),
            ]),
        Shape(
            code: "socketio-path-mismatch", url: "https://app.example/",
            files: [
                ("nginx.conf", nginx.replacing("location /", with: "location /socket.io/")),
                ("c.js", "const s = io({ path: '/api/socket.io' });\n"),
                ("s.js", "const io = new Server(server, { path: '/socket.io' });\n"),
            ]),
        Shape(
            code: "proxy-pass-uri-rewrites-path", url: "wss://app.example/rt/ws",
            files: [
                (
                    "haproxy.cfg",
                    "frontend f\n mode http\n bind :443 ssl crt x\n http-request replace-path /rt(/)?(.*) /\\2\n default_backend b\nbackend b\n server s 127.0.0.1:3000\n"
                ),
                ("s.js", "const wss = new WebSocketServer({ port: 3000, path: '/rt/ws' });\n"),
            ]),
    ]

    @Test(arguments: faults)
    func `is named`(_ shape: Shape) throws {
        let codes = try Bench.codes(shape.url, shape.files, page: shape.page)
        #expect(codes.contains(shape.code), "found \(codes)")
    }

    static let healthy: [Shape] = [
        // A worker that asks another service whether it is there, at its leisure.
        Shape(
            code: "heartbeat-slower-than-timeout",
            files: [
                ("nginx.conf", nginx),
                (
                    "job.py",
                    "while True:\n    time.sleep(600)\n    db.execute('select 1')  # ping the database\n"
                ),
            ]),
        Shape(
            code: "heartbeat-slower-than-timeout",
            files: [
                ("nginx.conf", nginx),
                (
                    "c.go",
                    "const (\n\tpongWait = 60 * time.Second\n\tpingPeriod = (pongWait * 9) / 10\n)\n"
                ),
            ]),
        // What stands in a variable may be right.
        Shape(
            code: "csp-connect-src-blocks-ws", page: "https://www.example",
            files: [("app.js", "helmet({ directives: { connectSrc: [\"'self'\", process.env.WS_URL] } });\n")]
        ),
        Shape(
            code: "origin-rejected", page: "https://app.example",
            files: [
                (
                    "s.js",
                    "new WebSocketServer({ verifyClient: ({ origin }) => allowed.includes(origin) || origin === 'https://old.example' });\n"
                )
            ]),
        // A server that takes the word off.
        Shape(
            code: "token-malformed-prefix", url: "https://app.example/",
            files: [
                ("a.js", "const s = io({ auth: { token: `Bearer ${token}` } });\n"),
                (
                    "s.js",
                    "const io = new Server(server);\nio.use((s, next) => verify(s.handshake.auth.token.replace('Bearer ', '')));\n"
                ),
            ]),
        // The server's own calls elsewhere.
        Shape(
            code: "cert-name-mismatch",
            files: [("app.log", "smtp.mail.example: certificate verify failed, retrying\n")]),
        Shape(
            code: "token-trailing-whitespace",
            files: [
                (
                    "secret.yaml",
                    "apiVersion: v1\nkind: Secret\nmetadata: {name: a}\ndata:\n  token: YWJjZGVm\n  tls.key: LS0tLS0K\n"
                )
            ]),
        Shape(
            code: "redirect-301-on-handshake", url: "ws://app.example/ws",
            files: [("Caddyfile", "http://app.example {\n\treverse_proxy a:1\n}\n")]),
        Shape(
            code: "redirect-301-on-handshake",
            files: [
                (
                    "access.log",
                    "1.2.3.4 - - [01/May/2026:10:00:00 +0000] \"GET /ws HTTP/1.1\" 301 0\n1.2.3.4 - - [01/May/2026:10:00:01 +0000] \"GET /ws HTTP/1.1\" 101 0\n"
                )
            ]),
        Shape(
            code: "upgrade-headers-missing",
            files: [
                (
                    "gateway.js",
                    "const p = createProxyMiddleware({ target: 'http://rt:3000' });\nserver.on('upgrade', p.upgrade);\n"
                )
            ]),
        Shape(
            code: "location-does-not-cover-path", url: "wss://app.example/ws/room",
            files: [
                (
                    "haproxy.cfg",
                    "frontend f\n bind :443 ssl crt x\n mode http\n acl is_ws path_beg /ws\n use_backend rt if is_ws\n default_backend web\nbackend rt\n server s 127.0.0.1:3000\nbackend web\n server w 127.0.0.1:8080\n"
                )
            ]),
    ]

    @Test(arguments: healthy)
    func `is not named where nothing is wrong`(_ shape: Shape) throws {
        let codes = try Bench.codes(shape.url, shape.files, page: shape.page)
        #expect(!codes.contains(shape.code), "found \(codes)")
    }
}
