"""TLS ends in Sockeye itself: versions, names, reload."""
import asyncio
import signal
import socket
import ssl
import struct

import pytest
from websockets.sync.client import connect

from harness import HOST, Raw, get, handshake, until
from protocol import Talk


@pytest.fixture
def secured(start, certificates):
    """A server with two certificates."""
    first = certificates.leaf("first", "localhost", "127.0.0.1", "a.test")
    second = certificates.leaf("second", "b.test", "*.wild.test")
    return start("--echo", "/echo", "--tls-cert", first[0], "--tls-key", first[1], "--tls-cert", second[0], "--tls-key", second[1])


def names_for(server, certificates, server_name):
    with Raw(server.port, tls=certificates.client(), server_name=server_name) as raw:
        certificate = raw.socket.getpeercert()
        return {name for kind, name in certificate["subjectAltName"] if kind == "DNS"}, certificate["serialNumber"]


def test_a_client_that_verifies_connects(secured, certificates):
    with connect(f"wss://localhost:{secured.port}/echo", ssl=certificates.client(), proxy=None, max_size=None) as socket:
        for message in ("hello", "é" * 200_000):
            socket.send(message)
            assert socket.recv(10) == message


def test_the_name_asked_for_picks_the_certificate(secured, certificates):
    assert "a.test" in names_for(secured, certificates, "a.test")[0]
    assert "b.test" in names_for(secured, certificates, "b.test")[0]
    assert "*.wild.test" in names_for(secured, certificates, "any.wild.test")[0]


def test_an_unknown_name_and_no_name_get_the_first(secured, certificates):
    context = certificates.client()
    context.check_hostname = False
    for name in ("unknown.test", None):
        with Raw(secured.port, tls=context, server_name=name) as raw:
            assert ("DNS", "a.test") in raw.socket.getpeercert()["subjectAltName"]


def test_a_doubtful_certificate_is_told_at_the_start_and_at_every_reload(start, certificates):
    chain, key = certificates.leaf("doubtful", "localhost")
    key.chmod(0o644)
    server = start("--tls-cert", chain, "--tls-key", key)
    server.wait_for_log("TLS-WARN-KEY-MODE.*chmod 600")
    since = len(server.log)
    server.signal(signal.SIGHUP)
    server.wait_for_log("TLS-WARN-KEY-MODE", since=since)


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_both_current_versions_are_spoken(secured, certificates, version):
    context = certificates.client()
    context.minimum_version = context.maximum_version = version
    assert get(secured.port, "/health", tls=context, server_name="localhost").status == 200


def test_older_versions_are_not(secured, certificates):
    context = certificates.client()
    context.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
    context.maximum_version = ssl.TLSVersion.TLSv1_1
    context.set_ciphers("ALL:@SECLEVEL=0")
    with pytest.raises((ssl.SSLError, OSError)):
        Raw(secured.port, tls=context, server_name="localhost")


def test_alpn_chooses_http_1_1_when_http_2_is_offered(secured, certificates):
    context = certificates.client()
    context.set_alpn_protocols(["h2", "http/1.1"])
    with Raw(secured.port, tls=context, server_name="localhost") as raw:
        assert raw.socket.selected_alpn_protocol() == "http/1.1"
        assert raw.send("GET /health HTTP/1.1\r\nHost: x\r\n\r\n").response().status == 200


def test_reload_serves_the_new_certificate_and_keeps_connections(secured, certificates):
    _, serial = names_for(secured, certificates, "localhost")
    with connect(f"wss://localhost:{secured.port}/echo", ssl=certificates.client(), proxy=None) as old:
        certificates.leaf("first", "localhost", "127.0.0.1", "a.test", "renewed.test")
        secured.signal(signal.SIGHUP)
        until(lambda: names_for(secured, certificates, "localhost")[1] != serial, 5, "the new certificate")
        assert "renewed.test" in names_for(secured, certificates, "localhost")[0]
        old.send("still here")
        assert old.recv(5) == "still here"


def test_a_broken_certificate_on_reload_changes_nothing(secured, certificates):
    _, serial = names_for(secured, certificates, "localhost")
    path = certificates.folder / "first.pem"
    kept = path.read_bytes()
    since = len(secured.log)
    try:
        path.write_text("this is no certificate")
        secured.signal(signal.SIGHUP)
        secured.wait_for_log(r"(?i)certificate|TLS-", since=since)
        assert names_for(secured, certificates, "localhost")[1] == serial
    finally:
        path.write_bytes(kept)


def test_a_missing_certificate_is_said_in_words_at_start(start, tmp_path):
    server = start("--tls-cert", tmp_path / "none.pem", "--tls-key", tmp_path / "none.key", wait=False)
    assert server.process.wait(10) != 0
    assert "sockeye: error:" in server.log and "none.pem" in server.log and "sockeye: hint:" in server.log


def test_a_key_of_another_certificate_is_said_in_words(start, certificates):
    chain, _ = certificates.leaf("mismatch", "localhost")
    _, key = certificates.leaf("other", "localhost")
    server = start("--tls-cert", chain, "--tls-key", key, wait=False)
    assert server.process.wait(10) != 0
    assert "sockeye: error:" in server.log


def test_a_client_that_stops_in_mid_handshake_costs_nothing(start, certificates):
    chain, key = certificates.leaf("halfway", "localhost")
    server = start("--tls-cert", chain, "--tls-key", key, environment={"SOCKEYE_TIMEOUTS_HANDSHAKE": "1s"})
    before = server.descriptors()
    halfway = []
    for _ in range(50):
        halfway.append(socket.create_connection((HOST, server.port)))
        halfway[-1].sendall(bytes.fromhex("1603010200010001fc0303"))
    until(lambda: server.descriptors() <= before, 10, "descriptors going back")
    for each in halfway:
        each.close()


def test_large_messages_under_way_in_both_directions(secured, certificates):
    """A client that goes on sending while its echoes come back: neither side may wait for the other for ever."""
    payload = bytes(range(256)) * 40_000
    frame = b"\x82\xff" + struct.pack("!Q", len(payload)) + bytes(4) + payload
    echo = b"\x82\x7f" + struct.pack("!Q", len(payload)) + payload

    async def talk():
        reader, writer = await asyncio.open_connection(HOST, secured.port, ssl=certificates.client(), server_hostname="localhost")
        writer.write(handshake("/echo").encode())
        await reader.readuntil(b"\r\n\r\n")
        for _ in range(3):
            writer.write(frame)
        same = [await reader.readexactly(len(echo)) == echo for _ in range(3)]
        writer.close()
        return same

    assert asyncio.run(asyncio.wait_for(talk(), 60)) == [True] * 3


def test_json_protocol_over_tls(secured, certificates):
    with Talk(f"wss://localhost:{secured.port}/ws", ssl=certificates.client()) as talk:
        talk.authenticate(secured.token("ada"))
        talk.subscribe("tls")
        talk.say(type="publish", topic="tls", data=1)
        assert talk.hear_of("message")["data"] == 1
