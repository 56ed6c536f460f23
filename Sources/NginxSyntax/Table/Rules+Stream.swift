extension DirectiveTable {
    /// Directives of stream and mail; `DirectiveTable.init` tells how to read a row.
    static let streamRules = """
        # mail
        m 0 block-once: mail
        # mail_auth_http
        MN 1 many: auth_http
        MN 1 msec: auth_http_timeout
        MN 2 many: auth_http_header
        MN 1 flag: auth_http_pass_client_cert
        # mail_core
        M 0 block: server
        N 1+ many: listen
        N 1 many: protocol
        MN 1 msec: timeout resolver_timeout
        MN 1 once: server_name
        MN 1+ many: error_log
        MN 1+ once: resolver
        MN 1 num: max_errors
        # mail_imap
        MN 1 size: imap_client_buffer
        MN 1+ many: imap_capabilities imap_auth
        # mail_pop3
        MN 1+ many: pop3_capabilities pop3_auth
        # mail_proxy
        MN 1 flag: proxy proxy_pass_error_message xclient proxy_smtp_auth proxy_protocol
        MN 1 size: proxy_buffer
        MN 1 msec: proxy_timeout
        # mail_realip
        MN 1 many: set_real_ip_from
        # mail_smtp
        MN 1 size: smtp_client_buffer
        MN 1 msec: smtp_greeting_delay
        MN 1+ many: smtp_capabilities smtp_auth
        # mail_ssl
        MN 1 flag: ssl ssl_prefer_server_ciphers ssl_session_tickets
        MN 1 many: starttls ssl_certificate ssl_certificate_key ssl_session_ticket_key
        MN 1 once: ssl_password_file ssl_dhparam ssl_ecdh_curve ssl_ciphers ssl_client_certificate
            ssl_trusted_certificate ssl_crl
        MN 1+ many: ssl_protocols
        MN 12 many: ssl_session_cache
        MN 1 sec: ssl_session_timeout
        MN 1 =off,on,optional,optional_no_ca: ssl_verify_client
        MN 1 num: ssl_verify_depth
        MN 2 many: ssl_conf_command
        # stream
        m 0 block-once: stream
        # stream_access
        TV 1 many: allow deny
        # stream_core
        T 1 num: variables_hash_max_size variables_hash_bucket_size
        T 0 block: server
        V 1+ many: listen
        TV 1+ many: error_log
        TV 1+ once: resolver
        TV 1 msec: resolver_timeout proxy_protocol_timeout preread_timeout
        TV 1 flag: tcp_nodelay
        TV 1 size: preread_buffer_size
        # stream_geo
        T 12 entries: geo
        # stream_geoip
        T 12 once: geoip_country geoip_org geoip_city
        # stream_limit_conn
        T 2 many: limit_conn_zone
        TV 2 many: limit_conn
        TV 1 =info,notice,warn,error: limit_conn_log_level
        TV 1 flag: limit_conn_dry_run
        # stream_log
        T 2+ many: log_format
        TV 1+ many: access_log
        TV 1234 once: open_log_file_cache
        # stream_map
        T 2 entries: map
        T 1 num: map_hash_max_size map_hash_bucket_size
        # stream_proxy
        V 1 once: proxy_pass
        TV 12 once: proxy_bind
        TV 1 flag: proxy_socket_keepalive proxy_next_upstream proxy_protocol proxy_half_close
            proxy_ssl proxy_ssl_session_reuse proxy_ssl_server_name proxy_ssl_verify
        TV 1 msec: proxy_connect_timeout proxy_timeout proxy_next_upstream_timeout
        TV 1 size: proxy_buffer_size proxy_downstream_buffer proxy_upstream_buffer
        TV 1 once: proxy_upload_rate proxy_download_rate proxy_ssl_ciphers proxy_ssl_name
            proxy_ssl_trusted_certificate proxy_ssl_crl proxy_ssl_certificate
            proxy_ssl_certificate_key proxy_ssl_password_file
        TV 1 num: proxy_requests proxy_responses proxy_next_upstream_tries proxy_ssl_verify_depth
        TV 1+ many: proxy_ssl_protocols
        TV 2 many: proxy_ssl_conf_command
        # stream_realip
        TV 1 many: set_real_ip_from
        # stream_return
        V 1 once: return
        # stream_set
        V 2 many: set
        # stream_split_clients
        T 2 entries: split_clients
        # stream_ssl
        TV 1 msec: ssl_handshake_timeout
        TV 1 many: ssl_certificate ssl_certificate_key ssl_session_ticket_key
        TV 1 once: ssl_password_file ssl_dhparam ssl_ecdh_curve ssl_ciphers ssl_client_certificate
            ssl_trusted_certificate ssl_crl
        TV 1+ many: ssl_protocols
        TV 1 =off,on,optional,optional_no_ca: ssl_verify_client
        TV 1 num: ssl_verify_depth
        TV 1 flag: ssl_prefer_server_ciphers ssl_session_tickets
        TV 12 many: ssl_session_cache
        TV 1 sec: ssl_session_timeout
        TV 2 many: ssl_conf_command
        TV 1+ once: ssl_alpn
        # stream_ssl_preread
        TV 1 flag: ssl_preread
        # stream_upstream
        T 1 block: upstream
        U 1+ many: server
        # stream_upstream_hash
        U 12 many: hash
        # stream_upstream_least_conn
        U 0 many: least_conn
        # stream_upstream_random
        U 012 many: random
        # stream_upstream_zone
        U 12 many: zone
        # since 1.23
        V 1 once: pass
        V 1+ many: server_name
        T 1 num: server_names_hash_max_size server_names_hash_bucket_size
        TV 1 flag: ssl_reject_handshake ssl_stapling ssl_stapling_verify ssl_certificate_compression
        TV 1 once: ssl_stapling_file ssl_stapling_responder ssl_ocsp ssl_ocsp_cache
            ssl_ocsp_responder ssl_ech_file ssl_key_log proxy_ssl_key_log
        TV 123 once: ssl_certificate_cache proxy_ssl_certificate_cache
        MN 1 flag: ssl_certificate_compression
        U 1+ once: resolver
        U 1 msec: resolver_timeout
        # of the commercial edition
        V any many: health_check status_zone
        T any many: zone_sync
        U any many: state least_time sticky
        V any many: zone_sync zone_sync_server
        T 1 block: match
        """
}
