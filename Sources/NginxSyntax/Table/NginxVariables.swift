/// The variables nginx and its modules bring along.
package enum NginxVariables {
    /// Whether a variable exists in `http` without anybody defining it.
    package static func isBuiltIn(http name: String) -> Bool {
        http.contains(name) || (httpPrefixes + foreignPrefixes).contains { isPrefix($0, of: name) }
    }

    /// Whether a variable exists in `stream` without anybody defining it.
    package static func isBuiltIn(stream name: String) -> Bool {
        stream.contains(name) || (streamPrefixes + foreignPrefixes).contains { isPrefix($0, of: name) }
    }

    private static func isPrefix(_ prefix: String, of name: String) -> Bool {
        name.utf8.count > prefix.utf8.count && name.hasPrefix(prefix)
    }

    /// Names that go on with whatever a header, cookie or parameter is called.
    private static let httpPrefixes = [
        "arg_", "cookie_", "http_", "proxy_protocol_tlv_", "sent_http_", "sent_trailer_", "upstream_cookie_",
        "upstream_http_", "upstream_trailer_",
    ]
    private static let streamPrefixes = ["proxy_protocol_tlv_"]
    /// Families of foreign modules.
    private static let foreignPrefixes = [
        "acme_", "datadog_", "echo_", "geoip2_", "jwt_", "memc_", "modsec", "naxsi_", "nchan_", "oidc_",
        "opentelemetry_", "opentracing_", "otel_", "passenger_", "redis_", "srcache_", "ssl_preread_",
        "upload_", "vts_",
    ]

    /// Variables of `http` modules.
    package static let http: Set<String> = words(
        """
        ancient_browser args binary_remote_addr body_bytes_sent brotli_ratio bytes_sent connection
        connection_requests connection_time connections_active connections_reading
        connections_waiting connections_writing content_length content_type date_gmt date_local
        document_root document_uri fastcgi_path_info fastcgi_script_name geoip_area_code
        geoip_city geoip_city_continent_code geoip_city_country_code geoip_city_country_code3
        geoip_city_country_name geoip_country_code geoip_country_code3 geoip_country_name
        geoip_dma_code geoip_latitude geoip_longitude geoip_org geoip_postal_code geoip_region
        geoip_region_name gzip_ratio host hostname http2 http3 http_cookie http_host http_referer
        http_user_agent http_via http_x_forwarded_for https invalid_referer is_args
        is_request_port limit_conn_status limit_rate limit_req_status modern_browser
        msec msie nginx_version pid pipe proxy_add_x_forwarded_for proxy_host proxy_port
        proxy_protocol_addr proxy_protocol_port proxy_protocol_server_addr
        proxy_protocol_server_port query_string realip_remote_addr realip_remote_port
        realpath_root remote_addr remote_port remote_user request request_body request_body_file
        request_completion request_filename request_id request_length request_method request_port
        request_time request_uri scheme secure_link secure_link_expires sent_http_cache_control
        sent_http_connection sent_http_content_length sent_http_content_type sent_http_keep_alive
        sent_http_last_modified sent_http_link sent_http_location sent_http_transfer_encoding
        server_addr server_name server_port server_protocol session_log_binary_id session_log_id
        slice_range spdy spdy_request_priority ssl_alpn_protocol ssl_cipher ssl_ciphers
        ssl_client_cert ssl_client_cert_type ssl_client_escaped_cert ssl_client_fingerprint
        ssl_client_i_dn ssl_client_i_dn_legacy ssl_client_raw_cert ssl_client_s_dn
        ssl_client_s_dn_legacy ssl_client_serial ssl_client_sigalg ssl_client_v_end
        ssl_client_v_remain ssl_client_v_start ssl_client_verify ssl_curve ssl_curves
        ssl_early_data ssl_ech_outer_server_name ssl_ech_status ssl_preread_server_name
        ssl_protocol ssl_server_cert_type ssl_server_name ssl_session_id ssl_session_reused
        ssl_sigalg status tcpinfo_rcv_space tcpinfo_rtt tcpinfo_rttvar tcpinfo_snd_cwnd
        time_iso8601 time_local uid_got uid_reset uid_set upstream_addr upstream_bytes_received
        upstream_bytes_sent upstream_cache_etag upstream_cache_last_modified upstream_cache_status
        upstream_connect_time upstream_header_time upstream_last_addr upstream_last_server_name
        upstream_queue_time upstream_response_length upstream_response_time upstream_status uri
        zstd_ratio
        """)

    /// Variables of `stream` modules.
    package static let stream: Set<String> = words(
        """
        binary_remote_addr bytes_received bytes_sent connection geoip_area_code geoip_city
        geoip_city_continent_code geoip_city_country_code geoip_city_country_code3
        geoip_city_country_name geoip_country_code geoip_country_code3 geoip_country_name
        geoip_dma_code geoip_latitude geoip_longitude geoip_org geoip_postal_code geoip_region
        geoip_region_name hostname limit_conn_status mqtt_preread_clientid mqtt_preread_username
        msec nginx_version pid protocol proxy_protocol_addr proxy_protocol_port
        proxy_protocol_server_addr proxy_protocol_server_port realip_remote_addr
        realip_remote_port remote_addr remote_port server_addr server_port session_time
        ssl_alpn_protocol ssl_cipher ssl_ciphers ssl_client_cert ssl_client_escaped_cert
        ssl_client_fingerprint ssl_client_i_dn ssl_client_raw_cert ssl_client_s_dn
        ssl_client_serial ssl_client_sigalg ssl_client_v_end ssl_client_v_remain
        ssl_client_v_start ssl_client_verify ssl_curve ssl_curves ssl_ech_outer_server_name
        ssl_ech_status ssl_preread_alpn_protocols ssl_preread_protocol ssl_preread_server_name
        ssl_protocol ssl_server_name ssl_session_id ssl_session_reused ssl_sigalg status
        time_iso8601 time_local upstream_addr upstream_bytes_received upstream_bytes_sent
        upstream_connect_time upstream_first_byte_time upstream_session_time
        """)

    private static func words(_ text: String) -> Set<String> {
        Set(text.split(whereSeparator: { $0 == " " || $0 == "\n" }).map(String.init))
    }
}
