/// The hop between client and server that probably changed a request, and what gives it away.
public struct SuspectedHop: Sendable, Equatable {
    /// What it seems to be, such as `nginx-like proxy`.
    public let name: String
    /// Where it stands and what it does, in one sentence.
    public let words: String
    /// The traces it rests on, as they came: `Via: 1.1 edge.example`, `HTTP/1.0`.
    public let evidence: [String]
}

/// Programs and services that give themselves away, and how each lets a handshake pass.
enum HopProduct: CaseIterable {
    case ingressNginx, envoy, apache, varnish, squid, heroku, cloudflare, cloudfront, awsLoadBalancer, azure,
        fastly, google

    /// The words behind `a` or `an` in a sentence.
    var name: String {
        switch self {
        case .ingressNginx: "ingress-nginx"
        case .envoy: "Envoy"
        case .apache: "Apache or Traefik"
        case .varnish: "Varnish"
        case .squid: "Squid"
        case .heroku: "Heroku's router"
        case .cloudflare: "Cloudflare"
        case .cloudfront: "Amazon CloudFront"
        case .awsLoadBalancer: "an AWS load balancer"
        case .azure: "Azure's front end"
        case .fastly: "Fastly"
        case .google: "Google's front end"
        }
    }

    /// Fields that only it sends; a word behind `=` must be in the value.
    var marks: [String] {
        switch self {
        case .ingressNginx: ["x-original-forwarded-for", "x-original-uri"]
        case .envoy: ["x-envoy-external-address", "x-envoy-expected-rq-timeout-ms", "x-envoy-internal"]
        case .apache: ["x-forwarded-server"]
        case .varnish: ["x-varnish", "via=varnish"]
        case .squid: ["via=squid"]
        case .heroku: ["via=vegur", "via=heroku"]
        case .cloudflare: ["cf-ray", "cf-connecting-ip", "cdn-loop=cloudflare"]
        case .cloudfront: ["x-amz-cf-id", "via=cloudfront"]
        case .awsLoadBalancer: ["x-amzn-trace-id"]
        case .azure: ["x-azure-ref", "x-arr-ssl", "x-arr-log-id"]
        case .fastly: ["fastly-ff", "fastly-client-ip", "cdn-loop=fastly"]
        case .google: ["x-cloud-trace-context", "via=google"]
        }
    }

    /// What to change there; nil where nginx's own lines are the answer.
    var remedy: String? {
        switch self {
        case .ingressNginx: nil
        case .envoy:
            "enable the upgrade in Envoy's route or connection manager: upgrade_configs: [{upgrade_type: websocket}]"
        case .apache:
            "in Apache load mod_proxy_wstunnel, or from 2.4.47 on add upgrade=websocket to ProxyPass; Traefik passes "
                + "upgrades on unless a middleware replaces the Connection header"
        case .varnish:
            "let Varnish pipe these requests and copy req.http.upgrade to bereq.http.upgrade in vcl_pipe"
        case .squid:
            "let clients reach this server without Squid, or allow http_upgrade_request_protocols websocket"
        case .heroku: nil
        case .cloudflare:
            "switch WebSockets on for the zone (Network settings), and check any Worker or Transform Rule on this path"
        case .cloudfront:
            "forward the Sec-WebSocket-* headers in CloudFront's origin request policy (AllViewer does)"
        case .awsLoadBalancer:
            "use an Application or Network Load Balancer; a Classic Load Balancer with an HTTP listener cannot upgrade"
        case .azure: "switch Web sockets on in the App Service's or Application Gateway's configuration"
        case .fastly: "enable WebSockets for the Fastly service and return(upgrade) in vcl_recv"
        case .google:
            "use a load balancer or ingress whose backend service allows upgrades, with a backend timeout that is long enough"
        }
    }
}
