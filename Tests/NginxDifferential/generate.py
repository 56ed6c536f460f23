"""Configurations of nginx from a seed: valid ones, and ones with a fault put in."""
import random
import string

MAIN = ["worker_processes {n};", "worker_rlimit_nofile {n};", "timer_resolution {ms};", "pcre_jit {flag};",
        "worker_shutdown_timeout {s};", "master_process {flag};", "env {word};"]
EVENTS = ["worker_connections {conn};", "multi_accept {flag};", "accept_mutex {flag};", "accept_mutex_delay {ms};"]
EVERYWHERE = [
    "client_max_body_size {size};", "client_body_timeout {s};", "client_body_buffer_size {size};", "sendfile {flag};",
    "tcp_nodelay {flag};", "keepalive_timeout {s};", "send_timeout {s};", "root {path};", "etag {flag};",
    "error_page 404 {path};", "error_page 500 502 =200 {path};", "index {word}.html {word}.htm;", "default_type {mime};",
    "proxy_set_header {header} {value};", "proxy_hide_header {header};", "proxy_read_timeout {s};",
    "proxy_send_timeout {ms};", "proxy_connect_timeout {s};", "proxy_buffering {flag};", "proxy_http_version 1.1;",
    "proxy_ssl_server_name {flag};", "proxy_ssl_verify_depth {n};", "proxy_intercept_errors {flag};",
    "proxy_next_upstream error timeout;", "add_header {header} {value};", "add_header {header} {value} always;",
    "gzip {flag};", "gzip_types {mime};", "gzip_comp_level {level};", "gzip_min_length {size};", "expires {s};",
    "access_log off;", "log_not_found {flag};", "auth_basic {value};", "auth_basic off;", "allow all;", "deny 10.0.0.0/8;",
    "limit_rate {size};", "autoindex {flag};", "charset utf-8;", "fastcgi_param {word} {value};", "uwsgi_param {word} {value};",
    "fastcgi_read_timeout {s};", "types_hash_max_size {hash};", "satisfy any;", "satisfy all;", "resolver 127.0.0.1;",
    "proxy_cookie_path / {path};", "sub_filter {word} {value};", "sub_filter_once {flag};", "real_ip_header X-Real-IP;",
    "set_real_ip_from 10.0.0.0/8;", "proxy_redirect off;", "proxy_cache_bypass {value};", "proxy_ignore_headers Expires;",
    "keepalive_requests {n};", "reset_timedout_connection {flag};", "proxy_buffers 16 8k;", "error_log {path} warn;",
    "proxy_socket_keepalive {flag};", "recursive_error_pages {flag};", "open_file_cache_valid {s};", "proxy_method GET;",
    "server_tokens {flag};", "absolute_redirect {flag};", "port_in_redirect {flag};", "chunked_transfer_encoding {flag};",
]
HTTP = ["underscores_in_headers {flag};", "client_header_timeout {s};", "server_names_hash_bucket_size 128;",
        "log_format {unique} {value} {value};", "limit_req_zone $binary_remote_addr zone={unique}:1m rate=5r/s;",
        "limit_conn_zone {value} zone={unique}:1m;", "ssl_protocols TLSv1.2 TLSv1.3;", "ssl_session_timeout {s};",
        "ignore_invalid_headers {flag};", "merge_slashes {flag};", "large_client_header_buffers 4 16k;"]
SERVER = ["listen 127.0.0.1:{port};", "server_name {host} *.{host};", "server_name ~^(?<sub>.+)\\.{host}$;",
          "set ${var} {value};", "rewrite ^/{word}$ {path} last;", "rewrite ^(.*)$ $1 break;", "return 301 {value};",
          "underscores_in_headers {flag};", "if (${name} = {value}) {{ return 404; }}", "try_files $uri $uri/ {path};",
          "if ($request_method ~ ^(GET|HEAD)$) {{ set ${var} 1; }}", "if (-f $request_filename) {{ break; }}",
          "rewrite_log {flag};", "ssl_prefer_server_ciphers {flag};", "client_header_buffer_size {size};"]
LOCATION = ["proxy_pass http://127.0.0.1:{port};", "alias {path};", "return 204;", "return 200 {value};", "internal;",
            "set ${var} {value};", "rewrite ^/{word}/(.*)$ /$1 break;", "fastcgi_pass 127.0.0.1:{port};",
            "if (${name}) {{ set ${var} {word}; }}", "if ($http_upgrade ~* websocket) {{ add_header {header} {value}; }}",
            "limit_except GET {{ deny all; }}", "try_files $uri =404;", "empty_gif;", "types {{ {mime} {word}; }}",
            "break;", "stub_status;", "uwsgi_pass 127.0.0.1:{port};", "set $memcached_key $uri; memcached_pass 127.0.0.1:{port};"]
ONCE_ONLY = ("listen", "server_name", "rewrite", "set", "proxy_set_header", "add_header", "allow", "deny", "if", "return",
             "error_page", "index", "gzip_types", "proxy_hide_header", "log_format", "limit_req_zone", "limit_conn_zone",
             "fastcgi_param", "uwsgi_param", "sub_filter", "set_real_ip_from", "env", "limit_except", "types", "break",
             "stub_status", "empty_gif", "access_log", "error_log", "proxy_next_upstream", "proxy_ignore_headers",
             "proxy_cache_bypass", "ssl_protocols", "types", "map")
VARIABLES = ["host", "uri", "args", "http_upgrade", "remote_addr", "scheme", "request_uri", "arg_token", "cookie_sid", "connection_upgrade"]


class Maker:
    """Makes configurations; the same seed makes the same ones."""

    def __init__(self, seed):
        self.random = random.Random(seed)
        self.counter = 0

    def word(self):
        return "".join(self.random.choices(string.ascii_lowercase, k=self.random.randint(1, 9)))

    def unique(self):
        self.counter += 1
        return f"{self.word()}{self.counter}"

    def value(self):
        """A word with the quoting, escapes and variables people write."""
        pick = self.random.randrange(10)
        name = self.random.choice(VARIABLES)
        word = self.word()
        return [
            lambda: word, lambda: f"${name}", lambda: f"${{{name}}}{word}", lambda: f'"{word} {self.word()}"',
            lambda: f"'{word}; {{{word}}}'", lambda: f'"\\"{word}\\" ${name}"', lambda: f"'it\\'s {word}'",
            lambda: f"{word}\\;{self.word()}", lambda: f'"{word}\\n\\t{word}\\\\"', lambda: f'"{word}#{word}"',
        ][pick]()

    def fill(self, template):
        choose = self.random.choice
        return template.format(
            n=self.random.randint(1, 9), level=self.random.randint(1, 9), flag=choose(["on", "off", "ON"]),
            s=choose(["30s", "60", "1h", "1m 30s".replace(" ", ""), "1d", "5m"]), ms=choose(["100ms", "1s", "500ms"]),
            size=choose(["1k", "16k", "1m", "8192"]), conn=self.random.randint(64, 900), hash=choose([512, 1024, 2048]),
            path="/" + self.word(), word=self.word(), mime=choose(["text/css", "text/plain", "application/json"]),
            header=choose(["Host", "X-Real-IP", "Connection", "Upgrade", "X-" + self.word()]), value=self.value(),
            port=self.random.randint(20000, 29999), host=self.word() + ".example", name=choose(VARIABLES), var="v_" + self.word(),
            unique=self.unique() if "{unique}" in template else "")

    def pick(self, templates, count):
        """Directives of which none stands twice where nginx wants it once."""
        names, lines = set(), []
        for template in self.random.sample(templates, min(count, len(templates))):
            name = template.split()[0].rstrip(";")
            if name in names and name not in ONCE_ONLY:
                continue
            names.add(name)
            lines.append(self.fill(template))
        return lines

    def location(self, depth, path):
        kind = self.random.randrange(8)
        inner = path + "/" + self.unique()
        head = {0: f"location = {inner}", 1: f"location ^~ {inner}", 2: f"location ~ ^/{self.unique()}(.*)$",
                3: f'location ~* "\\.({self.word()}|{self.word()})$"', 4: f"location ={inner}"}.get(kind, f"location {inner}")
        if depth == 0 and kind == 5:
            head = f"location @{self.unique()}"
        lines = self.pick(EVERYWHERE, self.random.randint(0, 6))
        names = {line.split()[0].rstrip(";") for line in lines}
        handlers = self.pick(LOCATION, self.random.randint(1, 3))
        passes = [line for line in handlers if "_pass " in line]
        for line in handlers:
            if line in passes and line != passes[0]:
                continue
            if line.split()[0] == "alias" and ("root" in names or "try_files" in " ".join(handlers) or "@" in head or "~" in head):
                continue
            lines.append(line)
        if depth < 2 and kind >= 6 and self.random.random() < 0.4:
            lines += self.location(depth + 1, inner)
        return self.block(head, lines)

    def block(self, head, lines):
        blank = self.random.choice([" ", "", "\n", "  # why\n"])
        if "~" in head and blank == "":
            blank = " "
        indented = ["    " + line for text in lines for line in text.split("\n")]
        return [head + blank + "{", *indented, "}"]

    def configuration(self):
        """The text of a configuration that nginx accepts."""
        lines = self.pick(MAIN, self.random.randint(0, 3))
        lines += self.block("events", self.pick(EVENTS, self.random.randint(0, 2)))
        http = self.pick(HTTP + EVERYWHERE, self.random.randint(0, 8))
        http.append("map $http_upgrade $connection_upgrade { default upgrade; '' close; }")
        if self.random.random() < 0.5:
            http += self.block(f"upstream {self.unique()}", [f"server 127.0.0.1:{self.random.randint(20000, 29999)};",
                                                             "keepalive 8;"])
        for _ in range(self.random.randint(1, 3)):
            server = self.pick(SERVER + EVERYWHERE, self.random.randint(1, 9))
            for _ in range(self.random.randint(0, 4)):
                server += self.location(0, "")
            http += self.block("server", server)
        lines += self.block("http", http)
        text = "\n".join(lines) + "\n"
        if self.random.random() < 0.1:
            text = text.replace("\n", "\r\n")
        return text

    def mutated(self, text):
        """The text with one to three slips of the kind people make."""
        for _ in range(self.random.choice([1, 1, 1, 2, 3])):
            text = self.random.choice([self.drop_mark, self.add_mark, self.misspell, self.move, self.repeat, self.count,
                                       self.revalue, self.cut])(text)
        return text

    def marks(self, text, which):
        return [at for at, letter in enumerate(text) if letter in which]

    def drop_mark(self, text):
        places = self.marks(text, ";{}\"'")
        at = self.random.choice(places) if places else 0
        return text[:at] + text[at + 1:]

    def add_mark(self, text):
        at = self.random.randrange(len(text))
        return text[:at] + self.random.choice(";{}\"'#$\\ \n") + text[at:]

    def lines(self, text):
        lines = text.split("\n")
        simple = [at for at, line in enumerate(lines) if line.strip().endswith(";")]
        return lines, simple

    def misspell(self, text):
        lines, simple = self.lines(text)
        if simple:
            at = self.random.choice(simple)
            body = lines[at].lstrip()
            lines[at] = lines[at][:len(lines[at]) - len(body)] + body[:1] + body[2:]
        return "\n".join(lines)

    def move(self, text):
        lines, simple = self.lines(text)
        if simple:
            line = lines.pop(self.random.choice(simple))
            lines.insert(self.random.randrange(len(lines) + 1), line)
        return "\n".join(lines)

    def repeat(self, text):
        lines, simple = self.lines(text)
        if simple:
            at = self.random.choice(simple)
            lines.insert(at, lines[at])
        return "\n".join(lines)

    def count(self, text):
        lines, simple = self.lines(text)
        if simple:
            at = self.random.choice(simple)
            body = lines[at].rstrip()[:-1]
            words = body.split(" ")
            lines[at] = (" ".join(words[:-1]) if self.random.random() < 0.5 else body + " " + self.word()) + ";"
        return "\n".join(lines)

    def revalue(self, text):
        lines, simple = self.lines(text)
        if simple:
            at = self.random.choice(simple)
            body = lines[at].rstrip()[:-1]
            lines[at] = body.rsplit(" ", 1)[0] + " " + self.random.choice(["yes", "-1", "10x", "0", "on", "5", "$nothing"]) + ";"
        return "\n".join(lines)

    def cut(self, text):
        return text[:self.random.randrange(len(text))]
