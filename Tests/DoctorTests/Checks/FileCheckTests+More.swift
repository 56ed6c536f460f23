@testable import Doctor

extension FileCheckTests {
    private static let demands = "{\"secret\": \"s3cret\", \"claims\": [\"sub\"]}"

    static let tokens: [Case] = [
        Case(
            name: "a token as demanded",
            files: [
                ("token.txt", Token.good + "\n"),
                (
                    "token.expectations.json",
                    "{\"secret\": \"s3cret\", \"aud\": \"app\", \"iss\": \"me\", \"type\": \"access\", \"claims\": [\"userId\"]}"
                ),
            ], codes: []),
        Case(name: "an expired one", files: [("token.txt", Token.expired)], codes: ["token-expired"]),
        Case(name: "one for later", files: [("token.txt", Token.early)], codes: ["token-not-yet-valid"]),
        Case(name: "milliseconds", files: [("token.txt", Token.millis)], codes: ["token-not-yet-valid"]),
        Case(
            name: "another key",
            files: [("token.txt", Token.otherkey), ("token.expectations.json", demands)],
            codes: ["token-wrong-secret"]),
        Case(
            name: "a key decoded on one side",
            files: [
                ("token.txt", Token.base64key),
                ("token.expectations.json", "{\"secret\": \"c2VjcmV0LXNlY3JldC1zZWNyZXQ=\"}"),
            ],
            codes: ["token-wrong-secret"]),
        Case(
            name: "a key decoded on both",
            files: [
                ("token.txt", Token.base64key),
                (
                    "token.expectations.json",
                    "{\"secret\": \"c2VjcmV0LXNlY3JldC1zZWNyZXQ=\", \"secret_encoding\": \"base64\"}"
                ),
            ],
            codes: []),
        Case(
            name: "four claims amiss",
            files: [
                ("token.txt", Token.snake),
                (
                    "token.expectations.json",
                    "{\"aud\": \"app\", \"iss\": \"me\", \"type\": \"access\", \"claims\": [\"userId\"]}"
                ),
            ],
            codes: [
                "token-wrong-audience", "token-wrong-claim-name", "token-wrong-issuer", "token-wrong-type",
            ]),
        Case(
            name: "a scheme word", files: [("token.txt", "Bearer " + Token.good)],
            codes: ["token-malformed-prefix"]),
        Case(
            name: "a carriage return", files: [("token.txt", Token.good + "\r\n")],
            codes: ["token-trailing-whitespace"]),
        Case(name: "a blank", files: [("token.txt", Token.good + " ")], codes: ["token-trailing-whitespace"]),
        Case(name: "quotes", files: [("token.txt", "\"" + Token.good + "\"")], codes: ["token-malformed"]),
        Case(name: "nothing", files: [("token.txt", "\n")], codes: ["token-missing"]),
        Case(
            name: "undefined", url: "wss://app.example/ws?token=undefined", files: [],
            codes: ["token-missing"]),
        Case(name: "a placeholder", url: "wss://app.example/ws?token=...", files: [], codes: []),
        Case(
            name: "no JWT where one is demanded",
            files: [("token.txt", "8f3a91c2"), ("token.expectations.json", demands)],
            codes: ["token-malformed"]),
        Case(name: "an opaque token", files: [("token.txt", "8f3a91c2")], codes: []),
        Case(
            name: "another parameter, by expectations", url: "wss://app.example/ws?token=x.y.z",
            files: [("token.expectations.json", "{\"param\": \"jwt\"}")], codes: ["token-wrong-param-name"]),
        Case(
            name: "another parameter, by the server's source",
            url: "wss://app.example/ws?access_token=<token>",
            files: [
                (
                    "main.py",
                    "@app.websocket(\"/ws\")\nasync def ws(websocket):\n    token = websocket.query_params.get(\"token\")\n"
                )
            ], codes: ["token-wrong-param-name"]),
        Case(
            name: "a header with an underscore",
            files: [
                ("nginx.conf", Bench.nginx()),
                (
                    "request.txt",
                    "GET /ws HTTP/1.1\nHost: app.example\nUpgrade: websocket\nConnection: Upgrade\naccess_token: x\n"
                ),
            ], codes: ["header-with-underscore-dropped"]),
        Case(
            name: "the same where nginx keeps them",
            files: [
                ("nginx.conf", Bench.nginx(server: "underscores_in_headers on;")),
                (
                    "request.txt",
                    "GET /ws HTTP/1.1\nHost: app.example\nUpgrade: websocket\nConnection: Upgrade\naccess_token: x\n"
                ),
            ], codes: []),
        Case(
            name: "the log of jsonwebtoken", files: [("app.log", "TokenExpiredError: jwt expired\n")],
            codes: ["token-expired"]),
        Case(
            name: "another first message", message: "{\"type\":\"authenticate\",\"token\":\"x\"}",
            files: [
                (
                    "server.js",
                    "const wss = new WebSocketServer({ port: 8001 }); wss.on('connection', ws => ws.on('message', m => { const msg = JSON.parse(m); if (msg.type === 'auth') {} }))"
                )
            ],
            codes: ["auth-message-type-mismatch"]),
        Case(
            name: "the first message as expected", message: "{\"type\":\"auth\",\"token\":\"x\"}",
            files: [
                (
                    "server.py",
                    "@app.websocket(\"/ws\")\nasync def ws(w):\n    m = await w.receive_json()\n    if m.get(\"type\") == \"auth\":\n        pass\n"
                )
            ], codes: []),
    ]

    static let backend: [Case] = [
        Case(
            name: "Socket.IO 2 against 4", url: "http://app.example/socket.io/?EIO=3&transport=polling",
            files: [("server/package.json", "{\"dependencies\": {\"socket.io\": \"^4.7.0\"}}")],
            codes: ["eio-version-mismatch"]),
        Case(
            name: "Socket.IO 2 against 4, allowed",
            url: "http://app.example/socket.io/?EIO=3&transport=polling",
            files: [
                ("package.json", "{\"dependencies\": {\"socket.io\": \"^4.7.0\"}}"),
                ("s.js", "const { Server } = require('socket.io'); new Server(http, { allowEIO3: true })"),
            ], codes: []),
        Case(
            name: "a new client and an old server in Python",
            url: "http://app.example/socket.io/?EIO=4&transport=polling",
            files: [
                ("requirements.txt", "Flask-SocketIO==4.3.2\n"),
                ("client/package.json", "{\"dependencies\": {\"socket.io-client\": \"4.7.5\"}}"),
            ], codes: ["eio-version-mismatch"]),
        Case(
            name: "PM2 in cluster mode", url: "http://app.example/socket.io/?EIO=4&transport=polling",
            files: [
                (
                    "ecosystem.config.js",
                    "module.exports = { apps: [{ name: 'im', script: 'dist/main.js', instances: 'max', exec_mode: 'cluster' }] }"
                )
            ], codes: ["multi-worker-no-sticky"]),
        Case(
            name: "PM2 in fork mode", url: "http://app.example/socket.io/?EIO=4&transport=polling",
            files: [
                (
                    "ecosystem.config.js",
                    "module.exports = { apps: [{ name: 'im', script: 'dist/main.js', instances: 1, exec_mode: 'fork' }] }"
                )
            ], codes: []),
        Case(
            name: "workers, and a client of WebSocket alone",
            url: "http://app.example/socket.io/?EIO=4&transport=websocket",
            files: [
                ("Procfile", "web: gunicorn -k eventlet -w 4 app:app\n"),
                ("c.js", "io('http://app.example', { transports: ['websocket'] })"),
            ], codes: []),
        Case(
            name: "workers without Socket.IO",
            files: [("Procfile", "web: gunicorn -k uvicorn.workers.UvicornWorker -w 4 app:app\n")], codes: []),
        Case(
            name: "replicas behind one name", url: "http://app.example/socket.io/?EIO=4&transport=polling",
            files: [
                ("docker-compose.yml", "services:\n  app:\n    image: chat\n    deploy:\n      replicas: 3\n")
            ], codes: ["not-sticky-polling"]),
        Case(
            name: "an ingress without affinity",
            url: "https://app.example/socket.io/?EIO=4&transport=polling",
            files: [
                (
                    "ingress.yaml",
                    ingress("")
                        + "---\napiVersion: apps/v1\nkind: Deployment\nmetadata: {name: chat}\nspec: {replicas: 2}\n"
                )
            ], codes: ["not-sticky-polling"]),
        Case(
            name: "an ingress with it", url: "https://app.example/socket.io/?EIO=4&transport=polling",
            files: [
                (
                    "ingress.yaml",
                    ingress("nginx.ingress.kubernetes.io/affinity: cookie")
                        + "---\napiVersion: apps/v1\nkind: Deployment\nmetadata: {name: chat}\nspec: {replicas: 2}\n"
                )
            ], codes: []),
        Case(
            name: "uvicorn alone", files: [("requirements.txt", "fastapi==0.110.0\nuvicorn==0.29.0\n")],
            codes: ["backend-lacks-ws-support"]),
        Case(
            name: "uvicorn with its standard extras",
            files: [("requirements.txt", "fastapi==0.110.0\nuvicorn[standard]==0.29.0\n")], codes: []),
        Case(
            name: "uvicorn and websockets", files: [("requirements.txt", "uvicorn\nwebsockets>=12\n")],
            codes: []),
        Case(
            name: "the warning of uvicorn",
            files: [
                (
                    "app.log",
                    "WARNING:  No supported WebSocket library detected. Please use \"pip install 'uvicorn[standard]'\"\n"
                )
            ], codes: ["backend-lacks-ws-support"]),
        Case(
            name: "reserved bits",
            files: [("app.log", "RangeError: Invalid WebSocket frame: RSV1 must be clear\n")],
            codes: ["compression-corrupt-frame"]),
        Case(
            name: "the offer of a browser",
            files: [
                (
                    "r.txt",
                    "GET /ws HTTP/1.1\nHost: app.example\nUpgrade: websocket\nConnection: Upgrade\nSec-WebSocket-Key: x\nSec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\n"
                )
            ], codes: []),
        Case(
            name: "a subprotocol that is not named in the answer",
            files: [
                (
                    "x.txt",
                    "GET /ws HTTP/1.1\nHost: app.example\nUpgrade: websocket\nConnection: Upgrade\nSec-WebSocket-Protocol: mqtt\n\nHTTP/1.1 101 Switching Protocols\nUpgrade: websocket\nConnection: Upgrade\n"
                )
            ],
            codes: ["subprotocol-not-echoed"]),
        Case(
            name: "a subprotocol in a script",
            files: [("c.js", "new WebSocket('wss://app.example/ws', ['graphql-ws'])")], codes: []),
    ]

    static func ingress(_ annotation: String) -> String {
        """
        apiVersion: networking.k8s.io/v1
        kind: Ingress
        metadata:
          name: web
          annotations: {\(annotation)}
        spec:
          ingressClassName: nginx
          rules:
            - host: app.example
              http:
                paths:
                  - path: /
                    pathType: Prefix
                    backend: {service: {name: chat, port: {number: 80}}}

        """
    }

    static let proxies: [Case] = [
        Case(
            name: "Apache without the upgrade",
            files: [
                ("site.conf", "<VirtualHost *:443>\nProxyPass / http://127.0.0.1:3000/\n</VirtualHost>\n")
            ], codes: ["upgrade-headers-missing"]),
        Case(
            name: "Apache with it",
            files: [
                (
                    "site.conf",
                    "<VirtualHost *:443>\nProxyPass / http://127.0.0.1:3000/ upgrade=websocket\n</VirtualHost>\n"
                )
            ], codes: []),
        Case(
            name: "Apache's line for the socket behind the other",
            files: [
                ("site.conf", "ProxyPass / http://127.0.0.1:3000/\nProxyPass /ws ws://127.0.0.1:3000/ws\n")
            ], codes: ["location-shadowed"]),
        Case(
            name: "Apache's lines in order",
            files: [
                ("site.conf", "ProxyPass /ws ws://127.0.0.1:3000/ws\nProxyPass / http://127.0.0.1:3000/\n")
            ], codes: []),
        Case(
            name: "Apache's rewriting",
            files: [
                (
                    "site.conf",
                    "RewriteEngine On\nRewriteCond %{HTTP:Upgrade} websocket [NC]\nRewriteCond %{HTTP:Connection} upgrade [NC]\nRewriteRule ^/?(.*) \"ws://127.0.0.1:3000/$1\" [P,L]\nProxyPass / http://127.0.0.1:3000/\n"
                )
            ], codes: []),
        Case(
            name: "Apache without the module",
            files: [
                (
                    "site.conf",
                    "LoadModule proxy_module modules/mod_proxy.so\nLoadModule proxy_http_module modules/mod_proxy_http.so\nProxyPass /ws ws://127.0.0.1:3000/ws\n"
                )
            ],
            codes: ["apache-wstunnel-module-missing"]),
        Case(
            name: "Apache's error log",
            files: [
                (
                    "error.log",
                    "[proxy:warn] AH01144: No protocol handler was valid for the URL /ws (scheme 'ws'). If you are using a DSO\n"
                )
            ], codes: ["apache-wstunnel-module-missing"]),
        Case(
            name: "Caddy", files: [("Caddyfile", "app.example {\n\treverse_proxy localhost:3000\n}\n")],
            codes: []),
        Case(
            name: "Caddy with a password",
            files: [
                (
                    "Caddyfile",
                    "app.example {\n\tbasic_auth {\n\t\tada $2a$14$x\n\t}\n\treverse_proxy localhost:3000\n}\n"
                )
            ], codes: ["basic-auth-blocks-handshake"]),
        Case(
            name: "Caddy with a password elsewhere",
            files: [
                (
                    "Caddyfile",
                    "app.example {\n\tbasic_auth /admin/* {\n\t\tada x\n\t}\n\treverse_proxy localhost:3000\n}\n"
                )
            ], codes: []),
        Case(
            name: "Caddy with a sign-on server",
            files: [
                (
                    "Caddyfile",
                    "app.example {\n\tforward_auth auth:9091 {\n\t\turi /api\n\t}\n\treverse_proxy localhost:3000\n}\n"
                )
            ], codes: ["auth-request-blocks-handshake"]),
        Case(
            name: "Caddy speaking h2c",
            files: [("Caddyfile", "app.example {\n\treverse_proxy h2c://localhost:3000\n}\n")],
            codes: ["http2-to-backend"]),
        Case(
            name: "HAProxy to HTTP/2",
            files: [
                (
                    "haproxy.cfg",
                    haproxy("server a 10.0.0.1:443 ssl verify none alpn h2 proto h2", "timeout tunnel 1h")
                )
            ], codes: ["http2-to-backend"]),
        Case(
            name: "HAProxy to HTTP/1.1 for sockets",
            files: [
                (
                    "haproxy.cfg",
                    haproxy(
                        "server a 10.0.0.1:443 ssl verify none alpn h2,http/1.1 ws h1", "timeout tunnel 1h")
                )
            ], codes: []),
        Case(
            name: "Traefik's labels with forward authentication",
            files: [
                (
                    "docker-compose.yml",
                    "services:\n  app:\n    image: chat\n    labels:\n      - traefik.http.routers.app.rule=Host(`app.example`)\n      - traefik.http.routers.app.middlewares=sso@docker\n      - traefik.http.middlewares.sso.forwardauth.address=http://auth:9091\n"
                )
            ], codes: ["auth-request-blocks-handshake"]),
        Case(
            name: "Envoy without upgrades", files: [("envoy.yaml", envoy(""))],
            codes: ["upgrade-headers-missing"]),
        Case(
            name: "Envoy with them",
            files: [("envoy.yaml", envoy("upgrade_configs: [{upgrade_type: websocket}]"))], codes: []),
        Case(
            name: "an ingress with a firewall",
            files: [("ingress.yaml", ingress("nginx.ingress.kubernetes.io/enable-modsecurity: \"true\""))],
            codes: ["waf-module-blocks-ws"]),
        Case(
            name: "an ingress with a sign-on server",
            files: [
                ("ingress.yaml", ingress("nginx.ingress.kubernetes.io/auth-url: https://sso.example/auth"))
            ], codes: ["auth-request-blocks-handshake"]),
        Case(
            name: "cloudflared with HTTP/2 to the origin",
            files: [
                (
                    "config.yml",
                    "tunnel: x\ningress:\n  - hostname: app.example\n    service: https://localhost:8443\n    originRequest:\n      http2Origin: true\n  - service: http_status:404\n"
                )
            ], codes: ["tunnel-http2-websocket"]),
        Case(
            name: "cloudflared over QUIC",
            files: [
                (
                    "config.yml",
                    "tunnel: x\nprotocol: quic\ningress:\n  - hostname: app.example\n    service: http://localhost:8000\n  - service: http_status:404\n"
                )
            ], codes: []),
        Case(
            name: "frp, INI, plain", url: "ws://app.example:6000/ws",
            files: [
                (
                    "frpc.ini",
                    "[common]\nserver_addr = app.example\nserver_port = 7000\n\n[web]\ntype = tcp\nlocal_ip = 127.0.0.1\nlocal_port = 8501\nremote_port = 6000\n"
                )
            ], codes: []),
        Case(
            name: "frp in a container without localIP", url: "ws://app.example:6000/ws",
            files: [
                (
                    "frpc.toml",
                    "serverAddr = \"x\"\n[[proxies]]\nname = \"w\"\ntype = \"tcp\"\nlocalPort = 80\nremotePort = 6000\n"
                ),
                (
                    "docker-compose.yml",
                    "services:\n  frpc:\n    image: snowdreamtech/frpc\n  web:\n    image: nginx\n"
                ),
            ], codes: ["upstream-unreachable-docker-host"]),
    ]

    static func haproxy(_ server: String, _ timeout: String) -> String {
        "defaults\n  mode http\n  timeout connect 5s\n  timeout client 50s\n  timeout server 50s\n  \(timeout)\nfrontend web\n  bind :443 ssl crt /x.pem\n  default_backend app\nbackend app\n  \(server)\n"
    }

    private static func envoy(_ upgrade: String) -> String {
        """
        static_resources:
          listeners:
            - filter_chains:
                - filters:
                    - typed_config:
                        stat_prefix: web
                        \(upgrade)
                        route_config:
                          virtual_hosts:
                            - domains: ["*"]
                              routes:
                                - match: {prefix: "/"}
                                  route: {cluster: app}
          clusters:
            - name: app

        """
    }
}
