"""What the black-box tests stand on: the server as a process, raw HTTP, /proc, certificates, nginx.

Nothing here knows how the server is made. Every process that is started is ended by its own id."""
import base64
import contextlib
import datetime
import hashlib
import ipaddress
import json
import os
import re
import resource
import shutil
import socket
import ssl
import struct
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
BINARY = Path(os.environ.get("SOCKEYE_BINARY", ROOT / ".build" / "release" / "sockeye"))
HOST = "127.0.0.1"


def raise_descriptor_limit():
    """As many descriptors as the system lets this process have: some tests hold thousands of sockets."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


# Ports just handed out: the system would gladly give the same one twice before its taker listens on it.
_handed_out = set()


def free_port():
    while True:
        with socket.socket() as probe:
            probe.bind((HOST, 0))
            port = probe.getsockname()[1]
        if port not in _handed_out:
            _handed_out.add(port)
            return port


def until(condition, seconds=10, what="the condition"):
    """Polls until `condition()` is true and returns its value; there is no other waiting in these tests."""
    end = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise AssertionError(f"{what} did not come true within {seconds} s")
        time.sleep(0.01)


def stop(process, seconds=10):
    """Ends a process that was started here and returns its status."""
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(seconds)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
    return process.returncode


def wait_for_port(port, process=None, host=HOST, seconds=10):
    def accepts():
        assert process is None or process.poll() is None, f"the server on port {port} ended with {process.returncode}"
        with contextlib.suppress(OSError):
            socket.create_connection((host, port), timeout=1).close()
            return True

    until(accepts, seconds, f"port {port} accepting")


def clean_environment(**more):
    kept = {name: value for name, value in os.environ.items() if not name.startswith("SOCKEYE_")}
    return {**kept, **more}


class Sockeye:
    """A running `sockeye serve`. `port` is its first address; `args` may bring further ones."""

    def __init__(self, binary, state, args=(), environment=None, prefix=(), port=None, wait=True):
        self.binary, self.state = Path(binary), Path(state)
        self.state.mkdir(parents=True, exist_ok=True)
        self.port = port or free_port()
        self.listen = f"{HOST}:{self.port}"
        # Beside the state, not in it: what lies in there is looked at by a test.
        self.log_path = Path(f"{self.state}-{self.port}.log")
        self.command = [*map(str, prefix), str(binary), "serve", "--listen", self.listen, "--state", str(state), *map(str, args)]
        with self.log_path.open("wb") as log:
            self.process = subprocess.Popen(
                self.command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=clean_environment(**(environment or {})))
        if wait:
            self.wait_until_ready()

    @property
    def pid(self):
        return self.process.pid

    @property
    def log(self):
        return self.log_path.read_text(errors="replace")

    def wait_until_ready(self):
        """The contract: one line on standard error when it accepts connections."""

        def ready():
            assert self.process.poll() is None, f"the server ended with {self.process.returncode}: {self.log[-2000:]}"
            return any(str(self.port) in line for line in self.log.splitlines())

        until(ready, 20, "the line that says it listens")

    def wait_for_log(self, pattern, seconds=5, since=0):
        """The first line after offset `since` that the pattern is found in."""
        return until(lambda: next((line for line in self.log[since:].splitlines() if re.search(pattern, line)), None),
                     seconds, f"a log line like {pattern!r}")

    def token(self, user="ada", *more):
        return self.mint("--user", user, *more)

    def mint(self, *args):
        done = subprocess.run([self.binary, "token", "mint", "--state", self.state, *args], capture_output=True, text=True,
                              timeout=20, env=clean_environment())
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def url(self, path="/ws", scheme="ws"):
        return f"{scheme}://{HOST}:{self.port}{path}"

    def descriptors(self):
        return len(os.listdir(f"/proc/{self.pid}/fd"))

    def pss(self):
        """Proportional set size in bytes: what this process costs the machine."""
        text = Path(f"/proc/{self.pid}/smaps_rollup").read_text()
        return int(re.search(r"^Pss:\s+(\d+) kB", text, re.MULTILINE)[1]) * 1024

    def signal(self, number):
        self.process.send_signal(number)

    def stop(self, seconds=15):
        return stop(self.process, seconds)


@dataclass
class Response:
    status: int
    reason: str
    version: str
    headers: list
    body: bytes

    def __getitem__(self, name):
        return next((value for key, value in self.headers if key.lower() == name.lower()), None)

    @property
    def json(self):
        return json.loads(self.body)


class Raw:
    """A socket that sends exactly what it is told and reads HTTP responses one by one."""

    def __init__(self, port=None, host=HOST, tls=None, server_name=None, path=None, timeout=10, receive_buffer=None):
        if path:
            self.socket = socket.socket(socket.AF_UNIX)
            self.socket.settimeout(timeout)
            self.socket.connect(path)
        else:
            self.socket = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
            if receive_buffer:
                self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
            self.socket.settimeout(timeout)
            self.socket.connect((host, port))
        if tls:
            self.socket = tls.wrap_socket(self.socket, server_hostname=server_name)
        self.buffer = b""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def send(self, data):
        self.socket.sendall(data if isinstance(data, bytes) else data.encode())
        return self

    def more(self):
        data = self.socket.recv(65536)
        self.buffer += data
        return bool(data)

    def take(self, count):
        while len(self.buffer) < count:
            if not self.more():
                raise EOFError(f"the server closed after {len(self.buffer)} of {count} bytes: {self.buffer[:200]!r}")
        taken, self.buffer = self.buffer[:count], self.buffer[count:]
        return taken

    def response(self, head_only=False):
        while b"\r\n\r\n" not in self.buffer:
            if not self.more():
                raise EOFError(f"the server closed before a whole head came: {self.buffer[:300]!r}")
        head, self.buffer = self.buffer.split(b"\r\n\r\n", 1)
        first, *lines = head.decode("latin-1").split("\r\n")
        version, status, reason = (first.split(" ", 2) + [""])[:3]
        headers = [tuple(part.strip() for part in line.split(":", 1)) for line in lines]
        answer = Response(int(status), reason, version, headers, b"")
        if head_only or answer.status in (101, 204, 304):
            return answer
        if (length := answer["Content-Length"]) is not None:
            answer.body = self.take(int(length))
        elif "chunked" in (answer["Transfer-Encoding"] or ""):
            while size := int(self.line().split(b";")[0], 16):
                answer.body += self.take(size)
                self.take(2)
            while self.line():
                pass
        else:
            with contextlib.suppress(ConnectionResetError):
                while self.more():
                    pass
            answer.body, self.buffer = self.buffer, b""
        return answer

    def line(self):
        while b"\r\n" not in self.buffer:
            if not self.more():
                raise EOFError("the server closed within a line")
        line, self.buffer = self.buffer.split(b"\r\n", 1)
        return line

    def is_closed_by_peer(self):
        """Reads until the end; what came is kept in the buffer."""
        try:
            while self.more():
                pass
            return True
        except ConnectionResetError:
            return True
        except TimeoutError:
            return False

    def frame(self):
        """One unmasked frame: (first byte, payload)."""
        first, second = self.take(2)
        assert not second & 0x80, "a server must not mask"
        length = second & 0x7F
        if length == 126:
            (length,) = struct.unpack("!H", self.take(2))
        elif length == 127:
            (length,) = struct.unpack("!Q", self.take(8))
        return first, self.take(length)

    def close_frame(self):
        """Reads up to the close frame: (code, reason)."""
        while True:
            first, payload = self.frame()
            if first == 0x88:
                return (struct.unpack("!H", payload[:2])[0], payload[2:].decode()) if payload else (1005, "")

    def reset(self):
        """Closes with RST."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close()

    def close(self):
        with contextlib.suppress(OSError):
            self.socket.close()


KEY = "dGhlIHNhbXBsZSBub25jZQ=="


def accept_value(key):
    """RFC 6455 §4.2.2, item 5.4."""
    return base64.b64encode(hashlib.sha1(key + b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11").digest())


def handshake(path="/ws", drop=(), version="HTTP/1.1", method="GET", **fields):
    """The bytes of an opening handshake, with fields replaced (underscores are dashes) or dropped."""
    head = {"Host": "localhost", "Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Key": KEY,
            "Sec-WebSocket-Version": "13"}
    head.update({name.replace("_", "-"): value for name, value in fields.items()})
    lines = [f"{name}: {value}" for name, value in head.items() if name not in drop]
    return "\r\n".join([f"{method} {path} {version}", *lines, "", ""])


def masked(payload, opcode=0x1, fin=True, key=b"\x11\x22\x33\x44", announced=None):
    """A frame as a client sends it; `announced` lies about the length."""
    payload = payload.encode() if isinstance(payload, str) else payload
    length = len(payload) if announced is None else announced
    first = bytes([(0x80 if fin else 0) | opcode])
    if length < 126:
        head = first + bytes([0x80 | length])
    elif length < 65536:
        head = first + b"\xfe" + struct.pack("!H", length)
    else:
        head = first + b"\xff" + struct.pack("!Q", length)
    return head + key + bytes(byte ^ key[index % 4] for index, byte in enumerate(payload))


def opened(port, path="/ws", **fields):
    """A raw socket after a successful handshake."""
    raw = Raw(port)
    raw.send(handshake(path, **fields))
    answer = raw.response(head_only=True)
    assert answer.status == 101, (answer, raw.buffer)
    return raw


def get(port, path, method="GET", headers=(), body="", **where):
    """One plain request on a connection of its own."""
    lines = [f"{method} {path} HTTP/1.1", "Host: localhost", "Connection: close", *headers, "", body]
    with Raw(port, **where) as raw:
        return raw.send("\r\n".join(lines)).response(head_only=method == "HEAD")


class Certificates:
    """A certificate authority for one test run, and leaf certificates signed by it."""

    def __init__(self, folder):
        from cryptography import x509
        from cryptography.hazmat.primitives.asymmetric import ec, rsa

        self.folder, self.x509, self.ec, self.rsa = Path(folder), x509, ec, rsa
        self.folder.mkdir(parents=True, exist_ok=True)
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "Sockeye test authority")])
        self.authority = self._sign(self.name, self.key, None, authority=True)
        self.authority_path = self._write("authority.pem", self.authority)

    def _write(self, name, *certificates):
        from cryptography.hazmat.primitives import serialization

        path = self.folder / name
        path.write_bytes(b"".join(each.public_bytes(serialization.Encoding.PEM) for each in certificates))
        return path

    def _sign(self, subject, key, names, authority=False):
        from cryptography.hazmat.primitives import hashes

        now = datetime.datetime.now(datetime.timezone.utc)
        builder = (
            self.x509.CertificateBuilder().subject_name(subject).issuer_name(self.name).public_key(key.public_key())
            .serial_number(self.x509.random_serial_number()).not_valid_before(now - datetime.timedelta(days=1))
            .not_valid_after(now + datetime.timedelta(days=7))
            .add_extension(self.x509.BasicConstraints(ca=authority, path_length=None), critical=True))
        if names:
            alternatives = []
            for name in names:
                try:
                    alternatives.append(self.x509.IPAddress(ipaddress.ip_address(name)))
                except ValueError:
                    alternatives.append(self.x509.DNSName(name))
            builder = builder.add_extension(self.x509.SubjectAlternativeName(alternatives), critical=False)
        return builder.sign(self.key, hashes.SHA256())

    def leaf(self, file, *names, rsa=False):
        """Writes FILE.pem and FILE.key for the names and returns both paths."""
        from cryptography.hazmat.primitives import serialization

        key = self.rsa.generate_private_key(65537, 2048) if rsa else self.ec.generate_private_key(self.ec.SECP256R1())
        subject = self.x509.Name([self.x509.NameAttribute(self.x509.NameOID.COMMON_NAME, names[0])])
        chain = self._write(f"{file}.pem", self._sign(subject, key, names), self.authority)
        path = self.folder / f"{file}.key"
        path.write_bytes(key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
                                           serialization.NoEncryption()))
        path.chmod(0o600)
        return chain, path

    def client(self):
        """A client context that trusts this authority."""
        return ssl.create_default_context(cafile=self.authority_path)


class Nginx:
    """A real nginx on free ports, with `server` a piece of configuration inside `http`."""

    def __init__(self, server, ports):
        self.folder = Path(tempfile.mkdtemp(prefix="sockeye-nginx-"))
        # Started by root its workers would lose the right to this folder.
        user = "user root;" if os.getuid() == 0 else ""
        (self.folder / "nginx.conf").write_text(f"""
            {user} worker_processes 1; daemon off; pid {self.folder}/nginx.pid; error_log {self.folder}/error.log info;
            events {{ worker_connections 4096; }}
            http {{
                access_log {self.folder}/access.log; client_body_temp_path {self.folder}/body;
                proxy_temp_path {self.folder}/proxy; fastcgi_temp_path {self.folder}/fastcgi;
                uwsgi_temp_path {self.folder}/uwsgi; scgi_temp_path {self.folder}/scgi;
                {server}
            }}""")
        program = shutil.which("nginx") or "/usr/sbin/nginx"
        command = [program, "-p", self.folder, "-e", self.folder / "start.log", "-c", self.folder / "nginx.conf"]
        self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        try:
            for port in ports:
                wait_for_port(port, self.process)
        except AssertionError as problem:
            self.stop()
            raise AssertionError(f"{problem}\n{self.process.stderr.read().decode()}") from None

    @property
    def errors(self):
        return (self.folder / "error.log").read_text(errors="replace")

    def stop(self):
        stop(self.process)
        shutil.rmtree(self.folder, ignore_errors=True)
