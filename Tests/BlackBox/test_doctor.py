"""`sockeye doctor` against servers that misbehave: a coded finding, in bounded time and memory, whatever the other side does.

Each server below is a script for one connection; it runs on threads of this process, on loopback."""
import base64
import hashlib
import json
import re
import socket
import struct
import subprocess
import threading
import time
from pathlib import Path

import pytest

import harness

GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
# What an examination may take beyond its --timeout, on a machine that does other things as well.
GRACE_S = 4
MEMORY_LIMIT_KB = 200_000


class Misbehaving:
    """Calls `script(connection)` for each connection, on a thread of its own."""

    def __init__(self, script):
        self.script = script
        self.over = threading.Event()
        self.listener = socket.create_server((harness.HOST, 0), backlog=64)
        self.port = self.listener.getsockname()[1]
        self.thread = threading.Thread(target=self.accept, daemon=True)
        self.thread.start()

    def accept(self):
        while not self.over.is_set():
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self.serve, args=(connection,), daemon=True).start()

    def serve(self, connection):
        with connection:
            connection.settimeout(30)
            try:
                self.script(connection, self.over)
            except OSError:
                pass

    def stop(self):
        self.over.set()
        self.listener.close()


def head_of(connection):
    data = b""
    while b"\r\n\r\n" not in data:
        chunk = connection.recv(65536)
        if not chunk:
            raise ConnectionError
        data += chunk
    return data


def switched(head, accept=None):
    """The 101 to a handshake; None for a plain request."""
    fields = {line.split(b":", 1)[0].lower(): line.split(b":", 1)[1].strip() for line in head.split(b"\r\n") if b":" in line}
    if fields.get(b"upgrade", b"").lower() != b"websocket":
        return None
    value = accept or base64.b64encode(hashlib.sha1(fields[b"sec-websocket-key"] + GUID).digest())
    return (b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: "
            + value + b"\r\n\r\n")


PLAIN = b"HTTP/1.1 404 Not Found\r\nContent-Length: 9\r\n\r\nnot found"


def silent(connection, over):
    over.wait(30)


def one_byte_a_second(connection, over):
    head_of(connection)
    for byte in b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello":
        connection.sendall(bytes([byte]))
        if over.wait(1):
            return


def endless_headers(connection, over):
    head_of(connection)
    connection.sendall(b"HTTP/1.1 200 OK\r\n")
    while not over.is_set():
        connection.sendall(b"X-More: " + b"m" * 4000 + b"\r\n")


def endless_body(connection, over):
    head_of(connection)
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n<html>")
    while not over.is_set():
        connection.sendall(b"x" * 65536)


def endless_redirects(connection, over):
    head_of(connection)
    connection.sendall(b"HTTP/1.1 302 Found\r\nLocation: /again\r\nContent-Length: 0\r\n\r\n")


def no_text(connection, over):
    head_of(connection)
    body = bytes(range(128, 256)) * 10
    connection.sendall(b"HTTP/1.1 400 \xff\xfe\r\nServer: \xc3\x28\r\nContent-Length: %d\r\n\r\n" % len(body) + body)


def reset_after_101(connection, over):
    answer = switched(head_of(connection))
    connection.sendall(answer or PLAIN)
    if answer:
        connection.recv(1)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def wrong_accept(connection, over):
    connection.sendall(switched(head_of(connection), b"bm90aGluZyB5b3UgYXNrZWQgZm9yIQ==") or PLAIN)


def bomb(connection, over):
    """A message of a gigabyte in a megabyte: with compression when it was offered, in plain size otherwise."""
    import zlib

    head = head_of(connection)
    answer = switched(head)
    if answer is None:
        return connection.sendall(PLAIN)
    if b"permessage-deflate" in head:
        answer = answer[:-2] + b"Sec-WebSocket-Extensions: permessage-deflate\r\n\r\n"
        pack = zlib.compressobj(wbits=-15)
        payload = b"".join(pack.compress(bytes(1 << 20)) for _ in range(1024)) + pack.flush(zlib.Z_SYNC_FLUSH)
        connection.sendall(answer + b"\xc1\x7f" + struct.pack(">Q", len(payload) - 4) + payload[:-4])
    else:
        connection.sendall(answer + b"\x82\x7f" + struct.pack(">Q", 1 << 40))
        while not over.is_set():
            connection.sendall(bytes(65536))
    over.wait(5)


def flood(connection, over):
    answer = switched(head_of(connection))
    connection.sendall(answer or PLAIN)
    while answer and not over.is_set():
        connection.sendall(b"\x81\x01x" * 20000)


def pings_without_end(connection, over):
    answer = switched(head_of(connection))
    connection.sendall(answer or PLAIN)
    while answer and not over.is_set():
        connection.sendall(b"\x89\x00" * 1000)


SERVERS = [silent, one_byte_a_second, endless_headers, endless_body, endless_redirects, no_text, reset_after_101, wrong_accept, bomb]
# Nothing is wrong with the path to these; they only never stop.
CHATTY = [flood, pings_without_end]


def examine(port, *more, timeout_s=12):
    """Runs the doctor; gives its report, how long it took, and its largest size in memory in KiB."""
    command = [harness.BINARY, "doctor", f"ws://{harness.HOST}:{port}/ws", "--json", "--timeout", f"{timeout_s}s", *more]
    began = time.monotonic()
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                               env=harness.clean_environment())
    output, talk = process.communicate(timeout=timeout_s + 30)
    took = time.monotonic() - began
    assert output, talk.decode(errors="replace")
    return json.loads(output), took, talk.decode(errors="replace"), process.returncode


@pytest.fixture
def misbehaving():
    running = []

    def begin(script):
        server = Misbehaving(script)
        running.append(server)
        return server

    yield begin
    for server in running:
        server.stop()


def peak_kb(port, timeout_s):
    """The largest resident size of an examination, as far as it was looked at before the end.

    By VmHWM, which counts from exec on: the account of wait4 keeps what the test runner itself took before it.
    """
    command = [str(harness.BINARY), "doctor", f"ws://{harness.HOST}:{port}/ws", "--json", "--timeout", f"{timeout_s}s"]
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                               env=harness.clean_environment())
    peak = 0
    while True:
        found = re.search(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{process.pid}/status").read_text())
        peak = max(peak, int(found[1]) if found else 0)
        try:
            process.wait(timeout=0.02)
        except subprocess.TimeoutExpired:
            continue
        assert peak > 0
        return peak


@pytest.mark.parametrize("script", SERVERS, ids=lambda script: script.__name__)
def test_whatever_the_server_does_there_is_a_coded_finding_in_time(misbehaving, script):
    server = misbehaving(script)
    report, took, talk, status = examine(server.port)
    assert took < 12 + GRACE_S, f"{took:.1f} s"
    assert report["verdict"] == "broken" and status == 1, report
    assert report["findings"] and report["findings"][0]["severity"] == "error", report
    assert "Fatal error" not in talk


@pytest.mark.parametrize("script", CHATTY, ids=lambda script: script.__name__)
def test_a_server_that_never_stops_is_not_listened_to_for_ever(misbehaving, script):
    report, took, talk, status = examine(misbehaving(script).port)
    assert took < 12 + GRACE_S, f"{took:.1f} s"
    assert status in (0, 1) and report["verdict"] in ("healthy", "degraded", "broken"), report
    assert "Fatal error" not in talk


@pytest.mark.parametrize("script", [endless_headers, endless_body, bomb, flood], ids=lambda script: script.__name__)
def test_memory_is_bounded_whatever_the_server_sends(misbehaving, script):
    assert peak_kb(misbehaving(script).port, 8) < MEMORY_LIMIT_KB


def test_the_timeout_holds_against_a_silent_port(misbehaving):
    report, took, _, _ = examine(misbehaving(silent).port, timeout_s=2)
    assert took < 2 + GRACE_S
    assert report["verdict"] == "broken"


def test_the_timeout_holds_while_files_are_read(tmp_path):
    line = b'10.0.0.1 - - [12/May/2026:10:01:02 +0000] "GET /ws HTTP/1.1" 400 0 "-" "-"\n'
    for number in range(6):
        (tmp_path / f"access{number}.log").write_bytes(line * 200_000)
        (tmp_path / f"site{number}.conf").write_bytes(b"server { listen 80; location / { return 200; } }\n" * 300_000)
    command = [harness.BINARY, "doctor", "ws://app.example/ws", "--offline", "--json", "--files", str(tmp_path), "--timeout", "100ms"]
    began = time.monotonic()
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, env=harness.clean_environment())
    took = time.monotonic() - began
    report = json.loads(done.stdout)
    assert report["verdict"] == "unknown" and done.returncode == 3, report["verdict"]
    assert "time-ran-out" in [finding["code"] for finding in report["findings"]]
    assert took < 0.1 + GRACE_S, f"{took:.1f} s"


def test_a_port_nobody_listens_on_is_named():
    report, took, _, status = examine(harness.free_port())
    assert report["findings"][0]["code"] == "public-port-unreachable" and status == 1
    assert took < GRACE_S


@pytest.mark.parametrize("token", ["null", "line", "error", "code", "sure"])
def test_a_token_that_is_an_ordinary_word_leaves_the_report_whole(tmp_path, token):
    (tmp_path / "nginx.conf").write_text("events { } http { server { listen 80; location / { proxy_pass http://127.0.0.1:9; } } }")
    for form in ("--json", "--markdown"):
        done = subprocess.run(
            [harness.BINARY, "doctor", f"ws://app.example/ws?token={token}", "--offline", form, "--files", tmp_path],
            capture_output=True, text=True, timeout=30,
        )
        assert done.returncode == 1, done.stderr
        if form == "--json":
            findings = json.loads(done.stdout)["findings"]
            assert all(set(item) >= {"code", "severity", "location"} for item in findings) and findings


def test_sockeye_itself_gets_a_clean_bill(server):
    command = [harness.BINARY, "doctor", f"ws://{harness.HOST}:{server.port}/echo", "--json"]
    began = time.monotonic()
    done = subprocess.run(command, capture_output=True, text=True, timeout=30, env=harness.clean_environment())
    report = json.loads(done.stdout)
    assert report["verdict"] == "healthy" and done.returncode == 0, report
    assert time.monotonic() - began < 5


def test_the_age_at_which_a_connection_is_cut_is_measured(misbehaving):
    def cut(connection, over):
        answer = switched(head_of(connection))
        connection.sendall(answer or PLAIN)
        # As a proxy does: closes what was silent for a second and a half, knowing nothing of frames.
        connection.settimeout(1.5)
        while answer and connection.recv(65536):
            pass

    report, _, _, _ = examine(misbehaving(cut).port, "--idle", "5s", timeout_s=20)
    codes = [finding["code"] for finding in report["findings"] if finding["severity"] == "error"]
    assert "read-timeout-too-short" in codes, report
