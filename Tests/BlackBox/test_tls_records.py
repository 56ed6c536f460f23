"""What the server does by itself behind the handshake of TLS: every suite of 1.2, both directions, ends, renegotiation."""
import os
import shutil
import socket
import ssl
import subprocess
import threading

import pytest
from websockets.sync.client import connect
from websockets.sync.server import serve

from harness import BINARY, HOST, Raw, get

SUITES = [f"ECDHE-{key}-{cipher}" for key in ("ECDSA", "RSA")
          for cipher in ("AES128-GCM-SHA256", "AES256-GCM-SHA384", "CHACHA20-POLY1305")]
VERSIONS = [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3]
HEALTH = b"GET /health HTTP/1.1\r\nHost: x\r\n\r\n"


@pytest.fixture(scope="module")
def pairs(certificates):
    """Certificate and key of each kind."""
    return {"ECDSA": certificates.leaf("records-ec", "localhost", "ec.test"),
            "RSA": certificates.leaf("records-rsa", "localhost", "rsa.test", rsa=True)}


@pytest.fixture
def secured(start, pairs):
    files = [item for kind in pairs.values() for item in ("--tls-cert", kind[0], "--tls-key", kind[1])]
    return start("--echo", "/echo", *files)


def client(certificates, version=ssl.TLSVersion.TLSv1_2, suite=None):
    context = certificates.client()
    context.minimum_version = context.maximum_version = version
    if suite:
        context.set_ciphers(suite)
    return context


def name_for(suite):
    return "rsa.test" if "RSA" in suite.split("-")[1:2] else "ec.test"


class Pieces:
    """A TLS client over memory: says itself when, and in what pieces, its bytes go to the socket."""

    def __init__(self, port, context, name, session=None):
        self.incoming, self.outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.tls = context.wrap_bio(self.incoming, self.outgoing, server_hostname=name, session=session)
        self.socket = socket.create_connection((HOST, port), timeout=10)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def flush(self, size=1 << 20):
        data = self.outgoing.read()
        for at in range(0, len(data), size):
            self.socket.sendall(data[at:at + size])

    def until_done(self, step, size=1 << 20):
        """Repeats a step of the TLS machine while it wants to read. What it leaves to send at the end stays unsent."""
        while True:
            try:
                return step()
            except ssl.SSLWantReadError:
                self.flush(size)
                data = self.socket.recv(65536)
                assert data, "ended"
                self.incoming.write(data)

    def shake_hands(self, size=1 << 20):
        self.until_done(self.tls.do_handshake, size)
        return self

    def response(self):
        data = b""
        while b"\r\n\r\n" not in data or b"status" not in data:
            data += self.until_done(lambda: self.tls.read(65536))
        return data


@pytest.mark.parametrize("suite", SUITES)
def test_every_suite_of_tls_1_2(secured, certificates, suite):
    context = client(certificates, suite=suite)
    with connect(f"wss://{HOST}:{secured.port}/echo", ssl=context, server_hostname=name_for(suite), proxy=None, max_size=None,
                 compression=None) as talk:
        assert talk.socket.cipher()[:2] == (suite, "TLSv1.2")
        for size in (1, 100, 16_384, 16_385, 70_000, 3_000_000):
            message = os.urandom(size)
            talk.send(message)
            assert talk.recv(20) == message


@pytest.mark.parametrize("suite", SUITES)
def test_our_client_speaks_every_suite_of_tls_1_2(certificates, pairs, suite):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*pairs["RSA" if "-RSA-" in suite else "ECDSA"])
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers(suite)
    agreed = []

    def echo(talk):
        agreed.append(talk.socket.cipher()[:2])
        # The server ends it: this library takes a client's goodbye before messages that came earlier and wait to be handled.
        for _ in range(2):
            talk.send(talk.recv(20))

    with serve(echo, HOST, 0, ssl=context, max_size=None) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        url = f"wss://localhost:{server.socket.getsockname()[1]}/"
        long = "é" * 100_000
        done = subprocess.run([BINARY, "connect", url, "--ca", certificates.authority_path, "--wait", "forever"], input=f"hello\n{long}\n",
                              capture_output=True, text=True, timeout=30)
        server.shutdown()
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[:2] == ["hello", long]
    assert agreed == [(suite, "TLSv1.2")]


@pytest.mark.parametrize("size", [1, 7, 1000])
@pytest.mark.parametrize("version", VERSIONS)
def test_records_in_pieces(secured, certificates, version, size):
    with Pieces(secured.port, client(certificates, version), "ec.test") as talk:
        talk.shake_hands(size)
        for _ in range(3):
            talk.tls.write(HEALTH)
            talk.flush(size)
            assert b"200 OK" in talk.response()


@pytest.mark.parametrize("version", VERSIONS)
def test_a_request_in_one_segment_with_the_end_of_the_handshake(secured, certificates, version):
    """In a short handshake of 1.2, and in every one of 1.3, the client's Finished comes last, and a request may follow at once."""
    context = client(certificates, version)
    with Pieces(secured.port, context, "ec.test") as first:
        first.shake_hands()
        first.tls.write(HEALTH)
        first.flush()
        first.response()
        ticket = first.tls.session
    with Pieces(secured.port, context, "ec.test", session=ticket) as talk:
        talk.shake_hands()
        assert talk.tls.session_reused
        talk.tls.write(HEALTH + HEALTH)
        talk.flush()
        assert b"200 OK" in talk.response()


@pytest.mark.parametrize("version", VERSIONS)
def test_an_end_in_one_segment_with_the_last_bytes_is_noticed_and_answered(secured, certificates, version):
    with Pieces(secured.port, client(certificates, version), "ec.test") as talk:
        talk.shake_hands()
        talk.tls.write(HEALTH)
        with pytest.raises(ssl.SSLWantReadError):
            talk.tls.unwrap()
        talk.flush()
        # Nothing of TCP says that we are done: the server must find it in the records, answer, and end.
        received = b""
        while data := talk.socket.recv(65536):
            received += data
        assert len(received) > 100
        talk.incoming.write(received)
        with pytest.raises(ssl.SSLZeroReturnError):
            # The answer first, then close_notify.
            assert b"200 OK" in talk.tls.read(65536)
            while talk.tls.read(65536):
                pass
            raise ssl.SSLZeroReturnError


@pytest.mark.parametrize("version", VERSIONS)
def test_the_server_says_that_it_ends(secured, certificates, version):
    context = client(certificates, version)
    with socket.create_connection((HOST, secured.port), timeout=10) as plain:
        with context.wrap_socket(plain, server_hostname="ec.test", suppress_ragged_eofs=False) as talk:
            talk.sendall(HEALTH.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"))
            received = b""
            while data := talk.recv(65536):  # without a close_notify this raises
                received += data
            assert b"200 OK" in received


@pytest.mark.skipif(not shutil.which("openssl"), reason="openssl is not installed")
def test_a_renegotiation_is_refused_with_the_alert_for_it(secured, certificates):
    done = subprocess.run(["openssl", "s_client", "-connect", f"{HOST}:{secured.port}", "-tls1_2", "-CAfile", certificates.authority_path],
                          input="R\n", capture_output=True, text=True, timeout=20)
    # The alert is a warning: it is the client of OpenSSL that will not go on without.
    assert "RENEGOTIATING" in done.stdout + done.stderr
    assert "no renegotiation" in done.stderr, done.stderr[-500:]
    assert get(secured.port, "/health", tls=client(certificates), server_name="ec.test").status == 200


@pytest.mark.parametrize("version", VERSIONS)
def test_bytes_changed_on_the_way_end_the_connection(secured, certificates, version):
    with Pieces(secured.port, client(certificates, version), "ec.test") as talk:
        talk.shake_hands()
        talk.flush()
        talk.tls.write(HEALTH)
        record = bytearray(talk.outgoing.read())
        record[-1] ^= 1
        talk.socket.sendall(record)
        with pytest.raises(ssl.SSLError, match="(?i)bad_record_mac|bad record mac"):
            talk.until_done(lambda: talk.tls.read(65536))
    secured.wait_for_log("TLS-PROTOCOL")
