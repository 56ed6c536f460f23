"""kill -9 at random under durable load: what was acknowledged is there, once, and no gap is called recovered."""
import asyncio
import json
import os
import random
import signal

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import WebSocketException

import harness
from harness import HOST

KILLS = 50
PUBLISHERS = 4
TOPIC = "ledger"
CONFIGURATION = """
[[topic]]
pattern = "ledger"
durable = true
history = 100000
history_bytes = "64MiB"
keys = 100000
"""


class Server:
    """A server that is killed and started again on the same port and state."""

    def __init__(self, folder):
        self.state, self.port = folder / "state", harness.free_port()
        self.configuration = folder / "sockeye.toml"
        self.configuration.write_text(CONFIGURATION)
        self.running = None
        self.start()
        self.url = f"ws://{HOST}:{self.port}/ws?token={self.running.token('ada')}"

    def start(self):
        self.running = harness.Sockeye(harness.BINARY, self.state, ["--config", self.configuration, "--loops", "2"], port=self.port,
                                       wait=False)

    def kill(self):
        os.kill(self.running.pid, signal.SIGKILL)
        self.running.process.wait()


async def dial(url):
    while True:
        try:
            return await connect(url, proxy=None, compression=None, open_timeout=5, max_size=None)
        except (OSError, WebSocketException, TimeoutError):
            await asyncio.sleep(0.01)


async def publish(url, name, acknowledged, over):
    """Publishes 1, 2, 3 …, each under its own key again and again until it is acknowledged."""
    number, socket = 1, await dial(url)
    while not over.is_set():
        try:
            await socket.send(json.dumps(
                {"type": "publish", "topic": TOPIC, "data": [name, number], "key": f"{name}-{number}", "id": number}))
            while True:
                answer = json.loads(await asyncio.wait_for(socket.recv(), 10))
                if answer["type"] == "published" and answer["id"] == number:
                    acknowledged[(name, number)] = answer["offset"]
                    number += 1
                    break
                assert answer["type"] == "error" and answer["code"] == "store_unavailable", answer
                break
        except TimeoutError:  # an OSError, too
            raise AssertionError(f"{name} {number} was not answered in ten seconds") from None
        except (WebSocketException, OSError):
            socket = await dial(url)
    await socket.close()


async def follow(url, seen, reasons, over):
    """Subscribes, and after every cut asks for what it missed."""
    since, socket = None, None
    while True:
        try:
            if socket is None:
                socket = await dial(url)
                wish = {"since": since} if since else {"history": 1000}
                await socket.send(json.dumps({"type": "subscribe", "topic": TOPIC, **wish}))
            message = json.loads(await asyncio.wait_for(socket.recv(), 1 if over.is_set() else 10))
            if message["type"] == "subscribed":
                if since and not message["recovered"]:
                    reasons.append(message["reason"])
                since = since or {"epoch": message["epoch"], "offset": 0}
            elif message["type"] == "message":
                seen.append((message["offset"], tuple(message["data"])))
                since["offset"] = message["offset"]
        except TimeoutError:  # an OSError, too
            assert over.is_set(), "nothing was heard for ten seconds"
            return await socket.close()
        except (WebSocketException, OSError):
            socket = None


async def history(url):
    """Everything the topic keeps, page by page."""
    socket = await dial(url)
    await socket.send(json.dumps({"type": "subscribe", "topic": TOPIC}))
    epoch = json.loads(await socket.recv())["epoch"]
    entries, since = [], {"epoch": epoch, "offset": 0}
    while True:
        await socket.send(json.dumps({"type": "history", "topic": TOPIC, "limit": 1000, "since": since}))
        page = json.loads(await socket.recv())
        entries += [(entry["offset"], tuple(entry["data"])) for entry in page["messages"]]
        if page["complete"] or not page["messages"]:
            await socket.close()
            return entries
        since["offset"] = entries[-1][0]


@pytest.mark.heavy
@pytest.mark.timeout(240)
def test_nothing_acknowledged_is_lost_or_doubled(tmp_path):
    seed = int(os.environ.get("SOCKEYE_SEED", random.randrange(1 << 32)))
    print(f"seed {seed}: SOCKEYE_SEED={seed} repeats it")
    chance = random.Random(seed)
    server = Server(tmp_path)

    async def play():
        acknowledged, seen, reasons, over = {}, [], [], asyncio.Event()
        tasks = [asyncio.create_task(publish(server.url, f"p{index}", acknowledged, over)) for index in range(PUBLISHERS)]
        follower = asyncio.create_task(follow(server.url, seen, reasons, over))
        for kill in range(KILLS):
            # Some progress between two kills, and then at any moment.
            before = len(acknowledged)
            while len(acknowledged) < before + chance.randrange(1, 40):
                await asyncio.sleep(0.002)
                for task in (*tasks, follower):
                    if task.done():
                        task.result()
            await asyncio.sleep(chance.random() * 0.02)
            server.kill()
            server.start()
        before = len(acknowledged)
        while len(acknowledged) < before + 20:
            await asyncio.sleep(0.01)
        over.set()
        await asyncio.gather(*tasks, follower)
        return acknowledged, seen, reasons, await history(server.url)

    try:
        acknowledged, seen, reasons, kept = asyncio.run(play())
    finally:
        server.kill()
    assert len(acknowledged) > KILLS
    # Nothing acknowledged is lost, and it stands where it was said to stand.
    stored = dict(kept)
    for message, offset in acknowledged.items():
        assert stored.get(offset) == message, f"{message} was acknowledged at {offset}, where {stored.get(offset)} is"
    # Nothing is there twice, and there is no gap.
    assert len(set(stored.values())) == len(kept)
    assert [offset for offset, _ in kept] == list(range(1, len(kept) + 1))
    # The follower heard every message once and in order: nothing called recovered had a gap, and nothing was forgotten.
    assert reasons == []
    assert seen == kept[:len(seen)]
    assert len(seen) == len(kept)
