/// What nginx takes where nothing is written, for directives a diagnosis asks about (nginx.org, "Alphabetical index of directives").
enum Defaults {
    static func value(of name: String, release: NginxRelease) -> String? {
        switch name {
        case "proxy_http_version": release >= .http11Upstream ? "1.1" : "1.0"
        default: table[name]
        }
    }

    private static let table: [String: String] = [
        "proxy_read_timeout": "60s", "proxy_send_timeout": "60s", "proxy_connect_timeout": "60s",
        "proxy_buffering": "on", "proxy_buffer_size": "4k", "proxy_buffers": "8 4k",
        "proxy_busy_buffers_size": "8k",
        "proxy_request_buffering": "on", "proxy_cache": "off", "proxy_redirect": "default",
        "proxy_ssl_server_name": "off", "proxy_ssl_verify": "off", "proxy_ignore_client_abort": "off",
        "proxy_intercept_errors": "off", "proxy_pass_request_headers": "on", "proxy_pass_request_body": "on",
        "proxy_next_upstream": "error timeout", "proxy_socket_keepalive": "off",
        "grpc_read_timeout": "60s", "fastcgi_read_timeout": "60s", "uwsgi_read_timeout": "60s",
        "send_timeout": "60s", "client_header_timeout": "60s", "client_body_timeout": "60s",
        "keepalive_timeout": "75s", "client_header_buffer_size": "1k", "large_client_header_buffers": "4 8k",
        "client_max_body_size": "1m", "underscores_in_headers": "off", "ignore_invalid_headers": "on",
        "merge_slashes": "on", "absolute_redirect": "on", "port_in_redirect": "on",
        "server_name_in_redirect": "off",
        "satisfy": "all", "auth_basic": "off", "ssl_verify_client": "off", "limit_req_status": "503",
        "limit_conn_status": "503", "recursive_error_pages": "off", "gzip": "off", "tcp_nodelay": "on",
        "root": "html", "index": "index.html", "autoindex": "off", "server_tokens": "on",
        "resolver_timeout": "30s", "worker_connections": "512", "proxy_timeout": "10m",
    ]
}
