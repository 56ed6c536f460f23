"""PyPI's python-socketio in the part of the server under test: `reference_server.py engineio|socketio PORT`.

It shows whether an expectation is ours alone. Where it is known to differ, `expected/python-socketio.json` says how."""
import sys

import engineio
import socketio
from aiohttp import web

OPTIONS = {"async_mode": "aiohttp", "ping_interval": 0.3, "ping_timeout": 0.2, "max_http_buffer_size": 1_000_000,
           "cors_allowed_origins": "*"}


def echo(app):
    server = engineio.AsyncServer(**OPTIONS)
    server.attach(app, engineio_path="engine.io")

    @server.on("message")
    async def message(sid, data):
        await server.send(sid, data)


def chat(app):
    server = socketio.AsyncServer(**OPTIONS, namespaces=["/", "/custom"], always_connect=True)
    server.attach(app, socketio_path="socket.io")
    for namespace in ("/", "/custom"):
        @server.on("connect", namespace=namespace)
        async def connect(sid, environ, auth, namespace=namespace):
            await server.emit("auth", auth or {}, to=sid, namespace=namespace)

    @server.on("message")
    async def message(sid, *args):
        await server.emit("message-back", args, to=sid)

    @server.on("message-with-ack")
    async def message_with_ack(sid, *args):
        return args


if __name__ == "__main__":
    application = web.Application(client_max_size=2_000_000)
    {"engineio": echo, "socketio": chat}[sys.argv[1]](application)
    web.run_app(application, host="127.0.0.1", port=int(sys.argv[2]), print=None)
