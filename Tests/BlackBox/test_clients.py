"""Real clients: three WebSocket libraries that know nothing of each other."""
import asyncio
import json
import os

import aiohttp
import pytest
import websocket
import websockets
from websockets.sync.client import connect

from protocol import Talk

SIZES = [0, 1, 125, 126, 127, 65535, 65536, 1 << 20, 16 << 20]


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("compression", [None, "deflate"])
def test_websockets_echoes_text_and_binary(server, size, compression):
    with connect(server.url("/echo"), compression=compression, max_size=None, proxy=None) as socket:
        text = ("äöü€😀 " * (size // 4 + 1))[: size // 3] if size else ""
        for message in (text, os.urandom(size)):
            socket.send(message)
            same = socket.recv(30) == message  # a difference of 16 MiB is not for pytest to print
            assert same


def test_a_fragmented_message_comes_back_whole(server):
    with connect(server.url("/echo"), compression=None, proxy=None) as socket:
        pieces = ["Hel", "lo ", "", "wörld", "!"]
        socket.send(iter(pieces))
        assert socket.recv(5) == "".join(pieces)


def test_websockets_ping_and_orderly_close(server):
    with connect(server.url("/echo"), proxy=None) as socket:
        assert socket.ping(b"still there?").wait(5)
        socket.close(1000, "done")
    assert socket.close_code == 1000


def test_aiohttp_echoes_with_compression(server):
    async def talk():
        async with aiohttp.ClientSession() as session:
            async with session.ws_connect(server.url("/echo"), compress=15, max_msg_size=0) as socket:
                assert socket.compress
                for message in ("hello " * 1000, "x", "", "ñ" * 70000):
                    await socket.send_str(message)
                    assert (await socket.receive(10)).data == message
                await socket.send_bytes(b"\x00\xff" * 5000)
                assert (await socket.receive(10)).data == b"\x00\xff" * 5000
                await socket.close(code=1000)
                return socket.close_code

    assert asyncio.run(talk()) == 1000


def test_websocket_client_echoes(server):
    socket = websocket.create_connection(server.url("/echo"), timeout=10)
    for message in ("hello", "€" * 40000):
        socket.send(message)
        assert socket.recv() == message
    socket.send_binary(b"\x01\x02")
    assert socket.recv() == b"\x01\x02"
    socket.ping("x")
    socket.close()


def test_three_libraries_meet_on_one_topic(server):
    """One subscribes with each library, one publishes: every one of them gets the same bytes."""
    data = {"n": 1, "s": "grüße", "deep": [[{"a": None}], 1e3]}

    async def aiohttp_side(ready, publish):
        async with aiohttp.ClientSession() as session:
            async with session.ws_connect(server.url("/ws"), headers={"Authorization": f"Bearer {server.token('bob')}"}) as socket:
                await socket.send_json({"type": "subscribe", "topic": "meet"})
                assert (await socket.receive_json(timeout=5))["type"] == "subscribed"
                ready.set()
                await publish.wait()
                return await socket.receive_json(timeout=5)

    async def websockets_side(ready, publish):
        async with websockets.connect(server.url(f"/ws?token={server.token('cy')}"), proxy=None) as socket:
            await socket.send(json.dumps({"type": "subscribe", "topic": "meet"}))
            assert json.loads(await socket.recv())["type"] == "subscribed"
            ready.set()
            await publish.wait()
            return json.loads(await asyncio.wait_for(socket.recv(), 5))

    async def meet():
        ready, publish = [asyncio.Event(), asyncio.Event()], asyncio.Event()
        sides = [asyncio.create_task(aiohttp_side(ready[0], publish)), asyncio.create_task(websockets_side(ready[1], publish))]
        for event in ready:
            await asyncio.wait_for(event.wait(), 10)
        third = websocket.create_connection(server.url("/ws"), timeout=5)
        third.send(json.dumps({"type": "auth", "token": server.token("dee")}))
        assert json.loads(third.recv())["type"] == "authenticated"
        third.send(json.dumps({"type": "subscribe", "topic": "meet"}))
        assert json.loads(third.recv())["type"] == "subscribed"
        third.send(json.dumps({"type": "publish", "topic": "meet", "data": data}))
        mine = json.loads(third.recv())
        third.close()
        publish.set()
        return [mine, *await asyncio.gather(*sides)]

    received = asyncio.run(meet())
    assert [message["data"] for message in received] == [data] * 3
    assert len({message["offset"] for message in received}) == 1


def test_a_client_that_offers_no_compression_gets_none(server):
    with connect(server.url("/echo"), compression=None, proxy=None) as socket:
        assert "Sec-WebSocket-Extensions" not in socket.response.headers


def test_compression_is_off_on_the_json_endpoint_unless_configured(server):
    with Talk(server.url("/ws"), compression="deflate") as talk:
        assert "Sec-WebSocket-Extensions" not in talk.socket.response.headers


@pytest.mark.parametrize("mode", ["shared", "context"])
def test_compression_on_the_json_endpoint_when_configured(start, mode):
    server = start("--compression", mode)
    text = "the same words again and again " * 200
    with Talk(server.url("/ws"), compression="deflate") as one, Talk(server.url("/ws"), compression="deflate") as two:
        assert "permessage-deflate" in one.socket.response.headers["Sec-WebSocket-Extensions"]
        for talk, user in ((one, "one"), (two, "two")):
            talk.authenticate(server.token(user))
            talk.subscribe("long")
        for _ in range(3):
            one.say(type="publish", topic="long", data=text)
            assert one.hear_of("message")["data"] == two.hear_of("message")["data"] == text
