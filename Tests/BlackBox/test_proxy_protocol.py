"""The PROXY protocol of HAProxy, versions 1 and 2, opt-in: the client's address is the one in the header."""
import socket
import struct

import pytest

from harness import BINARY, Raw, Sockeye, handshake

SIGNATURE = b"\r\n\r\n\x00\r\nQUIT\n"


def version2(family, addresses, command=1, tlvs=b""):
    body = addresses + tlvs
    return SIGNATURE + struct.pack("!BBH", 0x20 | command, family, len(body)) + body


V4 = socket.inet_aton("203.0.113.9") + socket.inet_aton("127.0.0.1") + struct.pack("!HH", 5000, 8000)
V6 = socket.inet_pton(socket.AF_INET6, "2001:db8::9") + socket.inet_pton(socket.AF_INET6, "::1") + struct.pack("!HH", 5000, 8000)


@pytest.fixture(scope="module")
def proxied(folder):
    server = Sockeye(BINARY, folder / "proxied", ["--proxy-protocol=true", "--echo", "/echo"],
                     environment={"SOCKEYE_TIMEOUTS_HANDSHAKE": "2s"})
    yield server
    assert server.stop() == 0


HEADERS = [
    ("v1 TCP4", b"PROXY TCP4 203.0.113.9 127.0.0.1 5000 8000\r\n", r"203\.0\.113\.9"),
    ("v1 TCP6", b"PROXY TCP6 2001:db8::9 ::1 5000 8000\r\n", r"2001:db8::9"),
    ("v1 UNKNOWN", b"PROXY UNKNOWN\r\n", r"127\.0\.0\.1"),
    ("v2 TCP4", version2(0x11, V4), r"203\.0\.113\.9"),
    ("v2 TCP6", version2(0x21, V6), r"2001:db8::9"),
    ("v2 LOCAL", version2(0x00, b"", command=0), r"127\.0\.0\.1"),
    ("v2 with TLVs", version2(0x11, V4, tlvs=b"\x01\x00\x02h2\x04\x00\x03abc"), r"203\.0\.113\.9"),
]


@pytest.mark.parametrize("name, header, address", HEADERS, ids=[row[0] for row in HEADERS])
@pytest.mark.parametrize("pieces", ["at once", "in bytes"])
def test_the_address_is_the_one_in_the_header(proxied, name, header, address, pieces):
    since = len(proxied.log)
    path = f"/nowhere-{abs(hash((name, pieces)))}"
    with Raw(proxied.port) as raw:
        raw.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        text = header + handshake(path).encode()
        for piece in [text] if pieces == "at once" else [text[i:i + 1] for i in range(len(text))]:
            raw.send(piece)
        assert raw.response().status == 404
    proxied.wait_for_log(address, since=since)


@pytest.mark.parametrize("header", [
    b"GET /health HTTP/1.1\r\nHost: x\r\n\r\n",
    b"PROXY TCP4 203.0.113.9\r\n",
    b"PROXY TCP4 203.0.113.999 127.0.0.1 1 2\r\n",
    b"PROXY TCP4 203.0.113.9 127.0.0.1 5000 80000\r\n",
    b"PROXY TCP9 1 2 3 4\r\n",
    b"PROXY " + b"x" * 200,
    SIGNATURE + b"\x31\x11\x00\x0c" + V4,          # version 3
    SIGNATURE + b"\x21\x11\x00\x04" + V4[:4],      # too short for its family
])
def test_without_a_right_header_the_connection_ends(proxied, header):
    with Raw(proxied.port) as raw:
        raw.send(header + b"GET /health HTTP/1.1\r\nHost: x\r\n\r\n")
        assert raw.is_closed_by_peer()
        assert b"200 OK" not in raw.buffer


def test_a_header_where_none_is_expected_is_no_request(server):
    with Raw(server.port) as raw:
        answer = raw.send("PROXY TCP4 203.0.113.9 127.0.0.1 5000 8000\r\n" + handshake("/echo")).response()
        assert answer.status == 400
        assert "PROXY" in answer.json["message"] + answer.json["remedy"] or answer.json["code"].startswith("HTTP-")


def test_health_works_behind_it(proxied):
    with Raw(proxied.port) as raw:
        raw.send(b"PROXY UNKNOWN\r\nGET /health HTTP/1.1\r\nHost: x\r\n\r\n")
        assert raw.response().status == 200
