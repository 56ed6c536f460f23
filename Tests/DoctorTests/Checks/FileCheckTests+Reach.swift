@testable import Doctor

extension FileCheckTests {
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
            name: "blocked by CORS", url: "wss://api.example/socket.io/?EIO=4", page: "https://app.example",
            console:
                "Access to XMLHttpRequest at 'https://api.example/socket.io/?EIO=4' from origin 'https://app.example' has been blocked by CORS policy",
            files: [], codes: ["cors-origin-not-allowed"]),
        Case(
            name: "the header twice", url: "wss://api.example/socket.io/?EIO=4", page: "https://app.example",
            console:
                "Access to XMLHttpRequest at 'https://api.example/socket.io/?EIO=4' from origin 'https://app.example' has been blocked by CORS policy: The 'Access-Control-Allow-Origin' header contains multiple values '*, https://app.example', but only one is allowed.",
            files: [], codes: ["cors-duplicate-header"]),
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
