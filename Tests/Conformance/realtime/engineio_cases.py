"""Engine.IO v4 against a server that echoes every message.

The server under test: ping interval 300 ms, ping timeout 200 ms, at most 1,000,000 bytes a payload, CORS `*`."""
import asyncio
import contextlib
import json
from functools import partial

import aiohttp

from .case import case as any_case
from .wire import PATIENCE, Closed, Failed, Session, join, same, split, upgraded

case = partial(any_case, "engineio")
UNKNOWN = {"code": 1, "message": "Session ID unknown"}


def error(text, code, message):
    try:
        body = json.loads(text)
    except ValueError:
        body = None
    if not isinstance(body, dict):
        raise Failed(f"the body is no JSON object: {text!r}")
    same((body.get("code"), body.get("message")), (code, message), "the error")


# MARK: Handshake


@case("open over polling")
async def open_polling(server):
    status, text, headers = await server.fetch()
    same(status, 200, "status")
    same(text[:1], "0", "the type")
    opening = json.loads(text[1:])
    same(sorted(opening), ["maxPayload", "pingInterval", "pingTimeout", "sid", "upgrades"], "the keys")
    same([opening[key] for key in ("upgrades", "pingInterval", "pingTimeout", "maxPayload")],
         [["websocket"], 300, 200, 1_000_000], "the values")
    same(isinstance(opening["sid"], str) and len(opening["sid"]) >= 16, True, "the sid cannot be guessed")
    same(headers["Content-Type"].lower().replace(" ", ""), "text/plain;charset=utf-8", "content type")


@case("open over WebSocket")
async def open_websocket(server):
    socket = await server.socket()
    text = await socket.receive()
    opening = json.loads(text[1:])
    same(text[:1], "0", "the type")
    same(sorted(opening), ["maxPayload", "pingInterval", "pingTimeout", "sid", "upgrades"], "the keys")
    same(opening["upgrades"], [], "upgrades")
    await socket.close()


@case("sessions have different ids")
async def different_ids(server):
    ids = {(await server.open())["sid"] for _ in range(20)}
    same(len(ids), 20, "different ids")


@case("a cache-buster and other parameters do not matter")
async def cache_buster(server):
    status, text, _ = await server.fetch(t="Nz3k2", token="x", b64="1")
    same((status, text[:1]), (200, "0"))


@case("the path without its last slash")
async def no_slash(server):
    async with server.session.get(server.url.rstrip("/"), params={"EIO": "4", "transport": "polling"}) as answer:
        same(answer.status, 200, "status")


def refused(name, code, message, method="GET", **query):
    @case(name)
    async def refuse(server):
        status, text, _ = await server.fetch(method, **query)
        same(status, 400, "status")
        error(text, code, message)


refused("EIO is missing", 5, "Unsupported protocol version", EIO=None)
refused("EIO is no number", 5, "Unsupported protocol version", EIO="abc")
refused("EIO is 3", 5, "Unsupported protocol version", EIO="3")
refused("transport is missing", 0, "Transport unknown", transport=None)
refused("transport is unknown", 0, "Transport unknown", transport="abc")
refused("transport is websocket without an upgrade", 3, "Bad request", transport="websocket")
refused("POST without a session", 2, "Bad handshake method", "POST")
refused("PUT without a session", 2, "Bad handshake method", "PUT")
refused("GET of a session that never was", 1, "Session ID unknown", sid="abc")
refused("POST to a session that never was", 1, "Session ID unknown", "POST", sid="abc")


@case("EIO 3 is told what to do")
async def old_client(server):
    _, text, _ = await server.fetch(EIO="3")
    same("socket.io-client" in text or "EIO=4" in text, True, f"a remedy in {text!r}")


@case("an unknown session has exactly the body clients know")
async def unknown_body(server):
    _, text, headers = await server.fetch(sid="abc")
    same(json.loads(text), UNKNOWN, "body")
    same(headers["Content-Type"].split(";")[0], "application/json", "content type")


def no_socket(name, **query):
    @case(name)
    async def refuse(server):
        try:
            socket = await server.socket(**query)
        except aiohttp.WSServerHandshakeError as refusal:
            same(refusal.status, 400, "status")
            return
        await socket.closed()


no_socket("WebSocket, EIO is missing", EIO=None)
no_socket("WebSocket, EIO is no number", EIO="abc")
no_socket("WebSocket, EIO is 3", EIO="3")
no_socket("WebSocket, transport is missing", transport=None)
no_socket("WebSocket, transport is unknown", transport="abc")
no_socket("WebSocket with a session that never was", sid="abc")


# MARK: CORS


@case("CORS on an answer")
async def cors(server):
    _, _, headers = await server.fetch(headers={"Origin": "https://page.example"})
    same(headers.get("Access-Control-Allow-Origin") in ("*", "https://page.example"), True, "allowed origin")


@case("CORS on a refusal")
async def cors_refusal(server):
    status, _, headers = await server.fetch(headers={"Origin": "https://page.example"}, sid="abc")
    same(status, 400, "status")
    same(headers.get("Access-Control-Allow-Origin") in ("*", "https://page.example"), True, "allowed origin")


@case("CORS preflight")
async def preflight(server):
    status, _, headers = await server.fetch("OPTIONS", headers={
        "Origin": "https://page.example", "Access-Control-Request-Method": "PUT"})
    same(status in (200, 204), True, "status")
    same(headers.get("Access-Control-Allow-Origin") in ("*", "https://page.example"), True, "allowed origin")
    methods = headers.get("Access-Control-Allow-Methods", "").replace(" ", "").split(",")
    same({"GET", "POST", "PUT"} <= set(methods), True, f"methods {methods}")


# MARK: Messages


@case("POST is answered ok")
async def post_ok(server):
    sid = (await server.open())["sid"]
    status, text, headers = await server.fetch("POST", "4hello", {"Content-Type": "text/plain;charset=UTF-8"}, sid=sid)
    same((status, text), (200, "ok"))
    same(headers["Content-Type"].split(";")[0], "text/html", "content type")
    same(await server.hear(sid), ["4hello"])


@case("POST without a content type")
async def post_untyped(server):
    sid = (await server.open())["sid"]
    reader, writer = await server.raw()
    writer.write(server.head("POST", sid, "Content-Length: 6") + b"4hello")
    same((await asyncio.wait_for(reader.readline(), PATIENCE)).split()[1], b"200", "status")
    writer.close()
    same(await server.hear(sid), ["4hello"])


def echoes(name, *packets):
    @case(f"polling, {name}")
    async def over_polling(server):
        sid = (await server.open())["sid"]
        same(await server.post(sid, *packets), 200)
        same(await server.hear(sid), list(packets))

    @case(f"WebSocket, {name}")
    async def over_websocket(server):
        async with Session(server, "websocket") as session:
            await session.send(*packets)
            await session.expect(*packets)


echoes("a message", "4hello")
echoes("an empty message", "4")
echoes("three messages", "4test1", "4test2", "4test3")
echoes("bytes", b"\x01\x02\x03\x04")
echoes("bytes of every value", bytes(range(256)))
echoes("text and bytes in turns", "4one", b"\x00\xff", "4two", b"3")
echoes("characters of every length", "4a é € 😀 \u2028")
echoes("a message that looks like a packet", "42probe", "41", "4b")


@case("polling, a message in pieces of the network")
async def in_pieces(server):
    sid = (await server.open())["sid"]
    reader, writer = await server.raw()
    body = "4é€😀".encode()
    writer.write(server.head("POST", sid, f"Content-Length: {len(body)}"))
    for octet in body:
        writer.write(bytes([octet]))
        await writer.drain()
        await asyncio.sleep(0.002)
    same((await asyncio.wait_for(reader.readline(), PATIENCE)).split()[1], b"200", "status")
    writer.close()
    same(await server.hear(sid), ["4é€😀"])


@case("polling, a poll that waits gets the message")
async def poll_waits(server):
    sid = (await server.open())["sid"]
    waiting = asyncio.create_task(server.poll(sid))
    await asyncio.sleep(0.05)
    same(await server.post(sid, "4hello"), 200)
    same(await waiting, ["4hello"])


@case("polling, at most sixteen packets an answer")
async def sixteen(server):
    sid = (await server.open())["sid"]
    all_packets = [f"4{number}" for number in range(50)]
    for start in range(0, 50, 10):
        same(await server.post(sid, *all_packets[start:start + 10]), 200)
    came = []
    while len(came) < 50:
        packets = await server.hear(sid)
        same(len(packets) <= 16, True, f"{len(packets)} packets in an answer")
        came += packets
    same(came, all_packets)


@case("polling, a payload of the greatest length")
async def greatest_payload(server):
    sid = (await server.open())["sid"]
    text = "4" + "x" * 999_999
    same(await server.post(sid, text), 200)
    same(await server.hear(sid) == [text], True, "the same text")


@case("polling, a payload that is too long")
async def too_long(server):
    sid = (await server.open())["sid"]
    status, text, _ = await server.fetch("POST", "4" + "x" * 1_000_000, sid=sid)
    same((status, text), (413, ""))


@case("polling, a length that promises too much")
async def promise(server):
    sid = (await server.open())["sid"]
    reader, writer = await server.raw()
    writer.write(server.head("POST", sid, "Content-Length: 10000000"))
    same((await asyncio.wait_for(reader.readline(), PATIENCE)).split()[1], b"413", "status")
    writer.close()


@case("WebSocket, a message of the greatest length")
async def greatest_message(server):
    async with Session(server, "websocket") as session:
        text = "4" + "x" * 999_999
        await session.send(text)
        same(await session.receive() == text, True, "the same text")


@case("WebSocket, a message that is too long")
async def too_long_message(server):
    socket = await server.socket()
    await socket.receive()
    await socket.send("4" + "x" * 1_000_001)
    same(await socket.closed(), 1009, "close code")


# MARK: What is no packet

NOT_PACKETS = {
    "an unknown type": "abc", "nothing": "", "an empty packet between others": "4a\x1e\x1e4b",
    "an empty packet at the end": "4a\x1e", "Base64 that is none": "b!!!!", "Base64 without its padding": "bAQ",
    "a type beyond six": "7",
}
for name, body in NOT_PACKETS.items():
    @case(f"polling, {name}")
    async def not_packets(server, body=body):
        sid = (await server.open())["sid"]
        status, _, _ = await server.fetch("POST", body, {"Content-Type": "text/plain;charset=UTF-8"}, sid=sid)
        same(status, 400, "status")
        error(await server.gone(sid), 1, "Session ID unknown")


@case("polling, bytes that are not UTF-8")
async def not_utf8(server):
    sid = (await server.open())["sid"]
    status, _, _ = await server.fetch("POST", b"4\xff", {"Content-Type": "text/plain;charset=UTF-8"}, sid=sid)
    same(status, 400, "status")
    await server.gone(sid)


@case("polling, a body of octets")
async def octets(server):
    sid = (await server.open())["sid"]
    status, _, _ = await server.fetch("POST", b"4hello", {"Content-Type": "application/octet-stream"}, sid=sid)
    same(status, 400, "status")


for name, body in {"an unknown type": "abc", "nothing": "", "a type beyond six": "7"}.items():
    @case(f"WebSocket, {name}")
    async def not_a_packet(server, body=body):
        socket = await server.socket()
        await socket.receive()
        await socket.send(body)
        await socket.closed(0.25)  # sooner than for want of a pong


for name, packet in {"a ping": "2", "an open packet": "0{}"}.items():
    @case(f"WebSocket, {name} of a client")
    async def wrong_direction(server, packet=packet):
        socket = await server.socket()
        await socket.receive()
        await socket.send(packet)
        await socket.closed(0.25)


for name, packet in {"a noop": "6", "an upgrade": "5", "a pong": "3"}.items():
    @case(f"WebSocket, {name} that nobody asked for")
    async def stray(server, packet=packet):
        async with Session(server, "websocket") as session:
            await session.send(packet, "4hello")
            await session.expect("4hello")


# MARK: Heartbeat


@case("polling, three rounds of heartbeat")
async def heartbeat_polling(server):
    sid = (await server.open())["sid"]
    for _ in range(3):
        same(await server.poll(sid), ["2"])
        same(await server.post(sid, "3"), 200)


@case("WebSocket, three rounds of heartbeat")
async def heartbeat_websocket(server):
    socket = await server.socket()
    await socket.receive()
    for _ in range(3):
        same(await socket.receive(), "2", "packet")
        await socket.send("3")
    await socket.close()


@case("polling, no pong")
async def no_pong_polling(server):
    sid = (await server.open())["sid"]
    await asyncio.sleep(0.5)
    error(await server.gone(sid), 1, "Session ID unknown")


@case("polling, no pong though it polls")
async def no_pong_polls(server):
    sid = (await server.open())["sid"]
    same(await server.poll(sid), ["2"])
    with contextlib.suppress(Closed):
        for _ in range(10):
            packets = await server.poll(sid)
            if packets == ["1"]:
                break
        else:
            raise Failed("the session goes on")
    await server.gone(sid)


@case("WebSocket, no pong")
async def no_pong_websocket(server):
    socket = await server.socket()
    await socket.receive()
    began = asyncio.get_running_loop().time()
    await socket.closed(1.5)
    took = asyncio.get_running_loop().time() - began
    same(0.4 < took < 1.0, True, f"closed after {took:.3f} s")


@case("messages are no pong")
async def messages_no_pong(server):
    socket = await server.socket()
    await socket.receive()

    async def talk():
        while True:
            await socket.send("4hello")
            await asyncio.sleep(0.05)

    talking = asyncio.create_task(talk())
    try:
        await socket.closed(1.5)
    finally:
        talking.cancel()


# MARK: The end


@case("polling, the client closes")
async def close_polling(server):
    sid = (await server.open())["sid"]
    waiting = asyncio.create_task(server.poll(sid))
    await asyncio.sleep(0.05)
    same(await server.post(sid, "1"), 200)
    same(await waiting, ["6"])
    error(await server.gone(sid), 1, "Session ID unknown")


@case("polling, the client closes without a poll")
async def close_without_poll(server):
    sid = (await server.open())["sid"]
    same(await server.post(sid, "4last", "1", "4behind"), 200)
    await server.gone(sid)


@case("WebSocket, the client closes")
async def close_websocket(server):
    socket = await server.socket()
    await socket.receive()
    await socket.send("1")
    await socket.closed(0.25)


@case("WebSocket, the client goes")
async def goes(server):
    socket = await server.socket()
    sid = json.loads((await socket.receive())[1:])["sid"]
    await socket.close()
    await server.gone(sid)


@case("two polls at once")
async def two_polls(server):
    sid = (await server.open())["sid"]
    first = asyncio.create_task(server.fetch(sid=sid))
    await asyncio.sleep(0.02)
    status, _, _ = await server.fetch(sid=sid)
    same(status, 400, "status of the second")
    same((await first)[:2], (200, "1"), "answer to the first")
    await server.gone(sid)


@case("two posts at once")
async def two_posts(server):
    sid = (await server.open())["sid"]
    _, slow = await server.raw()
    slow.write(server.head("POST", sid, "Content-Length: 6") + b"4he")
    await slow.drain()
    await asyncio.sleep(0.05)
    same(await server.post(sid, "4hello"), 400, "status of the second")
    await server.gone(sid)
    slow.close()


@case("a poll the client leaves")
async def leave_poll(server):
    sid = (await server.open())["sid"]
    reader, writer = await server.raw()
    writer.write(server.head("GET", sid))
    await writer.drain()
    await asyncio.sleep(0.05)
    writer.close()
    await writer.wait_closed()
    await asyncio.sleep(0.01)
    error(await server.gone(sid), 1, "Session ID unknown")


@case("a post the client leaves")
async def leave_post(server):
    sid = (await server.open())["sid"]
    reader, writer = await server.raw()
    writer.write(server.head("POST", sid, "Content-Length: 6") + b"4he")
    await writer.drain()
    await asyncio.sleep(0.05)
    writer.close()
    await writer.wait_closed()
    await asyncio.sleep(0.05)
    await server.gone(sid)


@case("another method on a session")
async def other_method(server):
    sid = (await server.open())["sid"]
    status, _, _ = await server.fetch("PUT", "4hello", sid=sid)
    same(status in (400, 405, 500), True, f"status {status}")
    await server.alive(sid)


@case("what breaks one session leaves the others alone")
async def isolation(server):
    good, bad = (await server.open())["sid"], (await server.open())["sid"]
    await server.post(bad, "abc")
    await server.gone(bad)
    await server.alive(good)


# MARK: Upgrade


@case("upgrade, the usual order")
async def upgrade_usual(server):
    sid = (await server.open())["sid"]
    socket = await upgraded(server, sid)
    await socket.send("4hello")
    same(await socket.hear(), "4hello", "packet")
    await socket.send(b"\x01\x02")
    same(await socket.hear(), b"\x01\x02", "packet")
    await socket.close()


@case("upgrade, a poll after the probe is ended")
async def upgrade_poll_later(server):
    sid = (await server.open())["sid"]
    socket = await server.socket(sid=sid)
    await socket.send("2probe")
    same(await socket.receive(), "3probe", "packet")
    same(await server.poll(sid), ["6"])
    await socket.send("5")
    await socket.send("4hello")
    same(await socket.hear(), "4hello", "packet")
    await socket.close()


@case("upgrade, the end and a message in one go")
async def upgrade_burst(server):
    sid = (await server.open())["sid"]
    socket = await server.socket(sid=sid)
    await socket.send("2probe")
    same(await socket.receive(), "3probe", "packet")
    await asyncio.gather(socket.send("5"), socket.send("4one"), socket.send(b"two"), socket.send("4three"))
    same([await socket.hear() for _ in range(3)], ["4one", b"two", "4three"])
    await socket.close()


@case("upgrade, what waits comes over the WebSocket in order")
async def upgrade_waiting(server):
    sid = (await server.open())["sid"]
    socket = await server.socket(sid=sid)
    await socket.send("2probe")
    same(await socket.receive(), "3probe", "packet")
    packets = [f"4{number}" for number in range(30)] + [b"\x07"]
    same(await server.post(sid, *packets[:15]), 200)
    same(await server.post(sid, *packets[15:]), 200)
    await socket.send("5")
    came = []
    while len(came) < len(packets):
        came.append(await socket.hear())
    same(came, packets)
    await socket.close()


@case("upgrade, polls afterwards are refused and harmless")
async def upgrade_then_poll(server):
    sid = (await server.open())["sid"]
    socket = await upgraded(server, sid)
    await asyncio.sleep(0.02)
    same((await server.fetch(sid=sid))[0], 400, "status of a poll")
    same(await server.post(sid, "4behind"), 400, "status of a post")
    await socket.send("4hello")
    same(await socket.hear(), "4hello", "packet")
    await socket.close()


@case("upgrade, a second WebSocket is accepted and closed")
async def upgrade_twice(server):
    sid = (await server.open())["sid"]
    first = await upgraded(server, sid)
    await first.send("4hello")
    same(await first.hear(), "4hello", "packet")
    second = await server.socket(sid=sid)
    await second.closed(0.25)
    await first.send("4again")
    same(await first.hear(), "4again", "packet")
    await first.close()


@case("upgrade, a second WebSocket beside the probe is closed")
async def probe_twice(server):
    sid = (await server.open())["sid"]
    first = await server.socket(sid=sid)
    await first.send("2probe")
    same(await first.receive(), "3probe", "packet")
    second = await server.socket(sid=sid)
    await second.closed(0.25)
    await first.send("5")
    await first.send("4hello")
    same(await first.hear(), "4hello", "packet")
    await first.close()


for name, packet in {"a message": "4hello", "a bare ping": "2", "the last word": "5", "bytes": b"2probe",
                     "a close": "1", "nothing known": "abc"}.items():
    @case(f"upgrade, {name} where the probe is due")
    async def no_probe(server, packet=packet):
        sid = (await server.open())["sid"]
        socket = await server.socket(sid=sid)
        await socket.send(packet)
        await socket.closed(0.25)
        await server.alive(sid)


for name, packet in {"a message": "4hello", "a second probe": "2probe"}.items():
    @case(f"upgrade, {name} where the last word is due")
    async def no_last_word(server, packet=packet):
        sid = (await server.open())["sid"]
        socket = await server.socket(sid=sid)
        await socket.send("2probe")
        same(await socket.receive(), "3probe", "packet")
        await socket.send(packet)
        await socket.closed(0.25)
        await server.alive(sid)


@case("upgrade, a probe that is lost leaves the polls")
async def probe_lost(server):
    sid = (await server.open())["sid"]
    socket = await server.socket(sid=sid)
    await socket.send("2probe")
    same(await socket.receive(), "3probe", "packet")
    await socket.close()
    await server.alive(sid)
    again = await upgraded(server, sid)
    await again.send("4hello")
    same(await again.hear(), "4hello", "packet")
    await again.close()


@case("upgrade, the heartbeat goes on")
async def upgrade_heartbeat(server):
    sid = (await server.open())["sid"]
    socket = await upgraded(server, sid)
    for _ in range(3):
        same(await socket.receive(), "2", "packet")
        await socket.send("3")
    await socket.send("4hello")
    same(await socket.hear(), "4hello", "packet")
    await socket.close()


@case("upgrade, no pong afterwards")
async def upgrade_no_pong(server):
    sid = (await server.open())["sid"]
    socket = await upgraded(server, sid)
    await socket.closed(1.5)


@case("upgrade, the WebSocket goes afterwards")
async def upgrade_goes(server):
    sid = (await server.open())["sid"]
    socket = await upgraded(server, sid)
    await socket.close()
    await asyncio.sleep(0.02)
    error(await server.gone(sid), 1, "Session ID unknown")


@case("upgrade of a WebSocket's own session")
async def upgrade_websocket(server):
    socket = await server.socket()
    sid = json.loads((await socket.receive())[1:])["sid"]
    second = await server.socket(sid=sid)
    await second.closed(0.25)
    await socket.send("4hello")
    same(await socket.hear(), "4hello", "packet")
    await socket.close()
