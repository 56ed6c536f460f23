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

    private static func ingress(_ annotation: String) -> String {
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

    private static func haproxy(_ server: String, _ timeout: String) -> String {
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

    static let more: [Case] = [
        Case(
            name: "Caddy's matcher without a star", url: "wss://app.example/ws/chat",
            files: [("Caddyfile", "app.example {\n\treverse_proxy /ws localhost:3000\n\tfile_server\n}\n")],
            codes: ["location-does-not-cover-path"]),
        Case(
            name: "Caddy's matcher with one", url: "wss://app.example/ws/chat",
            files: [
                (
                    "Caddyfile",
                    "app.example {\n\t@ws {\n\t\tpath /ws/*\n\t\theader Connection *Upgrade*\n\t}\n\treverse_proxy @ws localhost:3000\n\tfile_server\n}\n"
                )
            ], codes: []),
        Case(
            name: "Caddy's handles", url: "wss://app.example/api/ws",
            files: [
                (
                    "Caddyfile",
                    "app.example {\n\thandle /api/* {\n\t\treverse_proxy localhost:3000\n\t}\n\thandle {\n\t\tfile_server\n\t}\n}\n"
                )
            ], codes: []),
        Case(
            name: "Caddy 1",
            files: [("Caddyfile", "app.example {\n\tproxy / localhost:3000 {\n\t\ttransparent\n\t}\n}\n")],
            codes: ["upgrade-headers-missing"]),
        Case(
            name: "Caddy 1 with websocket",
            files: [
                (
                    "Caddyfile",
                    "app.example {\n\tproxy / localhost:3000 {\n\t\ttransparent\n\t\twebsocket\n\t}\n}\n"
                )
            ], codes: []),
        Case(
            name: "Reverb's address of the server in the page", page: "https://app.example",
            files: [
                (
                    ".env",
                    "REVERB_HOST=localhost\nREVERB_PORT=8080\nVITE_REVERB_HOST=\"${REVERB_HOST}\"\nVITE_REVERB_PORT=443\n"
                )
            ], codes: ["client-url-hardcoded-localhost"]),
        Case(
            name: "Reverb's own port in the page", page: "https://app.example",
            files: [
                (
                    ".env",
                    "REVERB_PORT=8080\nVITE_REVERB_HOST=app.example\nVITE_REVERB_PORT=\"${REVERB_PORT}\"\n"
                )
            ], codes: ["client-url-port-bypass"]),
        Case(
            name: "the backend's port, no page known", url: "ws://app.example:3000/ws",
            files: [("nginx.conf", Bench.nginx()), ("backend.env", "PORT=3000\n")],
            codes: ["client-url-port-bypass"]),
        Case(
            name: "listening on IPv6 alone",
            files: [
                ("nginx.conf", Bench.nginx()),
                (
                    "ss.txt",
                    "State  Recv-Q Send-Q Local Address:Port Peer Address:Port Process\nLISTEN 0      511    [::1]:3000 [::]:* users:((\"node\",pid=7,fd=18))\n"
                ),
            ],
            codes: ["upstream-ipv6-localhost"]),
        Case(
            name: "listening on IPv4 and dialled by it",
            files: [
                ("nginx.conf", Bench.nginx()),
                ("ss.txt", "LISTEN 0      511    127.0.0.1:3000 0.0.0.0:* users:((\"node\",pid=7,fd=18))\n"),
            ], codes: []),
        Case(
            name: "another port in the server's own words",
            files: [
                ("nginx.conf", Bench.nginx()), ("server.log", "Server listening on http://127.0.0.1:4000\n"),
            ], codes: ["upstream-wrong-port"]),
        Case(
            name: "the same port in them",
            files: [
                ("nginx.conf", Bench.nginx()),
                ("server.log", "INFO: Uvicorn running on http://127.0.0.1:3000 (Press CTRL+C to quit)\n"),
            ], codes: []),
        Case(
            name: "nginx by docker run",
            files: [
                ("nginx.conf", Bench.nginx()),
                (
                    "notes.txt",
                    "docker run -d --name web -p 80:80 \\\n  -v ./nginx.conf:/etc/nginx/nginx.conf nginx:1.27\ndocker run -d --name api -p 3000:3000 api\n"
                ),
            ],
            codes: ["upstream-unreachable-docker-host"]),
        Case(
            name: "several processes by Node's cluster",
            url: "http://app.example/socket.io/?EIO=4&transport=polling",
            files: [
                (
                    "server.js",
                    "const cluster = require('cluster'); const { Server } = require('socket.io'); if (cluster.isPrimary) { cluster.fork(); } else { new Server(http, { cors: {} }) }"
                )
            ],
            codes: ["multi-worker-no-sticky"]),
        Case(
            name: "a page that loads an old client",
            url: "http://app.example/socket.io/?EIO=4&transport=polling",
            files: [
                ("index.html", "<script src=\"https://cdn.socket.io/2.3.0/socket.io.min.js\"></script>"),
                ("server/package.json", "{\"dependencies\": {\"socket.io\": \"^4.7.0\"}}"),
            ],
            codes: ["eio-version-mismatch"]),
        Case(
            name: "another first message by the page's source",
            files: [
                (
                    "client.js",
                    "const ws = new WebSocket('wss://app.example/ws'); ws.onopen = () => ws.send(JSON.stringify({ type: 'authenticate', token }))"
                ),
                (
                    "server.py",
                    "@app.websocket(\"/ws\")\nasync def ws(w):\n    m = await w.receive_json()\n    if m.get(\"type\") != \"auth\":\n        return\n"
                ),
            ], codes: ["auth-message-type-mismatch"]),
        Case(
            name: "an ingress that rewrites every path",
            files: [("ingress.yaml", ingress("nginx.ingress.kubernetes.io/rewrite-target: /"))],
            codes: ["proxy-pass-uri-rewrites-path"]),
        Case(
            name: "an ingress that keeps the rest of it",
            files: [("ingress.yaml", ingress("nginx.ingress.kubernetes.io/rewrite-target: /$2"))], codes: []),
        Case(
            name: "a CDN that answers the upgrade itself",
            files: [("answer.txt", "HTTP/1.1 400 Bad Request\nServer: cloudflare\nCF-RAY: 1-AMS\n")],
            codes: ["cdn-blocks-websocket"]),
    ]

    static let reach: [Case] = [
        Case(
            name: "loopback inside a container",
            files: [
                ("nginx.conf", Bench.nginx()),
                (
                    "docker-compose.yml",
                    "services:\n  web:\n    image: nginx:1.27\n  api:\n    build: .\n    expose: [3000]\n"
                ),
            ],
            codes: ["upstream-unreachable-docker-host"]),
        Case(
            name: "loopback in the host's network",
            files: [
                ("nginx.conf", Bench.nginx()),
                (
                    "docker-compose.yml",
                    "services:\n  web:\n    image: nginx:1.27\n    network_mode: host\n  api:\n    build: .\n    ports: [\"3000:3000\"]\n"
                ),
            ], codes: []),
        Case(
            name: "loopback of a proxy outside the containers",
            files: [
                ("nginx.conf", Bench.nginx()),
                ("docker-compose.yml", "services:\n  api:\n    build: .\n    ports: [\"3000:3000\"]\n"),
            ], codes: []),
        Case(
            name: "host.docker.internal with its address",
            files: [
                ("nginx.conf", Bench.nginx(pass: "http://host.docker.internal:3000")),
                (
                    "docker-compose.yml",
                    "services:\n  web:\n    image: nginx\n    extra_hosts: [\"host.docker.internal:host-gateway\"]\n"
                ),
            ], codes: []),
        Case(
            name: "a service by its name",
            files: [
                ("nginx.conf", Bench.nginx(pass: "http://api:3000")),
                (
                    "docker-compose.yml",
                    "services:\n  web: {image: nginx}\n  api: {build: ., expose: [3000]}\n"
                ),
            ], codes: []),
        Case(
            name: "a service in another network",
            files: [
                ("nginx.conf", Bench.nginx(pass: "http://api:3000")),
                (
                    "docker-compose.yml",
                    "services:\n  web: {image: nginx, networks: [front]}\n  api: {build: ., networks: [back]}\n"
                ),
            ],
            codes: ["upstream-name-unresolvable"]),
        Case(
            name: "the host's port of a service",
            files: [
                ("nginx.conf", Bench.nginx(pass: "http://api:8080")),
                (
                    "docker-compose.yml",
                    "services:\n  web: {image: nginx}\n  api: {build: ., ports: [\"8080:3000\"]}\n"
                ),
            ],
            codes: ["upstream-wrong-port"]),
        Case(
            name: "another port in the backend's command",
            files: [
                ("nginx.conf", Bench.nginx()),
                (
                    "app.service",
                    "[Service]\nExecStart=/usr/bin/uvicorn app:app --host 127.0.0.1 --port 8000\n"
                ),
            ], codes: ["upstream-wrong-port"]),
        Case(
            name: "the same port in the backend's command",
            files: [
                ("nginx.conf", Bench.nginx()),
                (
                    "app.service",
                    "[Service]\nExecStart=/usr/bin/uvicorn app:app --host 127.0.0.1 --port 3000\n"
                ),
            ], codes: []),
        Case(
            name: "https to a plain backend",
            files: [
                ("nginx.conf", Bench.nginx(pass: "https://127.0.0.1:3000")),
                ("app.service", "[Service]\nExecStart=/usr/bin/uvicorn app:app --port 3000\n"),
            ], codes: ["upstream-scheme-mismatch"]),
        Case(
            name: "refused on IPv6",
            files: [
                (
                    "error.log",
                    "2026/07/30 09:11:40 [error] 31#31: *8 connect() failed (111: Connection refused) while connecting to upstream, upstream: \"http://[::1]:3000/ws\"\n"
                )
            ], codes: ["upstream-ipv6-localhost"]),
        Case(
            name: "forbidden by SELinux",
            files: [
                (
                    "error.log",
                    "2026/07/30 09:11:40 [crit] 31#31: *8 connect() to 127.0.0.1:3000 failed (13: Permission denied) while connecting to upstream\n"
                )
            ], codes: ["upstream-blocked-by-os"]),
        Case(
            name: "an address of yesterday",
            files: [
                (
                    "error.log",
                    "2026/07/30 09:11:40 [error] 31#31: *8 connect() failed (113: No route to host) while connecting to upstream, upstream: \"http://172.18.0.5:3000/ws\"\n"
                ),
                (
                    "inspect.json",
                    "[{\"Name\": \"/app_api_1\", \"NetworkSettings\": {\"Networks\": {\"app_default\": {\"IPAddress\": \"172.18.0.9\"}}}}]"
                ),
            ], codes: ["upstream-dns-stale"]),
        Case(
            name: "a certificate of another name",
            files: [
                (
                    "s_client.txt",
                    "CONNECTED(00000003)\nsubject=CN = other.example\nissuer=C = US, O = Let's Encrypt\nVerify return code: 0 (ok)\n"
                )
            ], codes: ["cert-name-mismatch"]),
        Case(
            name: "a wildcard certificate",
            files: [
                ("s_client.txt", "CONNECTED(00000003)\nsubject=CN = *.example\nVerify return code: 0 (ok)\n")
            ], codes: []),
        Case(
            name: "a PROXY line for a listener that does not read it",
            files: [
                ("nginx.conf", Bench.nginx()),
                (
                    "haproxy.cfg",
                    "defaults\n mode tcp\n timeout tunnel 1h\nfrontend f\n bind :443\n default_backend b\nbackend b\n server n 10.0.0.2:80 send-proxy\n"
                ),
            ],
            codes: ["proxy-protocol-mismatch"]),
    ]

    static let limits: [Case] = [
        Case(
            name: "HAProxy without a time for tunnels, cut in the log",
            files: [
                ("haproxy.cfg", haproxy("server a 10.0.0.1:80", "")),
                (
                    "haproxy.log",
                    "10.0.0.9:5 [14/Aug/2026:10:00:00.000] web app/a 0/0/1/2/50003 101 129 - - cD-- 1/1/0/0/0 0/0 \"GET /ws HTTP/1.1\"\n"
                ),
            ], codes: ["read-timeout-too-short"]),
        Case(
            name: "HAProxy with one",
            files: [("haproxy.cfg", haproxy("server a 10.0.0.1:80", "timeout tunnel 1h"))], codes: []),
        Case(
            name: "Apache's short timeout",
            files: [("site.conf", "Timeout 10\nProxyPass /ws ws://127.0.0.1:3000/ws\n")],
            codes: ["read-timeout-too-short"]),
        Case(
            name: "a balancer before nginx",
            files: [
                ("nginx.conf", Bench.nginx()),
                ("lb.json", "{\"LoadBalancerAttributes\": {\"ConnectionSettings\": {\"IdleTimeout\": 60}}}"),
            ], codes: ["outer-idle-timeout"]),
        Case(
            name: "a balancer, and a heartbeat below it",
            files: [
                ("nginx.conf", Bench.nginx()),
                ("lb.json", "{\"LoadBalancer\": \"alb\", \"IdleTimeout\": 60}"),
                ("c.js", "setInterval(() => socket.send('ping'), 25 * 1000)"),
            ], codes: []),
        Case(
            name: "a heartbeat as slow as the proxy",
            files: [
                (
                    "nginx.conf",
                    Bench.nginx(more: "proxy_send_timeout 1h;").replacing(
                        "proxy_read_timeout 1h", with: "proxy_read_timeout 60s")
                ), ("c.js", "setInterval(() => ws.send(JSON.stringify({type: 'ping'})), 60000)"),
            ],
            codes: ["heartbeat-slower-than-timeout"]),
        Case(
            name: "limits in nginx's log",
            files: [
                (
                    "error.log",
                    "2026/07/30 09:11:40 [error] 31#31: *8 limiting connections by zone \"addr\", client: 1.2.3.4\n2026/07/30 09:11:41 [alert] 31#31: 512 worker_connections are not enough\n"
                )
            ], codes: ["limit-conn-too-low", "worker-connections-exhausted"]),
        Case(
            name: "a long header line",
            files: [
                (
                    "error.log",
                    "2026/07/30 09:11:40 [info] 31#31: *8 client sent too long header line: \"Cookie: x\" while reading client request headers\n"
                )
            ], codes: ["client-header-buffer-too-small"]),
    ]

    static let console: [Case] = [
        Case(
            name: "closed before it was open",
            console:
                "WebSocket connection to 'wss://app.example/ws' failed: WebSocket is closed before the connection is established.",
            files: [], codes: []),
        Case(
            name: "blocked by CORS",
            console:
                "Access to XMLHttpRequest at 'https://api.example/socket.io/?EIO=4' from origin 'https://app.example' has been blocked by CORS policy",
            files: [], codes: ["cors-origin-not-allowed"]),
        Case(
            name: "a policy",
            console:
                "Refused to connect to 'wss://x' because it violates the following Content Security Policy directive: \"connect-src 'self'\".",
            files: [], codes: ["csp-connect-src-blocks-ws"]),
        Case(
            name: "a subprotocol",
            console:
                "Error during WebSocket handshake: Sent non-empty 'Sec-WebSocket-Protocol' header but no response was received",
            files: [], codes: ["subprotocol-not-echoed"]),
        Case(
            name: "a certificate",
            console:
                "WebSocket connection to 'wss://app.example/' failed: Error in connection establishment: net::ERR_CERT_AUTHORITY_INVALID",
            files: [], codes: ["cert-name-mismatch"]),
        Case(name: "1006 by itself says nothing", console: "socket closed 1006", files: [], codes: []),
    ]
}
