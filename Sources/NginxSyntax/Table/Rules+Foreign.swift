extension DirectiveTable {
    /// Directives of modules that are not part of nginx; `DirectiveTable.init` tells how to read a row.
    static let foreignRules = """
        # http_headers_more_filter
        hslL 1+ many: more_set_headers more_clear_headers more_set_input_headers
            more_clear_input_headers
        # http_echo
        lL any many: echo echo_before_body echo_after_body
        lL 0 many: echo_request_body echo_flush echo_reset_timer echo_read_request_body echo_end
            echo_abort_parent
        lL 1 many: echo_sleep echo_blocking_sleep
        lL 12 many: echo_location_async echo_location echo_exec
        lL 2+ many: echo_subrequest_async echo_subrequest echo_duplicate echo_foreach_split
        lL 1 num: echo_status
        # http_modsecurity
        hsl 1 flag: modsecurity
        hsl 1 many: modsecurity_rules modsecurity_rules_file
        hsl 2 many: modsecurity_rules_remote
        hsl 1+ many: modsecurity_transaction_id
        # http_srcache_filter
        hslL 1 size: srcache_buffer srcache_store_max_size srcache_header_buffer_size
        hslL 23 once: srcache_fetch srcache_store
        hslL 1 once: srcache_fetch_skip srcache_store_skip
        hslL 1+ many: srcache_store_statuses
        hsl 1+ many: srcache_methods
        hsl 1 flag: srcache_request_cache_control srcache_store_private srcache_store_no_store
            srcache_store_no_cache srcache_response_cache_control srcache_store_ranges
            srcache_ignore_content_encoding
        hsl 1 many: srcache_store_hide_header srcache_store_pass_header
        hslL 1 sec: srcache_max_expire srcache_default_expire
        # http_upstream_fair
        u any many: fair
        h 1 many: upstream_fair_shm_size
        # http_lua
        h 1 many: lua_load_resty_core lua_regex_cache_max_entries lua_regex_match_limit
            lua_malloc_trim
        h 1 num: lua_thread_cache_max_entries lua_max_running_timers lua_max_pending_timers
            lua_worker_thread_vm_pool_size
        h 2 many: lua_shared_dict
        h 1 once: lua_capture_error_log lua_package_cpath lua_package_path init_by_lua
            init_by_lua_file init_worker_by_lua init_worker_by_lua_file exit_worker_by_lua_file
            ssl_session_store_by_lua_file ssl_session_fetch_by_lua_file
        h 1 flag: lua_sa_restart rewrite_by_lua_no_postpone access_by_lua_no_postpone
        hslL 1 many: lua_code_cache
        hslL 1 flag: lua_need_request_body lua_transform_underscores_in_response_headers
            lua_socket_log_errors lua_http10_buffering lua_check_client_abort lua_use_default_type
        h 0 block: init_by_lua_block init_worker_by_lua_block exit_worker_by_lua_block
            ssl_session_store_by_lua_block ssl_session_fetch_by_lua_block
        slSL 1 block: set_by_lua_block
        slSL 2+ many: set_by_lua set_by_lua_file
        hs 0 block: server_rewrite_by_lua_block ssl_client_hello_by_lua_block
            ssl_certificate_by_lua_block
        hs 1 once: server_rewrite_by_lua_file ssl_client_hello_by_lua_file
            ssl_certificate_by_lua_file
        hslL 1 once: rewrite_by_lua access_by_lua log_by_lua rewrite_by_lua_file access_by_lua_file
            log_by_lua_file header_filter_by_lua header_filter_by_lua_file body_filter_by_lua
            body_filter_by_lua_file
        hslL 0 block: rewrite_by_lua_block access_by_lua_block log_by_lua_block
            header_filter_by_lua_block body_filter_by_lua_block
        lL 1 once: content_by_lua content_by_lua_file
        lL 0 block: content_by_lua_block
        u 0 block: balancer_by_lua_block
        u 1 once: balancer_by_lua_file
        hslL 1 msec: lua_socket_keepalive_timeout lua_socket_connect_timeout lua_socket_send_timeout
            lua_socket_read_timeout
        hslL 1 size: lua_socket_send_lowat lua_socket_buffer_size
        hslL 1 num: lua_socket_pool_size
        hsl 1+ many: lua_ssl_protocols
        hsl 1 once: lua_ssl_ciphers lua_ssl_trusted_certificate lua_ssl_crl
        hsl 1 num: lua_ssl_verify_depth
        hsl 2 many: lua_ssl_conf_command
        # http_dav_ext
        hsl 1+ many: dav_ext_methods
        h 12 many: dav_ext_lock_zone
        hsl 1 once: dav_ext_lock
        # http_fancyindex
        hsl 1 flag: fancyindex fancyindex_directories_first fancyindex_localtime
            fancyindex_exact_size fancyindex_hide_symlinks fancyindex_show_path
            fancyindex_show_dotfiles fancyindex_hide_parent_dir
        hsl 1 =name,size,date,name_desc,size_desc,date_desc: fancyindex_default_sort
        hsl 1 num: fancyindex_name_length
        hsl 12 once: fancyindex_header fancyindex_footer
        hsl 1 once: fancyindex_css_href fancyindex_time_format
        hsl 1+ many: fancyindex_ignore
        # http_brotli_filter
        hslL 1 flag: brotli
        hsl 2 bufs: brotli_buffers
        hsl 1+ many: brotli_types
        hsl 1 num: brotli_comp_level
        hsl 1 size: brotli_window brotli_min_length
        # http_brotli_static
        hsl 1 =off,on,always: brotli_static
        # http_geoip2
        h 1 block: geoip2
        h 1 many: geoip2_proxy
        h 1 flag: geoip2_proxy_recursive
        # stream_geoip2
        T 1 block: geoip2
        # http_subs_filter
        hsl 2+ many: subs_filter
        hsl 1+ many: subs_filter_bypass subs_filter_types
        hsl 2 size: subs_line_buffer_size
        hsl 2 bufs: subs_buffers
        # http_set_misc
        hslSL 3 many: set_hashed_upstream
        hslSL 1 flag: set_misc_base32_padding set_base32_padding
        hslSL 1 many: set_base32_alphabet set_local_today
        hslSL 12 many: set_encode_base32 set_decode_base32
        hslSL 2 many: set_formatted_gmt_time set_formatted_local_time
        # njs
        hsl 1 many: js_path js_preload_object
        hsl 13 many: js_import
        h 1 many: js_include
        hsl 2 many: js_set js_var
        hsl 23 many: js_set
        h 12 many: js_var
        lLx 1 once: js_content js_access
        lL 12 once: js_body_filter
        lL 1 once: js_header_filter
        l any many: js_periodic
        h 1+ many: js_shared_dict_zone
        hsl 1+ many: js_engine js_context_reuse js_context_reuse_max_size js_fetch_timeout
            js_fetch_verify js_fetch_verify_depth js_fetch_ciphers js_fetch_protocols
            js_fetch_trusted_certificate js_fetch_buffer_size js_fetch_max_response_buffer_size
            js_fetch_keepalive js_fetch_keepalive_requests js_fetch_keepalive_time
            js_fetch_keepalive_timeout js_fetch_proxy js_load_http_native_module
        TV 1 many: js_path js_preload_object
        TV 13 many: js_import
        T 1 many: js_include
        TV 23 many: js_set
        TV 12 many: js_var
        TV 1 once: js_preread js_filter js_access
        T 1+ many: js_shared_dict_zone
        # rtmp
        m 0 block: rtmp
        l any many: rtmp_stat rtmp_stat_stylesheet rtmp_control
        """
}
