extension DirectiveTable {
    /// Directives of the main level and events; `DirectiveTable.init` tells how to read a row.
    static let coreRules = """
        # core
        m 1 flag: daemon master_process pcre_jit
        m 1 msec: timer_resolution worker_shutdown_timeout
        m 1 once: pid lock_file worker_processes worker_priority working_directory ssl_engine
            google_perftools_profiles
        m 1 many: debug_points env load_module
        m 12 once: user
        m 1+ once: worker_cpu_affinity
        m 1 num: worker_rlimit_nofile
        m 1 off: worker_rlimit_core
        * 1 many: include
        m 1+ many: error_log
        m 23 many: thread_pool
        e 1 num: epoll_events worker_aio_requests
        m 0 block-once: events
        e 1 once: worker_connections use
        e 1 flag: multi_accept accept_mutex
        e 1 msec: accept_mutex_delay
        e 1 many: debug_connection
        m 1 flag: quic_bpf ssl_object_cache_inheritable
        """
}
