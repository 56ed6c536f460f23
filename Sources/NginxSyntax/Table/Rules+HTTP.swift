extension DirectiveTable {
    /// Directives of http; `DirectiveTable.init` tells how to read a row.
    static let httpRules = """
        # http_access
        hslx 1 many: allow deny
        # http_addition_filter
        hsl 1 once: add_before_body add_after_body
        hsl 1+ many: addition_types
        # http_auth_basic
        hslx 1 once: auth_basic auth_basic_user_file
        # http_auth_request
        hsl 1 once: auth_request
        hsl 2 many: auth_request_set
        # http_autoindex
        hsl 1 flag: autoindex autoindex_localtime autoindex_exact_size
        hsl 1 =html,json,jsonp,xml: autoindex_format
        # http_browser
        hsl 12 many: modern_browser
        hsl 1+ many: ancient_browser
        hsl 1 many: modern_browser_value ancient_browser_value
        # http_charset_filter
        hslL 1 once: charset source_charset
        hslL 1 flag: override_charset
        hsl 1+ many: charset_types
        h 2 entries: charset_map
        # http_dav
        hsl 1+ many: dav_methods
        hsl 1 flag: create_full_put_path
        hsl 1 num: min_delete_depth
        hsl 123 once: dav_access
        # http_empty_gif
        l 0 many: empty_gif
        # http_flv
        l 0 many: flv
        # http_geo
        h 12 entries: geo
        # http_geoip
        h 12 once: geoip_country geoip_org geoip_city
        h 1 many: geoip_proxy
        h 1 flag: geoip_proxy_recursive
        # http_gunzip_filter
        hsl 1 flag: gunzip
        hsl 2 bufs: gunzip_buffers
        # http_gzip_filter
        hslL 1 flag: gzip
        hsl 2 bufs: gzip_buffers
        hsl 1+ many: gzip_types
        hsl 1 num: gzip_comp_level
        hsl 1 size: gzip_window gzip_hash postpone_gzipping gzip_min_length
        hsl 1 flag: gzip_no_buffer
        # http_gzip_static
        hsl 1 =off,on,always: gzip_static
        # http_headers_filter
        hslL 12 once: expires
        hslL 23 many: add_header add_trailer
        # http_image_filter
        l 123 many: image_filter
        hsl 1 many: image_filter_jpeg_quality image_filter_webp_quality image_filter_sharpen
        hsl 1 flag: image_filter_transparency image_filter_interlace
        hsl 1 size: image_filter_buffer
        # http_index
        hsl 1+ many: index
        # http_limit_conn
        h 2 many: limit_conn_zone
        hsl 2 many: limit_conn
        hsl 1 =info,notice,warn,error: limit_conn_log_level
        hsl 1 num: limit_conn_status
        hsl 1 flag: limit_conn_dry_run
        # http_limit_req
        h 3 many: limit_req_zone
        hsl 123 many: limit_req
        hsl 1 =info,notice,warn,error: limit_req_log_level
        hsl 1 num: limit_req_status
        hsl 1 flag: limit_req_dry_run
        # http_log
        h 2+ many: log_format
        hslLx 1+ many: access_log
        hsl 1234 once: open_log_file_cache
        # http_map
        h 2 entries: map
        h 1 num: map_hash_max_size map_hash_bucket_size
        # http_mirror
        hsl 1 many: mirror
        hsl 1 flag: mirror_request_body
        # http_mp4
        l 0 many: mp4
        hsl 1 size: mp4_buffer_size mp4_max_buffer_size
        hsl 1 flag: mp4_start_key_frame
        # http_random_index
        l 1 flag: random_index
        # http_realip
        hsl 1 many: set_real_ip_from
        hsl 1 once: real_ip_header
        hsl 1 flag: real_ip_recursive
        # http_referer
        sl 1+ many: valid_referers
        sl 1 num: referer_hash_max_size referer_hash_bucket_size
        # http_rewrite
        slSL 23 many: rewrite
        slSL 12 many: return
        slSL 0 many: break
        sl 1+ block: if
        slSL 2 many: set
        hslSL 1 flag: rewrite_log uninitialized_variable_warn
        # http_secure_link
        hsl 1 once: secure_link secure_link_md5 secure_link_secret
        # http_slice_filter
        hsl 1 size: slice
        # http_split_clients
        h 2 entries: split_clients
        # http_ssi_filter
        hslL 1 flag: ssi
        hsl 1 flag: ssi_silent_errors ssi_ignore_recycled_buffers ssi_last_modified
        hsl 1 size: ssi_min_file_chunk ssi_value_length
        hsl 1+ many: ssi_types
        # http_ssl
        hs 1 flag: ssl ssl_prefer_server_ciphers ssl_session_tickets ssl_stapling
            ssl_stapling_verify ssl_early_data ssl_reject_handshake
        hs 1 many: ssl_certificate ssl_certificate_key ssl_session_ticket_key
        hs 1 once: ssl_password_file ssl_dhparam ssl_ecdh_curve ssl_ciphers ssl_client_certificate
            ssl_trusted_certificate ssl_crl ssl_ocsp_responder ssl_ocsp_cache ssl_stapling_file
            ssl_stapling_responder
        hs 1+ many: ssl_protocols
        hs 1 size: ssl_buffer_size
        hs 1 =off,on,optional,optional_no_ca: ssl_verify_client
        hs 1 num: ssl_verify_depth
        hs 12 many: ssl_session_cache
        hs 1 sec: ssl_session_timeout
        hs 1 =off,on,leaf: ssl_ocsp
        hs 2 many: ssl_conf_command
        # http_stub_status
        sl 01 many: stub_status
        # http_sub_filter
        hsl 2 many: sub_filter
        hsl 1+ many: sub_filter_types
        hsl 1 flag: sub_filter_once sub_filter_last_modified
        # http_try_files
        sl 2+ once: try_files
        # http_upstream_hash
        u 12 many: hash
        # http_upstream_ip_hash
        u 0 many: ip_hash
        # http_upstream_keepalive
        u 1 once: keepalive
        u 1 msec: keepalive_time keepalive_timeout
        u 1 num: keepalive_requests
        # http_upstream_least_conn
        u 0 many: least_conn
        # http_upstream_random
        u 012 many: random
        # http_upstream_zone
        u 12 many: zone
        # http_userid_filter
        hsl 1 =off,log,v1,on: userid
        hsl 1 num: userid_service
        hsl 1 once: userid_name userid_domain userid_path userid_expires userid_p3p userid_mark
        hsl 123 many: userid_flags
        # http_xslt_filter
        hsl 1 once: xml_entities
        l 1+ many: xslt_stylesheet
        hsl 2 many: xslt_param xslt_string_param
        hsl 1+ many: xslt_types
        hsl 1 flag: xslt_last_modified
        # http_perl
        h 1 many: perl_modules perl_require
        lx 1 many: perl
        h 2 many: perl_set
        # http
        m 0 block-once: http
        # http_copy_filter
        hsl 2 bufs: output_buffers
        # http_core
        h 1 num: variables_hash_max_size variables_hash_bucket_size server_names_hash_max_size
            server_names_hash_bucket_size
        h 0 block: server
        hs 1 size: connection_pool_size request_pool_size client_header_buffer_size
        hs 1 msec: client_header_timeout
        hs 2 bufs: large_client_header_buffers
        hs 1 flag: ignore_invalid_headers merge_slashes underscores_in_headers
        sl 12 block: location
        s 1+ many: listen server_name
        hsl 1 num: types_hash_max_size types_hash_bucket_size keepalive_requests max_ranges
            open_file_cache_min_uses
        hsl 0 entries: types
        hsl 1 once: default_type aio directio
        hslL 1 once: root limit_rate limit_rate_after post_action
        l 1 once: alias
        l 1+ block-once: limit_except
        hsl 1 off: client_max_body_size directio_alignment
        hsl 1 size: client_body_buffer_size sendfile_max_chunk subrequest_output_buffer_size
            read_ahead send_lowat postpone_output
        hsl 1 msec: client_body_timeout send_timeout keepalive_time auth_delay lingering_time
            lingering_timeout resolver_timeout
        hsl 1234 once: client_body_temp_path
        hsl 1 =off,on,clean: client_body_in_file_only
        hsl 1 flag: client_body_in_single_buffer aio_write tcp_nopush tcp_nodelay
            reset_timedout_connection absolute_redirect server_name_in_redirect port_in_redirect
            msie_padding msie_refresh log_not_found log_subrequest recursive_error_pages
            chunked_transfer_encoding etag open_file_cache_errors open_file_cache_events gzip_vary
        hslL 1 flag: sendfile
        hsl 12 once: keepalive_timeout open_file_cache disable_symlinks
        hsl 12 many: keepalive_disable
        hsl 1 =all,any: satisfy
        l 0 once: internal
        hsl 1 =off,on,always: lingering_close
        hsl 1 =off,on,build: server_tokens
        hsl 1 =off,exact,before: if_modified_since
        hslL 2+ many: error_page
        hsl 1+ many: error_log gzip_proxied gzip_disable
        hsl 1 sec: open_file_cache_valid
        hsl 1+ once: resolver
        hsl 1 =1.0,1.1: gzip_http_version
        # http_upstream
        h 1 block: upstream
        u 1+ many: server
        # http_v2
        h 1 size: http2_recv_buffer_size
        hs 1 size: http2_pool_size http2_body_preread_size
        hs 1 num: http2_max_concurrent_streams http2_max_concurrent_pushes http2_streams_index_size
        hs 1 many: http2_max_requests http2_max_field_size http2_max_header_size http2_recv_timeout
            http2_idle_timeout
        hsl 1 size: http2_chunk_size
        hsl 1 flag: http2_push_preload
        hsl 1 many: http2_push
        # since 1.23
        hs 1 flag: http2 http3 http3_hq quic_gso quic_retry ssl_certificate_compression
        hs 1 num: http3_max_concurrent_streams quic_active_connection_id_limit max_headers
        hs 1 size: http3_stream_buffer_size
        hs 1 once: quic_host_key ssl_ech_file ssl_key_log
        hs 123 once: ssl_certificate_cache
        hsl 1 msec: keepalive_min_timeout
        hsl 1+ many: early_hints
        hslL 1 =on,off,merge: add_header_inherit add_trailer_inherit
        u 1+ once: resolver
        u 1 msec: resolver_timeout
        u 1+ many: sticky least_time
        # of the commercial edition
        u 1 many: state queue
        u 12 many: queue
        u 0 many: ntlm
        u 1 many: sticky_cookie_insert
        l any many: status api health_check f4f f4f_buffer_size hls hls_fragment hls_buffers
            session_log upstream_conf
        h any many: keyval_zone session_log_format session_log_zone status_zone match zone_sync
        h 3+ many: keyval
        hsl any many: status_zone status_format auth_jwt auth_jwt_key_file auth_jwt_key_request
            auth_jwt_require auth_jwt_type auth_jwt_leeway oidc_provider auth_oidc
        h any many: auth_jwt_claim_set auth_jwt_header_set
        h 1 block: match
        """
}
