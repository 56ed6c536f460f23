"""Through a real nginx: our reference configurations work, and the classic mistakes are named by the answer."""
import json

import aiohttp
import asyncio
import pytest
from websockets.sync.client import connect

import harness
from harness import HOST, ROOT, Raw, free_port, handshake
from protocol import Talk

EXAMPLES = ROOT / "Examples" / "nginx"


def reference(name, port, upstream, **replacements):
    """A configuration from Examples/, with its marked lines changed as its first comment says."""
    text = (EXAMPLES / name).read_text()
    wanted = {"127.0.0.1:8000": f"127.0.0.1:{upstream}", "listen 80;": f"listen {port};", "listen 443 ssl;": f"listen {port} ssl;",
              **replacements}
    for old, new in wanted.items():
        if old in text or old in replacements:
            assert text.count(old) == 1, old
            text = text.replace(old, str(new))
    return text


@pytest.fixture
def plain_proxy(nginx, server):
    port = free_port()
    nginx(reference("sockeye.conf", port, server.port), port)
    return port


@pytest.fixture
def tls_proxy(nginx, server, certificates):
    port = free_port()
    chain, key = certificates.leaf("nginx", "localhost")
    nginx(reference("sockeye-tls.conf", port, server.port, **{"/etc/ssl/sockeye.pem": chain, "/etc/ssl/sockeye.key": key}), port)
    return port


@pytest.mark.parametrize("compression", [None, "deflate"])
def test_plain_proxying(plain_proxy, compression):
    with connect(f"ws://{HOST}:{plain_proxy}/echo", compression=compression, max_size=None, proxy=None) as socket:
        assert ("Sec-WebSocket-Extensions" in socket.response.headers) == bool(compression)
        for message in ("hello", "é" * 300_000, b"\x00" * 1_000_000):
            socket.send(message)
            assert socket.recv(20) == message


@pytest.mark.parametrize("compression", [None, "deflate"])
def test_tls_proxying(tls_proxy, certificates, compression):
    with connect(f"wss://localhost:{tls_proxy}/echo", ssl=certificates.client(), compression=compression, max_size=None,
                 proxy=None) as socket:
        for message in ("hello", "é" * 300_000):
            socket.send(message)
            assert socket.recv(20) == message


def test_two_users_meet_through_the_proxy(server, plain_proxy, tls_proxy, certificates):
    one = Talk(f"ws://{HOST}:{plain_proxy}/ws?token={server.token('ada')}")
    two = Talk(f"wss://localhost:{tls_proxy}/ws", ssl=certificates.client(),
               additional_headers={"Authorization": f"Bearer {server.token('bob')}"})
    with one, two:
        for talk in (one, two):
            talk.subscribe("proxied")
        one.say(type="publish", topic="proxied", data="through")
        assert two.hear_of("message")["data"] == one.hear_of("message")["data"] == "through"


def test_aiohttp_through_the_proxy(server, plain_proxy):
    async def talk():
        async with aiohttp.ClientSession() as session:
            async with session.ws_connect(f"ws://{HOST}:{plain_proxy}/echo", compress=15) as socket:
                await socket.send_str("x" * 100_000)
                return (await socket.receive(10)).data

    assert asyncio.run(talk()) == "x" * 100_000


def test_the_page_and_health_through_the_proxy(plain_proxy):
    assert harness.get(plain_proxy, "/").status == 200
    assert harness.get(plain_proxy, "/health").json["status"] == "ok"


def test_the_page_gets_no_token_through_a_proxy(plain_proxy):
    """nginx on the same machine makes everybody look local."""
    assert harness.get(plain_proxy, "/page.json", headers=["X-Forwarded-For: 203.0.113.9"]).json["token"] is None


# ---- mistakes ----

def answer_through(nginx, server, location, path="/ws", http=""):
    port = free_port()
    nginx(f"{http} server {{ listen {HOST}:{port}; location / {{ {location} }} }}", port)
    with Raw(port) as raw:
        return raw.send(handshake(path)).response()


def test_default_proxying_is_diagnosed_as_http_1_0(nginx, server):
    """The default of nginx: HTTP/1.0 to the upstream, Upgrade dropped, Connection: close."""
    answer = answer_through(nginx, server, f"proxy_pass http://{HOST}:{server.port};")
    assert answer.status == 426
    said = json.dumps(answer.json)
    assert "HTTP/1.0" in said and "proxy_http_version 1.1" in said and "proxy_set_header Upgrade" in said


def test_http_1_1_without_the_headers_is_diagnosed(nginx, server):
    answer = answer_through(nginx, server, f"proxy_pass http://{HOST}:{server.port}; proxy_http_version 1.1;")
    assert answer.status == 426
    said = json.dumps(answer.json)
    assert "Upgrade" in said and "proxy_set_header Upgrade" in said


def test_forwarded_headers_prove_the_proxy(nginx, server):
    answer = answer_through(
        nginx, server, f"proxy_pass http://{HOST}:{server.port}; proxy_http_version 1.1; proxy_set_header Via '1.1 gate';"
        "proxy_set_header X-Real-IP $remote_addr;")
    assert answer.status == 426
    said = json.dumps(answer.json)
    assert "gate" in said or "X-Real-IP" in said


def test_a_lost_path_prefix_names_the_nearest_path(nginx, server):
    answer = answer_through(
        nginx, server, f"proxy_pass http://{HOST}:{server.port}/app/; proxy_http_version 1.1;"
        "proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection upgrade;")
    assert answer.status == 404
    assert "/ws" in answer.json["message"] + answer.json["remedy"]


def test_tls_to_a_plain_port_is_a_bad_gateway_and_said_in_our_log(nginx, server):
    since = len(server.log)
    answer = answer_through(nginx, server, f"proxy_pass https://{HOST}:{server.port};")
    assert answer.status == 502
    server.wait_for_log("(?i)tls", since=since)


def test_a_silent_connection_outlives_the_proxys_patience(nginx, start):
    """nginx cuts after proxy_read_timeout of silence; the heartbeat is what keeps it alive."""
    server = start(environment={"SOCKEYE_HEARTBEAT_INTERVAL": "1s", "SOCKEYE_TIMEOUTS_IDLE": "4s"})
    port = free_port()
    text = reference("sockeye.conf", port, server.port).replace("proxy_read_timeout 1h", "proxy_read_timeout 2s")
    nginx(text, port)
    with Talk(f"ws://{HOST}:{port}/ws?token={server.token('ada')}") as talk:
        talk.subscribe("patience")
        with pytest.raises(TimeoutError):
            talk.hear(4)  # waiting answers pings; nothing else comes
        assert talk.is_silent()
