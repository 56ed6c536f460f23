"""Engine.IO and Socket.IO as a test speaks them: raw packets over polling, WebSocket or an upgrade, nothing hidden.

Written from the protocol documents of Engine.IO v4 and Socket.IO v5. Every wait has an end."""
import asyncio
import base64
import contextlib
import json

import aiohttp

SEPARATOR = "\x1e"
# What a case waits at most for something that must come, and the time within which a connection must have ended.
PATIENCE = 3.0
# How long silence must last to count as silence: under the ping interval of the servers under test.
SILENCE = 0.2
TRANSPORTS = ("websocket", "polling", "upgrade")


class Closed(Exception):
    """The session is over, by whichever sign: a refused poll, a close packet, a WebSocket that ends."""


class Failed(AssertionError):
    """What the protocol's text demands did not happen."""


def same(met, wanted, what="answer"):
    if met != wanted:
        raise Failed(f"{what}: {met!r} where {wanted!r} is due")


def split(body):
    """The packets of a payload: text as it stands, a binary message as bytes."""
    return [base64.b64decode(part[1:], validate=True) if part[:1] == "b" else part for part in body.split(SEPARATOR)]


def join(packets):
    return SEPARATOR.join("b" + base64.b64encode(packet).decode() if isinstance(packet, bytes) else packet for packet in packets)


class Server:
    """Where the server under test is, and one HTTP session for a case."""

    def __init__(self, port, path, session):
        self.port, self.path, self.session = port, path, session
        self.url = f"http://127.0.0.1:{port}{path}"

    def request(self, method="GET", body=None, headers=None, **query):
        query = {"EIO": "4", "transport": "polling"} | query
        return self.session.request(method, self.url, params={k: v for k, v in query.items() if v is not None}, data=body,
                                    headers=headers, timeout=aiohttp.ClientTimeout(total=PATIENCE))

    async def fetch(self, method="GET", body=None, headers=None, **query):
        """One request: (status, text, headers)."""
        async with self.request(method, body, headers, **query) as answer:
            return answer.status, await answer.text(), answer.headers

    async def poll(self, sid):
        """The packets of one poll, which must succeed."""
        status, text, _ = await self.fetch(sid=sid)
        if status != 200:
            raise Closed(f"{status} {text}")
        return split(text)

    async def hear(self, sid):
        """The packets of the next poll that has more to say than a ping, which is answered."""
        for _ in range(10):
            packets = await self.poll(sid)
            if "2" in packets:
                await self.post(sid, "3")
                packets.remove("2")
            if packets:
                return packets
        raise Failed("there are only pings")

    async def post(self, sid, *packets):
        """Posts packets: the status."""
        status, _, _ = await self.fetch("POST", join(packets), {"Content-Type": "text/plain;charset=UTF-8"}, sid=sid)
        return status

    async def open(self):
        """A polling session: its opening."""
        status, text, _ = await self.fetch()
        if status != 200 or text[:1] != "0":
            raise Failed(f"the handshake was answered {status} {text!r}")
        return json.loads(text[1:])

    async def socket(self, **query):
        """A WebSocket with raw messages; an `aiohttp.WSServerHandshakeError` where it is refused."""
        query = {"EIO": "4", "transport": "websocket"} | query
        return Socket(await self.session.ws_connect(
            self.url, params={k: v for k, v in query.items() if v is not None}, max_msg_size=0, autoping=True,
            timeout=aiohttp.ClientWSTimeout(ws_close=1)))

    async def raw(self):
        """A connection of its own for requests that no client library would send."""
        return await asyncio.open_connection("127.0.0.1", self.port)

    def head(self, method, sid, *fields):
        lines = [f"{method} {self.path}?EIO=4&transport=polling&sid={sid} HTTP/1.1", "Host: 127.0.0.1", *fields, "", ""]
        return "\r\n".join(lines).encode()

    async def gone(self, sid):
        """The session must be over: its next poll is refused."""
        status, text, _ = await self.fetch(sid=sid)
        same(status, 400, "a poll of a session that is over")
        return text

    async def alive(self, sid, text="4alive"):
        """The session must live: it echoes."""
        same(await self.post(sid, text), 200, "status of a post")
        for _ in range(3):
            if text in await self.hear(sid):
                return
        raise Failed("the echo did not come")


class Socket:
    """A WebSocket whose messages are str or bytes, and whose end is `Closed`."""

    def __init__(self, inner):
        self.inner = inner

    async def send(self, packet):
        with contextlib.suppress(ConnectionError, aiohttp.ClientConnectionResetError):
            await (self.inner.send_bytes(packet) if isinstance(packet, bytes) else self.inner.send_str(packet))

    async def receive(self, timeout=PATIENCE):
        message = await self.inner.receive(timeout)
        if message.type in (aiohttp.WSMsgType.TEXT, aiohttp.WSMsgType.BINARY):
            return message.data
        raise Closed(f"WebSocket {self.inner.close_code}")

    async def hear(self):
        """The next message that is no ping; pings are answered."""
        while (packet := await self.receive()) == "2":
            await self.send("3")
        return packet

    async def closed(self, timeout=PATIENCE):
        """Reads until the end, which must come; the close code."""
        async def drain():
            while True:
                await self.receive(timeout)

        try:
            await asyncio.wait_for(drain(), timeout)
        except Closed:
            return self.inner.close_code
        except asyncio.TimeoutError:
            raise Failed("the WebSocket stays open") from None

    async def close(self):
        await self.inner.close()


class Session:
    """An Engine.IO session on one of three ways, with pings answered by itself unless a case wants to see them.

    A session that came from polling is upgraded before the first packet of the case."""

    def __init__(self, server, way, answers_pings=True):
        self.server, self.way, self.answers_pings = server, way, answers_pings
        self.queue, self.task, self.over = asyncio.Queue(), None, None

    async def __aenter__(self):
        if self.way == "websocket":
            self.socket = await self.server.socket()
            self.opening = json.loads((await self.socket.receive())[1:])
        else:
            self.socket = None
            self.opening = await self.server.open()
        self.sid = self.opening["sid"]
        if self.way == "upgrade":
            self.socket = await upgraded(self.server, self.sid)
        self.task = asyncio.create_task(self.read())
        return self

    async def __aexit__(self, *_):
        self.task.cancel()
        with contextlib.suppress(asyncio.CancelledError, Exception):
            await self.task
        if self.socket:
            await self.socket.close()

    async def read(self):
        try:
            while True:
                for packet in [await self.socket.receive(60)] if self.socket else await self.server.poll(self.sid):
                    if packet == "2" and self.answers_pings:
                        await self.send("3")
                    elif packet == "1":
                        raise Closed("close packet")
                    elif packet != "6":
                        await self.queue.put(packet)
        except Closed as end:
            self.end(end)
        except (aiohttp.ClientError, OSError, asyncio.TimeoutError) as end:
            self.end(Closed(repr(end)))

    def end(self, why):
        self.over = why
        self.queue.put_nowait(None)

    async def send(self, *packets):
        if self.socket:
            for packet in packets:
                await self.socket.send(packet)
        else:
            with contextlib.suppress(aiohttp.ClientError):
                status = await self.server.post(self.sid, *packets)
                if status != 200 and not self.over:
                    self.end(Closed(f"POST {status}"))

    async def receive(self, timeout=PATIENCE):
        try:
            packet = await asyncio.wait_for(self.queue.get(), timeout)
        except asyncio.TimeoutError:
            raise Failed(f"nothing came within {timeout} s") from None
        if packet is None:
            self.queue.put_nowait(None)
            raise Closed(str(self.over))
        return packet

    async def expect(self, *packets):
        """Exactly these packets come next."""
        for wanted in packets:
            same(await self.receive(), wanted, "packet")

    async def silent(self, seconds=SILENCE):
        """Nothing comes for a while, and the session lives."""
        try:
            packet = await asyncio.wait_for(self.queue.get(), seconds)
        except asyncio.TimeoutError:
            return
        if packet is None:
            self.queue.put_nowait(None)
            raise Closed(f"the session is over: {self.over}")
        raise Failed(f"{packet!r} came where nothing is due")

    async def closed(self, timeout=PATIENCE):
        """The session must end; what comes before that is returned."""
        came = []
        end = asyncio.get_running_loop().time() + timeout
        with contextlib.suppress(Closed):
            while True:
                left = end - asyncio.get_running_loop().time()
                if left <= 0:
                    raise Failed(f"the session goes on; {came} came")
                try:
                    came.append(await self.receive(left))
                except Failed:
                    raise Failed(f"the session goes on; {came} came") from None
        return came


async def upgraded(server, sid):
    """Upgrades a polling session in the order of the protocol's text; the WebSocket."""
    waiting = asyncio.create_task(server.poll(sid))
    await asyncio.sleep(0.01)
    socket = await server.socket(sid=sid)
    await socket.send("2probe")
    same(await socket.receive(), "3probe", "the answer to the probe")
    left = await asyncio.wait_for(waiting, PATIENCE)
    if left != ["6"]:
        raise Failed(f"the waiting poll was answered {left}")
    await socket.send("5")
    return socket
