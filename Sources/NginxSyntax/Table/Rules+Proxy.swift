extension DirectiveTable {
    /// Directives of the modules that pass requests on; `DirectiveTable.init` tells how to read a row.
    static let proxyRules = """
        # http_fastcgi
        lL 1 once: fastcgi_pass
        hsl 1 once: fastcgi_index fastcgi_store fastcgi_limit_rate fastcgi_cache fastcgi_cache_key
        hsl 1 many: fastcgi_split_path_info fastcgi_pass_header fastcgi_hide_header
            fastcgi_catch_stderr
        hsl 123 once: fastcgi_store_access
        hsl 1 flag: fastcgi_buffering fastcgi_request_buffering fastcgi_ignore_client_abort
            fastcgi_socket_keepalive fastcgi_pass_request_headers fastcgi_pass_request_body
            fastcgi_intercept_errors fastcgi_force_ranges fastcgi_cache_lock
            fastcgi_cache_revalidate fastcgi_cache_background_update fastcgi_keep_conn
        hsl 12 once: fastcgi_bind
        hsl 1 msec: fastcgi_connect_timeout fastcgi_send_timeout fastcgi_read_timeout
            fastcgi_cache_lock_timeout fastcgi_cache_lock_age fastcgi_next_upstream_timeout
        hsl 1 size: fastcgi_send_lowat fastcgi_buffer_size fastcgi_busy_buffers_size
            fastcgi_max_temp_file_size fastcgi_temp_file_write_size
        hsl 2 bufs: fastcgi_buffers
        h 2+ many: fastcgi_cache_path
        hsl 1+ many: fastcgi_cache_bypass fastcgi_no_cache fastcgi_cache_valid
            fastcgi_cache_use_stale fastcgi_cache_methods fastcgi_next_upstream
            fastcgi_ignore_headers
        hsl 1 num: fastcgi_cache_min_uses fastcgi_next_upstream_tries
        hsl 1 off: fastcgi_cache_max_range_offset
        hsl 1234 once: fastcgi_temp_path
        hsl 23 many: fastcgi_param
        # http_grpc
        lL 1 once: grpc_pass
        hsl 12 once: grpc_bind
        hsl 1 flag: grpc_socket_keepalive grpc_intercept_errors grpc_ssl_session_reuse
            grpc_ssl_server_name grpc_ssl_verify
        hsl 1 msec: grpc_connect_timeout grpc_send_timeout grpc_read_timeout
            grpc_next_upstream_timeout
        hsl 1 size: grpc_buffer_size
        hsl 1+ many: grpc_next_upstream grpc_ignore_headers grpc_ssl_protocols
        hsl 1 num: grpc_next_upstream_tries grpc_ssl_verify_depth
        hsl 2 many: grpc_set_header grpc_ssl_conf_command
        hsl 1 many: grpc_pass_header grpc_hide_header
        hsl 1 once: grpc_ssl_ciphers grpc_ssl_name grpc_ssl_trusted_certificate grpc_ssl_crl
            grpc_ssl_certificate grpc_ssl_certificate_key grpc_ssl_password_file
        # http_memcached
        lL 1 once: memcached_pass
        hsl 12 once: memcached_bind
        hsl 1 flag: memcached_socket_keepalive
        hsl 1 msec: memcached_connect_timeout memcached_send_timeout memcached_read_timeout
            memcached_next_upstream_timeout
        hsl 1 size: memcached_buffer_size
        hsl 1+ many: memcached_next_upstream
        hsl 1 num: memcached_next_upstream_tries memcached_gzip_flag
        # http_proxy
        lLx 1 once: proxy_pass
        hsl 12 many: proxy_redirect proxy_cookie_domain proxy_cookie_path
        hsl 1234 many: proxy_cookie_flags
        hsl 1 once: proxy_store proxy_set_body proxy_method proxy_limit_rate proxy_cache
            proxy_cache_key proxy_ssl_ciphers proxy_ssl_name proxy_ssl_trusted_certificate
            proxy_ssl_crl proxy_ssl_certificate proxy_ssl_certificate_key proxy_ssl_password_file
        hsl 123 once: proxy_store_access
        hsl 1 flag: proxy_buffering proxy_request_buffering proxy_ignore_client_abort
            proxy_socket_keepalive proxy_intercept_errors proxy_pass_request_headers
            proxy_pass_request_body proxy_force_ranges proxy_cache_lock proxy_cache_revalidate
            proxy_cache_convert_head proxy_cache_background_update proxy_ssl_session_reuse
            proxy_ssl_server_name proxy_ssl_verify
        hsl 12 once: proxy_bind
        hsl 1 msec: proxy_connect_timeout proxy_send_timeout proxy_read_timeout
            proxy_cache_lock_timeout proxy_cache_lock_age proxy_next_upstream_timeout
        hsl 1 size: proxy_send_lowat proxy_buffer_size proxy_busy_buffers_size
            proxy_max_temp_file_size proxy_temp_file_write_size
        hsl 2 many: proxy_set_header proxy_ssl_conf_command
        hsl 1 num: proxy_headers_hash_max_size proxy_headers_hash_bucket_size proxy_cache_min_uses
            proxy_next_upstream_tries proxy_ssl_verify_depth
        hsl 2 bufs: proxy_buffers
        h 2+ many: proxy_cache_path
        hsl 1+ many: proxy_cache_bypass proxy_no_cache proxy_cache_valid proxy_cache_use_stale
            proxy_cache_methods proxy_next_upstream proxy_ignore_headers proxy_ssl_protocols
        hsl 1 off: proxy_cache_max_range_offset
        hsl 1234 once: proxy_temp_path
        hsl 1 many: proxy_pass_header proxy_hide_header
        hsl 1 =1.0,1.1,2: proxy_http_version
        # http_scgi
        lL 1 once: scgi_pass
        hsl 1 once: scgi_store scgi_limit_rate scgi_cache scgi_cache_key
        hsl 123 once: scgi_store_access
        hsl 1 flag: scgi_buffering scgi_request_buffering scgi_ignore_client_abort
            scgi_socket_keepalive scgi_pass_request_headers scgi_pass_request_body
            scgi_intercept_errors scgi_force_ranges scgi_cache_lock scgi_cache_revalidate
            scgi_cache_background_update
        hsl 12 once: scgi_bind
        hsl 1 msec: scgi_connect_timeout scgi_send_timeout scgi_read_timeout scgi_cache_lock_timeout
            scgi_cache_lock_age scgi_next_upstream_timeout
        hsl 1 size: scgi_buffer_size scgi_busy_buffers_size scgi_max_temp_file_size
            scgi_temp_file_write_size
        hsl 2 bufs: scgi_buffers
        h 2+ many: scgi_cache_path
        hsl 1+ many: scgi_cache_bypass scgi_no_cache scgi_cache_valid scgi_cache_use_stale
            scgi_cache_methods scgi_next_upstream scgi_ignore_headers
        hsl 1 num: scgi_cache_min_uses scgi_next_upstream_tries
        hsl 1 off: scgi_cache_max_range_offset
        hsl 1234 once: scgi_temp_path
        hsl 23 many: scgi_param
        hsl 1 many: scgi_pass_header scgi_hide_header
        # http_uwsgi
        lL 1 once: uwsgi_pass
        hsl 1 num: uwsgi_modifier1 uwsgi_modifier2 uwsgi_cache_min_uses uwsgi_next_upstream_tries
            uwsgi_ssl_verify_depth
        hsl 1 once: uwsgi_store uwsgi_limit_rate uwsgi_cache uwsgi_cache_key uwsgi_string
            uwsgi_ssl_ciphers uwsgi_ssl_name uwsgi_ssl_trusted_certificate uwsgi_ssl_crl
            uwsgi_ssl_certificate uwsgi_ssl_certificate_key uwsgi_ssl_password_file
        hsl 123 once: uwsgi_store_access
        hsl 1 flag: uwsgi_buffering uwsgi_request_buffering uwsgi_ignore_client_abort
            uwsgi_socket_keepalive uwsgi_pass_request_headers uwsgi_pass_request_body
            uwsgi_intercept_errors uwsgi_force_ranges uwsgi_cache_lock uwsgi_cache_revalidate
            uwsgi_cache_background_update uwsgi_ssl_session_reuse uwsgi_ssl_server_name
            uwsgi_ssl_verify
        hsl 12 once: uwsgi_bind
        hsl 1 msec: uwsgi_connect_timeout uwsgi_send_timeout uwsgi_read_timeout
            uwsgi_cache_lock_timeout uwsgi_cache_lock_age uwsgi_next_upstream_timeout
        hsl 1 size: uwsgi_buffer_size uwsgi_busy_buffers_size uwsgi_max_temp_file_size
            uwsgi_temp_file_write_size
        hsl 2 bufs: uwsgi_buffers
        h 2+ many: uwsgi_cache_path
        hsl 1+ many: uwsgi_cache_bypass uwsgi_no_cache uwsgi_cache_valid uwsgi_cache_use_stale
            uwsgi_cache_methods uwsgi_next_upstream uwsgi_ignore_headers uwsgi_ssl_protocols
        hsl 1 off: uwsgi_cache_max_range_offset
        hsl 1234 once: uwsgi_temp_path
        hsl 23 many: uwsgi_param
        hsl 1 many: uwsgi_pass_header uwsgi_hide_header
        hsl 2 many: uwsgi_ssl_conf_command
        # since 1.23
        hsl 1 flag: proxy_pass_trailers
        hsl 123 once: proxy_ssl_certificate_cache grpc_ssl_certificate_cache
            uwsgi_ssl_certificate_cache
        hsl 1 once: proxy_ssl_key_log grpc_ssl_key_log uwsgi_ssl_key_log
        lL 1 once: tunnel_pass
        """
}
