"""No token and no secret in clear text: not in the process list, /proc, the logs, or an error answer."""
import os
import stat
import subprocess
from pathlib import Path

import pytest

import harness
from harness import Raw, handshake
from protocol import Talk


@pytest.fixture(params=["text", "json"])
def chatty(request, start):
    return start(environment={"SOCKEYE_LOG_LEVEL": "debug", "SOCKEYE_LOG_FORMAT": request.param})


def use_in_every_place(server, token):
    """Hands the token over in every place, right and wrong, and returns what was answered."""
    answers = []
    attempts = [
        handshake(f"/ws?token={token}"),
        handshake(f"/ws?token={token}", drop=("Upgrade",)),
        handshake(f"/nowhere?access_token={token}&token={token}&x=1"),
        handshake(f"/nowhere/{token}"),
        handshake("/ws", Authorization=f"Bearer {token}"),
        handshake("/nowhere", Authorization=f"Bearer {token}", Cookie=f"session={token}"),
        handshake("/ws", Sec_WebSocket_Protocol=f"sockeye, sockeye.token.{token}"),
        handshake("/nowhere", Sec_WebSocket_Protocol=f"sockeye, sockeye.token.{token}"),
        handshake(f"/ws?token={token}", Origin="https://evil.example", Referer=f"https://x.example/?token={token}"),
        f"GET /ws?token={token} HTTP/1.1\r\nHost: x\r\nX: a\rb\r\n\r\n",
        f"GET /?token={token} HTTP/9.9\r\n\r\n",
    ]
    for attempt in attempts:
        with Raw(server.port) as raw:
            answer = raw.send(attempt).response()
            answers.append(f"{answer} {raw.buffer!r}")
    for message in ({"type": "auth", "token": token}, {"type": "auth", "token": token, "topic": token},
                    {"type": "subscribe", "topc": token}, {"type": token}):
        with Talk(server.url()) as talk:
            answers.append(str(talk.say(**message).hear()))
    return answers


def proc_text(pid):
    return "".join(Path(f"/proc/{pid}/{name}").read_bytes().decode(errors="replace") for name in ("cmdline", "environ", "comm"))


@pytest.mark.parametrize("kind", ["good", "bad"])
def test_tokens_stay_out_of_logs_answers_and_proc(chatty, kind):
    token = chatty.token("ada")
    if kind == "bad":
        token = token[:-8] + "AAAAAAAA"
    answers = use_in_every_place(chatty, token)
    signature = token.split(".")[2]
    for text in [*answers, proc_text(chatty.pid), chatty.log]:
        assert token not in text
        assert signature not in text, "a signature is what makes a token valid"


def test_the_secret_is_the_owners_alone(server):
    files = [path for path in server.state.rglob("*") if path.is_file()]
    assert files
    for path in files:
        assert stat.S_IMODE(path.stat().st_mode) == 0o600, path
        assert path.stat().st_uid == os.getuid()


def test_the_state_folder_is_made_private(tmp_path):
    state = tmp_path / "deep" / "state"
    before = os.umask(0)
    try:
        done = subprocess.run([harness.BINARY, "token", "mint", "--user", "ada", "--state", state], capture_output=True, text=True)
    finally:
        os.umask(before)
    assert done.returncode == 0, done.stderr
    assert stat.S_IMODE(state.stat().st_mode) == 0o700
    for path in state.iterdir():
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_the_secret_is_nowhere_but_in_its_file(chatty):
    secret = next(path.read_text().strip() for path in chatty.state.rglob("*") if path.is_file())
    chatty.token("ada")
    assert secret not in chatty.log and secret not in proc_text(chatty.pid)


def test_the_secret_outlives_a_restart(start, tmp_path):
    state = tmp_path / "kept"
    first = start(state=state)
    token = first.token("ada")
    first.stop()
    second = start(state=state)
    with Talk(second.url(f"/ws?token={token}")) as talk:
        assert talk.subscribe("user:ada")["topic"] == "user:ada"


def test_a_token_of_another_server_is_refused(start, server):
    other = start()
    with Raw(other.port) as raw:
        answer = raw.send(handshake(f"/ws?token={server.token('ada')}")).response()
    assert answer.json["code"] == "TOKEN-SIGNATURE"


@pytest.mark.parametrize("place", ["flag", "environment", "header", "url"])
def test_a_client_wipes_its_token_from_the_process_list(server, place):
    token = server.token("ada")
    words = {"flag": [server.url(), "--token", token], "environment": [server.url()],
             "header": [server.url(), "--header", f"Authorization: Bearer {token}"], "url": [server.url(f"/ws?token={token}")]}[place]
    process = subprocess.Popen([harness.BINARY, "connect", *words, "--wait", "forever"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                               stderr=subprocess.STDOUT, text=True,
                               env=harness.clean_environment(**({"SOCKEYE_TOKEN": token} if place == "environment" else {})))
    try:
        said = [process.stdout.readline(), process.stdout.readline()]
        assert said[1].startswith("sockeye: open after"), said
        assert token not in proc_text(process.pid) and token not in "".join(said)
    finally:
        process.stdin.close()
        harness.stop(process)
        process.stdout.close()
