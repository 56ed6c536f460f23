"""Socket.IO v5, each case over a WebSocket, over polling, and over a session that was upgraded.

The server under test: namespaces `/` and `/custom` and no other; after a connect it emits `auth` with the client's auth
payload; in `/` the event `message` is answered by `message-back` with the same arguments, and `message-with-ack` is
acknowledged with its arguments. A client that enters no namespace is cut off after one second."""
import asyncio
import json
from functools import partial

from .case import case as any_case
from .wire import PATIENCE, SILENCE, TRANSPORTS, Closed, Failed, Session, same

case = partial(any_case, "socketio", ways=TRANSPORTS)


def placeholder(number):
    return f'{{"_placeholder":true,"num":{number}}}'


async def enter(session, namespace="", auth=""):
    """Enters a namespace and hears its `auth`; the socket's id."""
    place = f"{namespace}," if namespace else ""
    await session.send(f"40{place}{auth}")
    reply = await session.receive()
    head = f"40{place}"
    if not isinstance(reply, str) or not reply.startswith(head + "{"):
        raise Failed(f"{reply!r} where the consent is due")
    body = json.loads(reply[len(head):])
    same(sorted(body), ["sid"], "the keys of the consent")
    await session.expect(f'42{place}["auth",{auth or "{}"}]')
    return body["sid"]


# MARK: Namespaces


@case("connect")
async def connect(server, way):
    async with Session(server, way) as session:
        sid = await enter(session)
        same(sid != session.sid, True, "the socket's id is not the session's")


@any_case("socketio", "the greeting comes behind the consent, not with it", ways=("websocket",))
async def apart(server, way):
    """Who awaits one message after the other, as the public suite does with node's ws, loses a second one that comes in one piece
    with the first."""
    reader, writer = await server.raw()
    writer.write(f"GET {server.path}?EIO=4&transport=websocket HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\n"
                 "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n".encode())
    came = b""
    while b'"maxPayload"' not in came:
        came += await asyncio.wait_for(reader.read(65536), PATIENCE)
    writer.write(b"\x81\x82\0\0\0\x0040")
    first = await asyncio.wait_for(reader.read(65536), PATIENCE)
    second = await asyncio.wait_for(reader.read(65536), PATIENCE)
    writer.close()
    same((b"40{" in first, b"auth" in first, b"auth" in second), (True, False, True), "what comes in each piece")


@case("connect with auth")
async def connect_auth(server, way):
    async with Session(server, way) as session:
        await enter(session, auth='{"token":"123"}')


@case("connect to a namespace")
async def connect_custom(server, way):
    async with Session(server, way) as session:
        await enter(session, "/custom")


@case("connect to a namespace without a comma")
async def connect_no_comma(server, way):
    async with Session(server, way) as session:
        await session.send("40/custom")
        same((await session.receive()).startswith('40/custom,{"sid":"'), True, "the consent")
        await session.expect('42/custom,["auth",{}]')


@case("connect to a namespace with auth")
async def connect_custom_auth(server, way):
    async with Session(server, way) as session:
        await enter(session, "/custom", '{"token":"abc","n":[1,{"a":null}]}')


@case("two namespaces on one session")
async def two_namespaces(server, way):
    async with Session(server, way) as session:
        first = await enter(session)
        second = await enter(session, "/custom")
        same(first != second, True, "different ids")
        await session.send('42["message",1]')
        await session.expect('42["message-back",1]')


@case("a namespace that does not exist")
async def no_namespace(server, way):
    async with Session(server, way) as session:
        await session.send("40/random")
        await session.expect('44/random,{"message":"Invalid namespace"}')
        await enter(session)


@case("a second connect to the same namespace")
async def connect_twice(server, way):
    """socket.io ends the connection for it; to refuse it is as good."""
    async with Session(server, way) as session:
        await enter(session)
        await session.send("40")
        try:
            same((await session.receive())[:2], "44", "the answer to the second")
            await session.send('42["message",1]')
            await session.expect('42["message-back",1]')
        except Closed:
            pass


@case("no connect at all")
async def no_connect(server, way):
    async with Session(server, way) as session:
        await session.closed(2.5)


for name, packet in {
    "an event": '42["message",1]', "an ack": "431[]", "a disconnect": "41", "garbage": "4abc",
    "an event of another namespace": '42/custom,["message"]', "a connect error": '44{"message":"x"}',
}.items():
    @case(f"{name} before the connect")
    async def before_connect(server, way, packet=packet):
        async with Session(server, way) as session:
            await session.send(packet)
            same(await session.closed(0.9), [], "what comes before the end")  # sooner than for want of a connect


@case("an event right behind the connect")
async def event_behind_connect(server, way):
    """It is answered, or ends the session as with socket.io, which knows no such socket yet; it is not passed over."""
    async with Session(server, way) as session:
        await session.send("40", '42["message",1]')
        try:
            while await session.receive() != '42["message-back",1]':
                pass
        except Closed:
            pass


# MARK: Leaving


@case("disconnect")
async def disconnect(server, way):
    async with Session(server, way) as session:
        await enter(session)
        await session.send("41")
        await session.silent(0.5)


@case("disconnect from one of two namespaces")
async def disconnect_one(server, way):
    async with Session(server, way) as session:
        await enter(session)
        await enter(session, "/custom")
        await session.send("41/custom")
        await session.send('42["message","message to main namespace"]')
        await session.expect('42["message-back","message to main namespace"]')


@case("an event after the disconnect")
async def event_after_disconnect(server, way):
    """It does nothing. socket.io ends the connection for it, but it may have been on its way when a server disconnected."""
    async with Session(server, way) as session:
        await enter(session)
        await session.send("41")
        await session.send('42["message",1]')
        try:
            await session.silent()
        except Closed:
            pass


@case("connect anew on the same session")
async def connect_anew(server, way):
    async with Session(server, way) as session:
        first = await enter(session)
        await session.send("41")
        second = await enter(session)
        same(first != second, True, "another id")


# MARK: Events


def echoes(name, arguments, *attachments):
    @case(name)
    async def echo(server, way):
        head = f"45{len(attachments)}-" if attachments else "42"
        async with Session(server, way) as session:
            await enter(session)
            await session.send(f'{head}["message"{arguments}]', *attachments)
            await session.expect(f'{head}["message-back"{arguments}]', *attachments)


echoes("an event without arguments", "")
echoes("an event, key order kept, no spaces", ',1,"2",{"3":[true]}')
echoes("an event, keys in no order", ',{"b":1,"a":{"d":null,"c":[[],{}]}}')
echoes("an event, characters of every length", ',"a é € 😀"')
echoes("an event, escapes", r',"\n\"\\\u0000"')
echoes("an event of 100,000 bytes", ',"' + "x" * 100_000 + '"')
echoes("a binary event", f",{placeholder(0)},{placeholder(1)}", b"\x01\x02\x03", b"\x04\x05\x06")
echoes("a binary event, deep", f',{{"a":[{{"b":{placeholder(0)}}}]}}', b"")
echoes("a binary event of ten attachments", "," + ",".join(map(placeholder, range(10))), *[bytes([n]) * n for n in range(10)])
echoes("a binary event, one attachment twice", f",{placeholder(0)},{placeholder(0)}", bytes(range(256)))


@case("an event that nobody knows")
async def unknown_event(server, way):
    """It does no harm; to tell of it by an event `error` is allowed."""
    async with Session(server, way) as session:
        await enter(session)
        await session.send('42["nobody-knows",1]')
        await session.send('42["message",1]')
        packet = await session.receive()
        if packet.startswith('42["error",'):
            packet = await session.receive()
        same(packet, '42["message-back",1]', "packet")


@case("a thousand events in order")
async def thousand(server, way):
    async with Session(server, way) as session:
        await enter(session)
        for start in range(0, 1000, 50):
            await session.send(*[f'42["message",{number}]' for number in range(start, start + 50)])
        await session.expect(*[f'42["message-back",{number}]' for number in range(1000)])


# MARK: Acknowledgements


def acknowledged(name, id, arguments, *attachments):
    @case(name)
    async def ack(server, way):
        event, answer = (f"45{len(attachments)}-", f"46{len(attachments)}-") if attachments else ("42", "43")
        async with Session(server, way) as session:
            await enter(session)
            separator = "," if arguments else ""
            await session.send(f'{event}{id}["message-with-ack"{separator}{arguments}]', *attachments)
            await session.expect(f"{answer}{id}[{arguments}]", *attachments)


acknowledged("an ack", 456, '1,"2",{"3":[false]}')
acknowledged("an ack without arguments", 1, "")
acknowledged("an ack with id 0", 0, '"x"')
acknowledged("an ack with the greatest id", 9007199254740991, "[]")
acknowledged("a binary ack", 789, f"{placeholder(0)},{placeholder(1)}", b"\x01\x02\x03", b"\x04\x05\x06")


@case("an ack that nobody waits for")
async def stray_ack(server, way):
    async with Session(server, way) as session:
        await enter(session)
        await session.send("4399[1]")
        await session.send('42["message",1]')
        await session.expect('42["message-back",1]')


# MARK: What is no packet

NOT_PACKETS = {
    "garbage": ["4abc"],
    "an empty message": ["4"],
    "an unknown type": ["47"],
    "an event that is no array": ["42{}"],
    "an event without a name": ["42[]"],
    "an event whose name is an object": ['42[{"x":1}]'],
    "an event whose name is null": ["42[null]"],
    "an event without a payload": ["42"],
    "an id that is no number": ['42abc["message-with-ack",1]'],
    "an id that is no integer": ['421.5["message-with-ack",1]'],
    "JSON that is cut": ['42["message"'],
    "JSON with something behind": ['42["message"]]'],
    "a reserved name, connect": ['42["connect"]'],
    "a reserved name, connect_error": ['42["connect_error"]'],
    "a reserved name, disconnect": ['42["disconnect"]'],
    "a reserved name, disconnecting": ['42["disconnecting"]'],
    "a reserved name, newListener": ['42["newListener"]'],
    "a reserved name, removeListener": ['42["removeListener"]'],
    "a disconnect with a payload": ['41{"a":1}'],
    "a connect error from a client": ['44{"message":"x"}'],
    "an ack that is no array": ['431{"a":1}'],
    "bytes that nobody announced": [b"\x01"],
    "no number of attachments": ['45["message"]'],
    "a number of attachments that is none": ['45x-["message"]'],
    "eleven attachments": ['4511-["message"]'],
    "text where an attachment is due": [f'451-["message",{placeholder(0)}]', '42["message",1]'],
    "a placeholder beyond the attachments": [f'451-["message",{placeholder(1)}]', b"\x01"],
    "a placeholder below zero": [f'451-["message",{placeholder(-1)}]', b"\x01"],
    "a placeholder without a number": ['451-["message",{"_placeholder":true,"num":"splice"}]', b"\x01"],
}
for name, packets in NOT_PACKETS.items():
    @case(f"{name}")
    async def not_packet(server, way, packets=packets):
        async with Session(server, way) as session:
            await enter(session)
            await session.send(*packets)
            came = await session.closed(0.9)
            same([packet for packet in came if packet != "41"], [], "what comes before the end")


@case("auth that is no object")
async def auth_no_object(server, way):
    async with Session(server, way) as session:
        await session.send('40["token"]')
        same(await session.closed(0.9), [], "what comes before the end")


# MARK: Beside the heartbeat


@case("the heartbeat goes on beside events")
async def heartbeat(server, way):
    async with Session(server, way) as session:
        await enter(session)
        for number in range(6):
            await session.send(f'42["message",{number}]')
            await session.expect(f'42["message-back",{number}]')
            await session.silent(SILENCE)
