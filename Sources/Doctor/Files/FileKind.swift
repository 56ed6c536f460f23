/// What a file the user handed over was taken for.
package enum FileKind: String, CaseIterable, Sendable {
    case accessLog
    case apache
    case applicationLog
    case applicationSettings
    case balancer
    case caddyfile
    case certificateReport
    case cloudflared
    case compose
    case console
    case containers
    case dockerfile
    case environment
    case envoy
    case errorLog
    case expectations
    case frp
    case haproxy
    case hosting
    case httpExchange
    case kubernetes
    case nginx
    case otherProxy
    case package
    case page
    case processes
    case script
    case sockets
    case systemdUnit
    case token
    case traefik
    case varnish

    /// For the report.
    package var words: Phrase {
        switch self {
        case .accessLog: Phrase(en: "access log", zh: "访问日志")
        case .apache: Phrase(en: "Apache configuration", zh: "Apache 配置")
        case .applicationLog: Phrase(en: "log of an application", zh: "应用日志")
        case .applicationSettings: Phrase(en: "application settings", zh: "应用设置")
        case .balancer: Phrase(en: "description of a load balancer", zh: "负载均衡器说明")
        case .caddyfile: Phrase("Caddyfile")
        case .certificateReport: Phrase(en: "report about a certificate", zh: "证书检查结果")
        case .cloudflared: Phrase(en: "cloudflared configuration", zh: "cloudflared 配置")
        case .compose: Phrase(en: "Docker Compose file", zh: "Docker Compose 文件")
        case .console: Phrase(en: "console of a browser", zh: "浏览器控制台输出")
        case .containers: Phrase(en: "list of containers", zh: "容器列表")
        case .dockerfile: Phrase("Dockerfile")
        case .environment: Phrase(en: "environment file", zh: "环境变量文件")
        case .envoy: Phrase(en: "Envoy configuration", zh: "Envoy 配置")
        case .errorLog: Phrase(en: "error log", zh: "错误日志")
        case .expectations: Phrase(en: "expectations of a token", zh: "令牌要求")
        case .frp: Phrase(en: "frp configuration", zh: "frp 配置")
        case .haproxy: Phrase(en: "HAProxy configuration", zh: "HAProxy 配置")
        case .hosting: Phrase(en: "settings of a hosting platform", zh: "托管平台设置")
        case .httpExchange: Phrase(en: "recorded HTTP message", zh: "HTTP 报文记录")
        case .kubernetes: Phrase(en: "Kubernetes manifest", zh: "Kubernetes 清单")
        case .nginx: Phrase(en: "nginx configuration", zh: "nginx 配置")
        case .otherProxy: Phrase(en: "configuration of another proxy", zh: "其他代理的配置")
        case .package: Phrase(en: "list of dependencies", zh: "依赖清单")
        case .page: Phrase(en: "page", zh: "网页")
        case .processes: Phrase(en: "start commands", zh: "启动命令")
        case .script: Phrase(en: "source of a program", zh: "程序源码")
        case .sockets: Phrase(en: "list of listening sockets", zh: "监听端口列表")
        case .systemdUnit: Phrase(en: "systemd unit", zh: "systemd 单元")
        case .token: Phrase(en: "token", zh: "令牌")
        case .traefik: Phrase(en: "Traefik configuration", zh: "Traefik 配置")
        case .varnish: Phrase(en: "Varnish configuration", zh: "Varnish 配置")
        }
    }
}
