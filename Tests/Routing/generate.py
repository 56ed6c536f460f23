"""Random nginx configurations and requests for the differential test of the router."""
import random

SEGMENTS = ["a", "b", "ab", "api", "ws", "socket.io", "A", "x.js", "t.txt", "dir", "c.d"]
ODD = ["%61", "%2e", "%2E%2e", "a%20b", "%c3%a9", "a+b", "%2Ba", "%2F", "", ".", "..", "a;b", "%3Fq", "%25", "a%7Cb", "~u", "(x)"]
PATTERNS = [
    r"^/a(.*)$", r"\.js$", r"/ws", r"^/(?<seg>[^/]+)/(.*)$", r"^/(a|b)+/", r"^/api/(\w+)", r"^/([^/]*)$", r"a.?b",
    r"^/(?<first>a|b|api)(/(?<rest>.*))?$", r"socket\.io", r"^/A", r"^/dir", r"(.)(.)$", r"^/$", r"x",
]
REPLACEMENTS = ["/a", "/b/$1", "/api/$1?r=$2", "/x.js?", "/ws$uri", "/$2/$1", "/n?a=$arg_q&u=$uri", "/dir/", "/a/b/c", "/q?z=$1", "/k$1?"]
HOSTS = ["one.test", "two.test", "sub.two.test", "deep.sub.two.test", "www.three.test", "three.org", "x-9.four.test", "none.test", "ONE.test"]
NAMES = ["one.test", "two.test", "*.two.test", ".two.test", "*.sub.two.test", "www.three.*", "three.*", "~^x-(?<num>\\d+)\\.four\\.test$", "~^(.+)\\.test$", "three.org", '""']
STATUSES = [400, 403, 404, 418, 500, 503]


class Generator:
    """One configuration, from one seed."""

    def __init__(self, seed, ports, backend):
        self.random = random.Random(seed)
        self.ports, self.backend = ports, backend
        self.count = 0
        self.paths = ["/"]
        self.named = []

    def pick(self, *choices):
        return self.random.choice(choices)

    def chance(self, share):
        return self.random.random() < share

    def mark(self):
        self.count += 1
        return f'add_header X-Loc L{self.count} always;'

    def path(self, depth=3):
        parts = [self.random.choice(SEGMENTS) for _ in range(self.random.randint(0, depth))]
        return "/" + "/".join(parts) + ("/" if parts and self.chance(0.4) else "")

    # Parts of the configuration.

    def configuration(self, folder):
        lines = []
        self.maps = self.map_blocks()
        lines += self.maps
        lines.append("upstream ups { server 127.0.0.1:%d; }" % self.backend)
        if self.chance(0.4):
            lines += self.set_headers()
        if self.chance(0.2):
            lines.append("proxy_http_version 1.1;")
        if self.chance(0.2):
            lines.append("merge_slashes off;")
        if self.chance(0.1):
            lines.append("recursive_error_pages on;")
        if self.chance(0.1):
            lines.append("absolute_redirect off;")
        names = list(NAMES)
        self.random.shuffle(names)
        for _ in range(self.random.randint(1, 4)):
            lines.append(self.server(names))
        # Gives every captured name a variable, so that all of them may be used anywhere.
        lines.append('server { listen 127.0.0.1:%d; server_name every.name; location ~ "(?<seg>s)(?<first>f)(?<rest>r)(?<num>n)(?<mapped>m)" { } }' % self.ports[0])
        return """daemon off; master_process off; worker_processes 1; pid nginx.pid; error_log error.log warn;
events { worker_connections 128; }
http {
access_log off;
client_body_temp_path tmp_body; proxy_temp_path tmp_proxy; fastcgi_temp_path tmp_fastcgi;
uwsgi_temp_path tmp_uwsgi; scgi_temp_path tmp_scgi;
%s
}
""" % "\n".join(lines)

    def map_blocks(self):
        blocks = []
        blocks.append("map $http_upgrade $connection_upgrade { default upgrade; '' close; }")
        kind = "map $http_x_kind $kind { %s %s }" % (
            self.pick("default d;", ""),
            " ".join(self.random.sample(['one 1;', 'Two "v $uri";', '~^t(.*)$ "re-$1";', '~*^X $host;', '"" empty;', '\\~x tilde;'], 3)))
        blocks.append(kind)
        blocks.append("map $uri $tail { %s ~^/(a|b)/(?<mapped>.*)$ $2; ~*\\.JS$ js; /x.js exact; default /m; }" % self.pick("volatile;", ""))
        blocks.append("map $host $where { hostnames; default w; .two.test two; *.test star; three.* three; }")
        blocks.append("geo $net { default far; 127.0.0.0/8 near; 127.0.0.1 here; 10.0.0.0/8 ten; }")
        blocks.append('split_clients "$uri$arg_q" $split { 20%% s1; 0.5%% s2; 30%% s3; %s }' % self.pick("* rest;", ""))
        return blocks

    def value(self):
        return self.pick("$uri", "$args", "$host", "$http_x_kind", "$kind", "$tail", "$where", "$net", "$split", "$1", "$2", "$request_uri",
                         "$is_args$args", "$arg_q", "$http_host", "$scheme", "$server_port", "$cookie_c", "$proxy_host", "lit",
                         "p-$1-$seg", "$proxy_add_x_forwarded_for", "$remote_addr", "$request_method", "$server_name", "$flag",
                         "$document_uri$first", "$num$rest$mapped", "$proxy_port", "$http_x_many", "${uri}x", "$connection_upgrade")

    def set_headers(self):
        lines = []
        for _ in range(self.random.randint(1, 4)):
            name = self.pick("Host", "Connection", "Upgrade", "X-A", "X-B", "X-Kind", "X-Forwarded-For", "Cookie", "Accept", "TE")
            value = self.pick(self.value(), self.value(), self.value(), '""', "$http_upgrade", "const")
            lines.append(f'proxy_set_header {name} {value if value != "" else chr(34) * 2};')
        return lines

    def server(self, names):
        self.named = [f"@n{self.count}_{i}" for i in range(self.random.randint(0, 2))]
        lines = []
        # The first server listens on all of them, so that every request is answered.
        ports = self.random.sample(self.ports, self.random.randint(1, len(self.ports)))
        for port in ports if hasattr(self, "defaults") else self.ports:
            default = "" if port in getattr(self, "defaults", set()) or self.chance(0.7) else " default_server"
            self.defaults = getattr(self, "defaults", set()) | ({port} if default else set())
            lines.append(f"listen 127.0.0.1:{port}{default};")
        chosen = [names.pop() for _ in range(self.random.randint(0, 2)) if names]
        if chosen:
            lines.append("server_name " + " ".join(f'"{n}"' if "{" in n else n for n in chosen) + ";")
        lines.append("root html;" if self.chance(0.7) else "root html/dir;")
        lines.append(self.mark())
        if self.chance(0.3):
            lines += self.set_headers()
        if self.chance(0.15):
            lines.append("underscores_in_headers on;")
        if self.chance(0.1):
            lines.append("ignore_invalid_headers off;")
        if self.chance(0.15):
            lines.append("port_in_redirect off;")
        if self.chance(0.15):
            lines.append("server_name_in_redirect on;")
        if self.chance(0.2):
            lines.append("index t.txt index.html;")
        lines.append("set $flag f;")
        if self.chance(0.35):
            lines += self.rules(in_server=True)
        if self.chance(0.3):
            lines.append(self.error_page())
        used = set()
        for _ in range(self.random.randint(1, 6)):
            lines.append(self.location(used, None, 0))
        for name in self.named:
            lines.append("location %s { %s }" % (name, " ".join(self.body("named", None))))
        return "server {\n" + "\n".join(lines) + "\n}"

    def error_page(self):
        target = self.pick("/a", "/err?e=1", "/$status_of", "@", "/dir/", "http://other.test/x", "/api/$uri")
        target = target.replace("$status_of", "$host")
        if target == "@":
            target = self.random.choice(self.named) if self.named else "/b"
        override = self.pick("", "", "=", "=200", "=301", "=404")
        return f"error_page {' '.join(map(str, self.random.sample(STATUSES + [301], 2)))} {override} {target};"

    def location(self, used, outer, depth):
        modifier = self.pick("", "", "", "= ", "^~ ", "~ ", "~* ")
        if "~" in modifier and "^" not in modifier:
            name = self.random.choice(PATTERNS)
            kind = "regex"
        else:
            base = outer or ""
            name = base + self.path(2)[1 if base.endswith("/") else 0:] if base else self.path()
            kind = "exact" if modifier == "= " else "prefix"
            self.paths.append(name)
        key = ("=" if kind == "exact" else "~" if kind == "regex" else "") + modifier * (kind == "regex") + name
        if key in used:
            return ""
        used.add(key)
        lines = self.body(kind, name)
        inner = []
        if depth < 2 and kind != "exact" and self.chance(0.25):
            nested = set()
            for _ in range(self.random.randint(1, 3)):
                inner.append(self.location(nested, name if kind == "prefix" else outer, depth + 1))
        if kind == "regex":
            # Inside a pattern nginx wants prefixes to begin with the pattern's text: only patterns can stand there.
            inner = [line for line in inner if line.startswith("location ~")]
        quoted = f'"{name}"' if kind == "regex" else name
        return "location %s%s {\n%s\n%s\n}" % (modifier, quoted, "\n".join(lines), "\n".join(inner))

    def body(self, kind, name):
        lines = [self.mark()]
        if self.chance(0.35):
            lines += self.set_headers()
        if self.chance(0.15):
            lines.append(self.error_page())
        if self.chance(0.25):
            lines += self.rules(in_server=False)
        if self.chance(0.3):
            lines += self.tests(kind)
        if self.chance(0.05):
            lines.append("internal;")
        if self.chance(0.06):
            lines.append(self.pick("deny 127.0.0.1;", "allow 127.0.0.0/8; deny all;", "deny 10.0.0.0/8; allow all;"))
        if self.chance(0.1):
            lines.append("proxy_http_version 1.1;")
        if self.chance(0.06):
            lines.append("limit_except GET { %s }" % self.pick("proxy_pass http://127.0.0.1:%d;" % self.backend, "deny all;", "allow 127.0.0.1; deny all;"))
        choice = self.random.random()
        if choice < 0.5:
            lines.append(self.proxy_pass(kind))
        elif choice < 0.62:
            lines.append(self.answer())
        elif choice < 0.75:
            lines.append(self.try_files())
            if self.chance(0.3):
                # With a URI nginx 1.22 reads past the end of a path that try_files made shorter than the location.
                lines.append(self.proxy_pass("regex"))
        elif choice < 0.82 and kind in ("prefix", "exact"):
            lines.append(self.pick("alias html/;", "alias html/dir;", "alias html;"))
            if self.chance(0.4):
                lines.append(self.try_files())
        elif choice < 0.86:
            lines.append(self.pick("root html/dir;", "root html/;", "root html/$arg_q;"))
        if self.chance(0.1):
            lines.append(self.pick("index b.html index.html;", "index /a;", "index t.txt /ws;"))
        return lines

    def proxy_pass(self, kind):
        port = self.backend
        plain = [f"http://127.0.0.1:{port}", "http://ups", f"http://127.0.0.1:{port}"]
        fixed = [f"http://127.0.0.1:{port}/", f"http://127.0.0.1:{port}/x", "http://ups/x/", f"http://127.0.0.1:{port}/x/?y=1"]
        moving = [f"http://127.0.0.1:{port}$uri", f"http://127.0.0.1:{port}/v/$1$is_args$args", f"http://$backend_at", f"http://$backend_at/pre",
                  "http://ups$request_uri", f"http://ups/$tail?$args", f"http://$backend_at$2", f"http://127.0.0.1:{port}/$seg/$kind"]
        url = self.random.choice(plain + moving + (fixed * 2 if kind in ("prefix", "exact") else []))
        before = f"set $backend_at 127.0.0.1:{port};\n" if "backend_at" in url else ""
        return f"{before}proxy_pass {url};"

    def answer(self):
        return self.pick(f"return {self.random.choice(STATUSES)};", f'return 200 "t {self.value()}|{self.value()}";',
                         f'return {self.random.choice(STATUSES)} "e {self.value()}";', "return 301 /moved$request_uri;",
                         "return 302 https://$host$uri;", "return 308 $uri/$is_args$args;", "return http://x.test/$1;", "return 204;")

    def try_files(self):
        parts = self.random.sample(["$uri", "$uri/", "/x.js", "$uri.html", "$uri/index.html", "/$arg_q", "/dir/"], self.random.randint(1, 3))
        end = self.pick("=404", "/index.html", "/a?f=1", "@", "=418", "/api/$uri", "$uri.js")
        if end == "@":
            end = self.random.choice(self.named) if self.named else "/b"
        return f"try_files {' '.join(parts)} {end};"

    def rules(self, in_server):
        lines = []
        for _ in range(self.random.randint(1, 3)):
            choice = self.random.random()
            if choice < 0.55:
                pattern = self.random.choice(PATTERNS)
                flag = self.pick("", "last", "break", "break", "redirect", "permanent") if not in_server or self.chance(0.5) else self.pick("", "break", "last")
                target = self.random.choice(REPLACEMENTS + ["https://r.test/$1"] * (not in_server))
                if in_server and self.chance(0.5):
                    pattern = "^/rw/(.*)"
                    self.paths.append("/rw/a")
                lines.append(f'rewrite "{pattern}" {target} {flag};')
            elif choice < 0.9:
                lines.append(f"set $flag {self.value()};")
            else:
                lines.append("set $args q=set;")
        if self.chance(0.1):
            lines += self.tests("server" if in_server else "location")
        if self.chance(0.15):
            lines.append("break;")
        return lines

    def condition(self):
        return self.pick("$http_x_kind", "$arg_q", "$flag", '$http_upgrade = "websocket"', "$request_method = POST", '$request_method != "GET"',
                         "$uri ~ ^/(a|b)(.*)", "$args ~* Q=(.)", "$uri !~ a", '$host !~* "^TWO"', "-f $request_filename", "!-e $request_filename",
                         "-d $document_root$uri", "!-f $document_root/x.js", "$kind = 1", "$net = here", '$tail ~ "(.)s"', "!-d $request_filename")

    def tests(self, kind):
        lines = []
        for _ in range(self.random.randint(1, 2)):
            inner = [self.mark()] if self.chance(0.8) and kind != "server" else []
            choice = self.random.random()
            if choice < 0.3 and kind != "server":
                inner.append(f"proxy_pass {self.pick('http://127.0.0.1:%d' % self.backend, 'http://ups', 'http://ups$uri')};")
            elif choice < 0.5:
                inner.append(self.answer())
            elif choice < 0.65:
                inner.append(f'rewrite "{self.random.choice(PATTERNS)}" {self.random.choice(REPLACEMENTS)} {self.pick("", "last", "break")};')
            elif choice < 0.85:
                inner.append(f"set $flag {self.value()};")
            if self.chance(0.2):
                inner.append("break;")
            lines.append(f"if ({self.condition()}) {{ {' '.join(inner)} }}")
        return lines

    # Requests.

    def target(self):
        if self.chance(0.75):
            path = self.random.choice(self.paths)
            if self.chance(0.5):
                path = path.rstrip("/") + self.pick("", "/", "/" + self.random.choice(SEGMENTS), "/" + self.random.choice(ODD), "x")
        else:
            path = "/" + "/".join(self.random.choice(SEGMENTS + ODD) for _ in range(self.random.randint(0, 4)))
        if not path.startswith("/"):
            path = "/" + path
        if self.chance(0.06):
            path = path.replace("/", "//", 1) if self.chance(0.5) else path + "/./" + self.random.choice(SEGMENTS)
        if self.chance(0.4):
            path += "?" + self.pick("q=1", "q=dir", "Q=a%20b&x=2", "", "q=", "token=t0k&q=1", "a=1?b=2", "x=/../y", "q=x.js&q=2", "q=1#frag")
        return path

    def request(self):
        method = self.pick("GET", "GET", "GET", "GET", "POST", "HEAD")
        host = self.random.choice(HOSTS)
        if self.chance(0.2):
            host += self.pick(":%d" % self.ports[0], ".", ":99", ".:80")
        lines = [("Host", host)]
        if self.chance(0.5):
            lines.append(("X-Kind", self.pick("one", "two", "three", "xyz", "", "ONE", "~x", "t")))
        if self.chance(0.4):
            lines += [("Upgrade", "websocket"), ("Connection", "Upgrade")]
        else:
            lines.append(("Connection", self.pick("close", "keep-alive", "Keep-Alive")))
        if self.chance(0.2):
            lines.append((self.pick("X_Under", "X.Dot", "X-Plain", "TE", "Keep-Alive", "x-CASE"), self.pick("v", "trailers", "v w")))
        if self.chance(0.2):
            lines.append(("Cookie", "a=b; c=%s; d" % self.pick("1", "v=w", "")))
        if self.chance(0.15):
            lines += [("X-Many", "m1"), ("X-Many", "m2")]
        if self.chance(0.2):
            lines.append(("X-Forwarded-For", self.pick("1.2.3.4", "1.2.3.4, 5.6.7.8")))
        if method == "POST":
            lines.append(("Content-Length", "3"))
        self.random.shuffle(lines)
        if self.chance(0.01):
            lines.append(("Host", "twice.test"))
        version = "HTTP/1.0" if self.chance(0.05) else "HTTP/1.1"
        head = f"{method} {self.target()} {version}\r\n" + "".join(f"{n}: {v}\r\n" for n, v in lines) + "\r\n"
        return self.random.choice(self.ports), head.encode("latin-1"), b"abc" if method == "POST" else b""
