"""One message to Socket.IO clients of several loops and namespaces: the same bytes where they are alike, to everybody, in order."""
import json

import pytest

from test_socketio_topics import Socket

CONFIGURATION = """
[[endpoint]]
path = "/a"
dialect = "socket.io"
recovery = "RECOVERY"

[[endpoint]]
path = "/b"
dialect = "socket.io"

[[namespace]]
name = "/"
open = true
greeting = ""

[[namespace]]
name = "/other"
open = true
greeting = ""
message_event = "said"

[[topic]]
pattern = "**"
history = 100

[[right]]
topic = "**"
allow = ["subscribe", "publish"]

[[event]]
name = "join"
do = ["join"]
room = "room:{0}"

[[event]]
name = "say"
do = ["room"]
room = "room:{0}"
skip = 1
"""


@pytest.mark.parametrize("recovery", ["0", "60s"])
def test_everybody_hears_everything_in_order(start, tmp_path, recovery):
    path = tmp_path / "sockeye.toml"
    path.write_text(CONFIGURATION.replace('recovery = "RECOVERY"', f'recovery = "{recovery}"' if recovery != "0" else ""))
    server = start("--config", path, "--loops", "4")
    clients = [Socket(server, namespace, path=endpoint).connected()
               for endpoint in ("/a", "/b") for namespace in ("/", "/other") for _ in range(5)]
    for client in clients:
        assert client.call("join", "x") == [{"ok": True}]
    sender = clients[0]
    for number in range(60):
        sender.emit("say", "x", number, {"text": "ü" * (number * 7 % 90)})
    sender.call("join", "y")
    sender.socket.send('451-["say","x",{"_placeholder":true,"num":0}]')
    sender.socket.send(b"\x00" * 70_000)
    for client in clients[1:]:
        for number in range(60):
            assert client.event() == ["say", number, {"text": "ü" * (number * 7 % 90)}]
        assert client.packet().startswith(f"451-{client.prefix}[\"say\"")
        assert client.packet() == b"\x00" * 70_000
    # The sender is left out, wherever the others are.
    assert sender.silent(0.1)
    for client in clients:
        client.close()
