#!/usr/bin/env python3
"""Compares the router with a real nginx: random configurations, random requests, and nothing may differ.

  differential.py --oracle .build/debug/RoutingOracle [--seed N] [--configurations 400] [--requests 50] [--keep]

For every configuration nginx is started on free ports of loopback; a backend beside it answers each request with the head it got. The
router is asked the same through RoutingOracle. Compared: which location's configuration is in force (X-Loc), status, Location, the text
of `return`, which file is served, and of a proxied request the request line and every header line in order.

Every configuration has a seed of its own, which is printed with a disagreement: `--seed N --configurations 1` shows it again.
Ends with one line of counts; the exit status is 1 after a disagreement and 2 when nothing could be compared.
"""
import argparse
import asyncio
import contextlib
import os
import shutil
import socket
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
from generate import Generator  # noqa: E402

FILES = ["index.html", "x.js", "t.txt", "a/index.html", "a/b", "b/t.txt", "dir/index.html", "dir/t.txt", "dir/a", "ws/index.html", "api/x.js"]


def free_ports(count):
    """Ports nobody listens on now."""
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for item in sockets:
            item.bind(("127.0.0.1", 0))
        return [item.getsockname()[1] for item in sockets]


async def backend(reader, writer):
    """Answers with the head it got, in hexadecimal."""
    with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
        while True:
            head = await reader.readuntil(b"\r\n\r\n")
            for line in head.split(b"\r\n"):
                if line.lower().startswith(b"content-length:"):
                    await reader.readexactly(int(line.split(b":")[1]))
            body = b"" if head.startswith(b"HEAD ") else b"HEAD:" + head.hex().encode()
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\nConnection: close\r\n\r\n" % len(body) + body)
            await writer.drain()
            break
    writer.close()


async def listening(nginx, port):
    """Whether nginx came up."""
    while nginx.returncode is None:
        with contextlib.suppress(ConnectionRefusedError):
            _, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.close()
            return True
        await asyncio.sleep(0.005)
    return False


async def ask(port, head, body):
    """Status, header fields and body of nginx's answer."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(head + body)
        answer = await reader.readuntil(b"\r\n\r\n")
        lines = answer.decode("latin-1").split("\r\n")
        fields = {}
        for line in lines[1:]:
            if ":" in line:
                name, value = line.split(":", 1)
                # Spaces at the end belong to the value: nginx sends what its configuration says.
                fields.setdefault(name.lower(), value.lstrip())
        status = int(lines[0].split()[1])
        text = b""
        if not head.startswith(b"HEAD ") and status not in (204, 304):
            if fields.get("transfer-encoding") == "chunked":
                while size := int(await reader.readline(), 16):
                    text += await reader.readexactly(size)
                    await reader.readline()
            elif "content-length" in fields:
                text = await reader.readexactly(int(fields["content-length"]))
            else:
                text = await reader.read()
        return status, fields, text
    except asyncio.IncompleteReadError:
        return 0, {}, b""
    finally:
        writer.close()


def overruns(log):
    """Requests that nginx itself gave up: between the two passes over a value a map replaced the captures in it, and the room of
    the first pass was too small for the second."""
    lines = log.read_text(errors="replace").splitlines() if log.exists() else []
    return {line.split('request: "')[1].split('"')[0] for line in lines if "no buffer space in script" in line}


def decode(word):
    return None if word == "-" else bytes.fromhex(word[1:])


def difference(oracle, seen, head):
    """What differs; None: nothing."""
    words = oracle.split(" ")
    kind, mark, status = words[0], words[1], words[2]
    got, fields, body = seen
    is_head = head.startswith(b"HEAD ")
    if kind == "proxied" and got == 502 and words[3] not in ("127.0.0.1", "ups"):
        return None  # a name or port made of variables, where nobody answers
    if status.isdigit() and int(status) != got:
        return f"status {status} against {got}"
    if status != "444" and mark != fields.get("x-loc", "-"):
        return f"location {mark} against {fields.get('x-loc', '-')}"
    if kind == "proxied":
        if is_head:
            return None
        if not body.startswith(b"HEAD:"):
            return f"proxied against {body[:60]!r}"
        lines = bytes.fromhex(body[5:].decode()).split(b"\r\n")[:-2]
        wanted = [decode(word) for word in words[5:]]
        if lines != wanted:
            return f"sent\n      router {wanted}\n      nginx  {lines}"
    elif kind == "answered":
        wanted = decode(words[3])
        location = fields.get("location")
        if (wanted.decode("latin-1") if wanted is not None else None) != location:
            return f"Location {wanted} against {location}"
        text = decode(words[4])
        if text is not None and wanted is None and not is_head and got != 204 and text != body:
            return f"text {text} against {body}"
    elif kind == "file":
        path = os.path.normpath(decode(words[3]))
        if not is_head and not path.endswith(body):
            return f"file {decode(words[3])} against {body[:60]!r}"
    elif kind != "failed":
        return f"unexpected {oracle}"
    return None


async def compare(seed, options, totals):
    *ports, backend_port = free_ports(3)
    generator = Generator(seed, ports, backend_port)
    folder = Path(tempfile.mkdtemp(prefix="routing-"))
    try:
        for name in FILES:
            path = folder / "html" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text("/" + name)
        main = folder / "nginx.conf"
        main.write_text(generator.configuration(folder))
        requests = [generator.request() for _ in range(options.requests)]
        test = await asyncio.create_subprocess_exec(
            options.nginx, "-t", "-q", "-p", f"{folder}/", "-c", str(main), "-e", str(folder / "start.log"),
            stderr=asyncio.subprocess.PIPE)
        _, complaint = await test.communicate()
        if test.returncode:
            totals["refused"] += 1
            if options.verbose:
                print(seed, complaint.decode().splitlines()[:1], flush=True)
            return
        server = await asyncio.start_server(backend, "127.0.0.1", backend_port)
        nginx = await asyncio.create_subprocess_exec(
            options.nginx, "-p", f"{folder}/", "-c", str(main), "-e", str(folder / "start.log"),
            stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL)
        try:
            answers = []
            if not await listening(nginx, ports[0]):
                totals["refused"] += 1
                if options.verbose:
                    print(seed, "does not listen", nginx.returncode, (folder / "start.log").read_text()[-200:], flush=True)
                return
            for start in range(0, len(requests), 10):
                try:
                    answers += await asyncio.wait_for(
                        asyncio.gather(*(ask(*request) for request in requests[start:start + 10])), 60)
                except OSError:
                    break
            # nginx 1.22 can crash (alias behind some rewrites): what it answered before is compared all the same.
            if len(answers) < len(requests):
                totals["crashed"] += 1
                if options.verbose:
                    print(f"seed {seed}: nginx ended with status {nginx.returncode} after {len(answers)} answers", flush=True)
                answers = answers[:-10]
        finally:
            if nginx.returncode is None:
                nginx.kill()
                await nginx.wait()
            server.close()
        oracle = await asyncio.create_subprocess_exec(
            options.oracle, str(main), f"{folder}/", stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE)
        text = b"".join(b"%d %d\n" % (port, len(head)) + head for port, head, _ in requests)
        output, _ = await oracle.communicate(text)
        lines = output.decode().splitlines()
        if len(lines) != len(requests):
            print(f"seed {seed}: the oracle gave {len(lines)} answers for {len(requests)} requests (status {oracle.returncode})")
            totals["different"] += 1
            return
        refused = overruns(folder / "error.log")
        for request, line, answer in zip(requests, lines, answers):
            if request[1].splitlines()[0].decode("latin-1") in refused and answer[0] == 500:
                continue
            totals["requests"] += 1
            totals[line.split(" ")[0]] = totals.get(line.split(" ")[0], 0) + 1
            what = difference(line, answer, request[1])
            if what:
                totals["different"] += 1
                if totals["different"] <= options.show:
                    print(f"seed {seed}: {request[1].splitlines()[0].decode('latin-1')} (port {request[0]}): {what}")
                    print(f"      request {request[1]!r}\n      router  {line[:200]}\n      nginx   {answer[0]} {answer[1]}", flush=True)
    finally:
        if options.keep:
            print(folder)
        else:
            shutil.rmtree(folder, ignore_errors=True)


async def run(options):
    totals = {"configurations": 0, "refused": 0, "crashed": 0, "requests": 0, "different": 0}
    for number in range(options.configurations):
        totals["configurations"] += 1
        await compare(options.seed + number, options, totals)
    print(" ".join(f"{name}={count}" for name, count in totals.items()) + f" seed={options.seed}")
    return 1 if totals["different"] else 2 if not totals["requests"] else 0


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--oracle", default=".build/debug/RoutingOracle")
    parser.add_argument("--nginx", default=shutil.which("nginx") or "/usr/sbin/nginx")
    parser.add_argument("--seed", type=int, default=int.from_bytes(os.urandom(4), "big"))
    parser.add_argument("--configurations", type=int, default=400)
    parser.add_argument("--requests", type=int, default=50)
    parser.add_argument("--show", type=int, default=10, help="disagreements printed in full")
    parser.add_argument("--keep", action="store_true", help="leave the folders")
    parser.add_argument("--verbose", action="store_true", help="say why nginx refuses a configuration")
    return asyncio.run(run(parser.parse_args()))


if __name__ == "__main__":
    sys.exit(main())
