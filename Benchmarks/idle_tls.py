#!/usr/bin/env python3
"""idle_tls.py BINARY [--count N]: memory of an idle WebSocket connection without TLS, with TLS 1.2 and with 1.3.

For each, a fresh server with one loop holds N connections (15,000; two descriptors each are needed) that have spoken once; the
figure is the growth of its PSS after the first 200. wsload, which measures the plain row of RESULTS.md, speaks no TLS."""
import argparse
import re
import resource
import socket
import ssl
import subprocess
import tempfile
import time
from pathlib import Path

UPGRADE = (b"GET /echo HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
           b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n")
ECHO = bytes.fromhex("8281000000002a")  # one byte, masked with zeroes
WARM_UP = 200


def connect(port, context):
    connection = socket.create_connection(("127.0.0.1", port))
    if context:
        connection = context.wrap_socket(connection)
    connection.sendall(UPGRADE)
    answer = b""
    while b"\r\n\r\n" not in answer:
        answer += connection.recv(4096)
    assert answer.startswith(b"HTTP/1.1 101"), answer
    connection.sendall(ECHO)
    assert connection.recv(3) == b"\x82\x01\x2a"
    return connection


def measure(binary, folder, version, count):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [binary, "serve", "--listen", f"127.0.0.1:{port}", "--state", folder / "state", "--loops", "1", "--echo", "/echo"]
    context = None
    if version:
        command += ["--tls-cert", folder / "cert.pem", "--tls-key", folder / "key.pem"]
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        context.minimum_version = context.maximum_version = version
    server = subprocess.Popen(command, stderr=subprocess.PIPE)
    server.stderr.readline()

    def pss():
        time.sleep(1)
        text = Path(f"/proc/{server.pid}/smaps_rollup").read_text()
        return int(re.search(r"^Pss:\s+(\d+) kB", text, re.MULTILINE)[1]) * 1024

    try:
        held = [connect(port, context) for _ in range(WARM_UP)]
        before = pss()
        held += [connect(port, context) for _ in range(count)]
        return (pss() - before) / count
    finally:
        server.kill()
        server.wait()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("binary", type=Path)
    parser.add_argument("--count", type=int, default=15_000)
    arguments = parser.parse_args()
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "30",
                        "-keyout", folder / "key.pem", "-out", folder / "cert.pem", "-subj", "/CN=localhost"],
                       check=True, capture_output=True)
        for label, version in (("no TLS", None), ("TLS 1.2", ssl.TLSVersion.TLSv1_2), ("TLS 1.3", ssl.TLSVersion.TLSv1_3)):
            print(f"{label}: {measure(arguments.binary.resolve(), folder, version, arguments.count):,.0f} bytes per connection")


if __name__ == "__main__":
    main()
