import Testing

@testable import Doctor

@Suite("What a file is taken for")
struct RecogniserTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let name: String
        let text: String
        let kind: FileKind?
        var testDescription: String { "\(name): \(kind.map(\.rawValue) ?? "nothing")" }
    }

    static let cases: [Case] = [
        Case(name: "nginx.conf", text: "events {}\nhttp { server { listen 80; } }\n", kind: .nginx),
        Case(
            name: "csp.inc", text: "add_header Content-Security-Policy \"default-src 'self'\" always;\n",
            kind: .nginx),
        Case(
            name: "site.conf", text: "<VirtualHost *:80>\nProxyPass / http://127.0.0.1/\n</VirtualHost>\n",
            kind: .apache),
        Case(
            name: "proxy.cfg",
            text: "frontend a\n  bind :80\n  default_backend b\nbackend b\n  server s 10.0.0.1:80\n",
            kind: .haproxy),
        Case(name: "Caddyfile", text: "a.example {\n reverse_proxy :80\n}\n", kind: .caddyfile),
        Case(
            name: "frpc.toml", text: "serverAddr = \"a\"\n[[proxies]]\nname = \"x\"\nlocalPort = 1\n",
            kind: .frp),
        Case(name: "frps.toml", text: "bindPort = 7000\n", kind: .frp),
        Case(name: "frpc.ini", text: "[common]\nserver_addr = a\n", kind: .frp),
        Case(name: "compose.yaml", text: "services:\n  a: {image: nginx}\n", kind: .compose),
        Case(name: "x.yml", text: "tunnel: a\ningress:\n  - service: http://a\n", kind: .cloudflared),
        Case(
            name: "ingress.yaml", text: "apiVersion: networking.k8s.io/v1\nkind: Ingress\n", kind: .kubernetes
        ),
        Case(name: "dynamic.yml", text: "http:\n  routers:\n    a: {rule: \"Host(`a`)\"}\n", kind: .traefik),
        Case(name: "envoy.yaml", text: "static_resources: {listeners: []}\n", kind: .envoy),
        Case(name: "lb.json", text: "{\"LoadBalancer\": \"classic\", \"IdleTimeout\": 60}", kind: .balancer),
        Case(name: "package.json", text: "{\"dependencies\": {\"ws\": \"8\"}}", kind: .package),
        Case(name: "requirements-dev.txt", text: "uvicorn\n", kind: .package),
        Case(name: "inspect.json", text: "[{\"Name\": \"/a\", \"NetworkSettings\": {}}]", kind: .containers),
        Case(name: "ps.txt", text: "api   172.18.0.4\ndb    172.18.0.5\n", kind: .containers),
        Case(name: "server.env", text: "PORT=1\n", kind: .environment),
        Case(name: ".env.production", text: "A=1\n", kind: .environment),
        Case(name: "grafana.ini", text: "[server]\nroot_url = http://a\n", kind: .applicationSettings),
        Case(name: "application.properties", text: "server.port=8080\n", kind: .applicationSettings),
        Case(name: "goaccess.conf", text: "port 7890\nws-url wss://a:443/ws\n", kind: .applicationSettings),
        Case(name: "config.json", text: "{\"a\": {\"b\": 1}}", kind: .applicationSettings),
        Case(name: "app.service", text: "[Service]\nExecStart=/usr/bin/node a.js\n", kind: .systemdUnit),
        Case(
            name: "unit.txt", text: "[Unit]\nDescription=x\n[Service]\nExecStart=/usr/bin/node a.js\n",
            kind: .systemdUnit),
        Case(name: "Procfile", text: "web: node a.js\n", kind: .processes),
        Case(name: "Dockerfile", text: "FROM node\nCMD [\"node\", \"a.js\"]\n", kind: .dockerfile),
        Case(name: "client.tsx", text: "new WebSocket(url)\n", kind: .script),
        Case(name: "App.vue", text: "<script>new WebSocket(url)</script>", kind: .page),
        Case(
            name: "error.log",
            text: "2026/07/30 09:11:40 [error] 1#1: *1 connect() failed (111: Connection refused)\n",
            kind: .errorLog),
        Case(
            name: "access.log", text: "1.2.3.4 - - [x] \"GET /ws HTTP/1.1\" 101 5 \"-\" \"-\"\n",
            kind: .accessLog),
        Case(name: "out.txt", text: "Error: Session ID unknown\n", kind: .applicationLog),
        Case(name: "token.txt", text: "abc", kind: .token),
        Case(name: "login.txt", text: FileCheckTests.Token.good, kind: .token),
        Case(name: "token.expectations.json", text: "{\"aud\": \"a\"}", kind: .expectations),
        Case(name: "request.txt", text: "GET /ws HTTP/1.1\nHost: a\n", kind: .httpExchange),
        Case(
            name: "curl.txt",
            text: "*   Trying 1.2.3.4\n> GET /ws HTTP/1.1\n> Host: a\n>\n< HTTP/1.1 400 Bad Request\n",
            kind: .httpExchange),
        Case(
            name: "tls.txt",
            text: "CONNECTED(00000003)\nsubject=CN = a\nverify error:num=18:self-signed certificate\n",
            kind: .certificateReport),
        Case(
            name: "console.txt",
            text: "WebSocket connection to 'ws://a' failed: Unexpected response code: 404\n", kind: .console),
        Case(name: "notes.md", text: "Remember to buy milk.\n", kind: nil),
        Case(name: "login-page.png", text: "\u{89}PNG\u{0}\u{0}", kind: nil),
        Case(name: "empty.conf", text: " \n", kind: nil),
        Case(name: "broken.toml", text: "[[[\n", kind: nil),
        Case(name: "helm.yaml", text: "{{- if .Values.x }}\na: b\n{{- end }}\n", kind: nil),
    ]

    @Test(arguments: cases)
    func kind(_ test: Case) {
        let evidence = Bench.evidence([test.name: test.text])
        #expect(evidence.kinds[test.name] == test.kind)
        #expect(evidence.unrecognised.isEmpty == (test.kind != nil))
        #expect(evidence.recognised.count + evidence.unrecognised.count == 1)
    }

    @Test("a log is no login page, and an environment file knows its side by whole words")
    func words() {
        #expect(Recogniser.isLog(named: "error_log") && Recogniser.isLog(named: "access.log.1"))
        #expect(!Recogniser.isLog(named: "login-response.txt") && !Recogniser.isLog(named: "blog.txt"))
        #expect(EnvironmentFile.side(of: "build.env") == .unknown)
        #expect(EnvironmentFile.side(of: "frontend/.env") == .frontend)
        #expect(EnvironmentFile.side(of: "api-server.env") == .backend)
    }
}
