#!/usr/bin/env python3
"""How long the doctor takes, and what hostile input costs it.

  doctor.py [BINARY] [--runs N]

1. A configuration of 2,000 lines with 40 includes, diagnosed from files: CPU of the process, less what the process
   costs to start (`sockeye version`); the least of the runs, since neighbours only add. Bound: 20 ms.
2. A healthy path on loopback behind nginx: time of an online diagnosis. Bound: 1 s. Left out where there is no nginx.
3. Hostile input: each must end within the time given to it and within 512 MiB, with a report or an error.

Prints a line for each and exits 1 when a bound is broken.
"""
import argparse
import json
import random
import resource
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "Tests" / "Doctor"))
STATIC_BOUND_MS, ONLINE_BOUND_MS, MEMORY_BOUND_MIB = 20.0, 1000.0, 512


def large_configuration(folder, lines=2000, includes=40):
    """`lines` lines over a main file and `includes` included ones; one location serves the socket."""
    (folder / "sites").mkdir(parents=True)
    each = (lines - 40) // includes
    for number in range(includes):
        body = [f"upstream app{number} {{ server 127.0.0.1:{20000 + number}; keepalive 8; }}", "server {",
                "    listen 80;", f"    server_name site{number}.example www.site{number}.example;"]
        place = 0
        while len(body) < each - 9:
            body += [f"    location /part{place}/ {{", f"        proxy_pass http://app{number};",
                     "        proxy_set_header Host $http_host;", "        proxy_set_header X-Real-IP $remote_addr;",
                     "    }", f"    location ~ ^/old{place}/(?<name>[a-z]+)$ {{ return 301 /part{place}/$name; }}"]
            place += 1
        body += ["    location /ws {", f"        proxy_pass http://app{number};", "        proxy_http_version 1.1;",
                 "        proxy_set_header Host $http_host;", "        proxy_set_header Upgrade $http_upgrade;",
                 "        proxy_set_header Connection $connection_upgrade;", "        proxy_read_timeout 1h;", "    }", "}"]
        (folder / "sites" / f"{number:02}.conf").write_text("\n".join(body) + "\n")
    (folder / "nginx.conf").write_text(
        "events { worker_connections 4096; }\nhttp {\n    map $http_upgrade $connection_upgrade {\n        default upgrade;\n"
        "        ''      '';\n    }\n    include sites/*.conf;\n}\n")
    return sum(len(path.read_text().splitlines()) for path in folder.rglob("*.conf"))


def run(command, limit=60):
    """Milliseconds, exit status, output and the child's greatest memory in MiB."""
    began = time.perf_counter()
    child = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    peak = 0

    def watch():
        nonlocal peak
        while child.poll() is None:
            try:
                for line in Path(f"/proc/{child.pid}/status").read_text().splitlines():
                    if line.startswith("VmHWM:"):
                        peak = max(peak, int(line.split()[1]) // 1024)
            except OSError:
                return
            time.sleep(0.02)

    if limit != 60:
        threading.Thread(target=watch, daemon=True).start()
    try:
        out, err = child.communicate(timeout=limit)
    except subprocess.TimeoutExpired:
        child.kill()
        child.communicate()
        return None, None, b"", peak
    return (time.perf_counter() - began) * 1000, child.returncode, out or err, peak


def median(command, runs):
    return statistics.median(run(command)[0] for _ in range(runs))


def cpu(command, runs):
    """The least CPU of some runs, user and system, in milliseconds."""
    def once():
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=60)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        return (after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime) * 1000
    return min(once() for _ in range(runs))


def static(binary, runs):
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "etc"
        lines = large_configuration(folder)
        command = [binary, "doctor", "ws://site17.example/ws", "--offline", "--json", "--files", str(folder)]
        took, status, out, _ = run(command)
        verdict = json.loads(out)["verdict"]
        floor, whole = cpu([binary, "version"], runs), cpu(command, runs)
    net = whole - floor
    print(f"static: {lines} lines, 40 includes: {net:.1f} ms of CPU ({whole:.1f} with {floor:.1f} of process start), {verdict}")
    return net <= STATIC_BOUND_MS


def online(binary, runs):
    import verify  # the harness of the cases
    case = ROOT / "Tests" / "Doctor" / "Cases" / "own-healthy-stream-and-socket"
    if verify.program("nginx") is None:
        print("online: skipped, there is no nginx")
        return True
    with verify.Workplace(case) as place:
        backends = verify.start_backends(place, "healthy")
        proxies = verify.Proxies(place, [{"kind": "nginx", "healthy": "nginx.conf"}], "healthy")
        try:
            command = [binary, "doctor", "ws://app.example/ws", "--json", "--nginx", str(place.dir / "nginx.conf"),
                       "--connect-to", f"app.example:80:127.0.0.1:{place.ports['18080']}"]
            verdict = json.loads(run(command)[2])["verdict"]
            whole = median(command, runs)
        finally:
            proxies.stop()
            for backend in backends:
                backend.stop()
    print(f"online: a healthy path on loopback: {whole:.0f} ms, {verdict}")
    return whole <= ONLINE_BOUND_MS and verdict == "healthy"


# ---- hostile input -------------------------------------------------------------------------------------------
def hostile_files():
    """name: a function that fills a folder."""
    def write(name, data):
        return lambda folder: (folder / name).write_bytes(data() if callable(data) else data)

    seeded = random.Random(7)
    return {
        "100 MB of nginx": write("nginx.conf", lambda: b"http {\n" + b"server { listen 80; location / { return 200; } }\n" * 2_100_000),
        "one line of 20 MB": write("nginx.conf", lambda: b"http { server { set $a " + b"x" * 20_000_000 + b"; } }"),
        "braces nested 200,000 deep": write("nginx.conf", b"http {" * 200_000),
        "an include loop": write("nginx.conf", b"http { include nginx.conf; include *.conf; }"),
        "random bytes as nginx": write("nginx.conf", lambda: seeded.randbytes(3_000_000)),
        "a regular expression that explodes": write(
            "nginx.conf", b"events {}\nhttp { server { listen 80; location ~ ^/(a+)+$ { return 200; } location ~ (x+x+)+y { return 200; } } }"),
        "JSON nested 100,000 deep": write("settings.json", b"[" * 100_000),
        "YAML aliases that explode": write(
            "docker-compose.yml", b"a: &a [x,x,x,x,x,x,x,x,x]\n" + b"".join(
                b"%c: &%c [%s]\n" % (98 + i, 98 + i, b",".join([b"*%c" % (97 + i)] * 9)) for i in range(9))),
        "a log of 100 MB": write("access.log", lambda: b'10.0.0.1 - - [12/May/2026:10:01:02 +0000] "GET /ws HTTP/1.1" 400 0 "-" "-"\n' * 1_300_000),
        "invalid UTF-8 everywhere": lambda folder: [
            (folder / name).write_bytes(b"\xff\xfe\x80=\xc0\xaf\n" * 2000)
            for name in ("nginx.conf", ".env", "Caddyfile", "haproxy.cfg", "frpc.toml", "token.txt", "client.js", "error.log")],
        "5,000 files": lambda folder: [(folder / f"f{n}.conf").write_text("server { listen 80; }\n") for n in range(5000)],
    }


class Server(threading.Thread):
    """Accepts on loopback and gives each connection to `behave`."""

    def __init__(self, behave):
        super().__init__(daemon=True)
        self.behave, self.listener = behave, socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.start()

    def run(self):
        while True:
            try:
                peer, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self.serve, args=(peer,), daemon=True).start()

    def serve(self, peer):
        try:
            self.behave(peer)
        except OSError:
            pass
        finally:
            peer.close()


def hostile_servers():
    """name: what a server does with a connection."""
    def drip(peer):
        for byte in b"HTTP/1.1 200 OK\r\nX-Slow: " + b"a" * 10_000:
            peer.sendall(bytes([byte]))
            time.sleep(1)

    def endless_headers(peer):
        peer.sendall(b"HTTP/1.1 101 Switching Protocols\r\n")
        while True:
            peer.sendall(b"X-More: " + b"a" * 60_000 + b"\r\n")

    def endless_body(peer):
        peer.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n")
        while True:
            peer.sendall(b"<html>" * 10_000)

    def redirects(peer):
        peer.recv(65536)
        peer.sendall(b"HTTP/1.1 302 Found\r\nLocation: /again\r\nContent-Length: 0\r\n\r\n")

    def silence(peer):
        time.sleep(600)

    def garbage(peer):
        peer.sendall(random.Random(3).randbytes(200_000))

    def early_zeros(peer):
        peer.sendall(b"HTTP/1.1 101 x\r\nUpgrade: websocket\r\nConnection: upgrade\r\nSec-WebSocket-Accept: no\r\n\r\n" + b"\xc2\x7f" + b"\0" * 60_000)

    return {"a byte a second": drip, "endless headers": endless_headers, "an endless body": endless_body,
            "endless redirects": redirects, "a server that says nothing": silence, "garbage": garbage,
            "a 101 that is none": early_zeros}


def judge(name, result, limit_s):
    took, status, out, peak = result
    good = took is not None and took <= limit_s * 1000 and status in (0, 1, 3) and peak <= MEMORY_BOUND_MIB
    words = f"{took:.0f} ms, {peak} MiB, exit {status}" if took is not None else "did not end"
    print(f"{'ok  ' if good else 'FAIL'} {name}: {words}")
    return good


def hostile(binary):
    good = True
    for name, fill in hostile_files().items():
        with tempfile.TemporaryDirectory() as folder:
            fill(Path(folder))
            command = [binary, "doctor", "ws://site.example/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!", "--offline", "--json",
                       "--files", folder, "--timeout", "20s"]
            good &= judge(name, run(command, 40), 22)
    for name, behave in hostile_servers().items():
        server = Server(behave)
        command = [binary, "doctor", f"ws://127.0.0.1:{server.port}/ws", "--json", "--timeout", "6s"]
        good &= judge(name, run(command, 30), 8)
        server.listener.close()
    return good


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("binary", nargs="?", default=str(ROOT / ".build" / "release" / "sockeye"))
    parser.add_argument("--runs", type=int, default=15)
    parser.add_argument("--only", choices=["static", "online", "hostile"])
    options = parser.parse_args()
    parts = {"static": lambda: static(options.binary, options.runs), "online": lambda: online(options.binary, options.runs),
             "hostile": lambda: hostile(options.binary)}
    chosen = [options.only] if options.only else list(parts)
    sys.exit(0 if all([parts[name]() for name in chosen]) else 1)


if __name__ == "__main__":
    main()
