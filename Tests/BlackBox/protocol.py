"""Sockeye's JSON protocol as a test speaks it, over PyPI's websockets."""
import base64
import hashlib
import hmac
import json
import re

from websockets.sync.client import connect

class Talk:
    """One connection. `say` sends an object, `hear` gives the next one."""

    def __init__(self, url, **options):
        options.setdefault("compression", None)
        options.setdefault("open_timeout", 10)
        options.setdefault("proxy", None)
        self.socket = connect(url, **options)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def say(self, **message):
        self.socket.send(json.dumps(message))
        return self

    def hear(self, timeout=5):
        return json.loads(self.socket.recv(timeout))

    def hear_of(self, *types, timeout=5):
        """The next message, which must be of one of these types."""
        message = self.hear(timeout)
        assert message["type"] in types, message
        return message

    def authenticate(self, token):
        return self.say(type="auth", token=token).hear_of("authenticated")

    def subscribe(self, topic, **more):
        return self.say(type="subscribe", topic=topic, **more).hear_of("subscribed")

    def is_silent(self, seconds=0.3):
        """Proves that nothing was sent before the answer to a ping: order is kept on a connection."""
        self.say(type="ping")
        return self.hear(5 + seconds)["type"] == "pong"


def signed_in(server, user="ada", path="/ws", **options):
    talk = Talk(server.url(path), **options)
    talk.authenticate(server.token(user))
    return talk


def resign(server, header, payload):
    """A token with other claims, signed with the server's own secret: 64 hex digits in its state folder."""
    # The store lies there too, which is no text.
    files = [path.read_bytes().strip() for path in server.state.rglob("*") if path.is_file()]
    secret = bytes.fromhex(next(content for content in files if re.fullmatch(rb"[0-9a-f]{64}", content)).decode())
    encode = lambda raw: base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
    signed = f"{header}.{encode(json.dumps(payload).encode())}"
    return f"{signed}.{encode(hmac.new(secret, signed.encode(), hashlib.sha256).digest())}"
